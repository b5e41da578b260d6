#include "daemon/hub/store/revoked.hpp"

#include <string_view>
#include <vector>

#include "daemon/hub/store/lasting_lines.hpp"

namespace fieldpost::hub {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view mark = " revoked";

fs::path file_in(const fs::path& folder) {
    return folder / "revoked";
}

}  // namespace

Result<std::set<std::string>> read_revoked(const fs::path& folder) {
    auto lines = read_lines(file_in(folder));
    if (!lines) return lines.error().with("the list of revoked devices");
    std::set<std::string> out;
    for (const std::string& line : *lines) {
        if (line.ends_with(mark)) out.insert(line.substr(0, line.size() - mark.size()));
    }
    return out;
}

Status append_revoked(const fs::path& folder, const std::set<std::string>& devices) {
    std::vector<std::string> lines;
    for (const std::string& device : devices) lines.push_back(device + std::string(mark));
    return append_lines(file_in(folder), lines);
}

Status copy_revoked(const fs::path& from, const fs::path& to) {
    auto missing = read_revoked(from);
    if (!missing) return missing.error();
    auto there = read_revoked(to);
    if (!there) return there.error();
    for (const std::string& device : *there) missing->erase(device);
    return append_revoked(to, *missing);
}

Status merge_revoked(Database& database, const fs::path& folder) {
    auto in_file = read_revoked(folder);
    if (!in_file) return in_file.error();
    return sql([&]() -> Status {
        std::set<std::string> to_revoke;
        std::set<std::string> to_name;
        SQLite::Statement all(database, "SELECT device, revoked_at FROM device");
        while (all.executeStep()) {
            const std::string device = all.getColumn(0).getString();
            const bool is_revoked = all.getColumn(1).getInt64() != 0;
            const bool is_named = in_file->contains(device);
            if (is_named && !is_revoked) to_revoke.insert(device);
            if (is_revoked && !is_named) to_name.insert(device);
        }
        all.reset();
        if (auto named = append_revoked(folder, to_name); !named) return named;
        SQLite::Statement revoke(database,
                                 "UPDATE device SET revoked_at = max(unixepoch(), 1) "
                                 "WHERE device = ? AND revoked_at = 0");
        for (const std::string& device : to_revoke) {
            revoke.bind(1, device);
            revoke.exec();
            revoke.reset();
        }
        return ok();
    });
}

}  // namespace fieldpost::hub
