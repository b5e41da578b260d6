#include "daemon/device/app/parts.hpp"

#include "hal/supervisor_settings.hpp"

namespace fieldpost::device {

Parts::Parts(const ConfigTable& root, const std::filesystem::path& board_file) : root_(root) {
    read(root.table("board"), board_file);
}

void Parts::read(const ConfigTable& table, const std::filesystem::path& board_file) {
    const std::filesystem::path named = table.path("file", "");
    const std::string name = table.text("revision", "");
    const std::filesystem::path& file = board_file.empty() ? named : board_file;
    if (file.empty()) {
        if (!name.empty()) table.complain("revision", "is given, and no file: name the board's board.toml");
        return;
    }
    auto board = hal::load_board(file);
    if (!board) return table.complain("file", "cannot be used:\n" + board.error().message);
    if (board->kind != hal::BoardKind::computer) {
        return table.complain("file", "is the board of a supervisor, not of a computer");
    }
    board_.emplace(std::move(*board));
    const auto revision = hal::choose_revision(*board_, name);
    if (revision) {
        revision_ = *revision;
    } else if (name.empty()) {
        problem_ = revision.error().message + " in [board] revision";  // the hardware may be at fault
    } else {
        table.complain("revision", "cannot be used: " + revision.error().message);
    }
}

hal::BoardPart Parts::part(hal::Capability capability, std::string_view driver, std::string_view name) const {
    const ConfigTable table = root_.table(name.empty() ? to_string(capability) : name);
    hal::BoardPart fitted;
    if (revision_ != nullptr) {
        fitted = revision_->parts.at(capability);
    } else {
        fitted = hal::changed_part({}, std::string(driver), {});
    }
    hal::SettingMap settings;
    hal::SupervisorSettings supervisor;
    for (const std::string& key : table.keys()) {
        if (capability == hal::Capability::supervisor && key == "settings") {
            supervisor = hal::read_supervisor_settings(table.table(key));
            continue;
        }
        if (key == "driver" || table.has_table(key)) continue;
        settings[key] = table.value_as_text(key);
    }
    std::optional<std::string> named;
    if (table.has("driver")) named = table.text("driver");
    return hal::changed_part(std::move(fitted), named, settings, supervisor);
}

}  // namespace fieldpost::device
