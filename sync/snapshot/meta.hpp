// What a city file says of itself. The format is described in README.md beside this file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sync/records/layer.hpp"

namespace fieldpost::snapshot {

// The layout in schema.sql. A file of another format is refused: the hub offers one that fits.
inline constexpr std::int64_t format_version = 2;

struct Meta {
    std::string city;                 // id from city.toml: "sample"
    std::string city_name;            // "Sample City"; its words are ignored at the end of a typed address
    std::string profile;              // the profile it was built for
    std::int64_t hub_generation = 0;  // of the hub whose cursors are in `feed`
    std::int64_t artifact_generation = 0;  // grows with each snapshot of the profile
    std::int64_t built_at = 0;             // unix seconds
    std::int64_t as_of = 0;                // unix seconds: newest data when it was built
    std::string time_zone = {};            // of the city, as TimeZone::parse (sync/base) takes it; empty: UTC
    bool operator==(const Meta&) const = default;
};

// A system of record, for "where is this from and how old may it be".
struct Source {
    std::string id;
    std::string title;
    std::string steward;
    std::int64_t refresh_s = 0;     // how often the source is expected to deliver; 0 unknown
    std::int64_t delivered_at = 0;  // unix seconds: when the hub last read it to its end; 0 unknown
    bool operator==(const Source&) const = default;
};

// How far a feed has been applied: the cursor (generation, n) of PROTOCOL 8.
struct FeedCursor {
    records::FeedId feed;
    std::int64_t generation = 0;  // of the hub
    std::int64_t cursor = 0;      // 0: nothing yet
    std::uint64_t checksum = 0;   // of the feed's rows in the file
    bool operator==(const FeedCursor&) const = default;
};

// Records held, each once however many layers or feeds carry it.
struct Counts {
    std::int64_t properties = 0;
    std::int64_t records = 0;  // of all kinds, properties among them
    std::vector<std::pair<records::Kind, std::int64_t>> by_kind;
};

}  // namespace fieldpost::snapshot
