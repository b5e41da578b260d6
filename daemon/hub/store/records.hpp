// Writing records: cuts a record into layers, finds which of them changed, and gives each change the next
// cursor of its feed. Every call works inside the caller's transaction, which holds the feeds' cursors with
// the rows (PROTOCOL 8, 9); nothing here begins or commits one.
//
// One Records belongs to one writing Store and its thread, and keeps its prepared statements.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/hub/store/store.hpp"
#include "sync/records/layer.hpp"

namespace fieldpost::hub {

using records::RecordId;

// What a record may have at one label. A range of a feed that ends with such a row fits into a message.
inline constexpr std::size_t max_layer_bytes = 256U << 10U;

struct RecordInput {
    records::Kind kind = records::KIND_UNSET;
    std::string_view source;                             // id of the source system; known to the catalog
    std::string_view key;                                // of the record in its source
    std::span<const std::string> areas;                  // the record appears in each
    const google::protobuf::Message* message = nullptr;  // of `kind`; not owned
    std::int64_t as_of = 0;                              // unix seconds; 0 unknown
    RecordId property =
        0;  // 0: unlinked. This and the next two are ignored for a property: it stands at itself
    records::LinkMethod link_method = records::LinkMethod::none;
    int link_confidence = 0;                             // percent
    const records::LabelOverrides* overrides = nullptr;  // labels that the mapping changed; may be null
};

enum class Change { unchanged, inserted, updated, removed };

struct Outcome {
    RecordId record = 0;
    std::int64_t version = 0;  // of the record now
    Change change = Change::unchanged;
    int feed_changes = 0;  // puts and removes that were appended to feeds
};

// What the store holds of a record beside its layers.
struct RecordHead {
    records::Kind kind = records::KIND_UNSET;
    std::string source;
    std::string key;
    std::int64_t version = 0;
    bool deleted = false;
    RecordId property = 0;
    records::LinkMethod link_method = records::LinkMethod::none;
};

class Records {
  public:
    explicit Records(Store& store);
    ~Records();
    Records(const Records&) = delete;
    Records& operator=(const Records&) = delete;

    // Stores the record as given. Layers whose body, link or source is as before stay as they are: another
    // as_of alone is no change. A layer that is new or changed becomes a put, one that is gone a remove, all
    // with one new version. not_found for an unknown source, invalid_argument for a layer larger than
    // max_layer_bytes or an area that cannot be part of a feed's name, conflict when the id, a hash, is that
    // of another record already.
    Result<Outcome> put(const RecordInput& input);

    // Takes all layers away. Keeps the version, so that a record made again goes on counting.
    // unchanged when there is no such record or it is removed already.
    Result<Outcome> remove(RecordId record);

    // Gives the record another link and leaves its content: all its layers change.
    // not_found when it is not there or removed; invalid_argument for a property.
    Result<Outcome> relink(RecordId record, RecordId property, records::LinkMethod method, int confidence);

    // nullopt when it was never stored.
    Result<std::optional<RecordHead>> head(RecordId record);

    // The record put together from all its layers, whatever their label; nullptr when it is not there or
    // removed.
    Result<std::unique_ptr<google::protobuf::Message>> message(RecordId record);

    // Records (not the property itself) that are linked to a property; 0 gives those that are linked to none.
    Result<std::vector<RecordId>> linked(RecordId property);

  private:
    class Rows;
    std::unique_ptr<Rows> rows_;
};

}  // namespace fieldpost::hub
