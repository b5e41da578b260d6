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

#include "daemon/hub/store/conflict_rows.hpp"
#include "daemon/hub/store/field_rows.hpp"
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

// A field of a record as it stands.
struct StandingField {
    engine::FieldState state;
    Bytes value;              // empty: not set
    records::LayerKey layer;  // where it is, or would be
    Bytes before;             // its last value but this one
    std::uint64_t before_version = 0;
    bool changed = false;  // since the record was made: only then `before` says anything
    Author by;
    // What an editor saw who had this version; nullopt when that is not known any more.
    std::optional<Bytes> at(std::uint64_t version) const;
};

struct NewValue {
    engine::FieldNumber field = 0;
    Bytes value;  // canonical, see sync/engine/merge.hpp
};

struct LostFields;    // record_rows.hpp
struct StoredRecord;  // record_rows.hpp

// Crews' own records never change but by what they recorded themselves; everything else can be edited.
bool can_be_edited(records::Kind kind);

class Records {
  public:
    explicit Records(Store& store);
    ~Records();
    Records(const Records&) = delete;
    Records& operator=(const Records&) = delete;

    // Stores the record as given, but for fields that a crew or a person edited: there the edit stays shown
    // until the source says the same, and when the source says something new about it, that becomes a
    // conflict (PROTOCOL 17). Layers whose body, link or source is as before stay as they are: another
    // as_of alone is no change. A layer that is new or changed becomes a put, one that is gone a remove, all
    // with one new version. not_found for an unknown source, invalid_argument for a layer larger than
    // max_layer_bytes or an area that cannot be part of a feed's name, conflict when the id, a hash, is that
    // of another record already. A feed that loses a field to a label which does not include its own (a
    // higher class, or another compartment) is marked as purged, also when the field or the record was gone
    // meanwhile: see Feeds::purged().
    Result<Outcome> put(const RecordInput& input);

    // Takes all layers away. Keeps the version, so that a record made again goes on counting.
    // unchanged when there is no such record or it is removed already.
    Result<Outcome> remove(RecordId record);

    // Gives the record another link and leaves its content: all its layers change.
    // not_found when it is not there or removed; invalid_argument for a property.
    Result<Outcome> relink(RecordId record, RecordId property, records::LinkMethod method, int confidence);

    // Gives fields another value, above what the source says; all else stays. A value that stands already is
    // affirmed: the record gets a new version all the same, so that everyone hears of it. A field that is set
    // first goes where the mapping of its record puts it. not_found when the record is not there or removed;
    // invalid_argument for a field that it does not have, for a record that cannot be edited, and when
    // nothing would be left of it.
    Result<Outcome> change_fields(RecordId record, std::span<const NewValue> values, const Author& by);

    // not_found when the record is not there or removed; invalid_argument when it has no such field.
    Result<StandingField> field(RecordId record, engine::FieldNumber field);

    // nullopt when it was never stored.
    Result<std::optional<RecordHead>> head(RecordId record);

    // The record put together from all its layers, whatever their label; nullptr when it is not there or
    // removed.
    Result<std::unique_ptr<google::protobuf::Message>> message(RecordId record);

    // The areas in which a property stands; none when it is not there.
    Result<std::vector<std::string>> areas(RecordId property);

    // Records (not the property itself) that are linked to a property; 0 gives those that are linked to none.
    Result<std::vector<RecordId>> linked(RecordId property);

  private:
    class Rows;
    struct Content;
    // `before`: the record as it is stored; nullptr: it never was. Refuses before it has written anything of
    // the record.
    Result<Outcome> write(const Content& content, const StoredRecord* before,
                          const std::function<void()>& before_change);
    // Marks the feeds as purged that had one of the record's fields which it now has at a raised label:
    // `lost`, with this change, or `earlier`. What is not raised now may be later, and is kept.
    void note_lost(const Content& content, std::span<const LostFields> earlier,
                   std::span<const LostFields> lost);
    void note_changes(RecordId record, const google::protobuf::Message& before,
                      const google::protobuf::Message& after, std::uint64_t version, const Author& by);
    // An edit of which the source says something new.
    struct MetEdit {
        engine::FieldNumber field = 0;
        std::optional<engine::StandingEdit> edit;  // as it stands now; nullopt: fulfilled
        std::optional<Conflict> conflict;
    };
    std::vector<MetEdit> meet_edits(const RecordInput& input, RecordId record,
                                    google::protobuf::Message& message);
    void keep_met(RecordId record, std::uint64_t version, std::vector<MetEdit>& met);
    // The record whole, with each set field's label.
    std::unique_ptr<google::protobuf::Message> whole(RecordId record, records::Kind kind, RecordId property,
                                                     records::LabelOverrides* labels);

    std::unique_ptr<Rows> rows_;
    std::unique_ptr<FieldRows> fields_;
    std::unique_ptr<ConflictRows> conflicts_;
};

}  // namespace fieldpost::hub
