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

namespace {

const std::string board_file = R"([board]
name = "A carrier"
architecture = "arm64"
compatible = "fieldpost-carrier"
[limits]
memory = "256MiB"
journal = "512MiB"
[ports.gnss]
path = "/dev/gnss"
[gnss]
driver = "serial"
path = { port = "gnss" }
baud = 9600
[link]
driver = "static"
kind = "lte"
[[revision]]
name = "b"
present = ["gnss", "link"]
mandatory = ["gnss"]
[[revision]]
name = "bench"
detect = { file = "/nowhere", text = "bench" }
present = ["link"]
)";

Result<Settings> load_with_board(const std::string& more, const std::string& board = board_file,
                                 bool by_command_line = false) {
    const support::TemporaryFolder folder;
    folder.write("boards/carrier/board.toml", board);
    folder.write("fieldpostd.toml",
                 "[device]\nid = \"engine-7\"\nstate = \"state\"\n[hub]\npublic_key = \"hub.pub\"\n" +
                     (by_command_line ? "" : std::string("[board]\nfile = \"boards/carrier/board.toml\"\n")) +
                     more);
    return load_settings(folder.path / "fieldpostd.toml",
                         by_command_line ? folder.path / "boards/carrier/board.toml" : "");
}

}  // namespace

TEST_CASE("Without a board file the configuration says what is fitted") {
    const auto plain = load("").value();
    CHECK(plain.gnss.driver == "empty");
    CHECK(plain.link.driver == "static");
    CHECK(plain.board.empty());
    CHECK(plain.mandatory.empty());
    const auto said =
        load("[gnss]\ndriver = \"sim\"\nfix = \"2d\"\n[link]\nkind = \"lte\"\n[link.lte]\nmonth = \"5GiB\"\n")
            .value();
    CHECK(said.gnss.driver == "sim");
    CHECK(said.gnss.settings == hal::SettingMap{{"fix", "2d"}});
    CHECK(said.link.settings == hal::SettingMap{{"kind", "lte"}});
}

TEST_CASE(
    "A board file says what is fitted and how much room there is, named by the configuration or by hand") {
    for (const bool by_command_line : {false, true}) {
        const auto settings = load_with_board("", board_file, by_command_line).value();
        CHECK(settings.board == "A carrier, revision b");
        CHECK(settings.gnss.driver == "serial");
        CHECK(settings.gnss.settings == hal::SettingMap{{"path", "/dev/gnss"}, {"baud", "9600"}});
        CHECK(settings.link.settings == hal::SettingMap{{"kind", "lte"}});
        CHECK(settings.storage.journal == std::uint64_t{512} << 20U);
        CHECK(settings.mandatory == std::map<std::string, bool>{{"gnss", true}, {"link", false}});
    }
    CHECK(load_with_board("[storage]\njournal = \"2GiB\"\n").value().storage.journal == std::uint64_t{2}
                                                                                            << 30U);
}

TEST_CASE("The configuration changes single settings of a board's part, or names another driver for it") {
    const auto faster = load_with_board("[gnss]\nbaud = 38400\n").value();
    CHECK(faster.gnss.driver == "serial");
    CHECK(faster.gnss.settings == hal::SettingMap{{"path", "/dev/gnss"}, {"baud", "38400"}});
    const auto replay = load_with_board("[gnss]\ndriver = \"replay\"\npath = \"drive.nmea\"\n").value();
    CHECK(replay.gnss.driver == "replay");
    CHECK(replay.gnss.settings == hal::SettingMap{{"path", "drive.nmea"}});
}

TEST_CASE("The configuration changes single settings that the board wants of its supervisor") {
    std::string board = board_file;
    board.replace(
        board.find("[link]"), 6,
        "[supervisor]\ndriver = \"sim\"\n[supervisor.settings]\nlow_mv = 23000\nhigh_mv = 32000\n[link]");
    board.replace(board.find("\"gnss\", \"link\""), 14, "\"gnss\", \"supervisor\", \"link\"");
    const auto settings = load_with_board("[supervisor.settings]\nlow_mv = 22000\n", board).value();
    CHECK(settings.supervisor_settings == hal::SupervisorSettings{{"low_mv", 22'000}, {"high_mv", 32'000}});
    CHECK(settings.supervisor.settings.empty());
    CHECK(load("").value().supervisor_settings.empty());
    const auto misspelt = load("[supervisor]\ndriver = \"sim\"\n[supervisor.settings]\nresume_mw = 22000\n");
    REQUIRE_FALSE(misspelt.has_value());
    CHECK(misspelt.error().message.find("fieldpostd.toml:9:1: unknown key \"resume_mw\"") !=
          std::string::npos);
    CHECK(misspelt.error().message.find("did you mean \"resume_mv\"") != std::string::npos);
}

TEST_CASE("A part that the revision does not have is not fitted") {
    const auto bench = load_with_board("revision = \"bench\"\n").value();
    CHECK(bench.board == "A carrier, revision bench");
    CHECK(bench.gnss.driver == "empty");
    CHECK(bench.gnss.settings.empty());
}

TEST_CASE("A board file that is wrong or missing is refused with all its places") {
    std::string wrong = board_file;
    wrong.replace(wrong.find("baud"), 4, "buad");
    const auto refused = load_with_board("", wrong);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find("fieldpostd.toml:7:8: file cannot be used:") != std::string::npos);
    CHECK(refused.error().message.find("board.toml:13:8: buad is refused") != std::string::npos);
    CHECK_FALSE(load("[board]\nfile = \"nowhere.toml\"\n").has_value());
    CHECK(load_with_board("revision = \"c\"\n").error().message.find("it has: b, bench") !=
          std::string::npos);
    CHECK(load("[board]\nrevision = \"b\"\n").error().message.find("name the board's board.toml") !=
          std::string::npos);
}

TEST_CASE("A vehicle whose revision is not detected goes on with what its configuration says") {
    std::string guarded = board_file;
    guarded.replace(guarded.find("name = \"b\"\n"), 11,
                    "name = \"b\"\ndetect = { file = \"/nowhere\", text = \"b\" }\n");
    const auto settings = load_with_board("[gnss]\ndriver = \"sim\"\n", guarded).value();
    CHECK(settings.board.empty());
    CHECK(settings.board_problem.find("is detected on this machine") != std::string::npos);
    CHECK(settings.gnss.driver == "sim");
    CHECK(settings.link.driver == "static");
}
