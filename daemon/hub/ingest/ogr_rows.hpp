// Reading everything that GDAL/OGR reads. See open_rows() in row.hpp.
#pragma once

#include "daemon/hub/ingest/row.hpp"

namespace fieldpost::hub {

// Geometries are brought to WGS 84. A text that is not UTF-8 comes with Row::refused set.
Result<std::unique_ptr<RowReader>> open_ogr(const std::filesystem::path& file, const OpenOptions& options);

}  // namespace fieldpost::hub
