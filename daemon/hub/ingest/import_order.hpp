// In which order the datasets of a city are imported.
#pragma once

#include <vector>

#include "daemon/hub/sources/mapping.hpp"

namespace fieldpost::hub {

struct DatasetInOrder {
    std::size_t source = 0;  // index in CityMapping::sources
    const DatasetMapping* dataset = nullptr;
};

// Properties first, since everything else is linked to them; a dataset whose records share the property of
// others behind those; otherwise as the mapping has them. invalid_argument when records would find their
// property through each other. The mapping must outlive the result.
Result<std::vector<DatasetInOrder>> import_order(const CityMapping& city);

}  // namespace fieldpost::hub
