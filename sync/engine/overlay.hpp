// A crew's own operations laid over what the cache holds of the city: seen at once, with what became of them,
// until the cache has caught up with the hub. Pure; any thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sync/engine/field_records.hpp"
#include "sync/engine/merge.hpp"

namespace fieldpost::engine {

// What became of an own operation. Ordered by what a person should hear first.
enum class OwnState { current, accepted, pending, conflict, quarantined };
std::string_view to_string(OwnState state);

struct OwnOperation {
    protocol::Operation operation;
    OwnState state = OwnState::pending;  // never current
    std::uint64_t version = 0;           // of the record, as the hub answered; 0: it has not
    std::string reason;                  // why it was not simply accepted
    std::uint64_t noted_in = 0;          // number of the journal's note that told it; 0: none was counted
};

// A field that own work is about.
struct OverlaidField {
    OwnState state = OwnState::pending;
    std::string reason;
    std::string operation;  // id of the edit
    // The edit's value; it is what the layers show but for conflict and quarantined, where the hub's stays.
    Bytes value;
    bool operator==(const OverlaidField&) const = default;
};

struct OverlaidRecord {
    std::vector<records::LayerRow> layers;  // at most one row a layer, own work in it
    OwnState state = OwnState::current;
    std::string reason;
    std::map<FieldNumber, OverlaidField> fields;
};

// The version and the layer in which an editor sees a field of the record now.
struct SeenField {
    records::LayerKey layer;
    std::uint64_t version = 0;  // 0: it holds nothing of that layer
};
SeenField seen_field(records::Kind kind, const std::vector<records::LayerRow>& layers, FieldNumber field);

// The edit of a field as the editor makes it now: on what the cache shows, and on the editor's newest own
// edit of that field, which may still be on its way. `own` from the oldest to the newest; `value` canonical.
protocol::FieldEdit edit_of(records::Kind kind, const std::vector<records::LayerRow>& layers,
                            const std::vector<OwnOperation>& own, records::RecordId record, FieldNumber field,
                            Bytes value);

class Overlay {
  public:
    // `cleared`: the layers that the device's profile receives. `in_city`: what is held is of a city that has
    // what the notes through this one told (in_city.hpp).
    Overlay(std::string device, std::set<records::LayerKey> cleared,
            std::optional<std::uint64_t> in_city = std::nullopt)
        : device_(std::move(device)), cleared_(std::move(cleared)), in_city_(in_city) {}

    // All layers that the cache holds of some records, in the order in which they are shown.
    void hold(const std::vector<records::LayerRow>& rows);
    // Own operations, from the oldest to the newest. They are seen
    //   pending      at once
    //   accepted     until the cache's layer is at the version that the hub answered, or shows the same, or
    //                the city is known to have it: the layer may have come and gone; not at all where the
    //                profile lacks the layer
    //   conflict     beside the hub's value, until the layer has a newer version: a person decided
    //   quarantined  beside the hub's value
    // An edit of a record that the cache does not hold is not seen: there is nothing to lay it over.
    // Called once, after all that is held.
    void lay(const std::vector<OwnOperation>& own);

    // Held records first, then own ones; each has at least one layer.
    const std::vector<records::RecordId>& order() const { return order_; }
    const OverlaidRecord& at(records::RecordId record) const { return records_.at(record); }

  private:
    bool is_seen(records::RecordId id, OwnState state) const;
    bool is_in_city(const OwnOperation& own) const { return in_city_ && own.noted_in <= *in_city_; }
    void lay_visit(const OwnOperation& own);
    void lay_observation(const OwnOperation& own);
    void lay_correction(const OwnOperation& own);
    void lay_edit(const OwnOperation& own);
    void lay_field(OverlaidRecord& record, const OwnOperation& own, const protocol::FieldEdit& edit);
    // The own record as it stands, or empty.
    template <class M>
    M own_record(records::RecordId id) const;
    void put_own(records::Kind kind, records::RecordId id, const google::protobuf::Message& message,
                 const OwnOperation& own);
    OverlaidRecord& record(records::RecordId id);

    std::string device_;
    std::set<records::LayerKey> cleared_;
    std::optional<std::uint64_t> in_city_;
    std::vector<records::RecordId> order_;
    std::map<records::RecordId, OverlaidRecord> records_;
};

}  // namespace fieldpost::engine
