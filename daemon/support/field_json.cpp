#include "daemon/support/field_json.hpp"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_to.hpp>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include "daemon/support/scalar_text.hpp"
#include "sync/base/time.hpp"
#include "sync/records/address.hpp"

namespace fieldpost::support {

namespace json = boost::json;
namespace pb = google::protobuf;

namespace {

using Field = pb::FieldDescriptor;

std::string in_case(std::string text, int (*to_case)(int)) {
    std::ranges::transform(text, text.begin(),
                           [to_case](unsigned char c) { return static_cast<char>(to_case(c)); });
    return text;
}

json::value message_json(const pb::Message& message) {
    if (const auto* address = dynamic_cast<const records::Address*>(&message)) {
        return json::string(records::display(*address));
    }
    if (const auto* position = dynamic_cast<const records::Position*>(&message)) return point_json(*position);
    if (const auto* attachment = dynamic_cast<const records::Attachment*>(&message))
        return attachment_json(*attachment);
    return json::string(message.ShortDebugString());
}

// `index` is -1 for a field that is not repeated.
json::value value_json(const pb::Message& message, const Field& field, int index) {
    const pb::Reflection& reflection = *message.GetReflection();
    const bool many = index >= 0;
    switch (field.cpp_type()) {
        case Field::CPPTYPE_INT32:
            return many ? reflection.GetRepeatedInt32(message, &field, index)
                        : reflection.GetInt32(message, &field);
        case Field::CPPTYPE_INT64: {
            const std::int64_t value = many ? reflection.GetRepeatedInt64(message, &field, index)
                                            : reflection.GetInt64(message, &field);
            if (field.name().ends_with("_at")) return json::string(format_rfc3339(value * 1'000'000));
            return value;
        }
        case Field::CPPTYPE_UINT32:
            return many ? reflection.GetRepeatedUInt32(message, &field, index)
                        : reflection.GetUInt32(message, &field);
        case Field::CPPTYPE_UINT64:
            return many ? reflection.GetRepeatedUInt64(message, &field, index)
                        : reflection.GetUInt64(message, &field);
        case Field::CPPTYPE_DOUBLE:
            return many ? reflection.GetRepeatedDouble(message, &field, index)
                        : reflection.GetDouble(message, &field);
        case Field::CPPTYPE_FLOAT:
            return many ? reflection.GetRepeatedFloat(message, &field, index)
                        : reflection.GetFloat(message, &field);
        case Field::CPPTYPE_BOOL:
            return many ? reflection.GetRepeatedBool(message, &field, index)
                        : reflection.GetBool(message, &field);
        case Field::CPPTYPE_ENUM: {
            const auto* value = many ? reflection.GetRepeatedEnum(message, &field, index)
                                     : reflection.GetEnum(message, &field);
            return json::string(in_case(value->name(), std::tolower));
        }
        case Field::CPPTYPE_STRING: {
            const std::string text = many ? reflection.GetRepeatedString(message, &field, index)
                                          : reflection.GetString(message, &field);
            return json::string(field.type() == Field::TYPE_BYTES ? to_hex(text) : text);
        }
        case Field::CPPTYPE_MESSAGE:
            return message_json(many ? reflection.GetRepeatedMessage(message, &field, index)
                                     : reflection.GetMessage(message, &field));
    }
    return nullptr;
}

Error wrong(const Field& field, std::string_view what) {
    return fail(ErrorCode::invalid_argument, "\"" + field.name() + "\" must be " + std::string(what));
}

template <class Integer>
Result<Integer> integer(const Field& field, const json::value& value) {
    if (value.is_int64() && std::in_range<Integer>(value.get_int64()))
        return static_cast<Integer>(value.get_int64());
    if (value.is_uint64() && std::in_range<Integer>(value.get_uint64()))
        return static_cast<Integer>(value.get_uint64());
    return wrong(field, "a whole number from " + std::to_string(std::numeric_limits<Integer>::min()) +
                            " to " + std::to_string(std::numeric_limits<Integer>::max()));
}

bool is_date(std::string_view text) {
    int parts[3] = {};
    const std::size_t begins[3] = {0, 5, 8};
    const std::size_t lengths[3] = {4, 2, 2};
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    for (int i = 0; i < 3; ++i) {
        const auto part = text.substr(begins[i], lengths[i]);
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), parts[i]);
        if (error != std::errc{} || end != part.data() + part.size()) return false;
    }
    return is_civil(parts[0], parts[1], parts[2]);
}

Result<std::string> text_of(const Field& field, const json::value& value) {
    if (!value.is_string()) return wrong(field, "a text");
    std::string text(value.get_string());
    if (field.type() == Field::TYPE_BYTES) {
        auto bytes = from_hex(text);
        if (!bytes) return wrong(field, "hexadecimal digits");
        return std::move(*bytes);
    }
    if (field.name().ends_with("_on") && !text.empty() && !is_date(text))
        return wrong(field, "a date such as 2026-03-01");
    return text;
}

Result<double> number_of(const Field& field, const json::value& value) {
    boost::system::error_code error;
    const auto number = value.to_number<double>(error);
    if (error || !std::isfinite(number)) return wrong(field, "a number");
    return number;
}

Result<std::int64_t> long_of(const Field& field, const json::value& value) {
    if (!field.name().ends_with("_at")) return integer<std::int64_t>(field, value);
    const auto time = value.is_string() ? parse_rfc3339(std::string_view(value.get_string())) : std::nullopt;
    if (!time) return wrong(field, "a time such as 2026-03-01T12:00:00Z");
    return *time / 1'000'000;
}

std::optional<double> degrees(const json::object& point, std::string_view name, double most) {
    const auto* given = point.if_contains(name);
    if (given == nullptr) return std::nullopt;
    boost::system::error_code error;
    const auto number = given->to_number<double>(error);
    if (error || !(std::abs(number) <= most)) return std::nullopt;
    return number;
}

Status set_message(pb::Message& into, const Field& field, const json::value& value) {
    if (auto* address = dynamic_cast<records::Address*>(&into)) {
        if (!value.is_string()) return wrong(field, "an address in one line of text");
        *address = records::parse_address(std::string_view(value.get_string()));
        return ok();
    }
    if (auto* position = dynamic_cast<records::Position*>(&into)) {
        if (!value.is_object()) return wrong(field, "{\"lat\", \"lon\"} in degrees");
        const auto lat = degrees(value.get_object(), "lat", 90);
        const auto lon = degrees(value.get_object(), "lon", 180);
        if (!lat || !lon || value.get_object().size() != 2)
            return wrong(field, "{\"lat\", \"lon\"} in degrees");
        position->set_lat_e7(static_cast<std::int32_t>(std::lround(*lat * 1e7)));
        position->set_lon_e7(static_cast<std::int32_t>(std::lround(*lon * 1e7)));
        return ok();
    }
    return wrong(field, "left as it is: it cannot be edited here");
}

// One value: set, or added to a repeated field.
Status put_value(pb::Message& record, const Field& field, const json::value& value) {
    const pb::Reflection& reflection = *record.GetReflection();
    const bool many = field.is_repeated();
    const auto put = [&](auto read, auto set, auto add) -> Status {
        if (!read) return read.error();
        (reflection.*(many ? add : set))(&record, &field, std::move(*read));
        return ok();
    };
    switch (field.cpp_type()) {
        case Field::CPPTYPE_INT32:
            return put(integer<std::int32_t>(field, value), &pb::Reflection::SetInt32,
                       &pb::Reflection::AddInt32);
        case Field::CPPTYPE_INT64:
            return put(long_of(field, value), &pb::Reflection::SetInt64, &pb::Reflection::AddInt64);
        case Field::CPPTYPE_UINT32:
            return put(integer<std::uint32_t>(field, value), &pb::Reflection::SetUInt32,
                       &pb::Reflection::AddUInt32);
        case Field::CPPTYPE_UINT64:
            return put(integer<std::uint64_t>(field, value), &pb::Reflection::SetUInt64,
                       &pb::Reflection::AddUInt64);
        case Field::CPPTYPE_DOUBLE:
            return put(number_of(field, value), &pb::Reflection::SetDouble, &pb::Reflection::AddDouble);
        case Field::CPPTYPE_STRING:
            return put(text_of(field, value), &pb::Reflection::SetString, &pb::Reflection::AddString);
        case Field::CPPTYPE_BOOL:
            if (!value.is_bool()) return wrong(field, "true or false");
            return put(Result<bool>(value.get_bool()), &pb::Reflection::SetBool, &pb::Reflection::AddBool);
        case Field::CPPTYPE_ENUM: {
            const auto* known = value.is_string() ? field.enum_type()->FindValueByName(in_case(
                                                        std::string(value.get_string()), std::toupper))
                                                  : nullptr;
            if (known == nullptr) return wrong(field, "one of its known words");
            return put(Result<const pb::EnumValueDescriptor*>(known), &pb::Reflection::SetEnum,
                       &pb::Reflection::AddEnum);
        }
        case Field::CPPTYPE_MESSAGE:
            return set_message(
                many ? *reflection.AddMessage(&record, &field) : *reflection.MutableMessage(&record, &field),
                field, value);
        case Field::CPPTYPE_FLOAT:
            break;
    }
    return wrong(field, "left as it is: it cannot be edited here");
}

Status put_attributes(pb::Message& record, const Field& field, const json::value& value) {
    if (!value.is_object()) return wrong(field, "an object of names and values");
    for (const auto& member : value.get_object()) {
        auto given = scalar_text(member.value());
        if (!given) return wrong(field, "an object whose values are texts, numbers or true/false");
        auto& attribute =
            static_cast<records::Attribute&>(*record.GetReflection()->AddMessage(&record, &field));
        attribute.set_name(std::string(member.key()));
        attribute.set_value(std::move(*given));
    }
    return ok();
}

}  // namespace

json::value point_json(const std::optional<records::Position>& position) {
    if (!position) return nullptr;
    return json::object{{"lat", position->lat_e7() / 1e7}, {"lon", position->lon_e7() / 1e7}};
}

json::object attachment_json(const records::Attachment& attachment) {
    return json::object{
        {"sha256", to_hex(attachment.sha256())},
        {"bytes", attachment.bytes()},
        {"media_type", attachment.media_type()},
        {"name", attachment.name()},
        {"thumbnail", attachment.thumbnail().empty() ? json::value(nullptr)
                                                     : json::value(to_hex(attachment.thumbnail()))}};
}

json::value field_json(const pb::Message& record, const Field& field) {
    if (!field.is_repeated()) return value_json(record, field, -1);
    const pb::Reflection& reflection = *record.GetReflection();
    const int size = reflection.FieldSize(record, &field);
    if (field.message_type() == records::Attribute::descriptor()) {
        json::object named;
        for (int i = 0; i < size; ++i) {
            const auto& attribute =
                static_cast<const records::Attribute&>(reflection.GetRepeatedMessage(record, &field, i));
            named[attribute.name()] = attribute.value();
        }
        return named;
    }
    json::array items;
    for (int i = 0; i < size; ++i) items.push_back(value_json(record, field, i));
    return items;
}

Status set_field_from_json(pb::Message& record, const Field& field, const json::value& value) {
    record.GetReflection()->ClearField(&record, &field);
    if (value.is_null()) return ok();
    if (!field.is_repeated()) return put_value(record, field, value);
    if (field.message_type() == records::Attribute::descriptor()) return put_attributes(record, field, value);
    if (!value.is_array()) return wrong(field, "a list");
    for (const auto& item : value.get_array()) {
        if (auto put = put_value(record, field, item); !put) return put;
    }
    return ok();
}

}  // namespace fieldpost::support
