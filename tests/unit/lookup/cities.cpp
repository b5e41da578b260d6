#include "tests/unit/lookup/cities.hpp"

#include <stdlib.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <set>

#include "sync/records/address.hpp"
#include "sync/records/address_words.hpp"
#include "tools/city/generate.hpp"

namespace fieldpost::test {

namespace {

using Cells = std::vector<std::string>;

// RFC 4180, first row first.
std::vector<Cells> read_csv(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::vector<Cells> rows(1, Cells(1));
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '"') {
            if (quoted && at + 1 < text.size() && text[at + 1] == '"')
                rows.back().back() += text[++at];
            else
                quoted = !quoted;
        } else if (c == ',' && !quoted) {
            rows.back().emplace_back();
        } else if (c == '\n' && !quoted) {
            rows.emplace_back(1);
        } else if (c != '\r' || quoted) {
            rows.back().back() += c;
        }
    }
    return rows;
}

// The cells of some columns, row by row; a row that is too short is left out.
std::vector<Cells> columns(const std::filesystem::path& path, const Cells& names) {
    const std::vector<Cells> rows = read_csv(path);
    std::vector<std::size_t> at;
    for (const std::string& name : names) {
        at.push_back(static_cast<std::size_t>(std::ranges::find(rows.front(), name) - rows.front().begin()));
        if (at.back() == rows.front().size()) FAIL(path.string() + " has no column " + name);
    }
    std::vector<Cells> out;
    for (std::size_t row = 1; row < rows.size(); ++row) {
        if (rows[row].size() != rows.front().size()) continue;
        Cells& cells = out.emplace_back();
        for (const std::size_t column : at) cells.push_back(rows[row][column]);
    }
    return out;
}

std::vector<boost::json::value> features(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const boost::json::value read = boost::json::parse(text);
    const auto& all = read.at("features").as_array();
    return {all.begin(), all.end()};
}

records::Position position_at(const boost::json::value& coordinates) {
    return snapshot::to_position(
        {coordinates.at(1).to_number<double>(), coordinates.at(0).to_number<double>()});
}

// A list of addresses by key; of a key that comes twice the first counts.
class KnownAddresses {
  public:
    void add(const std::string& key, records::Address address) {
        if (address.number() == 0 || address.name().empty()) return;
        if (keys_.insert(key).second) all_.push_back({property_id(key), std::move(address)});
    }
    std::vector<bench::KnownAddress> take() { return std::move(all_); }

  private:
    std::set<std::string> keys_;
    std::vector<bench::KnownAddress> all_;
};

std::optional<std::filesystem::path> shared_data(const std::string& file) {
    const char* folder = std::getenv("FIELDPOST_SHARED_DATA");
    if (folder == nullptr) {
        std::cout << "skipped: no shared data, so no " << file << "\n";
        return std::nullopt;
    }
    return std::filesystem::path(folder) / file;
}

}  // namespace

std::vector<bench::KnownAddress> generated_addresses(std::uint64_t seed, std::uint64_t properties) {
    const Folder folder;
    const std::filesystem::path out = folder / "city";
    static_cast<void>(good(city::generate({.seed = seed, .properties = properties, .day = 0, .out = out},
                                          [](std::uint64_t, std::uint64_t) {})));
    KnownAddresses known;
    for (const Cells& row : columns(out / "assessing" / "properties.csv", {"parcel_id", "full_address"})) {
        known.add(row[0], records::parse_address(row[1]));
    }
    return known.take();
}

std::vector<Change> generated_rows(std::uint64_t seed, std::uint64_t properties) {
    const Folder folder;
    const std::filesystem::path out = folder / "city";
    static_cast<void>(good(city::generate({.seed = seed, .properties = properties, .day = 0, .out = out},
                                          [](std::uint64_t, std::uint64_t) {})));
    std::vector<Change> rows;
    std::set<std::pair<records::Kind, std::string>> keys;
    const auto add = [&](records::Kind kind, const std::string& key, const google::protobuf::Message& message,
                         const std::string& parcel) {
        // Keys that come twice, as in every real file: the first counts.
        if (!keys.emplace(kind, key).second) return;
        auto more = layers(kind, key, message, parcel.empty() ? 0 : property_id(parcel));
        std::ranges::move(more, std::back_inserter(rows));
    };
    std::map<std::string, std::string> former;  // the street's name now, and before
    for (const Cells& row : columns(out / "assessing" / "aliases.csv", {"kind", "alias", "current"})) {
        if (row[0] == "former_name") former[row[2]] = row[1];
    }
    std::set<std::string> seen;
    for (const Cells& row :
         columns(out / "assessing" / "properties.csv",
                 {"parcel_id", "full_address", "latitude", "longitude", "building_name"})) {
        // Latitude and longitude are exchanged in some rows; the hub refuses them.
        if (row[2].starts_with('-') || row[0].empty() || !seen.insert(row[0]).second) continue;
        auto house =
            property(row[1], std::strtod(row[2].c_str(), nullptr), std::strtod(row[3].c_str(), nullptr));
        house.set_parcel_id(row[0]);
        house.set_place_name(records::as_utf8(row[4], 200));
        const std::string number = row[1].substr(0, row[1].find(' '));
        for (const auto& [now, before] : former) {
            if (row[1] == number + " " + now)
                *house.add_aliases() = records::parse_address(number + " " + before);
        }
        add(records::PROPERTY, row[0], house, {});
    }
    for (const Cells& row :
         columns(out / "assessing" / "parties.csv", {"party_id", "name", "phone", "parcel_id"})) {
        records::Party party;
        party.set_name(records::as_utf8(row[1], 200));
        if (!row[2].empty()) party.add_phones(row[2]);
        if (seen.contains(row[3])) add(records::PARTY, row[0], party, row[3]);
    }
    for (const Cells& row : columns(out / "lpi" / "permits.csv", {"PermitNum", "PIN"})) {
        records::Permit permit;
        permit.set_permit_number(row[0]);
        if (seen.contains(row[1])) add(records::PERMIT, row[0], permit, row[1]);
    }
    for (const auto& feature : features(out / "assets" / "hydrants.geojson")) {
        const auto& said = feature.at("properties").as_object();
        records::Asset hydrant;
        hydrant.set_asset_class("hydrant");
        hydrant.set_asset_id(std::string(said.at("ASSET_ID").as_string()));
        hydrant.set_status(said.at("OUT_SINCE").is_null() ? "in_service" : "out_of_service");
        *hydrant.mutable_position() = position_at(feature.at("geometry").at("coordinates"));
        add(records::ASSET, hydrant.asset_id(), hydrant, {});
    }
    for (const auto& feature : features(out / "streets" / "centerlines.geojson")) {
        const auto& said = feature.at("properties").as_object();
        records::Asset street;
        street.set_asset_class("street");
        street.set_asset_id(std::string(said.at("SEGMENT_ID").as_string()));
        *street.mutable_address() =
            records::from_parts({.street = std::string(said.at("FULL_NAME").as_string())});
        for (const auto& vertex : feature.at("geometry").at("coordinates").as_array())
            *street.add_line() = position_at(vertex);
        add(records::ASSET, street.asset_id(), street, {});
    }
    return rows;
}

std::optional<std::vector<bench::KnownAddress>> cambridge_addresses() {
    const auto path = shared_data("cambridge-ma/master_address_2014-02.csv");
    if (!path) return std::nullopt;
    KnownAddresses known;
    for (const Cells& row : columns(*path, {"address_id", "full_address"})) {
        known.add(row[0], records::parse_address(row[1]));
    }
    return known.take();
}

std::optional<std::vector<bench::KnownAddress>> syracuse_addresses() {
    const auto path = shared_data("syracuse-ny/parcels_2015.csv");
    if (!path) return std::nullopt;
    KnownAddresses known;
    for (const Cells& row : columns(*path, {"tax_id", "stnum", "stname"})) {
        known.add(row[0], records::from_parts({.number = row[1], .street = row[2]}));
    }
    return known.take();
}

SearchableCity::SearchableCity(const std::vector<bench::KnownAddress>& addresses) {
    std::vector<Change> rows;
    for (const bench::KnownAddress& known : addresses) {
        records::Property body;
        *body.mutable_address() = known.address;
        for (Change& change : layers(records::PROPERTY, {}, body, 0)) {
            change.row.record = known.property;
            change.row.property = known.property;
            rows.push_back(std::move(change));
        }
    }
    open(rows);
}

SearchableCity::SearchableCity(const std::vector<Change>& rows) {
    open(rows);
}

void SearchableCity::open(const std::vector<Change>& rows) {
    build(folder_ / "city", rows);
    reader_ = good(snapshot::Reader::open(folder_ / "city"));
    search_ = good(lookup::Search::open(*reader_));
}

}  // namespace fieldpost::test
