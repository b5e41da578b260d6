// What an import did, for people and for programs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fieldpost::hub {

enum class DatasetState {
    imported,
    missing,  // an optional file was not there
    stopped,  // it would delete too much; nothing of the dataset was changed
    failed,   // the file or its mapping cannot be used; see message
};

struct DatasetReport {
    std::string source;
    std::string dataset;
    std::string kind;
    std::string file;
    DatasetState state = DatasetState::imported;
    std::string message;  // what a person should know or do

    std::int64_t rows_read = 0;
    std::int64_t filtered = 0;  // left out by the mapping's conditions
    std::int64_t repeated = 0;  // the same row once more
    std::int64_t accepted = 0;  // unchanged + inserted + updated
    std::int64_t unchanged = 0;
    std::int64_t inserted = 0;
    std::int64_t updated = 0;
    std::int64_t deleted = 0;
    std::int64_t would_delete = 0;  // of a stopped dataset
    std::int64_t kept = 0;          // not deleted, since a row that cannot be read may be theirs
    std::int64_t relinked = 0;      // linked otherwise than before, though their rows did not change
    std::int64_t quarantined = 0;
    std::int64_t feed_changes = 0;
    std::map<std::string, std::int64_t> quarantined_by_reason;
    // Of all records of the dataset, when they can be linked at all; "none" too.
    std::map<std::string, std::int64_t> linked_by_method;
    std::map<std::string, std::int64_t> unlinked_by_reason;  // of those that this run tried
    std::map<std::string, std::int64_t> notes;               // "repaired position": how often
    double seconds = 0;
};

// Records in the store that no mapping speaks of any more: no file changes or deletes them.
struct UnmappedDataset {
    std::string source;
    std::string dataset;
    std::int64_t records = 0;
};

struct ImportReport {
    std::int64_t run = 0;
    std::string city;
    std::string started_at;  // RFC 3339
    std::vector<DatasetReport> datasets;
    std::vector<UnmappedDataset> unmapped;
    double seconds = 0;

    std::int64_t rows_read() const;
    std::int64_t feed_changes() const;
    // Whether all datasets were imported; otherwise a person has to look.
    bool complete() const;

    std::string to_text() const;
    std::string to_json() const;
};

}  // namespace fieldpost::hub
