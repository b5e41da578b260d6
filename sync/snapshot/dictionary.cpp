#include "sync/snapshot/dictionary.hpp"

namespace fieldpost::snapshot {

Dictionary::Dictionary(Database& database) : database_(database) {
    reload();
}

void Dictionary::reload() {
    feeds_.clear();
    sources_.clear();
    classes_.clear();
    SQLite::Statement feeds(database_, "SELECT feed, id FROM feed");
    while (feeds.executeStep()) {
        if (auto id = records::parse_feed(feeds.getColumn(1).getString())) {
            feeds_.emplace(std::move(*id), feeds.getColumn(0).getInt64());
        }
    }
    SQLite::Statement sources(database_, "SELECT source, id FROM source");
    while (sources.executeStep())
        sources_.emplace(sources.getColumn(1).getString(), sources.getColumn(0).getInt64());
    SQLite::Statement classes(database_, "SELECT class, name FROM spot_class");
    while (classes.executeStep())
        classes_.emplace(classes.getColumn(1).getString(), classes.getColumn(0).getInt64());
}

std::int64_t Dictionary::feed(const records::FeedId& feed) {
    if (const auto known = feeds_.find(feed); known != feeds_.end()) return known->second;
    SQLite::Statement insert(database_, "INSERT INTO feed (id, generation, cursor) VALUES (?, 0, 0)");
    insert.bind(1, records::feed_text(feed));
    insert.exec();
    return feeds_.emplace(feed, database_.getLastInsertRowid()).first->second;
}

std::int64_t Dictionary::known_feed(const records::FeedId& feed) const {
    const auto known = feeds_.find(feed);
    return known == feeds_.end() ? 0 : known->second;
}

std::int64_t Dictionary::source(const std::string& id) {
    if (const auto known = sources_.find(id); known != sources_.end()) return known->second;
    SQLite::Statement insert(database_,
                             "INSERT INTO source (id, title, steward, refresh_s) VALUES (?, ?, '', 0)");
    insert.bind(1, id);
    insert.bind(2, id);
    insert.exec();
    return sources_.emplace(id, database_.getLastInsertRowid()).first->second;
}

std::int64_t Dictionary::spot_class(const std::string& name, records::Kind kind) {
    if (const auto known = classes_.find(name); known != classes_.end()) return known->second;
    if (static_cast<std::int64_t>(classes_.size()) >= spot_class_limit && name != "other") {
        return spot_class("other", records::ASSET);
    }
    SQLite::Statement insert(database_, "INSERT INTO spot_class (kind, name) VALUES (?, ?)");
    insert.bind(1, static_cast<int>(kind));
    insert.bind(2, name);
    insert.exec();
    return classes_.emplace(name, database_.getLastInsertRowid()).first->second;
}

}  // namespace fieldpost::snapshot
