// Reading CSV, RFC 4180, with what real files do to it. See open_rows() in row.hpp.
#pragma once

#include "daemon/hub/ingest/row.hpp"

namespace fieldpost::hub {

// A row with another number of cells than the header, or with bytes that are not UTF-8, comes with
// Row::refused set; a quote that is never closed refuses its line alone, and reading goes on with the next.
// Columns of the same name get "#2", "#3"; a column without a name is called "column 5". Empty lines are
// passed over.
Result<std::unique_ptr<RowReader>> open_csv(const std::filesystem::path& file);

}  // namespace fieldpost::hub
