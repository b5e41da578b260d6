// Where the records of one dataset stand: decided when a row comes in, and decided anew, from what the store
// keeps of the row, when properties or the records that it refers to moved. So what a record is linked to
// never depends on the order in which files came, nor on whether its file is there.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <functional>

#include "daemon/hub/ingest/dataset_import.hpp"
#include "daemon/hub/ingest/record_builder.hpp"

namespace fieldpost::hub {

// As the store keeps it, and back; `out` must stay where it is.
StoredRequest to_stored(const LinkRequest& request);
void from_stored(const StoredRequest& stored, LinkRequest& out);

class DatasetLinks {
  public:
    // The references must outlive this object. `source` is the source's id, `dataset_row` as Imports::dataset
    // gave it.
    DatasetLinks(ImportContext& context, const std::string& source, const DatasetMapping& dataset,
                 std::int64_t dataset_row)
        : context_(context), source_(source), dataset_(dataset), dataset_row_(dataset_row) {}

    Result<Link> find(const LinkRequest& request);

    // For a dataset with learn_parcels: lets the linker learn which of our parcels a row's number means, from
    // all rows before any is linked, so that the outcome does not depend on their order.
    Status teach(const LinkRequest& request);
    // The same from the rows in the store, but for those of some records.
    Status teach_stored(const boost::unordered_flat_set<RecordId>& except);

    // Notes that a record of the dataset stands elsewhere now: in the transaction of the change itself, so
    // that an import that is cut off there is known to the next.
    Status note_moved();

    // Decides all links of the dataset anew when they may be others than a first import would find; with
    // `all_new` they were decided just now. In transactions of its own. `tick` is called now and then.
    Status refresh(bool all_new, DatasetReport& report, const std::function<void()>& tick);

  private:
    using Requests = std::vector<std::pair<RecordId, StoredRequest>>;
    Result<Link> find_by_place(const LinkRequest& request);
    // Some thousand rows with their requests at a time.
    Status for_each_request(const std::function<Status(const Requests&)>& some);
    Status decide(RecordId record, const StoredRequest& stored, DatasetReport& report);

    ImportContext& context_;
    const std::string& source_;
    const DatasetMapping& dataset_;
    std::int64_t dataset_row_;
    bool moved_ = false;  // noted in this run
};

}  // namespace fieldpost::hub
