#include "daemon/hub/store/catalog.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <utility>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "daemon/hub/store/imports.hpp"
#include "daemon/hub/store/rights.hpp"

namespace fieldpost::hub {

namespace {

std::vector<std::string> words(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> out;
    for (std::string word; stream >> word;) out.push_back(word);
    return out;
}

template <class Range, class F>
std::string joined(const Range& range, F&& text) {
    std::string out;
    for (const auto& item : range) out += (out.empty() ? "" : " ") + text(item);
    return out;
}

// "fire" at "confidential" as city.toml and table profile write it.
std::string clearance_text(const records::LayerKey& layer) {
    return std::string(records::classification_name(layer.classification)) + "/" + layer.compartment;
}

bool clears(const Profile& profile, const records::LayerKey& layer) {
    return std::ranges::any_of(profile.clearance, [&](const records::LayerKey& cleared) {
        return cleared.compartment == layer.compartment && cleared.classification >= layer.classification;
    });
}

// Whether the profile clears a field of the kind, under the labels that a mapping changed.
bool clears_some(const Profile& profile, records::Kind kind, const records::LabelOverrides& changed) {
    const auto message = records::new_message(kind);
    if (!message) return false;
    const auto& type = *message->GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
        const auto found = changed.find(type.field(i)->name());
        if (clears(profile,
                   found == changed.end() ? records::field_label(*type.field(i)).layer : found->second))
            return true;
    }
    return false;
}

// The same of a data set, by its columns; `kind` is NULL where a source has none, such as the crews.
bool clears_some(const Profile& profile, const SQLite::Column& kind, const SQLite::Column& labels) {
    if (kind.isNull()) return true;
    // Not known before its next import: restricted, as any unlabelled field.
    if (labels.isNull()) return clears(profile, {});
    return clears_some(profile, static_cast<records::Kind>(kind.getInt()), read_labels(labels.getString()));
}

constexpr const char* profile_columns = "profile, title, areas, clearance";

Profile read_profile(SQLite::Statement& row) {
    Profile profile{
        row.getColumn(0).getString(), row.getColumn(1).getString(), words(row.getColumn(2).getString()), {}};
    for (const auto& cleared : words(row.getColumn(3).getString())) {
        const auto slash = cleared.find('/');
        profile.clearance.insert(
            {records::parse_classification(cleared.substr(0, slash)), cleared.substr(slash + 1)});
    }
    return profile;
}

constexpr std::array<std::pair<const char*, double Bounds::*>, 4> bounds_keys{
    {{"west", &Bounds::west}, {"south", &Bounds::south}, {"east", &Bounds::east}, {"north", &Bounds::north}}};

std::map<std::string, std::set<records::FeedId>> feeds_by_profile(Database& database) {
    std::map<std::string, std::set<records::FeedId>> out;
    SQLite::Statement profiles(database, std::string("SELECT ") + profile_columns + " FROM profile");
    while (profiles.executeStep()) {
        const Profile profile = read_profile(profiles);
        out.emplace(profile.name, feeds_of(profile));
    }
    return out;
}

// A name that was mistyped must not empty a fleet (as with deletions, PROTOCOL 17).
Status check_dropped(Database& database, const City& city, const std::set<std::string>& dropped) {
    SQLite::Statement used(database,
                           "SELECT profile, count(*), min(device) FROM device JOIN profile USING (profile) "
                           "WHERE revoked_at = 0 GROUP BY profile");
    while (used.executeStep()) {
        const std::string name = used.getColumn(0).getString();
        if (dropped.contains(name) ||
            std::ranges::find(city.profiles, name, &Profile::name) != city.profiles.end())
            continue;
        return fail(
            ErrorCode::conflict,
            "city.toml lacks the profile '" + name + "', which " + used.getColumn(1).getString() +
                " registered devices have, '" + used.getColumn(2).getString() +
                "' among them: they would let go of all that they hold. Put it back; give the devices "
                "another profile first (device add ID --profile NAME), or say --drop-profile " +
                name);
    }
    return ok();
}

// Whose profile clears other feeds than before, or is gone, or is there again, has a new desired state.
void desire_anew(Database& database, const std::map<std::string, std::set<records::FeedId>>& before) {
    const auto now = feeds_by_profile(database);
    SQLite::Statement grow(database,
                           "UPDATE device SET desired_generation = desired_generation + 1 WHERE profile = ?");
    const auto changed = [&](const std::string& profile) {
        grow.bind(1, profile);
        grow.exec();
        grow.reset();
    };
    for (const auto& [profile, feeds] : now) {
        const auto known = before.find(profile);
        if (known == before.end() || known->second != feeds) changed(profile);
    }
    for (const auto& [profile, feeds] : before) {
        if (!now.contains(profile)) changed(profile);
    }
}

}  // namespace

std::set<records::FeedId> feeds_of(const Profile& profile) {
    std::set<records::FeedId> out;
    for (const auto& area : profile.areas) {
        for (const auto& cleared : profile.clearance) {
            for (int level = records::PUBLIC; level <= cleared.classification; ++level) {
                out.insert({area, {static_cast<records::Classification>(level), cleared.compartment}});
            }
        }
    }
    return out;
}

Status Catalog::put_city(const City& city, const std::set<std::string>& dropped) {
    return sql([&]() -> Status {
        Database& database = store_.database();
        SQLite::Statement held(database, "SELECT value FROM hub WHERE key = 'city'");
        if (held.executeStep() && held.getColumn(0).getString() != city.id) {
            return fail(ErrorCode::conflict, "this store holds the city '" + held.getColumn(0).getString() +
                                                 "'; '" + city.id + "' needs a store of its own (--store)");
        }
        if (auto may = check_dropped(database, city, dropped); !may) return may;
        SQLite::Statement set(database, "INSERT OR REPLACE INTO hub (key, value) VALUES (?, ?)");
        const auto put = [&](const char* key, const auto& value) {
            set.bind(1, key);
            set.bind(2, value);
            set.exec();
            set.reset();
        };
        put("city", city.id);
        put("city_name", city.name);
        put("time_zone", city.time_zone);
        for (const auto& [key, member] : bounds_keys) put(key, city.bounds.*member);

        const auto feeds_before = feeds_by_profile(database);
        database.exec("DELETE FROM area; DELETE FROM profile");
        SQLite::Statement area(database, "INSERT INTO area (area, title) VALUES (?, ?)");
        for (const auto& [id, title] : city.areas) {
            area.bind(1, id);
            area.bind(2, title);
            area.exec();
            area.reset();
        }
        SQLite::Statement profile(
            database, "INSERT INTO profile (profile, title, areas, clearance) VALUES (?, ?, ?, ?)");
        for (const auto& one : city.profiles) {
            profile.bind(1, one.name);
            profile.bind(2, one.title);
            profile.bind(3, joined(one.areas, [](const std::string& id) { return id; }));
            profile.bind(4, joined(one.clearance, clearance_text));
            profile.exec();
            profile.reset();
        }
        desire_anew(database, feeds_before);
        return write_rights(database, store_.folder());
    });
}

Result<City> Catalog::city() {
    bool found = false;
    auto read = sql([&] {
        City city;
        Database& database = store_.database();
        SQLite::Statement get(database, "SELECT value FROM hub WHERE key = ?");
        const auto value = [&](const char* key) -> std::optional<SQLite::Column> {
            get.reset();
            get.bind(1, key);
            if (!get.executeStep()) return std::nullopt;
            return get.getColumn(0);
        };
        if (const auto id = value("city")) {
            found = true;
            city.id = id->getString();
        }
        if (const auto name = value("city_name")) city.name = name->getString();
        if (const auto zone = value("time_zone")) city.time_zone = zone->getString();
        for (const auto& [key, member] : bounds_keys) {
            if (const auto edge = value(key)) city.bounds.*member = edge->getDouble();
        }
        SQLite::Statement areas(database, "SELECT area, title FROM area");
        while (areas.executeStep()) {
            city.areas.emplace(areas.getColumn(0).getString(), areas.getColumn(1).getString());
        }
        SQLite::Statement profiles(
            database, std::string("SELECT ") + profile_columns + " FROM profile ORDER BY profile");
        while (profiles.executeStep()) city.profiles.push_back(read_profile(profiles));
        return city;
    });
    if (read && !found) {
        return fail(ErrorCode::not_found, "the hub knows no city yet: run fieldpost-hub import first");
    }
    return read;
}

Result<Profile> Catalog::profile(const std::string& name) {
    auto found = sql([&]() -> std::optional<Profile> {
        SQLite::Statement find(store_.database(),
                               std::string("SELECT ") + profile_columns + " FROM profile WHERE profile = ?");
        find.bind(1, name);
        if (!find.executeStep()) return std::nullopt;
        return read_profile(find);
    });
    if (!found) return found.error();
    if (*found) return std::move(**found);
    auto known = city();
    if (!known) return known.error();
    std::string names;
    for (const auto& profile : known->profiles) {
        names += (names.empty() ? "" : ", ") + profile.name;
    }
    return fail(ErrorCode::not_found, "there is no profile '" + name + "'; the city has: " + names);
}

Result<std::int64_t> Catalog::put_source(const Source& source) {
    return sql([&] {
        SQLite::Statement put(
            store_.database(),
            "INSERT INTO source (id, title, steward, meaning, refresh_s) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET title = excluded.title, steward = excluded.steward, "
            "meaning = excluded.meaning, refresh_s = excluded.refresh_s RETURNING source");
        put.bind(1, source.id);
        put.bind(2, source.title);
        put.bind(3, source.steward);
        put.bind(4, source.meaning);
        put.bind(5, source.refresh_s);
        put.executeStep();
        const std::int64_t row = put.getColumn(0).getInt64();
        put.executeStep();
        return row;
    });
}

Result<std::vector<ClearedSource>> Catalog::sources_of(const Profile& profile) {
    return sql([&] {
        // What counts for a source's delivery stands first of its data sets. One without records was renamed,
        // or is empty: it holds nothing that could be late, so it counts where there is no other.
        SQLite::Statement all(
            store_.database(),
            "SELECT id, title, steward, meaning, refresh_s, kind, labels, started_at FROM "
            "(SELECT source.*, dataset.kind, dataset.labels, ifnull(import_run.started_at, 0) AS started_at, "
            "EXISTS (SELECT 1 FROM source_row WHERE source_row.dataset = dataset.dataset) AS holds "
            "FROM source LEFT JOIN dataset USING (source) "
            "LEFT JOIN import_run ON import_run.run = dataset.imported) "
            "ORDER BY id, holds DESC, iif(holds, started_at, -started_at)");
        std::vector<ClearedSource> out;
        while (all.executeStep()) {
            if (!clears_some(profile, all.getColumn(5), all.getColumn(6))) continue;
            const std::string id = all.getColumn(0).getString();
            if (out.empty() || out.back().source.id != id) {
                out.push_back({{id, all.getColumn(1).getString(), all.getColumn(2).getString(),
                                all.getColumn(3).getString(), all.getColumn(4).getInt64()},
                               0});
            }
            if (out.back().delivered_at == 0) out.back().delivered_at = all.getColumn(7).getInt64();
        }
        return out;
    });
}

}  // namespace fieldpost::hub
