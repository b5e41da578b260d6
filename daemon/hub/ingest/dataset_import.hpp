// Importing one dataset.
#pragma once

#include <memory>

#include "daemon/hub/ingest/dataset_scan.hpp"
#include "daemon/hub/ingest/import.hpp"
#include "daemon/hub/ingest/property_index.hpp"

namespace fieldpost::hub {

// What the datasets of one import share.
struct ImportContext {
    Store& store;
    Records& records;
    Imports& imports;
    PropertyIndex& properties;
    const CityMapping& city;
    const TimeZone& zone;
    const ImportOptions& options;
    std::int64_t run = 0;
};

// An error is the store's; what is wrong with the dataset is told in the report.
Result<DatasetReport> import_dataset(ImportContext& context, const SourceMapping& source,
                                     std::int64_t source_row, const DatasetMapping& dataset);

}  // namespace fieldpost::hub
