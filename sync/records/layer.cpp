#include "sync/records/layer.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <cctype>
#include <unordered_map>

#include "sync/base/crypto.hpp"

namespace fieldpost::records {

namespace pb = google::protobuf;

namespace {

constexpr std::string_view base32_digits = "0123456789abcdefghjkmnpqrstvwxyz";

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

bool is_name_part(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

Bytes serialize(const pb::Message& message) {
    Bytes out(message.ByteSizeLong(), '\0');
    pb::io::ArrayOutputStream array(out.data(), static_cast<int>(out.size()));
    pb::io::CodedOutputStream coded(&array);
    coded.SetSerializationDeterministic(true);
    message.SerializeWithCachedSizes(&coded);
    return out;
}

}  // namespace

RecordId record_id(Kind kind, std::string_view source, std::string_view key) {
    std::string name = kind_name(kind);
    name.push_back('\0');
    name.append(source);
    name.push_back('\0');
    name.append(key);
    const std::uint64_t hash = read_u64(sha256(name)) & 0x7fff'ffff'ffff'ffffULL;
    return hash == 0 ? 1 : static_cast<RecordId>(hash);
}

std::string id_text(RecordId id) {
    std::string out(13, '0');
    auto value = static_cast<std::uint64_t>(id);
    for (std::size_t i = out.size(); i-- > 0; value >>= 5) out[i] = base32_digits[value & 31];
    return out;
}

std::optional<RecordId> parse_id(std::string_view text) {
    if (text.size() != 13) return std::nullopt;
    std::uint64_t value = 0;
    for (char c : lower(text)) {
        if (c == 'o') c = '0';
        if (c == 'i' || c == 'l') c = '1';
        const auto digit = base32_digits.find(c);
        if (digit == std::string_view::npos || value >> 58 != 0) return std::nullopt;
        value = (value << 5) | digit;
    }
    if (value == 0 || value > 0x7fff'ffff'ffff'ffffULL) return std::nullopt;
    return static_cast<RecordId>(value);
}

std::string kind_name(Kind kind) {
    return lower(Kind_Name(kind));
}

Kind parse_kind(std::string_view name) {
    for (int number = PROPERTY; number <= Kind_MAX; ++number) {
        if (Kind_IsValid(number) && kind_name(static_cast<Kind>(number)) == name)
            return static_cast<Kind>(number);
    }
    return KIND_UNSET;
}

std::string_view classification_name(Classification classification) {
    switch (classification) {
        case PUBLIC:
            return "public";
        case INTERNAL:
            return "internal";
        case CONFIDENTIAL:
            return "confidential";
        default:
            return "restricted";
    }
}

Classification parse_classification(std::string_view name) {
    for (const Classification level : {PUBLIC, INTERNAL, CONFIDENTIAL, RESTRICTED}) {
        if (classification_name(level) == name) return level;
    }
    return CLASSIFICATION_UNSET;
}

std::string feed_text(const FeedId& feed) {
    return feed.area + "/" + std::string(classification_name(feed.layer.classification)) + "/" +
           feed.layer.compartment;
}

std::optional<FeedId> parse_feed(std::string_view text) {
    const auto first = text.find('/');
    const auto second = first == std::string_view::npos ? first : text.find('/', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    FeedId feed{std::string(text.substr(0, first)),
                {parse_classification(text.substr(first + 1, second - first - 1)),
                 std::string(text.substr(second + 1))}};
    if (!is_name_part(feed.area) || !is_name_part(feed.layer.compartment) ||
        feed.layer.classification == CLASSIFICATION_UNSET) {
        return std::nullopt;
    }
    return feed;
}

std::string_view link_method_name(LinkMethod method) {
    switch (method) {
        case LinkMethod::none:
            return "none";
        case LinkMethod::self:
            return "self";
        case LinkMethod::source:
            return "source";
        case LinkMethod::parcel:
            return "parcel";
        case LinkMethod::address:
            return "address";
        case LinkMethod::position:
            return "position";
    }
    return "none";
}

FieldLabel field_label(const pb::FieldDescriptor& field) {
    FieldLabel out;
    if (field.options().HasExtension(label)) {
        const Label& said = field.options().GetExtension(label);
        if (said.classification() != CLASSIFICATION_UNSET) out.layer.classification = said.classification();
        if (!said.compartment().empty()) out.layer.compartment = said.compartment();
        out.description = said.description();
    }
    return out;
}

std::unique_ptr<pb::Message> new_message(Kind kind) {
    switch (kind) {
        case PROPERTY:
            return std::make_unique<Property>();
        case PARTY:
            return std::make_unique<Party>();
        case PERMIT:
            return std::make_unique<Permit>();
        case LICENSE:
            return std::make_unique<License>();
        case INSPECTION:
            return std::make_unique<Inspection>();
        case VIOLATION:
            return std::make_unique<Violation>();
        case SERVICE_REQUEST:
            return std::make_unique<ServiceRequest>();
        case ASSET:
            return std::make_unique<Asset>();
        case ACCOUNT:
            return std::make_unique<Account>();
        case PREPLAN:
            return std::make_unique<Preplan>();
        case HAZARD:
            return std::make_unique<Hazard>();
        case INCIDENT:
            return std::make_unique<Incident>();
        case FORM:
            return std::make_unique<Form>();
        case DOCUMENT:
            return std::make_unique<Document>();
        case VISIT:
            return std::make_unique<Visit>();
        case OBSERVATION:
            return std::make_unique<Observation>();
        case BOUNDARY:
            return std::make_unique<Boundary>();
        default:
            return nullptr;
    }
}

namespace {

// The layer that field_label() gives. Remembered for the fields of all kinds, since reading an option takes
// longer than writing the field.
LayerKey layer_of(const pb::FieldDescriptor& field) {
    static const auto known = [] {
        std::unordered_map<const pb::FieldDescriptor*, LayerKey> layers;
        for (int kind = PROPERTY; kind <= Kind_MAX; ++kind) {
            const auto message = new_message(static_cast<Kind>(kind));
            if (!message) continue;
            const auto& type = *message->GetDescriptor();
            for (int i = 0; i < type.field_count(); ++i)
                layers.emplace(type.field(i), field_label(*type.field(i)).layer);
        }
        return layers;
    }();
    const auto found = known.find(&field);
    return found == known.end() ? field_label(field).layer : found->second;
}

}  // namespace

std::map<LayerKey, Bytes> split(const pb::Message& message, const LabelOverrides& overrides) {
    std::vector<const pb::FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    std::map<LayerKey, std::vector<const pb::FieldDescriptor*>> by_layer;
    for (const auto* field : fields) {
        const auto raised = overrides.find(field->name());
        by_layer[raised != overrides.end() ? raised->second : layer_of(*field)].push_back(field);
    }
    // What a newer version wrote has no label that we know: it is restricted, as any unlabelled field.
    const LayerKey unlabelled;
    if (!message.GetReflection()->GetUnknownFields(message).empty()) by_layer[unlabelled];
    std::map<LayerKey, Bytes> out;
    if (by_layer.size() == 1) {
        out.emplace(by_layer.begin()->first, serialize(message));
        return out;
    }
    for (const auto& [layer, kept] : by_layer) {
        const std::unique_ptr<pb::Message> part(message.New());
        part->CopyFrom(message);
        if (layer != unlabelled) part->GetReflection()->MutableUnknownFields(part.get())->Clear();
        for (const auto* field : fields) {
            if (std::ranges::find(kept, field) == kept.end())
                part->GetReflection()->ClearField(part.get(), field);
        }
        out.emplace(layer, serialize(*part));
    }
    return out;
}

Result<std::unique_ptr<pb::Message>> parse_body(Kind kind, BytesView body) {
    auto message = new_message(kind);
    if (!message) return fail(ErrorCode::corrupt, "unknown kind of record " + std::to_string(kind));
    if (!message->ParseFromArray(body.data(), static_cast<int>(body.size()))) {
        return fail(ErrorCode::corrupt, "damaged " + kind_name(kind) + " record");
    }
    return message;
}

std::optional<Position> position_of(const pb::Message& message) {
    const auto* field = message.GetDescriptor()->FindFieldByName("position");
    if (field == nullptr || field->message_type() != Position::descriptor() ||
        !message.GetReflection()->HasField(message, field)) {
        return std::nullopt;
    }
    return static_cast<const Position&>(message.GetReflection()->GetMessage(message, field));
}

}  // namespace fieldpost::records
