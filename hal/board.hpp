// What is fitted in a vehicle, as its board file says: boards/<vendor>/<board>/board.toml. boards/README.md
// describes the format.
//
// Reading is strict. What is misspelt, missing, clashing, or refused by the driver that it is for, is an
// error with file, line and column; all errors of a file are told at once.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hal/settings.hpp"
#include "hal/supervisor/supervisor.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

enum class Capability { gnss, clock, supervisor, link, keystore, indicator, storage, installer };

inline constexpr std::array all_capabilities{
    Capability::gnss,     Capability::clock,     Capability::supervisor, Capability::link,
    Capability::keystore, Capability::indicator, Capability::storage,    Capability::installer,
};

// "gnss", "clock": as board files and the device's configuration name their tables.
std::string_view to_string(Capability capability);
std::optional<Capability> capability(std::string_view name);

//   absent     no vehicle of this revision has the part: it is "not fitted"
//   present    the revision has it, and a vehicle may be in service without
//   mandatory  a vehicle in which it does not work needs a person
enum class Fitting { absent, present, mandatory };

std::string_view to_string(Fitting fitting);

struct BoardPart {
    Fitting fitting = Fitting::absent;
    std::string driver = "empty";
    SettingMap settings;  // the driver's own, with ports, pins and files resolved
    // Of the supervisor: what it is to be set to. Its own memory keeps it, and nothing here changes the rest.
    SupervisorSettings supervisor{};

    bool operator==(const BoardPart&) const = default;
};

struct BoardRevision {
    std::string name;
    // The revision of a machine whose file `detect_file` has `detect_text` in it. Both empty: of every
    // machine that no other revision is for.
    std::filesystem::path detect_file;
    std::string detect_text;
    std::map<Capability, BoardPart> parts;  // of every capability
};

// Bytes. What a board file leaves out is left to the program's own default.
struct BoardLimits {
    std::optional<std::uint64_t> memory;   // what the device's program may use of the machine's memory
    std::optional<std::uint64_t> storage;  // what it may keep on disk, everything counted
    std::optional<std::uint64_t> journal;  // these four are [storage] of fieldpostd.toml
    std::optional<std::uint64_t> reserve;
    std::optional<std::uint64_t> low_disk;
    std::optional<std::uint64_t> attachments;
};

//   computer    runs fieldpostd
//   supervisor  the microcontroller that owns power and the watchdog, and runs firmware/
enum class BoardKind { computer, supervisor };

struct Microcontroller {
    std::string core;  // as compilers call it: "cortex-m3"
    std::uint64_t flash = 0;
    std::uint64_t ram = 0;
    std::vector<std::filesystem::path> sources;
    std::filesystem::path linker_script;
};

struct Board {
    std::filesystem::path file;
    std::string name;  // for people
    BoardKind kind = BoardKind::computer;
    std::string architecture;  // of a computer, Debian's word: "arm64"; "any" when nothing depends on it
    std::string compatible;    // an update bundle is for the boards with this id and no others
    BoardLimits limits;
    std::vector<BoardRevision> revisions;  // of a computer: at least one
    std::optional<Microcontroller> mcu;    // of a supervisor
    // Beside the file; empty when the board has none.
    std::filesystem::path udev_rules;
    std::filesystem::path overlay;
    std::filesystem::path image_recipe;
};

// The drivers of one capability, for reading a board file.
struct DriverTable {
    std::vector<std::string> names;
    // What the driver says of these settings; no hardware is touched. Null: any settings are taken.
    Status (*check)(const std::string& driver, const SettingMap& settings) = nullptr;
};
using DriverTables = std::map<Capability, DriverTable>;

// Those that this program was built with.
const DriverTables& built_in_drivers();

// not_found, io, or invalid_argument with a line for everything that is wrong, in the file or beside it.
Result<Board> load_board(const std::filesystem::path& file, const DriverTables& drivers = built_in_drivers());

// The same of a text; `file` is where it would lie, for sentences and for the files beside it.
Result<Board> parse_board(std::string_view text, const std::filesystem::path& file,
                          const DriverTables& drivers = built_in_drivers());

// The revision of that name; for an empty one the revision that is detected on this machine, whose files are
// taken from `root`. not_found with the names that there are; the pointer lives as long as the board.
Result<const BoardRevision*> choose_revision(const Board& board, std::string_view name,
                                             const std::filesystem::path& root = "/");

// The part as a further table changes it, be it of a revision or of the device's configuration: a table that
// names a driver stands for itself and nothing of `part` is left but how it is fitted; one that names none
// changes single settings. A part that was absent and is given a driver is present.
BoardPart changed_part(BoardPart part, const std::optional<std::string>& driver, const SettingMap& settings,
                       const SupervisorSettings& supervisor = {});

}  // namespace fieldpost::hal
