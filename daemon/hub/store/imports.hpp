// What the store remembers of imports: datasets, the rows they were made from, runs and refused rows. Calls
// that write work inside the caller's transaction. One Imports belongs to one Store and its thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
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
};

// What is known of a record that an earlier import of its dataset made.
struct ImportedRow {
    RecordId record = 0;
    std::int64_t hash = 0;
    RecordId property = 0;
    records::LinkMethod link_method = records::LinkMethod::none;
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
    Status mark_imported(std::int64_t dataset, std::int64_t run);
    // Other datasets of the same source and kind, whose keys must not overlap.
    Result<std::vector<std::int64_t>> siblings(std::int64_t dataset);
    // Datasets that hold records of a kind.
    Result<std::vector<std::int64_t>> of_kind(records::Kind kind);

    Status for_each_row(std::int64_t dataset, const std::function<void(const ImportedRow&)>& row);
    Result<bool> has_row(std::int64_t dataset, RecordId record);
    Status put_row(std::int64_t dataset, RecordId record, std::int64_t hash);
    Status drop_row(std::int64_t dataset, RecordId record);

    // Replaces the dataset's refused rows.
    Status put_quarantine(std::int64_t dataset, std::int64_t run, const std::vector<QuarantinedRow>& rows);
    Result<std::vector<QuarantinedRow>> quarantine(std::int64_t dataset);

    // Whether properties changed since the last import that ran to its end: unlinked records are then tried
    // again.
    Result<bool> properties_changed();
    Status set_properties_changed(bool changed);

  private:
    struct Statements;
    Store& store_;
    std::unique_ptr<Statements> statements_;
};

}  // namespace fieldpost::hub
