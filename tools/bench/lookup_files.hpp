// The rows of a city and the queries to ask, as files of tab-separated lines: what our search and every peer
// are measured with. A folder has
//   properties.tsv  id, address as text, parcel number, latitude, longitude
//   parties.tsv     id, name
//   hydrants.tsv    id, latitude, longitude, 1 when it works
//   queries.tsv     sort, 1 when another record is as near, wanted ids with commas between them, text
//   places.tsv      property id, latitude, longitude: where to ask for the 360° view and for what is near
// in UTF-8, with neither tabs nor line ends within a cell.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sync/base/result.hpp"
#include "tools/bench/city_rows.hpp"
#include "tools/bench/lookup_queries.hpp"

namespace fieldpost::bench {

// Sorts of queries: "typeahead", "exact", "typo1", "typo2", "digit", "number", "name", "name_typo".
struct AskedQuery {
    std::string sort;
    Query query;
};

// Writes the folder of a city file with `each` queries of every sort.
Status write_lookup_files(const std::filesystem::path& city, const std::filesystem::path& folder,
                          std::size_t each, std::uint64_t seed);

struct TextRow {
    records::RecordId id = 0;
    std::string text;
    std::string parcel;
    snapshot::Point position;
};
// At most `each` queries of every sort.
Result<std::vector<AskedQuery>> read_queries(const std::filesystem::path& folder, std::size_t each);
Result<std::vector<TextRow>> read_property_rows(const std::filesystem::path& folder);
Result<std::vector<TextRow>> read_party_rows(const std::filesystem::path& folder);
Result<std::vector<HydrantRow>> read_hydrant_rows(const std::filesystem::path& folder);
Result<std::vector<TextRow>> read_places(const std::filesystem::path& folder);

}  // namespace fieldpost::bench
