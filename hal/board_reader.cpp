#include "hal/board_reader.hpp"

#include <algorithm>

#include "hal/supervisor_settings.hpp"
#include "sync/base/config_words.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::hal {
namespace {

using Words = std::set<std::string, std::less<>>;

constexpr std::uint64_t least_memory = std::uint64_t{32} << 20U;
constexpr std::size_t longest_udev_file = 64 * 1024;

Words capability_words() {
    Words words;
    for (const Capability one : all_capabilities) words.emplace(to_string(one));
    return words;
}

std::string joined(const Words& words) {
    std::string list;
    for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
    return list.empty() ? "none" : list;
}

// "there is no port "gps" (did you mean "gnss"?); declared are gnss, host"
std::string unknown_word(std::string_view what, const std::string& word, const Words& known) {
    return "names a " + std::string(what) + " \"" + word + "\" that there is not" +
           did_you_mean(word, known) + "; there are: " + joined(known);
}

template <class Value>
Words words_of(const std::map<std::string, Value, std::less<>>& named) {
    Words words;
    for (const auto& [name, value] : named) words.insert(name);
    return words;
}

bool is_compatible_id(std::string_view id) {
    return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ',';
    });
}

}  // namespace

BoardReader::BoardReader(const Config& config, const std::filesystem::path& file, const DriverTables& drivers)
    : config_(config), folder_(std::filesystem::absolute(file).parent_path()), drivers_(drivers) {
    board_.file = file;
}

Result<Board> BoardReader::read() {
    const ConfigTable root = config_.root();
    read_identity(root.table("board"));
    read_files(root.table("files"));
    read_ports(root.table("ports"));
    read_pins(root.table("pins"));
    if (board_.kind == BoardKind::supervisor) {
        read_microcontroller(root.table("mcu"));
    } else {
        read_limits(root.table("limits"));
        read_revisions(root);
        check_udev();
    }
    check_strays();

    std::string message;
    if (const Status sound = config_.finish(); !sound) message = sound.error().message;
    for (const std::string& one : beside_) message += (message.empty() ? "" : "\n") + one;
    if (!message.empty()) return fail(ErrorCode::invalid_argument, message);
    return std::move(board_);
}

void BoardReader::read_identity(const ConfigTable& table) {
    board_.name = table.text("name");
    if (table.choice("kind", {"computer", "supervisor"}, "computer") == "supervisor") {
        board_.kind = BoardKind::supervisor;
    } else {
        board_.architecture = table.choice("architecture", {"any", "amd64", "arm64", "armhf"});
    }
    board_.compatible = table.text("compatible");
    if (!board_.compatible.empty() && !is_compatible_id(board_.compatible)) {
        table.complain("compatible", "must be 1 to 64 of a-z, 0-9, '-', '.' and ','");
    }
}

// --- files beside the board file ---------------------------------------------------------------------------

void BoardReader::read_files(const ConfigTable& table) {
    board_.udev_rules = file_beside(table, "udev");
    board_.overlay = file_beside(table, "overlay");
    board_.image_recipe = file_beside(table, "image");
}

std::filesystem::path BoardReader::file_beside(const ConfigTable& table, std::string_view key) {
    return table.has(key) ? checked_file(table, key, table.text(key)) : std::filesystem::path();
}

std::filesystem::path BoardReader::checked_file(const ConfigTable& table, std::string_view key,
                                                const std::string& name) {
    if (name.empty()) return {};  // complained of
    const std::filesystem::path relative = std::filesystem::path(name).lexically_normal();
    if (relative.is_absolute() || *relative.begin() == "..") {
        table.complain(key, "must be a file in the board's own folder, not \"" + name + "\"");
        return {};
    }
    std::filesystem::path path = folder_ / relative;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) {
        table.complain(key, "names \"" + name + "\", and there is no such file beside this one");
        return {};
    }
    return path;
}

// A rules or overlay file that nothing names would never reach a vehicle.
void BoardReader::check_strays() {
    std::error_code failed;
    for (std::filesystem::directory_iterator it(folder_, failed), end; !failed && it != end;
         it.increment(failed)) {
        const std::filesystem::path& path = it->path();
        const bool rules = path.extension() == ".rules";
        if (!rules && path.extension() != ".dtso") continue;
        if (path == board_.udev_rules || path == board_.overlay) continue;
        tell_beside(path, 0, 0,
                    std::string("no line of the board file names this file: add ") +
                        (rules ? "udev" : "overlay") + " = \"" + path.filename().string() +
                        "\" to [files], or remove it");
    }
    std::ranges::sort(beside_);
}

void BoardReader::tell_beside(const std::filesystem::path& file, int line, int column,
                              std::string_view sentence) {
    std::string place = (board_.file.parent_path() / file.filename()).string();
    if (line > 0) place += ":" + std::to_string(line) + ":" + std::to_string(column);
    beside_.push_back(place + ": " + std::string(sentence));
}

// --- limits, ports and pins --------------------------------------------------------------------------------

void BoardReader::read_limits(const ConfigTable& table) {
    const auto size = [&table](std::string_view key) {
        return table.has(key) ? std::optional(table.size(key)) : std::nullopt;
    };
    BoardLimits& limits = board_.limits;
    limits.memory = size("memory");
    limits.storage = size("storage");
    limits.journal = size("journal");
    limits.reserve = size("reserve");
    limits.low_disk = size("low_disk");
    limits.attachments = size("attachments");
    if (limits.memory.value_or(least_memory) < least_memory) {
        table.complain("memory", "must be at least \"32MiB\": with less the program does not start");
    }
    const std::uint64_t parts = limits.journal.value_or(0) + limits.reserve.value_or(0) +
                                limits.low_disk.value_or(0) + limits.attachments.value_or(0);
    if (limits.storage && parts > *limits.storage) {
        table.complain("storage", "is less than journal, reserve, low_disk and attachments together");
    }
}

void BoardReader::read_ports(const ConfigTable& table) {
    std::map<std::string, std::string> taken;  // path or hardware -> place
    const auto take = [&taken](const ConfigTable& port, std::string_view key, const std::string& value) {
        if (value.empty()) return;
        const auto [found, is_first] = taken.emplace(std::string(key) + value, port.place(key));
        if (!is_first) {
            port.complain(key, "\"" + value + "\" is another port's already, at " + found->second);
        }
    };
    for (const std::string& name : table.keys()) {
        const ConfigTable port = table.table(name);
        Port out;
        out.hardware = port.text("hardware", "");
        out.place = port.place("path");
        port.text("use", "");
        if (board_.kind == BoardKind::computer) {
            out.path = port.text("path");
            if (!out.path.empty() && !out.path.starts_with("/")) {
                port.complain("path", "must be a whole path, such as \"/dev/gnss\"");
            }
        }
        take(port, "path", out.path);
        take(port, "hardware", out.hardware);
        for (const std::string& pin : port.texts("pins")) take_pin(port, "pins", pin);
        ports_.emplace(name, std::move(out));
    }
}

void BoardReader::read_pins(const ConfigTable& table) {
    for (const std::string& name : table.keys()) {
        const ConfigTable pin = table.table(name);
        Pin out;
        pin.text("use", "");
        take_pin(pin, "pin", pin.text("pin"));
        if (board_.kind == BoardKind::computer && (pin.has("chip") || pin.has("line"))) {
            const std::string chip = pin.text("chip");
            out.chip = chip;
            out.line = std::to_string(pin.integer("line", {0, 1023}));
            const auto [found, is_first] = taken_.emplace("line " + chip + ":" + out.line, pin.place("line"));
            if (!is_first) {
                pin.complain("line",
                             "of chip \"" + chip + "\" is another pin's already, at " + found->second);
            }
        }
        pins_.emplace(name, std::move(out));
    }
}

void BoardReader::take_pin(const ConfigTable& table, std::string_view key, const std::string& pin) {
    if (pin.empty()) return;
    const auto [found, is_first] = taken_.emplace("pin " + pin, table.place(key));
    if (is_first) return;
    table.complain(key, "\"" + pin + "\" is taken already, at " + found->second +
                            ": a pin of the hardware does one thing");
}

void BoardReader::read_microcontroller(const ConfigTable& table) {
    Microcontroller mcu;
    mcu.core = table.text("core");
    mcu.flash = table.size("flash");
    mcu.ram = table.size("ram");
    mcu.linker_script = checked_file(table, "linker_script", table.text("linker_script"));
    for (const std::string& source : table.texts("sources")) {
        mcu.sources.push_back(checked_file(table, "sources", source));
    }
    if (mcu.sources.empty()) table.complain("sources", "must list the files of the board's port");
    board_.mcu = std::move(mcu);
}

// --- parts and revisions -----------------------------------------------------------------------------------

void BoardReader::read_revisions(const ConfigTable& root) {
    Drafts fitted;
    for (const Capability one : all_capabilities) {
        const std::string name(to_string(one));
        fitted.emplace(one, root.has(name) ? changed(Draft(), one, root.table(name)) : Draft());
    }
    std::map<std::string, std::string> places;  // of names and detections
    for (const ConfigTable& table : root.tables("revision")) {
        BoardRevision revision = read_revision(table, fitted);
        if (!places.emplace("name " + revision.name, table.place("name")).second) {
            table.complain("name", "\"" + revision.name + "\" is another revision's already");
        }
        const std::string detection = revision.detect_file.string() + '\n' + revision.detect_text;
        if (!places.emplace("detect " + detection, table.place("detect")).second) {
            table.complain("detect", revision.detect_file.empty()
                                         ? "is missing: only one revision can be the one that is meant when "
                                           "no other is detected"
                                         : "is the same as another revision's");
        }
        board_.revisions.push_back(std::move(revision));
    }
    if (board_.revisions.empty()) {
        root.complain("revision",
                      "is missing: add [[revision]] with the name and the parts that it has "
                      "present, be it the only one");
    }
    for (const Capability one : all_capabilities) {
        const std::string name(to_string(one));
        if (!board_.revisions.empty() && root.has(name) && !present_somewhere_.contains(name)) {
            root.complain(name, "is described here, and no revision has it present");
        }
    }
}

BoardRevision BoardReader::read_revision(const ConfigTable& table, const Drafts& fitted) {
    BoardRevision revision;
    revision.name = table.text("name");
    read_detection(table, revision);
    Drafts drafts = fitted;
    read_fittings(table, drafts);
    for (auto& [one, draft] : drafts) {
        const std::string name(to_string(one));
        if (table.has(name)) draft = changed(draft, one, table.table(name));
        if (draft.part.fitting == Fitting::absent) {
            if (table.has(name)) {
                table.complain(name, "changes a part that this revision does not have present");
            }
            draft = Draft();
        } else if (draft.driver_from.empty()) {
            table.complain("present",
                           "names \"" + name + "\", and no table [" + name + "] says with which driver");
        } else {
            check_driver(one, draft);
        }
    }
    check_claims(drafts);
    for (auto& [one, draft] : drafts) revision.parts.emplace(one, std::move(draft.part));
    return revision;
}

void BoardReader::read_detection(const ConfigTable& table, BoardRevision& revision) {
    const ConfigTable detect = table.table("detect");
    if (!detect.exists()) return;
    revision.detect_file = detect.text("file");
    revision.detect_text = detect.text("text");
    if (!revision.detect_file.empty() && !revision.detect_file.is_absolute()) {
        detect.complain("file", "must be a whole path, such as \"/proc/device-tree/model\"");
    }
}

void BoardReader::read_fittings(const ConfigTable& table, Drafts& drafts) {
    static const Words words = capability_words();
    const auto fit = [&](std::string_view key, Fitting fitting) {
        for (const std::string& name : table.texts(key)) {
            const auto one = capability(name);
            if (!one) {
                table.complain(key, unknown_word("part", name, words));
                continue;
            }
            Fitting& now = drafts.at(*one).part.fitting;
            if (fitting == Fitting::mandatory && now == Fitting::absent) {
                table.complain(key, "names \"" + name + "\", which is not among what is present");
            }
            if (now == fitting) table.complain(key, "names \"" + name + "\" twice");
            now = fitting;
            present_somewhere_.insert(name);
        }
    };
    if (!table.has("present")) table.complain("present", "is missing: list the parts that this revision has");
    fit("present", Fitting::present);
    fit("mandatory", Fitting::mandatory);
}

BoardReader::Draft BoardReader::changed(const Draft& before, Capability one, const ConfigTable& table) {
    Draft draft = before;
    std::optional<std::string> driver;
    if (table.has("driver")) {
        driver = table.text("driver");
        draft.driver_from = {table};
        draft.setting_from.clear();
        draft.claims.clear();
        const auto drivers = drivers_.find(one);
        const Words known(drivers->second.names.begin(), drivers->second.names.end());
        if (!driver->empty() && !known.contains(*driver)) {
            table.complain("driver", unknown_word(std::string(to_string(one)) + " driver", *driver, known));
        }
    }
    SettingMap settings;
    SupervisorSettings supervisor;
    for (const std::string& key : table.keys()) {
        if (key == "driver") continue;
        if (one == Capability::supervisor && key == "settings") {
            supervisor = read_supervisor_settings(table.table(key));
            continue;
        }
        draft.claims.erase(key);
        const bool is_reference = table.has_table(key);
        std::string value = is_reference ? resolved(table, key, draft, settings) : table.value_as_text(key);
        if (is_reference && value.empty()) draft.is_whole = false;
        settings[key] = std::move(value);
        draft.setting_from.insert_or_assign(key, table);
    }
    const Fitting fitting = draft.part.fitting;
    draft.part = changed_part(std::move(draft.part), driver, settings, supervisor);
    draft.part.fitting = fitting;  // the revision's lists say it
    return draft;
}

// { port = "gnss" }, { pin = "led" } or { file = "drive.nmea" } in place of a value. A pin gives the driver a
// second setting, "chip".
std::string BoardReader::resolved(const ConfigTable& table, const std::string& key, Draft& draft,
                                  SettingMap& settings) {
    const ConfigTable reference = table.table(key);
    if (reference.keys().size() != 1) {
        table.complain(key, "must be one of { port = \"...\" }, { pin = \"...\" } and { file = \"...\" }");
        return {};
    }
    if (reference.has("port")) {
        const std::string name = reference.text("port");
        const auto port = ports_.find(name);
        if (port != ports_.end()) {
            draft.claims[key] = "port \"" + name + "\"";
            return port->second.path;
        }
        reference.complain("port", unknown_word("port", name, words_of(ports_)));
    } else if (reference.has("pin")) {
        const std::string name = reference.text("pin");
        const auto pin = pins_.find(name);
        if (pin != pins_.end()) {
            draft.claims[key] = "pin \"" + name + "\"";
            if (pin->second.chip.empty()) {
                reference.complain(
                    "pin", "names \"" + name + "\", for which [pins." + name + "] gives no chip and line");
            }
            settings["chip"] = pin->second.chip;
            return pin->second.line;
        }
        reference.complain("pin", unknown_word("pin", name, words_of(pins_)));
    } else if (reference.has("file")) {
        return checked_file(reference, "file", reference.text("file")).string();
    }
    return {};
}

void BoardReader::check_driver(Capability one, const Draft& draft) {
    const auto drivers = drivers_.find(one);
    if (drivers->second.check == nullptr || !draft.is_whole) return;
    const auto& names = drivers->second.names;
    if (std::ranges::find(names, draft.part.driver) == names.end()) return;  // complained of
    const Status accepted = drivers->second.check(draft.part.driver, draft.part.settings);
    if (accepted) return;
    // Drivers name a setting as "setting 'baud'"; a missing one has no place of its own.
    const std::string& said = accepted.error().message;
    for (const auto& [key, table] : draft.setting_from) {
        if (said.find("setting '" + key + "'") == std::string::npos) continue;
        return table.complain(key, "is refused: " + said);
    }
    draft.driver_from.front().complain("driver", "cannot be made: " + said);
}

// Two parts cannot share a serial line or a pin.
void BoardReader::check_claims(const Drafts& drafts) {
    std::map<std::string, std::string> claimed;  // -> by which part, and where
    for (const auto& [one, draft] : drafts) {
        for (const auto& [setting, what] : draft.claims) {
            const ConfigTable& table = draft.setting_from.at(setting);
            const std::string by = std::string(to_string(one)) + " at " + table.place(setting);
            const auto [found, is_first] = claimed.emplace(what, by);
            if (!is_first) table.complain(setting, "takes " + what + ", which " + found->second + " has");
        }
    }
}

// --- udev --------------------------------------------------------------------------------------------------

void BoardReader::check_udev() {
    UdevRules rules;
    if (!board_.udev_rules.empty()) {
        const auto text = read_file(board_.udev_rules, longest_udev_file);
        if (!text) return tell_beside(board_.udev_rules, 0, 0, text.error().message);
        rules = read_udev_rules(*text);
    }
    for (const UdevProblem& problem : rules.problems) {
        tell_beside(board_.udev_rules, problem.line, problem.column, problem.sentence);
    }
    check_links(rules);
    for (const auto& [name, port] : ports_) {
        if (port.hardware.empty()) continue;
        const auto makes_it = [&port](const UdevLink& link) {
            return "/dev/" + link.name == port.path && std::ranges::count(link.matches, port.hardware) > 0;
        };
        if (std::ranges::any_of(rules.links, makes_it)) continue;
        beside_.push_back(port.place + ": no udev rule makes " + port.path + " of \"" + port.hardware +
                          "\": write one into the file of [files] udev, or leave hardware out if the kernel "
                          "itself calls it " +
                          port.path);
    }
}

void BoardReader::check_links(const UdevRules& rules) {
    std::map<std::string, int> lines;
    for (const UdevLink& link : rules.links) {
        const auto [found, is_first] = lines.emplace(link.name, link.line);
        if (!is_first) {
            tell_beside(board_.udev_rules, link.line, 1,
                        "the link \"" + link.name + "\" is made by line " + std::to_string(found->second) +
                            " too: two devices cannot have one name");
        }
        const auto is_its = [&link](const auto& port) { return port.second.path == "/dev/" + link.name; };
        if (std::ranges::none_of(ports_, is_its)) {
            Words paths;
            for (const auto& [name, port] : ports_) paths.insert(port.path);
            tell_beside(board_.udev_rules, link.line, 1,
                        "no port of the board file has the path \"/dev/" + link.name + "\"" +
                            did_you_mean("/dev/" + link.name, paths));
        }
    }
}

// --- the way in --------------------------------------------------------------------------------------------

Result<Board> load_board(const std::filesystem::path& file, const DriverTables& drivers) {
    const auto config = Config::load(file);
    if (!config) return config.error();
    return BoardReader(*config, file, drivers).read();
}

Result<Board> parse_board(std::string_view text, const std::filesystem::path& file,
                          const DriverTables& drivers) {
    const auto config = Config::parse(text, file);
    if (!config) return config.error();
    return BoardReader(*config, file, drivers).read();
}

}  // namespace fieldpost::hal
