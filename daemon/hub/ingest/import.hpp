// Importing a city's source files into the store.
//
// Each dataset is read twice: once to see what changed, without touching the store, and then to import what
// did, in transactions of some thousand records. A record and the mark by which it counts as imported go
// together, so an import that was interrupted at any point is completed by running it again, and other
// writers get their turn in between.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "daemon/hub/ingest/report.hpp"
#include "daemon/hub/store/short_transactions.hpp"
#include "daemon/hub/store/store.hpp"
#include "sync/base/time.hpp"

namespace fieldpost::hub {

struct ImportProgress {
    std::string source;
    std::string dataset;
    bool writing = false;  // the second reading
    double done = 0;       // of this reading, 0 to 1
    std::int64_t rows = 0;
};

struct ImportOptions {
    std::filesystem::path city_dir;       // city.toml and the mapping files it names
    std::filesystem::path data_dir;       // the source files
    std::set<std::string> allow_deletes;  // "source/dataset": may delete more than its limit, this once
    std::set<std::string> drop_profiles;  // that devices have, and city.toml does not name any more
    UnixSeconds now = 0;                  // the as-of of rows that have none of their own
    // The store is locked for no longer at a time, so that a hub that serves the fleet goes on doing so.
    std::chrono::milliseconds longest_transaction = ShortTransactions::usual;
    std::function<void(const ImportProgress&)> progress;  // a few times a second; may be empty
};

// Runs the import to its end. A dataset that cannot be imported or would delete too much keeps its records as
// they were, but for their links, and the report says why (ImportReport::complete() is then false); an error
// means that the mapping files are wrong (invalid_argument, nothing was touched), that the store is another
// city's or the mapping drops a profile that devices have (conflict, nothing was touched), or that the store
// failed.
Result<ImportReport> import_city(Store& store, const ImportOptions& options);

}  // namespace fieldpost::hub
