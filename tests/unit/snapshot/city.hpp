// Small cities for tests: records in a few words, and a folder to build files in.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "sync/records/layer.hpp"
#include "sync/snapshot/reader.hpp"
#include "sync/snapshot/writer.hpp"

namespace fieldpost::test {

inline const records::FeedId public_feed{"city", {records::PUBLIC, "general"}};
inline const records::FeedId internal_feed{"city", {records::INTERNAL, "general"}};
inline const records::FeedId fire_feed{"city", {records::INTERNAL, "fire"}};
inline const records::FeedId north_feed{"north", {records::PUBLIC, "general"}};

// A folder of its own that goes with it.
class Folder {
  public:
    Folder();
    ~Folder();
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

// Takes the value of a result that a test expects to be good.
template <class T>
T good(Result<T> result) {
    if (!result) FAIL(result.error().message);
    return std::move(*result);
}
inline void good(const Status& status) {
    if (!status) FAIL(status.error().message);
}

struct Change {
    records::FeedId feed;
    records::LayerRow row;
};

records::RecordId property_id(const std::string& key);
records::RecordId id_of(records::Kind kind, const std::string& key);

// One row for each layer that the message has fields in, on the feeds of area "city".
std::vector<Change> layers(records::Kind kind, const std::string& key,
                           const google::protobuf::Message& message, records::RecordId property,
                           std::int64_t version = 1);

// `address` is read as the hub would; lat and lon in degrees, both 0: no position.
records::Property property(const std::string& address, double lat = 0, double lon = 0);

// A finished file with these rows.
void build(const std::filesystem::path& path, const std::vector<Change>& rows);
// The same rows through open() into an empty file, in `transactions` transactions.
void feed(const std::filesystem::path& path, const std::vector<Change>& rows, std::size_t transactions = 3);

// What a file holds, in words that do not depend on how it came to hold it: every layer, search entry, tally.
std::vector<std::string> contents(const std::filesystem::path& path);

// A random city of properties with parties, permits, hydrants, hazards and streets; bodies of some rows
// change with `version`.
class RandomCity {
  public:
    explicit RandomCity(std::uint64_t seed) : random_(seed) {}
    // Rows of one property and all that belongs to it.
    std::vector<Change> household(int number, std::int64_t version = 1);
    std::vector<Change> city(int households);
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    double between(double low, double high);

  private:
    std::mt19937_64 random_;
};

}  // namespace fieldpost::test
