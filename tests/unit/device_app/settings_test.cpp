#include "daemon/device/app/settings.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::device;

namespace {

Result<Settings> load(const std::string& storage) {
    const support::TemporaryFolder folder;
    folder.write(
        "fieldpostd.toml",
        "[device]\nid = \"engine-7\"\nstate = \"state\"\n[hub]\npublic_key = \"hub.pub\"\n" + storage);
    return load_settings(folder.path / "fieldpostd.toml");
}

std::string complaint(const std::string& attachments) {
    const auto loaded = load("[storage]\nattachments = " + attachments + "\n");
    return loaded ? std::string() : loaded.error().message;
}

}  // namespace

TEST_CASE("Attachments may take 8 GiB of a vehicle's disk unless its configuration says otherwise") {
    CHECK(load("").value().storage.attachments == std::uint64_t{8} << 30U);
    CHECK(load("[storage]\nattachments = \"32GiB\"\n").value().storage.attachments == std::uint64_t{32}
                                                                                          << 30U);
    CHECK(load("[storage]\njournal = \"2GiB\"\n").value().storage.attachments == std::uint64_t{8} << 30U);
}

TEST_CASE("A room for attachments in which the longest does not fit, or beyond all disks, is refused") {
    CHECK(complaint("\"256MiB\"").empty());
    CHECK(complaint("\"16384GiB\"").empty());
    for (const char* wrong : {"\"0B\"", "\"255MiB\"", "\"16385GiB\""}) {
        INFO(wrong);
        const std::string said = complaint(wrong);
        CHECK(said.find("attachments must be from \"256MiB\"") != std::string::npos);
        CHECK(said.find("fieldpostd.toml:7") != std::string::npos);
    }
    CHECK(complaint("8").find("a size such as") != std::string::npos);
}
