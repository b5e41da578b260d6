// What people type to find records other than by their address: numbers, telephones, positions, crossings,
// blocks, what is nearest. Made from a seed and whatever a city file holds.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sync/lookup/terms.hpp"
#include "sync/snapshot/reader.hpp"
#include "tools/bench/dice.hpp"
#include "tools/bench/lookup_queries.hpp"

namespace fieldpost::bench {

// What a city file holds, as the queries need it.
struct KnownRecords {
    struct Number {
        records::RecordId record = 0;
        std::string text;  // as the source writes it
    };
    struct Place {
        records::RecordId property = 0;
        records::Address address;
        snapshot::Point position;
    };
    struct Course {
        records::Address street;
        std::vector<snapshot::Point> points;
    };
    std::vector<Number> parcels;
    std::vector<Number> tags;
    std::vector<Number> permits;
    std::vector<Number> phones;
    std::vector<Number> parties;  // names
    std::vector<Number> names;    // of places
    std::vector<Place> places;
    std::vector<Place> aliases;  // other addresses of places
    std::vector<Place> hydrants;
    std::vector<Course> courses;
};

// Every row of the file. It may not be changed meanwhile.
Result<KnownRecords> read_records(const std::filesystem::path& city);

struct RecordQuery {
    Query query;
    std::optional<snapshot::Point> from;  // where the vehicle is
    std::optional<snapshot::Point> at;    // wanted is this place on the ground, not a record
};

// One thread. The queries follow from records, seed and the order of the calls. A query without text: there
// is nothing of the kind. `known` must outlive it.
class RecordQueries {
  public:
    RecordQueries(const KnownRecords& known, std::uint64_t seed);

    // With and without what separates its parts, perhaps behind the word for it. With an error (0 or 1) one
    // sign is wrong; others that are one sign off as well are rivals when five or more.
    RecordQuery number(const std::vector<KnownRecords::Number>& numbers, const std::string& noun, int errors);
    // In the usual notations, with and without area and country code.
    RecordQuery phone();
    // A property's, in decimal degrees, degrees and minutes, or degrees, minutes and seconds.
    RecordQuery position();
    // Two streets that meet, in either order, in whatever words.
    RecordQuery crossing();
    // "1400 block of Main St"; wanted is any door of it.
    RecordQuery block();
    // "nearest hydrant"; wanted are the nearest that are known.
    RecordQuery near();

  private:
    struct Corner {
        snapshot::Point point;
        std::vector<std::size_t> courses;
    };
    std::string separated(const std::string& text);

    const KnownRecords& known_;
    Dice dice_;
    std::vector<Corner> corners_;
    std::map<std::string, std::vector<records::RecordId>> by_phone_;  // digits
    std::map<lookup::Street, std::map<std::uint32_t, std::vector<std::size_t>>>
        blocks_;  // places, by hundreds
};

}  // namespace fieldpost::bench
