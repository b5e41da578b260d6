// What the hub knows about the city as a whole: its name, areas and device profiles (from city.toml) and its
// sources. Calls that write work inside the caller's transaction.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/hub/store/store.hpp"
#include "sync/records/layer.hpp"

namespace fieldpost::hub {

struct Source {
    std::string id;  // "lpi"
    std::string title;
    std::string steward;
    std::string meaning;
    std::int64_t refresh_s = 0;  // 0 unknown
    bool operator==(const Source&) const = default;
};

// A source of which a profile may know.
struct ClearedSource {
    Source source;
    // Unix seconds: when the data sets were last read to their end that hold records, and of which the
    // profile clears something: the oldest of them. 0: none ever was.
    std::int64_t delivered_at = 0;
};

// What a device receives.
struct Profile {
    std::string name;
    std::string title;
    std::vector<std::string> areas;
    std::set<records::LayerKey> clearance;  // each includes the lower levels of its compartment
    bool operator==(const Profile&) const = default;
};

// WGS 84 degrees.
struct Bounds {
    double west = 0;
    double south = 0;
    double east = 0;
    double north = 0;
    bool contains(double lat, double lon) const {
        return lat >= south && lat <= north && lon >= west && lon <= east;
    }
    bool operator==(const Bounds&) const = default;
};

struct City {
    std::string id;  // "cambridge-ma"
    std::string name;
    Bounds bounds;
    std::map<std::string, std::string> areas;  // id -> title
    std::vector<Profile> profiles;
    std::string time_zone = {};  // as TimeZone::parse takes it: "EST-05EDT,M3.2.0,M11.1.0"; empty: UTC
};

// Every feed that the profile clears: its areas times its clearance with the lower levels.
std::set<records::FeedId> feeds_of(const Profile& profile);

class Catalog {
  public:
    explicit Catalog(Store& store) : store_(store) {}

    // Replaces what was stored. Devices of a profile that clears other feeds than before, or is gone, get a
    // new desired state. What profiles clear is on disk beside the store before it takes effect, so
    // that a restore does not take it back. conflict when the store holds another city, or the new one lacks
    // a profile that registered devices have, which are not revoked, and that `dropped` does not name.
    Status put_city(const City& city, const std::set<std::string>& dropped = {});
    // not_found before the first import.
    Result<City> city();
    // not_found when the city has no such profile; the message names those it has.
    Result<Profile> profile(const std::string& name);

    // Adds or updates a source and returns its row number.
    Result<std::int64_t> put_source(const Source& source);
    // Of which the profile clears at least one field, as the mappings label it, and those without a data set;
    // by their ids. A data set whose labels are not known before its next import is restricted.
    Result<std::vector<ClearedSource>> sources_of(const Profile& profile);

  private:
    Store& store_;
};

}  // namespace fieldpost::hub
