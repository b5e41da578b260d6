#include "tests/unit/lookup/cities.hpp"

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>

#include "sync/records/address.hpp"
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
    build(folder_ / "city", rows);
    reader_ = good(snapshot::Reader::open(folder_ / "city"));
    search_ = good(lookup::Search::open(*reader_));
}

}  // namespace fieldpost::test
