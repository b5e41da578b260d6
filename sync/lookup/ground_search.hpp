// Inside of the search: crossings, blocks and what is near.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sync/lookup/address_search.hpp"
#include "sync/lookup/ground_text.hpp"
#include "sync/lookup/search.hpp"
#include "sync/snapshot/reader.hpp"

namespace fieldpost::lookup {

// Where two streets meet, as their courses (centre lines) have it.
struct Crossing {
    std::string title;  // "Main St & 5th Ave"
    snapshot::Point point;
    records::RecordId course = 0;  // of the first street
    double score = 0;
    std::string why;
};

struct Crossings {
    std::vector<Crossing> found;           // best first
    std::vector<std::string> do_not_meet;  // streets that were found, but meet nowhere, as people write them
};

// Throws SQLite::Exception.
class GroundSearch {
  public:
    GroundSearch(const StreetDictionary& dictionary, snapshot::Entries& entries,
                 const std::vector<std::string>& places)
        : dictionary_(dictionary), entries_(entries), places_(places) {}

    Crossings crossings(const std::vector<CrossingText>& texts);
    // The addresses of the block, in their order. Adds to `out`.
    void block(const BlockText& text, std::size_t limit, std::vector<Candidate>& out);

  private:
    struct FoundStreet {
        std::int64_t street = 0;
        double score = 0;
        AddressReason reason;
    };
    struct Course {
        records::RecordId record = 0;
        std::vector<snapshot::Point> points;
    };
    std::vector<FoundStreet> streets_of(const std::string& text, bool may_grow);
    std::vector<Course> courses_of(std::int64_t street, std::string& title);

    const StreetDictionary& dictionary_;
    snapshot::Entries& entries_;
    const std::vector<std::string>& places_;
};

// What stands nearest to a point, as hits: of a spot class, "" for properties. `from` is what the distance is
// told from: "43.0481, -76.1474", empty for the vehicle. Out-of-service assets come behind those that work.
// Not inside of the entries' read.
Result<std::vector<Hit>> hits_near(snapshot::Reader& reader, const std::string& spot_class,
                                   const snapshot::Point& point, const std::string& from, std::size_t limit);

// The spot class that a word means ("HYDRANTS" -> "hydrant", "FIRE HYDRANT" -> "hydrant"), nullopt when there
// is none.
std::optional<std::string> spot_class_meant(const std::vector<std::pair<std::string, records::Kind>>& classes,
                                            std::string_view what);

}  // namespace fieldpost::lookup
