#include "sync/snapshot/meta_table.hpp"

#include "sync/lookup/terms.hpp"

namespace fieldpost::snapshot {

namespace {

template <class T>
void set(Database& database, const char* key, const T& value) {
    SQLite::Statement put(database, "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)");
    put.bind(1, key);
    put.bind(2, value);
    put.exec();
}

}  // namespace

Status check_format(Database& database) {
    auto format = sql([&]() -> std::int64_t {
        if (!database.tableExists("meta")) return 0;
        SQLite::Statement get(database, "SELECT value FROM meta WHERE key = 'format'");
        return get.executeStep() ? get.getColumn(0).getInt64() : 0;
    });
    if (!format) return format.error();
    if (*format == 0) return fail(ErrorCode::corrupt, "this is not a city file");
    if (*format != format_version) {
        return fail(ErrorCode::conflict, "the city file has format " + std::to_string(*format) +
                                             ", this program reads " + std::to_string(format_version) +
                                             ": fetch a new one from the hub");
    }
    return ok();
}

Meta read_meta(Database& database) {
    Meta meta;
    SQLite::Statement all(database, "SELECT key, value FROM meta");
    while (all.executeStep()) {
        const std::string key = all.getColumn(0).getString();
        const auto value = all.getColumn(1);
        if (key == "city") meta.city = value.getString();
        if (key == "city_name") meta.city_name = value.getString();
        if (key == "time_zone") meta.time_zone = value.getString();
        if (key == "profile") meta.profile = value.getString();
        if (key == "hub_generation") meta.hub_generation = value.getInt64();
        if (key == "artifact_generation") meta.artifact_generation = value.getInt64();
        if (key == "built_at") meta.built_at = value.getInt64();
        if (key == "as_of") meta.as_of = value.getInt64();
    }
    return meta;
}

void write_meta(Database& database, const Meta& meta) {
    set(database, "format", format_version);
    set(database, "city", meta.city);
    set(database, "city_name", meta.city_name);
    set(database, "time_zone", meta.time_zone);
    set(database, "profile", meta.profile);
    set(database, "hub_generation", meta.hub_generation);
    set(database, "artifact_generation", meta.artifact_generation);
    set(database, "built_at", meta.built_at);
    set(database, "as_of", meta.as_of);
    write_terms_version(database);
}

std::int64_t terms_version_of(Database& database) {
    SQLite::Statement get(database, "SELECT value FROM meta WHERE key = 'terms'");
    return get.executeStep() ? get.getColumn(0).getInt64() : 0;
}

void write_terms_version(Database& database) {
    set(database, "terms", lookup::terms_version);
}

}  // namespace fieldpost::snapshot
