// Any text as mountinfo, as an eMMC's attributes and as smartctl's report: the readers survive, and what they
// tell is possible.
#include <cstdint>
#include <string>
#include <string_view>

#include "hal/storage/disk_facts.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"

using namespace fieldpost;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::HeapBound bound(16U << 20U);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string path = "/var/lib/fieldpost";
    if (const auto mount = hal::mount_of(text, path))
        fuzz::must(path.starts_with(mount->point), "the mount leads to the path");
    for (const auto wear : {hal::wear_of_life_time(text), hal::wear_of_smart(text)})
        fuzz::must(!wear || (*wear >= 0 && *wear <= 255), "wear is a percentage");
    static_cast<void>(hal::spare_of_pre_eol(text));
    static_cast<void>(hal::spare_of_smart(text));
    return 0;
}
