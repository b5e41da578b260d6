// What the store remembers of imports: datasets, the rows they were made from, runs and refused rows. Calls
// that write work inside the caller's transaction. One Imports belongs to one Store and its thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/hub/store/records.hpp"
#include "daemon/hub/store/store.hpp"

namespace fieldpost::hub {

struct QuarantinedRow {
    std::string file;
    std::int64_t line = 0;
    std::string key;
    std::string reason;
    std::string detail;
    std::string raw;
    bool hides = false;  // it cannot be read, and may be the row of a record that is missing since
};

// What is known of a record that an earlier import of its dataset made.
struct ImportedRow {
    RecordId record = 0;
    std::int64_t hash = 0;
};

// What the row of a record said of where it belongs.
struct StoredRequest {
    std::string parcel;
    Bytes address;                                               // records.Address; empty: none
    std::optional<std::pair<std::int32_t, std::int32_t>> place;  // latitude, longitude in 1e-7 degrees
    RecordId target = 0;                                         // record whose property it shares; 0: none
};

// The labels that Imports::put_labels() stored, as table dataset has them.
records::LabelOverrides read_labels(const std::string& stored);

struct StoredDataset {
    std::int64_t dataset = 0;
    std::string source;  // its id
    std::string name;
};

class Imports {
  public:
    explicit Imports(Store& store);
    ~Imports();
    Imports(const Imports&) = delete;
    Imports& operator=(const Imports&) = delete;

    Result<std::int64_t> begin_run(std::int64_t now);
    Status finish_run(std::int64_t run, std::int64_t now, const std::string& report_json);
    // The report of the last finished run; not_found without one.
    Result<std::string> last_report();

    // The dataset's row number; made when it is new. `source` as Catalog::put_source gave it.
    Result<std::int64_t> dataset(std::int64_t source, const std::string& name, records::Kind kind);
    // What the mapping makes of the dataset's labels: edits go by it, too.
    Status put_labels(std::int64_t dataset, const records::LabelOverrides& labels);
    Status mark_imported(std::int64_t dataset, std::int64_t run);
    // Other datasets of the same source and kind, whose keys must not overlap: number and name.
    Result<std::vector<std::pair<std::int64_t, std::string>>> siblings(std::int64_t dataset);
    // Datasets that hold records of a kind.
    Result<std::vector<std::int64_t>> of_kind(records::Kind kind);

    // All datasets that ever were imported.
    Result<std::vector<StoredDataset>> all();

    Status for_each_row(std::int64_t dataset, const std::function<void(const ImportedRow&)>& row);
    Result<bool> has_row(std::int64_t dataset, RecordId record);
    Status put_row(std::int64_t dataset, const ImportedRow& row, const StoredRequest& request);
    Status drop_row(std::int64_t dataset, RecordId record);

    // Up to `most` rows of the dataset that gave anything to link by, in the order of their records, behind
    // `after`.
    Result<std::vector<std::pair<RecordId, StoredRequest>>> requests(std::int64_t dataset, RecordId after,
                                                                     int most);
    // How the dataset's records are linked.
    Result<std::map<records::LinkMethod, std::int64_t>> links(std::int64_t dataset);

    // Notes that, in this run, records of the dataset came to stand elsewhere: a property got another number,
    // address or position, a record another property. Properties and records that go count, too.
    Status mark_moved(std::int64_t dataset, std::int64_t run);
    // Notes that all links of the dataset hold for what this run found before it.
    Status mark_linked(std::int64_t dataset, std::int64_t run);
    // Whether properties, or records of `kind` of the source with this id, moved since the dataset's links
    // were decided.
    Result<bool> links_are_stale(std::int64_t dataset, records::Kind kind, const std::string& source);

    // Replaces the dataset's refused rows.
    Status put_quarantine(std::int64_t dataset, std::int64_t run, const std::vector<QuarantinedRow>& rows);
    Result<std::vector<QuarantinedRow>> quarantine(std::int64_t dataset);

  private:
    struct Statements;
    Store& store_;
    std::unique_ptr<Statements> statements_;
};

}  // namespace fieldpost::hub
