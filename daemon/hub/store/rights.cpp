#include "daemon/hub/store/rights.hpp"

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/hub/store/lasting_lines.hpp"

namespace fieldpost::hub {

namespace {

namespace fs = std::filesystem;

struct DeviceRight {
    std::string profile;
    std::int64_t generation = 0;
    bool operator==(const DeviceRight&) const = default;
};

// Both as table profile has them: words, joined by a space.
struct ProfileRight {
    std::string areas;
    std::string clearance;
    bool operator==(const ProfileRight&) const = default;
};

struct Rights {
    std::map<std::string, DeviceRight> devices;
    std::map<std::string, ProfileRight> profiles;
};

fs::path file_in(const fs::path& folder) {
    return folder / "rights";
}

// The words of the line up to `end`, joined by a space.
std::string words_until(std::istringstream& line, const std::string& end) {
    std::string out;
    for (std::string word; line >> word && word != end;) out += (out.empty() ? "" : " ") + word;
    return out;
}

Result<Rights> read_rights(const fs::path& folder) {
    auto lines = read_lines(file_in(folder));
    if (!lines) return lines.error().with("the list of rights");
    Rights out;
    for (const std::string& text : *lines) {
        if (!text.ends_with(" .")) continue;
        std::istringstream line(text);
        std::string what;
        std::string name;
        line >> what >> name;
        if (what == "device") {
            DeviceRight right;
            if (line >> right.profile >> right.generation) out.devices[name] = right;
        } else if (what == "profile") {
            ProfileRight right;
            right.areas = words_until(line, "|");
            right.clearance = words_until(line, ".");
            out.profiles[name] = right;
        }
    }
    return out;
}

Rights rights_in(Database& database) {
    Rights out;
    SQLite::Statement devices(database, "SELECT device, profile, desired_generation FROM device");
    while (devices.executeStep()) {
        out.devices[devices.getColumn(0).getString()] = {devices.getColumn(1).getString(),
                                                         devices.getColumn(2).getInt64()};
    }
    SQLite::Statement profiles(database, "SELECT profile, areas, clearance FROM profile");
    while (profiles.executeStep()) {
        out.profiles[profiles.getColumn(0).getString()] = {profiles.getColumn(1).getString(),
                                                           profiles.getColumn(2).getString()};
    }
    return out;
}

std::string line_of(const std::string& device, const DeviceRight& right) {
    return "device " + device + " " + right.profile + " " + std::to_string(right.generation) + " .";
}

std::string line_of(const std::string& profile, const ProfileRight& right) {
    return "profile " + profile + " " + right.areas + " | " + right.clearance + " .";
}

// That the file lacks.
Result<std::vector<std::string>> missing_lines(Database& database, const fs::path& folder) {
    auto said = read_rights(folder);
    if (!said) return said.error();
    auto now = sql([&] { return rights_in(database); });
    if (!now) return now.error();
    std::vector<std::string> lines;
    for (const auto& [name, right] : now->profiles) {
        const auto before = said->profiles.find(name);
        if (before == said->profiles.end() || before->second != right) lines.push_back(line_of(name, right));
    }
    for (const auto& [name, right] : said->profiles) {
        if (!now->profiles.contains(name) && right != ProfileRight())
            lines.push_back(line_of(name, ProfileRight()));
    }
    for (const auto& [name, right] : now->devices) {
        const auto before = said->devices.find(name);
        if (before == said->devices.end() || before->second != right) lines.push_back(line_of(name, right));
    }
    return lines;
}

}  // namespace

Status write_rights(Database& database, const fs::path& folder) {
    const auto lines = missing_lines(database, folder);
    if (!lines) return lines.error();
    return append_lines(file_in(folder), *lines);
}

Result<bool> are_rights_written(Database& database, const fs::path& folder) {
    const auto lines = missing_lines(database, folder);
    if (!lines) return lines.error();
    return lines->empty();
}

Status restore_rights(Database& database, const fs::path& folder) {
    auto said = read_rights(folder);
    if (!said) return said.error();
    return sql([&] {
        SQLite::Statement forget(database, "DELETE FROM profile WHERE profile = ?");
        // The title comes with the next import.
        SQLite::Statement put(
            database,
            "INSERT INTO profile (profile, title, areas, clearance) VALUES (?1, ?1, ?2, ?3) "
            "ON CONFLICT DO UPDATE SET areas = excluded.areas, clearance = excluded.clearance");
        for (const auto& [name, right] : said->profiles) {
            auto& use = right == ProfileRight() ? forget : put;
            use.bind(1, name);
            if (&use == &put) {
                use.bind(2, right.areas);
                use.bind(3, right.clearance);
            }
            use.exec();
            use.reset();
        }
        SQLite::Statement give(database,
                               "UPDATE device SET profile = ?2, desired_generation = ?3 "
                               "WHERE device = ?1 AND desired_generation < ?3");
        for (const auto& [name, right] : said->devices) {
            give.bind(1, name);
            give.bind(2, right.profile);
            give.bind(3, right.generation);
            give.exec();
            give.reset();
        }
    });
}

}  // namespace fieldpost::hub
