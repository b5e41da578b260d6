#include "tests/unit/snapshot/city.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <functional>
#include <map>

#include "sync/base/sqlite.hpp"
#include "sync/records/address.hpp"
#include "sync/snapshot/entry_keys.hpp"
#include "sync/snapshot/postings.hpp"
#include "sync/snapshot/spot_cell.hpp"

namespace fieldpost::test {

namespace {

template <class T>
const T& pick(RandomCity& city, const std::vector<T>& from) {
    return from[city.below(from.size())];
}

const std::vector<std::string> street_names{
    "Hiawatha", "Main",   "Martin Luther King", "Genesee", "5th",     "Park",
    "St Marys", "Salina", "Butternut",          "Erie",    "Onondaga"};
const std::vector<std::string> street_types{"St", "Ave", "Blvd", "Ter", ""};
const std::vector<std::string> directions{"", "", "", "N ", "E "};
const std::vector<std::string> first_names{"Mary", "John", "Ana", "Li", "Søren"};
const std::vector<std::string> last_names{"Smith", "O'Brien", "Nguyen", "García", "Van Dyke"};

void append(std::vector<Change>& rows, std::vector<Change> more) {
    rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// What table "record" says.
class RowsByRecord {
  public:
    explicit RowsByRecord(Database& database)
        : postings_(database, snapshot::record_table),
          record_(database, "SELECT record FROM layer WHERE row = ?") {}

    // The row, or the run of the record's rows before it.
    bool finds(std::int64_t row, records::RecordId record) {
        for (; record_of(row) == record; --row) {
            if (names(row, record)) return true;
        }
        return false;
    }
    bool names(std::int64_t row, records::RecordId record) {
        const Bytes key = snapshot::record_key(record);
        const auto at = postings_.seek(key, row);
        return at && at.key() == key && at.row() == row;
    }

  private:
    records::RecordId record_of(std::int64_t row) {
        record_.reset();
        record_.bind(1, row);
        return record_.executeStep() ? record_.getColumn(0).getInt64() : 0;
    }

    snapshot::Postings postings_;
    SQLite::Statement record_;
};

// Every row of a query as one line.
void dump(Database& database, const std::string& head, const std::string& query,
          std::vector<std::string>& out) {
    SQLite::Statement statement(database, query);
    while (statement.executeStep()) {
        std::string line = head;
        for (int column = 0; column < statement.getColumnCount(); ++column) {
            line += "|" + statement.getColumn(column).getString();
        }
        out.push_back(std::move(line));
    }
}

}  // namespace

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "fieldpost-snapshot-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) FAIL("no temporary folder");
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

records::RecordId id_of(records::Kind kind, const std::string& key) {
    return records::record_id(kind, "test", key);
}
records::RecordId property_id(const std::string& key) {
    return id_of(records::PROPERTY, key);
}

std::vector<Change> layers(records::Kind kind, const std::string& key,
                           const google::protobuf::Message& message, records::RecordId property,
                           std::int64_t version) {
    std::vector<Change> out;
    for (auto& [layer, body] : records::split(message)) {
        records::LayerRow row;
        row.kind = kind;
        row.record = id_of(kind, key);
        row.layer = layer;
        row.version = version;
        row.source = "test";
        row.as_of = 1'700'000'000 + version;
        row.property = kind == records::PROPERTY ? row.record : property;
        row.link_method =
            kind == records::PROPERTY ? records::LinkMethod::self : records::LinkMethod::address;
        row.link_confidence = kind == records::PROPERTY ? 100 : 90;
        row.body = body;
        out.push_back({{"city", layer}, std::move(row)});
    }
    return out;
}

records::Property property(const std::string& address, double lat, double lon) {
    records::Property out;
    if (!address.empty()) *out.mutable_address() = records::parse_address(address);
    if (lat != 0 || lon != 0) *out.mutable_position() = snapshot::to_position({lat, lon});
    return out;
}

void build(const std::filesystem::path& path, const std::vector<Change>& rows) {
    auto writer = good(snapshot::Writer::create(path, {"test", "Testville", "all", 7, 1, 100, 90, ""}));
    good(writer->begin());
    for (const Change& change : rows) good(writer->put(change.feed, change.row));
    good(writer->commit());
    good(writer->finish());
}

void feed(const std::filesystem::path& path, const std::vector<Change>& rows, std::size_t transactions) {
    auto writer = good(snapshot::Writer::open(path));
    const std::size_t share = rows.size() / transactions + 1;
    for (std::size_t at = 0; at < rows.size(); at += share) {
        good(writer->begin());
        for (std::size_t n = at; n < std::min(at + share, rows.size()); ++n) {
            good(writer->put(rows[n].feed, rows[n].row));
        }
        good(writer->commit());
    }
}

std::vector<std::string> contents(const std::filesystem::path& path) {
    auto database = good(open_database(path, Durability::read_only));
    std::vector<std::string> out;
    dump(*database, "layer",
         "SELECT record, layer.kind, feed.id, version, source.id, as_of, link_method, link_confidence, "
         "hex(body), "
         "place.property FROM layer JOIN feed USING (feed) JOIN source USING (source) "
         "JOIN place ON place.place = layer.row >> 20",
         out);
    const auto numbers = [&](const char* query) {
        std::map<std::int64_t, std::string> found;
        SQLite::Statement all(*database, query);
        while (all.executeStep()) found[all.getColumn(0).getInt64()] = all.getColumn(1).getString();
        return found;
    };
    const auto streets = numbers("SELECT street, name || '|' || type || '|' || direction FROM street");
    const auto rows = numbers("SELECT row, record || '|' || feed.id FROM layer JOIN feed USING (feed)");
    const auto row_text = [&](std::int64_t row) {
        const auto found = rows.find(row);
        return found == rows.end() ? "no row" : found->second;
    };
    const auto entries = [&](const std::string& table, const std::function<std::string(BytesView)>& text) {
        snapshot::Postings postings(*database, table);
        for (auto at = postings.seek(""); at; postings.next(at))
            out.push_back(table + "|" + text(at.key()) + "|" + row_text(at.row()));
    };
    entries("address", [&](BytesView key) {
        const auto number = [&](std::size_t at) {
            return std::stoll(to_hex(key.substr(at, 4)), nullptr, 16);
        };
        return fmt::format("{}|{}|{}|{}", streets.at(number(0)), number(4), number(8), key.substr(12));
    });
    entries("term", [](BytesView key) {
        return fmt::format("{}|{}", key.substr(0, key.size() - 1), static_cast<int>(key.back()));
    });
    entries("name", [](BytesView key) { return std::string(key); });
    const auto classes = numbers("SELECT class, name FROM spot_class");
    SQLite::Statement cells(
        *database,
        "SELECT things, class_low / 2097152, south, north, west, east FROM spot_cell JOIN spot "
        "USING (cell)");
    while (cells.executeStep()) {
        const auto packed = cells.getColumn(0);
        const auto things = good(snapshot::unpack_cell(BytesView(
            static_cast<const char*>(packed.getBlob()), static_cast<std::size_t>(packed.getBytes()))));
        const snapshot::Thing box = snapshot::box_around(things);
        for (const snapshot::Thing& thing : things) {
            out.push_back(fmt::format("spot|{}|{}|{}|{}|{}|{}", thing.south, thing.north, thing.west,
                                      thing.east, classes.at(cells.getColumn(1).getInt64()),
                                      row_text(thing.row)));
        }
        const bool exact = box.south == cells.getColumn(2).getInt() &&
                           box.north == cells.getColumn(3).getInt() &&
                           box.west == cells.getColumn(4).getInt() && box.east == cells.getColumn(5).getInt();
        if (!exact) out.emplace_back("a box that is not the one around its things");
    }
    dump(*database, "name_word", "SELECT word, rows FROM name_word", out);
    dump(*database, "tally", "SELECT kind, records FROM tally WHERE records <> 0", out);
    dump(*database, "street", "SELECT name, type, direction FROM street", out);
    std::ranges::sort(out);
    // Every row is found by its record, and every place by its property.
    RowsByRecord by_record(*database);
    for (const auto& [row, text] : rows) {
        if (!by_record.finds(row, std::stoll(text))) out.push_back("not found by its record: " + text);
    }
    for (const auto& [place, property] :
         numbers("SELECT place, property FROM place WHERE property NOT NULL")) {
        if (!by_record.names(place << 20, std::stoll(property)))
            out.push_back("not found: property " + property);
    }
    return out;
}

double RandomCity::between(double low, double high) {
    return low + (high - low) * static_cast<double>(below(1'000'001)) / 1'000'000;
}

std::vector<Change> RandomCity::household(int number, std::int64_t version) {
    const std::string key = std::to_string(number);
    std::vector<Change> rows;
    std::string address = std::to_string(1 + below(2000));
    if (below(6) == 0) address += "-" + std::to_string(std::stoi(address) + 4);
    address += " " + pick(*this, directions) + pick(*this, street_names) + " " + pick(*this, street_types);
    if (below(5) == 0) address += " Apt " + std::to_string(1 + below(9));
    auto home = property(address, between(43.0, 43.1), between(-76.2, -76.1));
    home.set_parcel_id(fmt::format("{:03}.-{:02}-{}.0", below(900), below(90), number));
    if (below(7) == 0) home.set_place_name(pick(*this, last_names) + " Hall");
    if (below(9) == 0)
        *home.add_aliases() = records::parse_address(std::to_string(1 + below(90)) + " Plaza Way");
    if (below(4) == 0) home.add_more()->set_name("zone");
    append(rows, layers(records::PROPERTY, key, home, 0, version));
    const records::RecordId id = property_id(key);

    records::Party owner;
    owner.set_name(pick(*this, last_names) + ", " + pick(*this, first_names));
    owner.set_role("owner");
    if (below(2) == 0) owner.set_email("a@example.org");
    append(rows, layers(records::PARTY, key, owner, id, version));
    if (below(2) == 0) {
        records::Permit permit;
        permit.set_permit_number(fmt::format("BP-{}-{}", 2000 + below(24), number));
        append(rows, layers(records::PERMIT, key, permit, below(5) == 0 ? 0 : id, version));
    }
    if (below(3) == 0) {
        records::Asset hydrant;
        hydrant.set_asset_id("H-" + key);
        hydrant.set_asset_class(below(4) == 0 ? "Valve" : "hydrant");
        hydrant.set_status(below(5) == 0 ? "out_of_service" : "in_service");
        *hydrant.mutable_position() = snapshot::to_position({between(43.0, 43.1), between(-76.2, -76.1)});
        append(rows, layers(records::ASSET, key, hydrant, 0, version));
    }
    if (below(9) == 0) {
        records::Hazard hazard;
        hazard.set_product("Propane");
        hazard.set_hazard_id("HZ" + key);
        *hazard.mutable_position() = snapshot::to_position({between(43.0, 43.1), between(-76.2, -76.1)});
        append(rows, layers(records::HAZARD, key, hazard, id, version));
    }
    if (below(12) == 0) {
        records::Asset street;
        street.set_asset_class("street");
        street.set_description("Erie Blvd");
        for (int vertex = 0; vertex < 3; ++vertex) {
            *street.add_line() = snapshot::to_position({between(43.0, 43.1), between(-76.2, -76.1)});
        }
        append(rows, layers(records::ASSET, "street" + key, street, 0, version));
    }
    return rows;
}

std::vector<Change> RandomCity::city(int households) {
    std::vector<Change> rows;
    for (int number = 0; number < households; ++number) append(rows, household(number));
    return rows;
}

}  // namespace fieldpost::test
