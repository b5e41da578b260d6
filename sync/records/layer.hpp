// Records are stored, sent and shown as layers: the part of a record at one (classification, compartment).
// Pure functions; any thread.
#pragma once

#include <google/protobuf/message.h>

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"
#include "sync/records/label.pb.h"
#include "sync/records/records.pb.h"

namespace fieldpost::records {

// A positive 63-bit number that a record has for ever, on every hub: derived from what the record is, not
// handed out.
using RecordId = std::int64_t;

// First eight bytes of SHA-256("kind NUL source NUL key"), top bit cleared, never 0.
RecordId record_id(Kind kind, std::string_view source, std::string_view key);
// 13 characters of lower-case Crockford base32, as in URLs.
std::string id_text(RecordId id);
// Reads id_text's form in either case, o as 0, i and l as 1. nullopt when it is not one.
std::optional<RecordId> parse_id(std::string_view text);

// "property", "service_request", …; and back (KIND_UNSET when unknown).
std::string kind_name(Kind kind);
Kind parse_kind(std::string_view name);

// "public", "internal", …; and back (CLASSIFICATION_UNSET when unknown).
std::string_view classification_name(Classification classification);
Classification parse_classification(std::string_view name);

struct LayerKey {
    Classification classification = RESTRICTED;
    std::string compartment = "general";
    auto operator<=>(const LayerKey&) const = default;
};

// One (area, classification, compartment): the unit of distribution.
struct FeedId {
    std::string area;
    LayerKey layer;
    auto operator<=>(const FeedId&) const = default;
};
// "city/public/general"
std::string feed_text(const FeedId& feed);
// Parts are 1 to 64 characters of a-z 0-9 _ -: safe in a topic. nullopt when it is not one.
std::optional<FeedId> parse_feed(std::string_view text);

enum class LinkMethod { none = 0, self = 1, source = 2, parcel = 3, address = 4, position = 5 };
std::string_view link_method_name(LinkMethod method);

// What a device stores and a feed carries for one layer of one record.
struct LayerRow {
    Kind kind = KIND_UNSET;
    RecordId record = 0;
    LayerKey layer;
    std::int64_t version = 0;  // of the record, when this layer last changed; never restarts
    std::string source;        // id of the source system
    std::int64_t as_of = 0;    // unix seconds; 0 unknown
    RecordId property = 0;     // linked property; its own id for a property; 0 unlinked
    LinkMethod link_method = LinkMethod::none;
    int link_confidence = 0;  // percent
    Bytes body;               // serialised message of `kind` with only this layer's fields
    bool operator==(const LayerRow&) const = default;
};

// The label of a field: its proto's floor, or RESTRICTED/general when it has none.
struct FieldLabel {
    LayerKey layer;
    std::string description;
};
FieldLabel field_label(const google::protobuf::FieldDescriptor& field);

// A new empty message of the kind; nullptr for KIND_UNSET.
std::unique_ptr<google::protobuf::Message> new_message(Kind kind);

// Labels that a mapping changed, by field name.
using LabelOverrides = std::map<std::string, LayerKey, std::less<>>;

// The message cut by layer; only layers that have a field. Deterministic: equal messages give equal bytes.
std::map<LayerKey, Bytes> split(const google::protobuf::Message& message,
                                const LabelOverrides& overrides = {});

// Parses a layer's body. corrupt when it is not a message of the kind.
Result<std::unique_ptr<google::protobuf::Message>> parse_body(Kind kind, BytesView body);

// The first message field of type Position named "position" that is set; nullopt without one.
std::optional<Position> position_of(const google::protobuf::Message& message);

}  // namespace fieldpost::records
