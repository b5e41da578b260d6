#include "tools/bench/lookup_files.hpp"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <map>

#include "tools/bench/bench_keys.hpp"
#include "tools/bench/name_queries.hpp"

namespace fieldpost::bench {

namespace {

using Cells = std::vector<std::string>;

std::string cell(std::string text) {
    for (char& c : text) {
        if (c == '\t' || c == '\n' || c == '\r') c = ' ';
    }
    return text;
}

Result<std::vector<Cells>> read_lines(const std::filesystem::path& path, std::size_t columns) {
    std::ifstream file(path);
    if (!file) return fail(ErrorCode::not_found, path.string() + " is missing");
    std::vector<Cells> rows;
    std::string line;
    while (std::getline(file, line)) {
        Cells& cells = rows.emplace_back(1);
        for (const char c : line) {
            if (c == '\t')
                cells.emplace_back();
            else
                cells.back() += c;
        }
        if (cells.size() != columns)
            return fail(ErrorCode::corrupt, "a line of " + path.string() + ": " + line);
    }
    return rows;
}

records::RecordId to_id(const std::string& text) {
    records::RecordId id = 0;
    std::from_chars(text.data(), text.data() + text.size(), id);
    return id;
}

std::string ids_text(const std::vector<records::RecordId>& ids) {
    std::string out;
    for (const records::RecordId id : ids) out += (out.empty() ? "" : ",") + std::to_string(id);
    return out;
}

std::vector<records::RecordId> to_ids(const std::string& text) {
    std::vector<records::RecordId> out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        out.push_back(to_id(text.substr(at, end - at)));
        at = end + 1;
    }
    return out;
}

// Parcel numbers as they are, and without what separates their parts.
Query parcel_query(Dice& dice, const std::vector<PropertyRow>& properties) {
    const PropertyRow& row = dice.pick(properties);
    Query query;
    query.wanted = {row.property};
    query.address = row.parcel;
    query.text = row.parcel;
    if (dice.percent(50)) std::erase_if(query.text, [](char c) { return c == '-' || c == '.' || c == ' '; });
    return query;
}

class QueryFile {
  public:
    explicit QueryFile(const std::filesystem::path& path) : file_(path) {}
    void write(const std::string& sort, const Query& query) {
        if (query.text.empty()) return;
        file_ << fmt::format("{}\t{}\t{}\t{}\n", sort, query.rival ? 1 : 0, ids_text(query.wanted),
                             cell(query.text));
    }
    bool good() { return file_.flush().good(); }

  private:
    std::ofstream file_;
};

Status write_queries(const std::filesystem::path& folder, const std::vector<PropertyRow>& properties,
                     const std::vector<PartyRow>& parties, std::size_t each, std::uint64_t seed) {
    std::vector<KnownAddress> known;
    for (const PropertyRow& row : properties) known.push_back({row.property, row.address});
    AddressQueries addresses(known, seed);
    NameQueries names(parties, seed + 1);
    Dice dice(seed + 2);
    QueryFile out(folder / "queries.tsv");
    for (std::size_t typed = 0; typed < each;) {
        for (const Query& query : addresses.keystrokes()) {
            out.write("typeahead", query);
            ++typed;
        }
    }
    for (std::size_t n = 0; n < each; ++n) {
        out.write("exact", addresses.address(0));
        out.write("typo1", addresses.address(1));
        out.write("typo2", addresses.address(2));
        out.write("digit", addresses.wrong_digit());
        out.write("number", parcel_query(dice, properties));
        if (!names.empty()) out.write("name", names.name(0));
        if (!names.empty()) out.write("name_typo", names.name(1));
    }
    if (!out.good()) return fail(ErrorCode::unavailable, "cannot write " + (folder / "queries.tsv").string());
    return {};
}

void write_rows(const std::filesystem::path& folder, const std::vector<PropertyRow>& properties,
                const std::vector<PartyRow>& parties, const std::vector<HydrantRow>& hydrants) {
    std::ofstream out(folder / "properties.tsv");
    for (const PropertyRow& row : properties) {
        out << fmt::format("{}\t{}\t{}\t{:.7f}\t{:.7f}\n", row.property, cell(records::display(row.address)),
                           cell(row.parcel), row.position.lat, row.position.lon);
    }
    out = std::ofstream(folder / "parties.tsv");
    for (const PartyRow& row : parties) out << fmt::format("{}\t{}\n", row.party, cell(row.name));
    out = std::ofstream(folder / "hydrants.tsv");
    for (const HydrantRow& row : hydrants) {
        out << fmt::format("{}\t{:.7f}\t{:.7f}\t{}\n", row.hydrant, row.position.lat, row.position.lon,
                           row.works ? 1 : 0);
    }
}

Result<std::vector<TextRow>> read_positions(const std::filesystem::path& path) {
    auto lines = read_lines(path, 3);
    if (!lines) return lines.error();
    std::vector<TextRow> rows;
    for (const Cells& cells : *lines) {
        rows.push_back({to_id(cells[0]), {}, {}, {std::stod(cells[1]), std::stod(cells[2])}});
    }
    return rows;
}

}  // namespace

Status write_lookup_files(const std::filesystem::path& city, const std::filesystem::path& folder,
                          std::size_t each, std::uint64_t seed) {
    auto reader = snapshot::Reader::open(city, bench_keys());
    if (!reader) return reader.error();
    const auto properties = read_properties(**reader);
    if (!properties) return properties.error();
    if (properties->empty()) return fail(ErrorCode::not_found, "the city has no property");
    const auto parties = read_parties(**reader, *properties);
    if (!parties) return parties.error();
    const auto hydrants = read_hydrants(**reader);
    if (!hydrants) return hydrants.error();
    write_rows(folder, *properties, *parties, *hydrants);
    Dice dice(seed + 3);
    std::ofstream places(folder / "places.tsv");
    for (std::size_t n = 0; n < each; ++n) {
        const PropertyRow& row = dice.pick(*properties);
        places << fmt::format("{}\t{:.7f}\t{:.7f}\n", row.property, row.position.lat, row.position.lon);
    }
    return write_queries(folder, *properties, *parties, each, seed);
}

Result<std::vector<AskedQuery>> read_queries(const std::filesystem::path& folder, std::size_t each) {
    auto lines = read_lines(folder / "queries.tsv", 4);
    if (!lines) return lines.error();
    std::map<std::string, std::size_t> taken;
    std::vector<AskedQuery> out;
    for (const Cells& cells : *lines) {
        if (taken[cells[0]]++ >= each) continue;
        AskedQuery& asked = out.emplace_back();
        asked.sort = cells[0];
        asked.query.rival = cells[1] == "1";
        asked.query.wanted = to_ids(cells[2]);
        asked.query.text = cells[3];
    }
    return out;
}

Result<std::vector<TextRow>> read_property_rows(const std::filesystem::path& folder) {
    auto lines = read_lines(folder / "properties.tsv", 5);
    if (!lines) return lines.error();
    std::vector<TextRow> rows;
    for (Cells& cells : *lines) {
        rows.push_back({to_id(cells[0]),
                        std::move(cells[1]),
                        std::move(cells[2]),
                        {std::stod(cells[3]), std::stod(cells[4])}});
    }
    return rows;
}

Result<std::vector<TextRow>> read_party_rows(const std::filesystem::path& folder) {
    auto lines = read_lines(folder / "parties.tsv", 2);
    if (!lines) return lines.error();
    std::vector<TextRow> rows;
    for (Cells& cells : *lines) rows.push_back({to_id(cells[0]), std::move(cells[1]), {}, {}});
    return rows;
}

Result<std::vector<HydrantRow>> read_hydrant_rows(const std::filesystem::path& folder) {
    auto lines = read_lines(folder / "hydrants.tsv", 4);
    if (!lines) return lines.error();
    std::vector<HydrantRow> rows;
    for (const Cells& cells : *lines) {
        rows.push_back({to_id(cells[0]), {std::stod(cells[1]), std::stod(cells[2])}, cells[3] == "1"});
    }
    return rows;
}

Result<std::vector<TextRow>> read_places(const std::filesystem::path& folder) {
    return read_positions(folder / "places.tsv");
}

}  // namespace fieldpost::bench
