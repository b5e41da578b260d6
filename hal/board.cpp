#include "hal/board.hpp"

#include <fstream>

namespace fieldpost::hal {
namespace {

constexpr std::array<std::string_view, all_capabilities.size()> capability_names{
    "gnss", "clock", "supervisor", "link", "keystore", "indicator", "storage", "installer"};

constexpr std::size_t detect_bytes = 4096;  // of files such as /proc/device-tree/model

// Files of /proc and /sys have no size, and those of the device tree end with a zero byte.
bool file_has_text(const std::filesystem::path& file, std::string_view text) {
    std::ifstream stream(file, std::ios::binary);
    std::string content(detect_bytes, '\0');
    stream.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(stream.gcount()));
    return content.find(text) != std::string::npos;
}

std::string revision_names(const Board& board) {
    std::string names;
    for (const BoardRevision& revision : board.revisions)
        names += (names.empty() ? "" : ", ") + revision.name;
    return names.empty() ? "none" : names;
}

}  // namespace

std::string_view to_string(Capability capability) {
    return capability_names.at(static_cast<std::size_t>(capability));
}

std::optional<Capability> capability(std::string_view name) {
    for (const Capability one : all_capabilities) {
        if (to_string(one) == name) return one;
    }
    return std::nullopt;
}

std::string_view to_string(Fitting fitting) {
    switch (fitting) {
        case Fitting::absent:
            return "absent";
        case Fitting::present:
            return "present";
        case Fitting::mandatory:
            return "mandatory";
    }
    return "";
}

Result<const BoardRevision*> choose_revision(const Board& board, std::string_view name,
                                             const std::filesystem::path& root) {
    const BoardRevision* otherwise = nullptr;
    for (const BoardRevision& revision : board.revisions) {
        if (!name.empty()) {
            if (revision.name == name) return &revision;
        } else if (revision.detect_file.empty()) {
            otherwise = &revision;
        } else if (file_has_text(root / revision.detect_file.relative_path(), revision.detect_text)) {
            return &revision;
        }
    }
    if (otherwise != nullptr) return otherwise;
    if (!name.empty()) {
        return fail(ErrorCode::not_found, board.file.string() + " has no revision \"" + std::string(name) +
                                              "\"; it has: " + revision_names(board));
    }
    return fail(ErrorCode::not_found,
                "no revision of " + board.file.string() +
                    " is detected on this machine: name the revision; it has: " + revision_names(board));
}

BoardPart changed_part(BoardPart part, const std::optional<std::string>& driver, const SettingMap& settings,
                       const SupervisorSettings& supervisor) {
    if (driver) {
        part.driver = *driver;
        part.settings.clear();
        part.supervisor.clear();
        if (part.fitting == Fitting::absent && part.driver != "empty") part.fitting = Fitting::present;
    }
    for (const auto& [key, value] : settings) part.settings[key] = value;
    for (const auto& [name, value] : supervisor) part.supervisor[name] = value;
    return part;
}

}  // namespace fieldpost::hal
