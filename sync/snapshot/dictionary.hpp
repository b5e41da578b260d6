// Inside of the writer: the small tables that give feeds, sources and spot classes their numbers, kept in
// memory too.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "sync/base/sqlite.hpp"
#include "sync/records/layer.hpp"

namespace fieldpost::snapshot {

// More classes than this are filed together under "other": their place on the R*Tree's third axis is bounded.
inline constexpr std::int64_t spot_class_limit = 900;
// Distance of two classes on that axis.
inline constexpr std::int64_t spot_class_step = 2'097'152;

// Writer's thread. Throws SQLite::Exception.
class Dictionary {
  public:
    explicit Dictionary(Database& database);

    std::int64_t feed(const records::FeedId& feed);  // found or made
    const std::map<records::FeedId, std::int64_t>& feeds() const { return feeds_; }
    std::int64_t known_feed(const records::FeedId& feed) const;  // 0: none
    std::int64_t source(const std::string& id);
    std::int64_t spot_class(const std::string& name, records::Kind kind);
    // After a rollback or a removed feed: what was remembered may be gone from the file.
    void reload();

  private:
    Database& database_;
    std::map<records::FeedId, std::int64_t> feeds_;
    std::map<std::string, std::int64_t, std::less<>> sources_;
    std::map<std::string, std::int64_t, std::less<>> classes_;
};

}  // namespace fieldpost::snapshot
