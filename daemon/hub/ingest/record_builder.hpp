// From a row to a record of its kind, by the rules of a dataset's mapping.
#pragma once

#include <google/protobuf/message.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/hub/ingest/bound_value.hpp"
#include "daemon/hub/ingest/join_table.hpp"
#include "daemon/hub/ingest/moment.hpp"
#include "daemon/hub/link/position_grid.hpp"
#include "sync/records/address.hpp"

namespace fieldpost::hub {

// A row with all the rows that its joins found, by number of the join.
struct SourceRow {
    const Row* row = nullptr;
    std::vector<std::vector<JoinedRow>> joined;
};

// What a row says of where its record belongs.
struct LinkRequest {
    std::string parcel;
    const records::Address* address = nullptr;  // of the message, or `own_address`; null: none
    records::Address own_address;
    std::optional<PointE7> position;
    records::RecordId record = 0;  // 0: none
};

struct BuiltRecord {
    std::unique_ptr<google::protobuf::Message> message;
    std::int64_t as_of = 0;  // 0: the row does not say
    LinkRequest link;
};

// What was mended or left out without refusing the row: "dropped issued_on", "repaired position" -> how
// often.
using Notes = std::map<std::string, std::int64_t>;

class RecordBuilder {
  public:
    // `dataset`, `source`, `city` and `zone` must outlive the builder. invalid_argument with file and line
    // when a rule names a column or join that is not there.
    static Result<RecordBuilder> bind(const DatasetMapping& dataset, const Source& source,
                                      const CityMapping& city, const TimeZone& zone,
                                      const ColumnNames& names);

    // nullopt on success. A message that `out` holds already, of an earlier row, is used again.
    std::optional<Refusal> build(const SourceRow& row, BuiltRecord& out, Notes& notes);

    RecordBuilder(RecordBuilder&&) noexcept;
    RecordBuilder& operator=(RecordBuilder&&) noexcept;
    ~RecordBuilder();

  private:
    class Impl;
    explicit RecordBuilder(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace fieldpost::hub
