// What mapping files say, parsed and checked against the record kinds, and nothing of the data they will
// meet. README.md beside this describes the files.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/hub/sources/replacement.hpp"
#include "daemon/hub/store/catalog.hpp"
#include "sync/base/result.hpp"
#include "sync/records/layer.hpp"

namespace fieldpost::hub {

// Where in a mapping file something stands, for messages.
struct Place {
    std::string file;
    int line = 0;
    std::string text() const { return file + ":" + std::to_string(line); }
};

enum class DateFormat { detect, day_first, epoch_seconds, epoch_milliseconds };

// How a text is made from a row. Column names may be "join.column", and "@lat", "@lon" for a geometry's
// place.
struct ValueRule {
    Place place;
    std::vector<std::string>
        columns;          // the first that is not empty; of a repeated field each gives one value
    std::string pattern;  // or a text with {column}s; empty when all of them are
    std::optional<std::string> constant;
    std::string split;                 // repeated fields: one value for each part of the cell
    std::vector<Replacement> replace;  // one after the other
    enum class LetterCase { as_is, upper, lower, title };
    LetterCase letter_case = LetterCase::as_is;
    std::map<std::string, std::string, std::less<>> map;  // whole value -> value
    enum class Otherwise { keep, drop, quarantine };
    Otherwise otherwise = Otherwise::keep;  // for values that `map` does not name
};

// Degrees, WGS 84, from two columns.
struct PositionRule {
    ValueRule lat;
    ValueRule lon;
    bool repair_swapped = false;  // exchange latitude and longitude when only that lies in the city
    bool drop_outside = false;    // forget a position outside the city rather than quarantine the row
};

struct AddressRule {
    ValueRule text;
    std::optional<ValueRule> place;
    std::optional<ValueRule> postal_code;
    std::string each;  // repeated fields: name of a join; one address for each of its rows
};

// The course of the row's own geometry.
struct LineRule {};

// The outlines of the row's own areas.
struct RingsRule {};

// Name shown -> value, for field `more` and the like.
using AttributesRule = std::vector<std::pair<std::string, ValueRule>>;

// One field of the record.
struct FieldRule {
    Place place;
    std::string field;
    std::variant<ValueRule, AddressRule, PositionRule, LineRule, RingsRule, AttributesRule,
                 std::vector<AddressRule>>
        value;
    bool required = false;  // an empty value quarantines the row
    bool drop_bad =
        false;  // a value that cannot be read is left out and counted, rather than quarantining the row
    std::optional<double> minimum;
    std::optional<double> maximum;
    double scale = 1;
    DateFormat dates = DateFormat::detect;
};

struct Condition {
    Place place;
    ValueRule value;
    enum class Test { is, is_not, present, absent, differs };
    Test test = Test::is;
    std::vector<std::string> words;  // of is and is_not
    ValueRule other;                 // of differs
};

// A quality rule for a column that no field reads, or that must hold beside what its field asks for.
struct Check {
    Place place;
    ValueRule value;
    enum class Type { text, date, number, flag };
    Type type = Type::text;
    bool required = false;
    std::optional<double> minimum;
    std::optional<double> maximum;
    DateFormat dates = DateFormat::detect;
};

// Another file whose rows are looked up by key and whose columns may then be used as "name.column".
struct JoinRule {
    Place place;
    std::string name;
    std::string file;
    std::string layer;
    ValueRule here;                // the key in the dataset's row
    ValueRule there;               // the key in the joined row
    std::string ignore;            // characters left out of both keys, "-." for instance
    bool by_address = false;       // the keys are addresses and compared as such
    std::vector<Condition> where;  // on the joined rows
};

struct RecordReference {
    records::Kind kind = records::KIND_UNSET;
    std::string source;  // empty: the same
    ValueRule key;
};

// How a record finds its property; the order of trying is parcel, record, address, position.
struct LinkRule {
    std::optional<ValueRule> parcel;
    std::optional<RecordReference> record;  // a record that is linked already, such as an inspection's permit
    std::variant<std::monostate, std::string, AddressRule> address;    // a field of the record, or a rule
    std::variant<std::monostate, std::string, PositionRule> position;  // likewise
    // `parcel` is of another numbering than the properties': learn what it means from rows whose address
    // links well.
    bool learn_parcels = false;
};

enum class Mode { full, changes };

struct DatasetMapping {
    Place place;
    std::string name;
    records::Kind kind = records::KIND_UNSET;
    std::string file;   // relative to the data folder
    std::string layer;  // of a file with several; empty: the first
    Mode mode = Mode::changes;
    double delete_limit = 0.05;  // share of the dataset's records that one import may delete
    bool optional = false;       // a missing file is no error
    std::vector<std::string> key;
    std::string key_prefix;  // tells records apart that several datasets of a source make from the same row
    bool key_from_content = false;  // rows without a number of their own
    std::vector<std::string> areas;
    std::vector<std::string> null_words;
    std::optional<ValueRule> as_of;
    DateFormat as_of_dates = DateFormat::detect;
    std::vector<Condition> where;
    std::vector<JoinRule> joins;
    std::vector<Check> checks;
    std::vector<FieldRule> fields;
    LinkRule link;
    records::LabelOverrides labels;  // of fields whose label differs from their floor
};

struct SourceMapping {
    Source source;
    std::vector<DatasetMapping> datasets;
    Bytes fingerprint;  // changes when its file or city.toml does
};

struct CityMapping {
    City city;
    std::vector<std::string> places;  // names of municipalities in addresses, see records::AddressContext
    std::vector<SourceMapping> sources;
};

// Reads city.toml and the source files it names. invalid_argument with "file:line: sentence" for the first
// thing that is wrong: an unknown key, kind or field, a label lowered without reason, a value that does not
// fit its field.
Result<CityMapping> load_city(const std::filesystem::path& folder);

}  // namespace fieldpost::hub
