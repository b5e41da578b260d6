// Any bytes as the kernel's answer: the reader survives, keeps bounded memory, and tells only interfaces with
// a name, none of which is addressed or routed without having been told.
#include <cstdint>
#include <string_view>

#include "hal/link/interfaces.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"

using namespace fieldpost;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::HeapBound bound(4U << 20U);
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    hal::Interfaces interfaces;
    // In two pieces, as datagrams come.
    interfaces.take(bytes.substr(0, size / 2 / 4 * 4));
    interfaces.take(bytes.substr(size / 2 / 4 * 4));
    for (const auto& [index, interface] : interfaces.all()) fuzz::must(!interface.name.empty(), "a name");
    return 0;
}
