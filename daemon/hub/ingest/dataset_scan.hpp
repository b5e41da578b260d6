// The first reading of a dataset, which changes nothing: which rows are sound in shape, which of them are new
// or changed since the last import, and which records are gone.
#pragma once

#include <functional>
#include <vector>

#include "daemon/hub/ingest/dataset_rows.hpp"
#include "daemon/hub/ingest/report.hpp"
#include "daemon/hub/store/imports.hpp"

namespace fieldpost::hub {

// Refused rows beyond this are counted but not kept.
inline constexpr std::size_t most_quarantined = 10'000;

// A row to be imported.
struct WantedRow {
    std::uint32_t number = 0;  // of the rows that DatasetRows gives, from 0
    RecordId record = 0;
    std::int64_t hash = 0;
};

struct DatasetScan {
    std::vector<WantedRow> wanted;   // by number
    std::vector<RecordId> vanished;  // records of the dataset that no row names any more
    std::int64_t stored = 0;         // records of the dataset before
    std::int64_t hiding = 0;         // refused rows, new since then, that may be those of vanished records
    std::vector<QuarantinedRow> quarantined;
};

// Fills the counts of `report` for what is decided here: rows read, refused, repeated and unchanged. `tick`
// is called for each row.
Result<DatasetScan> scan_dataset(const DatasetMapping& dataset, const std::string& source,
                                 std::int64_t dataset_row, DatasetRows& rows, Imports& imports,
                                 const std::function<void()>& tick, DatasetReport& report);

// Counts a refused row and keeps it.
void quarantine(const DatasetRows& rows, const std::string& file, const Refusal& refusal,
                std::vector<QuarantinedRow>& kept, DatasetReport& report, bool hides = false);

// Whether its records can stand at a property at all.
bool can_be_linked(const DatasetMapping& dataset);

}  // namespace fieldpost::hub
