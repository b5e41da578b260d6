#include "daemon/hub/ingest/field_values.hpp"

#include <cmath>
#include <limits>

#include "daemon/hub/ingest/text.hpp"
#include "sync/base/bytes.hpp"

namespace fieldpost::hub {

namespace {

namespace pb = google::protobuf;

Refusal refuse(std::string_view reason, const pb::FieldDescriptor& field, std::string_view text,
               std::string_view what) {
    return {reason, field.name() + ": '" + std::string(text.substr(0, 80)) + "' " + std::string(what)};
}

template <class Integer>
bool fits(double value) {
    return value >= static_cast<double>(std::numeric_limits<Integer>::min()) &&
           value <= static_cast<double>(std::numeric_limits<Integer>::max());
}

std::optional<Refusal> set_text(pb::Message& message, const pb::FieldDescriptor& field, std::string text) {
    const auto* reflection = message.GetReflection();
    if (field.is_repeated()) {
        reflection->AddString(&message, &field, std::move(text));
    } else {
        reflection->SetString(&message, &field, std::move(text));
    }
    return std::nullopt;
}

std::optional<Refusal> set_number(pb::Message& message, const pb::FieldDescriptor& field,
                                  std::string_view text, const FieldRule& rule) {
    auto value = parse_number(text);
    if (!value) return refuse("not_a_number", field, text, "is no number");
    if ((rule.minimum && *value < *rule.minimum) || (rule.maximum && *value > *rule.maximum)) {
        return refuse("out_of_range", field, text, "is outside what is possible");
    }
    *value *= rule.scale;
    if (field.name().ends_with("_cents")) *value *= 100;
    const auto* reflection = message.GetReflection();
    const double whole = std::round(*value);
    switch (field.cpp_type()) {
        case pb::FieldDescriptor::CPPTYPE_DOUBLE:
            reflection->SetDouble(&message, &field, *value);
            return std::nullopt;
        case pb::FieldDescriptor::CPPTYPE_UINT32:
            if (!fits<std::uint32_t>(whole)) return refuse("out_of_range", field, text, "does not fit");
            reflection->SetUInt32(&message, &field, static_cast<std::uint32_t>(whole));
            return std::nullopt;
        case pb::FieldDescriptor::CPPTYPE_INT64:
            if (std::abs(whole) > 9e15) return refuse("out_of_range", field, text, "does not fit");
            reflection->SetInt64(&message, &field, static_cast<std::int64_t>(whole));
            return std::nullopt;
        case pb::FieldDescriptor::CPPTYPE_UINT64:
            if (whole < 0 || whole > 9e15) return refuse("out_of_range", field, text, "does not fit");
            reflection->SetUInt64(&message, &field, static_cast<std::uint64_t>(whole));
            return std::nullopt;
        default:
            return refuse("not_a_number", field, text, "cannot go into a field of this type");
    }
}

}  // namespace

std::int32_t to_e7(double degrees) {
    return static_cast<std::int32_t>(std::lround(degrees * 1e7));
}

std::optional<Refusal> set_field(pb::Message& message, const pb::FieldDescriptor& field,
                                 std::string_view text, const FieldRule& rule, const TimeZone& zone) {
    const auto* reflection = message.GetReflection();
    switch (field.cpp_type()) {
        case pb::FieldDescriptor::CPPTYPE_STRING: {
            if (field.type() == pb::FieldDescriptor::TYPE_BYTES) {
                auto bytes = from_hex(text);
                if (!bytes) return refuse("not_hexadecimal", field, text, "is not hexadecimal");
                return set_text(message, field, std::move(*bytes));
            }
            if (!field.name().ends_with("_on")) return set_text(message, field, std::string(text));
            const auto moment = parse_moment(text, rule.dates);
            if (!moment) return refuse("unparseable_date", field, text, "is no date");
            return set_text(message, field, moment->date(zone));
        }
        case pb::FieldDescriptor::CPPTYPE_BOOL: {
            const auto flag = parse_flag(text);
            if (!flag) return refuse("not_a_flag", field, text, "is neither yes nor no");
            reflection->SetBool(&message, &field, *flag);
            return std::nullopt;
        }
        case pb::FieldDescriptor::CPPTYPE_ENUM: {
            const auto* value = field.enum_type()->FindValueByName(std::string(text));
            if (value == nullptr)
                return refuse("not_allowed", field, text, "is none of the values that are known");
            reflection->SetEnum(&message, &field, value);
            return std::nullopt;
        }
        case pb::FieldDescriptor::CPPTYPE_INT64:
            if (field.name().ends_with("_at")) {
                const auto moment = parse_moment(text, rule.dates);
                if (!moment) return refuse("unparseable_date", field, text, "is no date");
                reflection->SetInt64(&message, &field, moment->utc(zone));
                return std::nullopt;
            }
            return set_number(message, field, text, rule);
        default:
            return set_number(message, field, text, rule);
    }
}

std::optional<Refusal> check_value(const Check& check, std::string_view text) {
    const auto refused = [&](std::string_view reason, std::string_view what) {
        return Refusal{reason, check.value.columns.front() + ": '" + std::string(text.substr(0, 80)) + "' " +
                                   std::string(what)};
    };
    if (text.empty()) {
        if (!check.required) return std::nullopt;
        return Refusal{"missing_value",
                       check.value.columns.front() + " is empty, and the mapping requires it"};
    }
    switch (check.type) {
        case Check::Type::text:
            return std::nullopt;
        case Check::Type::date:
            if (!parse_moment(text, check.dates)) return refused("unparseable_date", "is no date");
            return std::nullopt;
        case Check::Type::flag:
            if (!parse_flag(text)) return refused("not_a_flag", "is neither yes nor no");
            return std::nullopt;
        case Check::Type::number:
            break;
    }
    const auto number = parse_number(text);
    if (!number) return refused("not_a_number", "is no number");
    if ((check.minimum && *number < *check.minimum) || (check.maximum && *number > *check.maximum)) {
        return refused("out_of_range", "is outside what is possible");
    }
    return std::nullopt;
}

std::optional<Refusal> read_position(std::string_view lat_text, std::string_view lon_text,
                                     const PositionRule& rule, const Bounds& bounds, ReadPosition& out) {
    if (lat_text.empty() && lon_text.empty()) return std::nullopt;
    const auto lat = parse_number(lat_text);
    const auto lon = parse_number(lon_text);
    if (!lat || !lon) {
        return Refusal{"not_a_number", "position: '" + std::string(lat_text.substr(0, 40)) + "', '" +
                                           std::string(lon_text.substr(0, 40)) + "' are no degrees"};
    }
    if (*lat == 0 && *lon == 0) return std::nullopt;  // what some systems write for "not known"
    if (bounds.contains(*lat, *lon)) {
        out.position = Vertex{*lat, *lon};
        return std::nullopt;
    }
    const std::string where = std::string(lat_text) + ", " + std::string(lon_text);
    if (bounds.contains(*lon, *lat)) {
        if (!rule.repair_swapped) {
            return Refusal{"swapped_lat_lon",
                           "position: " + where + " lies in the city only when it is exchanged"};
        }
        out.position = Vertex{*lon, *lat};
        out.repaired = true;
        return std::nullopt;
    }
    if (!rule.drop_outside) return Refusal{"outside_city", "position: " + where + " is not in the city"};
    out.dropped = true;
    return std::nullopt;
}

}  // namespace fieldpost::hub
