// expected.json and city.json: what an importer should find, and what made it.
#pragma once

#include <string>
#include <vector>

#include "sync/base/result.hpp"
#include "tools/city/plan.hpp"
#include "tools/city/table.hpp"

namespace fieldpost::city {

struct FileCount {
    std::string_view source;
    std::string_view file;
    const Count* count;
};

Status write_expected(const std::vector<FileCount>& counts, const std::string& path);

struct Marker {
    std::uint64_t seed;
    std::uint64_t properties;  // as ordered, on day 0
    int day;
    Plan::Bounds bounds;
};

Status write_marker(const Marker& marker, const std::string& path);

}  // namespace fieldpost::city
