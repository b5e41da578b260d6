#include "hal/board.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <vector>

#include "hal/udev_rules.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using testing::TempFolder;

namespace {

const std::string good_board = R"([board]
name = "A carrier"
architecture = "arm64"
compatible = "fieldpost-carrier"
[files]
udev = "60-fieldpost.rules"
[limits]
memory = "256MiB"
storage = "4GiB"
journal = "1GiB"
[ports.gnss]
path = "/dev/gnss"
hardware = "fe201600.serial"
pins = ["GPIO4", "GPIO5"]
[ports.supervisor]
path = "/dev/supervisor"
pins = ["GPIO12", "GPIO13"]
[pins.led]
pin = "GPIO17"
chip = "gpiochip0"
line = 17
[gnss]
driver = "serial"
path = { port = "gnss" }
baud = 9600
[link]
driver = "static"
kind = "lte"
[supervisor]
driver = "serial"
path = { port = "supervisor" }
[indicator]
driver = "gpio"
line = { pin = "led" }
[[revision]]
name = "b"
detect = { file = "/proc/device-tree/hat/product", text = "Carrier B" }
present = ["gnss", "link", "supervisor", "indicator"]
mandatory = ["gnss"]
[revision.gnss]
baud = 115200
[[revision]]
name = "a"
present = ["gnss", "link", "indicator"]
)";

const std::string good_rules =
    "# ours\nSUBSYSTEM==\"tty\", KERNELS==\"fe201600.serial\", SYMLINK+=\"gnss\"\n";

// A board in a folder of its own, with its rules.
struct BoardFolder {
    explicit BoardFolder(const std::string& text = good_board, const std::string& rules = good_rules) {
        folder.write("60-fieldpost.rules", rules);
        file = folder.write("board.toml", text);
    }
    TempFolder folder;
    std::filesystem::path file;
};

std::string without_folder(std::string said, const BoardFolder& board) {
    const std::string folder = board.folder.path().string() + "/";
    for (std::size_t at; (at = said.find(folder)) != std::string::npos;) said.erase(at, folder.size());
    return said;
}

// What is said of a board; empty when it is taken.
std::string complaint(const std::string& text, const std::string& rules = good_rules) {
    const BoardFolder board(text, rules);
    const auto loaded = load_board(board.file);
    return loaded ? "" : without_folder(loaded.error().message, board);
}

std::string changed(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

std::string complaint_after(const std::string& from, const std::string& to) {
    return complaint(changed(good_board, from, to));
}

const BoardPart& part(const Board& board, std::string_view revision, Capability one) {
    return choose_revision(board, revision).value()->parts.at(one);
}

}  // namespace

TEST_CASE("a board says for each part with which driver and settings, in this revision") {
    const BoardFolder folder;
    const auto board = load_board(folder.file);
    INFO((board ? "" : board.error().message));
    REQUIRE(board.has_value());
    CHECK(board->compatible == "fieldpost-carrier");
    CHECK(board->limits.journal == std::uint64_t{1} << 30U);
    CHECK_FALSE(board->limits.attachments.has_value());
    CHECK(board->udev_rules == folder.folder / "60-fieldpost.rules");

    CHECK(part(*board, "a", Capability::gnss) ==
          BoardPart{Fitting::present, "serial", {{"path", "/dev/gnss"}, {"baud", "9600"}}});
    CHECK(part(*board, "b", Capability::gnss) ==
          BoardPart{Fitting::mandatory, "serial", {{"path", "/dev/gnss"}, {"baud", "115200"}}});
    CHECK(part(*board, "b", Capability::supervisor).settings == SettingMap{{"path", "/dev/supervisor"}});
    CHECK(part(*board, "b", Capability::indicator).settings ==
          SettingMap{{"chip", "gpiochip0"}, {"line", "17"}});
    CHECK(part(*board, "a", Capability::supervisor) == BoardPart{});
    CHECK(part(*board, "a", Capability::installer) == BoardPart{Fitting::absent, "empty", {}});
}

TEST_CASE("a board says what its supervisor is to be set to, and a revision changes single settings of it") {
    const std::string with = changed(
        good_board, "path = { port = \"supervisor\" }\n",
        "path = { port = \"supervisor\" }\n[supervisor.settings]\nlow_mv = 23000\nresume_mv = 24400\n");
    const BoardFolder folder(changed(with, "[revision.gnss]\nbaud = 115200\n",
                                     "[revision.supervisor.settings]\nlow_mv = 23500\n"));
    const auto board = load_board(folder.file);
    INFO((board ? "" : board.error().message));
    REQUIRE(board.has_value());
    const BoardPart& fitted = part(*board, "b", Capability::supervisor);
    CHECK(fitted.supervisor == SupervisorSettings{{"low_mv", 23'500}, {"resume_mv", 24'400}});
    CHECK(fitted.settings == SettingMap{{"path", "/dev/supervisor"}});
    CHECK(part(*board, "a", Capability::supervisor).supervisor.empty());
}

TEST_CASE("settings that no supervisor has, and values that are no numbers, are refused with their places") {
    const std::string before = "path = { port = \"supervisor\" }\n";
    const auto said = [&before](const std::string& settings) {
        return complaint_after(before, before + "[supervisor.settings]\n" + settings);
    };
    CHECK(said("resume_mw = 23000\n")
              .find("board.toml:33:1: unknown key \"resume_mw\" in [supervisor.settings] (did you mean "
                    "\"resume_mv\"?)") != std::string::npos);
    CHECK(said("low_mv = \"23 V\"\n").find("low_mv must be a whole number") != std::string::npos);
    CHECK(said("low_mv = -1\n").find("low_mv must be from 0 to 4294967295") != std::string::npos);
    CHECK(complaint_after(before, before + "settings = 24\n").find("settings must be a table") !=
          std::string::npos);
    CHECK(complaint_after("kind = \"lte\"\n", "kind = \"lte\"\n[link.settings]\nlow_mv = 1\n") != "");
}

TEST_CASE("a machine's revision is the one whose text is found, else the one without detection") {
    const BoardFolder folder;
    const auto board = load_board(folder.file);
    REQUIRE(board.has_value());
    const TempFolder root;
    CHECK(choose_revision(*board, "", root.path()).value()->name == "a");
    std::filesystem::create_directories(root / "proc/device-tree/hat");
    root.write("proc/device-tree/hat/product", std::string("Carrier B\0", 10));
    CHECK(choose_revision(*board, "", root.path()).value()->name == "b");
    CHECK(choose_revision(*board, "a", root.path()).value()->name == "a");
    const auto unknown = choose_revision(*board, "c", root.path());
    REQUIRE_FALSE(unknown.has_value());
    CHECK(unknown.error().code == ErrorCode::not_found);
    CHECK(unknown.error().message.find("has no revision \"c\"; it has: b, a") != std::string::npos);

    const BoardFolder guarded(changed(good_board, "name = \"a\"\n",
                                      "name = \"a\"\ndetect = { file = \"/proc/x\", text = \"A\" }\n"));
    const auto other = load_board(guarded.file);
    REQUIRE(other.has_value());
    CHECK(choose_revision(*other, "", root / "nowhere").error().message.find("is detected on this machine") !=
          std::string::npos);
}

TEST_CASE("a misspelt key of a board is refused with its place and what may have been meant") {
    CHECK(complaint_after("compatible = ", "compatable = ") ==
          "board.toml:1:1: \"compatible\" is missing in [board]\n"
          "board.toml:4:1: unknown key \"compatable\" in [board] (did you mean \"compatible\"?)");
    CHECK(complaint_after("[gnss]", "[gns]")
              .find("board.toml:22:2: unknown key \"gns\" (did you mean \"gnss\"?)") != std::string::npos);
    CHECK(complaint_after("hardware = ", "hardwear = ").find("(did you mean \"hardware\"?)") !=
          std::string::npos);
    CHECK(complaint_after("pin = \"GPIO17\"", "pni = \"GPIO17\"").find("(did you mean \"pin\"?)") !=
          std::string::npos);
    CHECK(complaint_after("mandatory = [", "mandatry = [").find("(did you mean \"mandatory\"?)") !=
          std::string::npos);
    CHECK(complaint_after("memory = ", "memmory = ").find("(did you mean \"memory\"?)") != std::string::npos);
}

TEST_CASE("a pin, a port or a line that two things would have is refused with both places") {
    CHECK(complaint_after("\"GPIO12\"", "\"GPIO4\"") ==
          "board.toml:17:8: pins \"GPIO4\" is taken already, at " + std::string("board.toml:14:8") +
              ": a pin of the hardware does one thing");
    CHECK(complaint_after("pin = \"GPIO17\"", "pin = \"GPIO5\"")
              .find("board.toml:19:7: pin \"GPIO5\" is taken") == 0);
    CHECK(complaint_after("path = \"/dev/supervisor\"", "path = \"/dev/gnss\"")
              .find("board.toml:16:8: path \"/dev/gnss\" is another port's already, at board.toml:12:8") !=
          std::string::npos);
    CHECK(complaint_after("[pins.led]\n",
                          "[pins.sos]\npin = \"GPIO18\"\nchip = \"gpiochip0\"\nline = 17\n[pins.led]\n")
              .find("line of chip \"gpiochip0\" is another pin's already") != std::string::npos);
    CHECK(complaint_after("path = { port = \"supervisor\" }", "path = { port = \"gnss\" }")
              .find("board.toml:31:8: path takes port \"gnss\", which gnss at board.toml:24:8 has") !=
          std::string::npos);
}

TEST_CASE("two parts may share a port when no revision has both") {
    const std::string swapped =
        changed(good_board, "path = { port = \"supervisor\" }", "path = { port = \"gnss\" }");
    CHECK(complaint(changed(swapped,
                            "present = [\"gnss\", \"link\", \"supervisor\", \"indicator\"]\nmandatory = "
                            "[\"gnss\"]\n[revision.gnss]\nbaud = 115200\n",
                            "present = [\"link\", \"supervisor\", \"indicator\"]\n")) == "");
}

TEST_CASE("what a board names and nobody has is refused, with what there is") {
    CHECK(complaint_after("port = \"gnss\"", "port = \"gns\"") ==
          "board.toml:24:17: port names a port \"gns\" that there is not (did you mean \"gnss\"?); there "
          "are: gnss, "
          "supervisor");
    CHECK(complaint_after("pin = \"led\"", "pin = \"lamp\"")
              .find("names a pin \"lamp\" that there is not; there are: led") != std::string::npos);
    CHECK(
        complaint_after("driver = \"static\"", "driver = \"statick\"")
            .find("board.toml:27:10: driver names a link driver \"statick\" that there is not (did you mean "
                  "\"static\"?)") != std::string::npos);
    CHECK(complaint_after("\"supervisor\", \"indicator\"]", "\"supervizor\", \"indicator\"]")
              .find("present names a part \"supervizor\" that there is not (did you mean \"supervisor\"?)") !=
          std::string::npos);
    CHECK(complaint_after("udev = \"60-fieldpost.rules\"", "udev = \"60.rules\"")
              .find("board.toml:6:8: udev names \"60.rules\", and there is no such file beside this one") ==
          0);
    CHECK(complaint_after("udev = \"60-fieldpost.rules\"", "udev = \"../60.rules\"").find("own folder") !=
          std::string::npos);
    CHECK(complaint_after("path = { port = \"gnss\" }", "path = { file = \"drive.nmea\" }")
              .find("no such file beside this one") != std::string::npos);
}

TEST_CASE("what a driver says of its settings is told at the setting") {
    CHECK(complaint_after("baud = 9600", "baud = 9601")
              .find("board.toml:25:8: baud is refused: gnss driver serial: setting 'baud'") == 0);
    CHECK(complaint_after("baud = 115200", "baud = 5").find("board.toml:41:8: baud is refused") == 0);
    CHECK(complaint_after("kind = \"lte\"", "knd = \"lte\"")
              .find("board.toml:28:7: knd is refused: link driver static: setting 'knd' is unknown") == 0);
    CHECK(
        complaint_after("path = { port = \"gnss\" }\n", "")
            .find("board.toml:23:10: driver cannot be made: gnss driver serial: setting 'path' is missing") ==
        0);
    CHECK(complaint_after("baud = 9600", "baud = [9600]").find("baud must be a single value, not an array") !=
          std::string::npos);
    CHECK(complaint_after("{ port = \"gnss\" }", "{ port = \"gnss\", pin = \"led\" }")
              .find("must be one of { port") != std::string::npos);
}

TEST_CASE("revisions that contradict themselves or each other are refused") {
    CHECK(complaint_after("mandatory = [\"gnss\"]", "mandatory = [\"gnss\", \"clock\"]")
              .find("mandatory names \"clock\", which is not among what is present") != std::string::npos);
    CHECK(complaint_after("\"link\", \"indicator\"]\n", "\"link\", \"indicator\", \"storage\"]\n")
              .find("present names \"storage\", and no table [storage] says with which driver") !=
          std::string::npos);
    CHECK(complaint_after("name = \"a\"", "name = \"b\"").find("name \"b\" is another revision's already") !=
          std::string::npos);
    CHECK(complaint_after("detect = { file = \"/proc/device-tree/hat/product\", text = \"Carrier B\" }\n", "")
              .find("only one revision can be the one") != std::string::npos);
    CHECK(complaint(good_board.substr(0, good_board.find("[[revision]]"))).find("add [[revision]]") !=
          std::string::npos);
    CHECK(complaint_after("[[revision]]\nname = \"a\"\n",
                          "[[revision]]\nname = \"a\"\n[revision.storage]\nx = 1\n")
              .find("present is missing") != std::string::npos);
    CHECK(complaint(good_board + "[revision.supervisor]\ndriver = \"sim\"\n")
              .find("supervisor changes a part that this revision does not have present") !=
          std::string::npos);
    CHECK(complaint_after("[[revision]]\n", "[storage]\ndriver = \"linux\"\n[[revision]]\n")
              .find("storage is described here, and no revision has it present") != std::string::npos);
    CHECK(complaint_after("present = [\"gnss\", \"link\", \"indicator\"]",
                          "present = [\"gnss\", \"link\", \"gnss\"]")
              .find("names \"gnss\" twice") != std::string::npos);
}

TEST_CASE("limits that cannot be kept are refused") {
    CHECK(complaint_after("storage = \"4GiB\"", "storage = \"512MiB\"")
              .find("board.toml:9:11: storage is less than journal") == 0);
    CHECK(complaint_after("memory = \"256MiB\"", "memory = \"16MiB\"").find("memory must be at least") !=
          std::string::npos);
    CHECK(complaint_after("memory = \"256MiB\"", "memory = 256").find("a size such as") != std::string::npos);
}

TEST_CASE("udev rules that do not make the board's links are refused with file and line") {
    CHECK(complaint(good_board, "# nothing\n")
              .find("board.toml:12:8: no udev rule makes /dev/gnss of \"fe201600.serial\"") == 0);
    CHECK(complaint(good_board, good_rules + "KERNELS==\"fe201a00.serial\", SYMLINK+=\"supervizor\"\n") ==
          "60-fieldpost.rules:3:1: no port of the board file has the path \"/dev/supervizor\" (did you mean "
          "\"/dev/supervisor\"?)");
    CHECK(complaint(good_board, good_rules + "KERNELS==\"x.serial\", SYMLINK+=\"gnss\"\n")
              .find("60-fieldpost.rules:3:1: the link \"gnss\" is made by line 2 too") == 0);
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"SUBSYTEM==\"x\"\n",
         "60-fieldpost.rules:3:1: udev has no key \"SUBSYTEM\" (did you mean \"SUBSYSTEM\"?)"},
        {"KERNELS=\"x\"\n", "can be compared with == or !="},
        {"KERNELS==x\n", "must stand in double quotes"},
        {"KERNELS==\"x\n", "must stand in double quotes"},
        {"KERNELS==\"x\\\n", "must stand in double quotes"},
        {"KERNELS \"x\"\n", "is expected after KERNELS"},
        {"ATTRS{idVendor==\"x\"\n", "the brace after ATTRS is not closed"},
        {"kernel==\"x\"\n", "a key in capital letters"},
        {"SYMLINK+=\"gnss\"\n", "names a link and matches every device"},
    };
    for (const auto& [rule, sentence] : wrong) {
        INFO(rule);
        CHECK(complaint(good_board, good_rules + rule).find(sentence) != std::string::npos);
    }
}

TEST_CASE("a rules or overlay file that no line names is told") {
    const BoardFolder board;
    board.folder.write("fieldpost.dtso", "/dts-v1/;\n/plugin/;\n");
    const auto loaded = load_board(board.file);
    REQUIRE_FALSE(loaded.has_value());
    CHECK(without_folder(loaded.error().message, board) ==
          "fieldpost.dtso: no line of the board file names this file: add overlay = \"fieldpost.dtso\" to "
          "[files], "
          "or remove it");
}

TEST_CASE("a supervisor board names its controller and the files of its port") {
    const TempFolder folder;
    folder.write("port.cpp", "");
    folder.write("link.ld", "");
    const std::string text =
        "[board]\nname = \"MCU\"\nkind = \"supervisor\"\ncompatible = \"fieldpost-mcu\"\n"
        "[mcu]\ncore = \"cortex-m3\"\nflash = \"256KiB\"\nram = \"64KiB\"\nlinker_script = \"link.ld\"\n"
        "sources = [\"port.cpp\"]\n[ports.host]\nhardware = \"UART0\"\npins = [\"PA0\", \"PA1\"]\n"
        "[pins.ignition]\npin = \"PB0\"\nuse = \"high while the key is on\"\n";
    const auto board = parse_board(text, folder / "board.toml");
    INFO((board ? "" : board.error().message));
    REQUIRE(board.has_value());
    REQUIRE(board->mcu.has_value());
    CHECK(board->mcu->flash == 256U << 10U);
    CHECK(board->mcu->sources == std::vector{folder / "port.cpp"});
    const auto said = [&](const std::string& from, const std::string& to) {
        const auto parsed = parse_board(changed(text, from, to), folder / "board.toml");
        return parsed ? "" : parsed.error().message;
    };
    CHECK(said("\"PB0\"", "\"PA1\"").find("pin \"PA1\" is taken already") != std::string::npos);
    CHECK(said("\"port.cpp\"", "\"prot.cpp\"").find("sources names \"prot.cpp\"") != std::string::npos);
    CHECK(said("[mcu]", "[gnss]\ndriver = \"sim\"\n[mcu]").find("unknown key \"gnss\"") != std::string::npos);
}

TEST_CASE("nothing that is no board at all is taken") {
    for (const char* text : {"", "[board]", "board = 1", "[board]\nname = \"x", "\xff\xfe", "ports = [[[[",
                             "[ports]\ngnss = 1", "[[ports]]", "[[gnss]]\ndriver = \"sim\"", "revision = 1",
                             "[revision]\nname = \"a\"", "[pins]\nled = \"GPIO4\""}) {
        INFO(text);
        const auto board = parse_board(text, "/nowhere/board.toml");
        REQUIRE_FALSE(board.has_value());
        CHECK(board.error().code == ErrorCode::invalid_argument);
        CHECK(board.error().message.find("/nowhere/board.toml") == 0);
    }
    CHECK(load_board("/nowhere/board.toml").error().code == ErrorCode::not_found);
}

TEST_CASE("a further table that names a driver replaces the part, and one that names none changes settings") {
    BoardPart part{Fitting::mandatory, "serial", {{"path", "/dev/gnss"}, {"baud", "9600"}}};
    CHECK(changed_part(part, std::nullopt, {{"baud", "4800"}}) ==
          BoardPart{Fitting::mandatory, "serial", {{"path", "/dev/gnss"}, {"baud", "4800"}}});
    CHECK(changed_part(part, "replay", {{"path", "drive.nmea"}}) ==
          BoardPart{Fitting::mandatory, "replay", {{"path", "drive.nmea"}}});
    part.supervisor = {{"low_mv", 23'000}, {"high_mv", 32'000}};
    CHECK(changed_part(part, std::nullopt, {}, {{"low_mv", 22'000}}).supervisor ==
          SupervisorSettings{{"low_mv", 22'000}, {"high_mv", 32'000}});
    CHECK(changed_part(part, "sim", {}, {{"low_mv", 22'000}}).supervisor ==
          SupervisorSettings{{"low_mv", 22'000}});
    CHECK(changed_part({}, "sim", {}) == BoardPart{Fitting::present, "sim", {}});
    CHECK(changed_part({}, "empty", {}) == BoardPart{});
}

TEST_CASE("every board of this project is in order") {
    int boards = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(FIELDPOST_BOARDS)) {
        if (entry.path().filename() != "board.toml") continue;
        INFO(entry.path());
        const auto board = load_board(entry.path());
        CHECK((board ? "" : board.error().message) == "");
        ++boards;
    }
    CHECK(boards >= 6);
}

TEST_CASE("a clock that no device would use, and a setting that it would not know, are refused") {
    const std::string with_clock = changed(good_board, "\"indicator\"]", "\"indicator\", \"clock\"]");
    const auto said_of = [&](const std::string& clock) {
        return complaint(changed(with_clock, "[link]", "[clock]\n" + clock + "\n[link]"));
    };
    CHECK(said_of("driver = \"system\"").empty());
    CHECK(said_of("driver = \"sim\"").find("driver") != std::string::npos);
    CHECK(said_of("driver = \"system\"\nrtc = 1").find("'rtc'") != std::string::npos);
}

TEST_CASE(
    "no board takes every USB device of a maker for its receiver: makers of receivers make modems too") {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(FIELDPOST_BOARDS)) {
        if (entry.path().extension() != ".rules") continue;
        INFO(entry.path());
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);) {
            if (line.find("idVendor") == std::string::npos || line.starts_with('#')) continue;
            CHECK(line.find("ATTRS{idProduct}==") != std::string::npos);
            CHECK(line.find("ID_MM_DEVICE_IGNORE") == std::string::npos);
        }
    }
}

TEST_CASE("the package has every board of a computer, in order where it lies, and none of a supervisor") {
    const TempFolder system;
    const std::string install = "DESTDIR='" + system.path().string() + "' " FIELDPOST_INSTALL_BOARDS " >&2";
    REQUIRE(std::system(install.c_str()) == 0);
    std::vector<std::filesystem::path> installed;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(system.path())) {
        if (entry.path().filename() == "board.toml") installed.push_back(entry.path());
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(FIELDPOST_BOARDS)) {
        if (entry.path().filename() != "board.toml") continue;
        INFO(entry.path());
        const auto board = std::filesystem::relative(entry.path(), FIELDPOST_BOARDS).string();
        const auto found = std::ranges::find_if(installed, [&](const std::filesystem::path& file) {
            return file.string().ends_with("/share/fieldpost/boards/" + board);
        });
        const bool is_computer = load_board(entry.path()).value().kind == BoardKind::computer;
        CHECK((found != installed.end()) == is_computer);
        if (found != installed.end()) CHECK(load_board(*found).has_value());
    }
}

TEST_CASE("the light of every board is one that the package's udev rules let the daemon switch") {
    const std::filesystem::path boards = FIELDPOST_BOARDS;
    const std::filesystem::path rules = boards.parent_path() / "tools/packaging/debian/fieldpost-device.udev";
    std::ifstream file(rules);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    CHECK(text.find("SUBSYSTEM==\"leds\", KERNEL==\"fieldpost:*\"") != std::string::npos);
    CHECK(read_udev_rules(text).problems.empty());
    int lights = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(boards)) {
        if (entry.path().filename() != "board.toml") continue;
        const auto board = load_board(entry.path());
        REQUIRE(board.has_value());
        for (const BoardRevision& revision : board->revisions) {
            const BoardPart& light = revision.parts.at(Capability::indicator);
            if (light.driver != "leds") continue;
            CHECK(light.settings.at("led").starts_with("fieldpost:"));
            ++lights;
        }
    }
    CHECK(lights >= 4);
}
