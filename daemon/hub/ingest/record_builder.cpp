#include "daemon/hub/ingest/record_builder.hpp"

#include <algorithm>
#include <cmath>

#include "daemon/hub/ingest/field_values.hpp"
#include "daemon/hub/ingest/text.hpp"
#include "sync/records/boundary.hpp"

namespace fieldpost::hub {

namespace {

namespace pb = google::protobuf;

struct BoundAddress {
    BoundValue text;
    std::optional<BoundValue> place;
    std::optional<BoundValue> postal_code;
    int each = -1;  // number of a join
};

struct BoundPosition {
    PositionRule rule;
    BoundValue lat;
    BoundValue lon;
    bool is_geometry = false;
};

struct BoundAttributes {
    std::vector<std::pair<std::string, BoundValue>> values;
};

struct BoundField {
    const FieldRule* rule = nullptr;
    const pb::FieldDescriptor* field = nullptr;
    std::variant<BoundValue, BoundAddress, BoundPosition, LineRule, RingsRule, BoundAttributes,
                 std::vector<BoundAddress>>
        value;
};

void set_position(records::Position& position, const Vertex& vertex) {
    position.set_lat_e7(to_e7(vertex.lat));
    position.set_lon_e7(to_e7(vertex.lon));
}

}  // namespace

class RecordBuilder::Impl {
  public:
    Impl(const DatasetMapping& dataset, const Source& source, const CityMapping& city, const TimeZone& zone)
        : dataset_(dataset), source_(source), city_(city), zone_(zone), context_{city.places} {}

    Status bind(const ColumnNames& names) {
        names_ = &names;
        const auto message = records::new_message(dataset_.kind);
        for (const auto& rule : dataset_.fields) {
            BoundField bound{&rule, message->GetDescriptor()->FindFieldByName(rule.field), LineRule{}};
            auto done = std::visit([&](const auto& value) { return bind_into(value, bound); }, rule.value);
            if (!done) return done.error();
            fields_.push_back(std::move(bound));
        }
        for (const auto& check : dataset_.checks) {
            auto value = bind_value(check.value);
            if (!value) return value.error();
            checks_.push_back({&check, std::move(*value)});
        }
        if (dataset_.as_of) {
            auto value = bind_value(*dataset_.as_of);
            if (!value) return value.error();
            as_of_ = std::move(*value);
        }
        return bind_link(*message->GetDescriptor());
    }

    std::optional<Refusal> build(const SourceRow& row, BuiltRecord& out, Notes& notes) {
        if (out.message) {
            out.message->Clear();
        } else {
            out.message = records::new_message(dataset_.kind);
        }
        out.as_of = 0;
        out.link = {};
        look_at(row);
        for (auto& check : checks_) {
            std::optional<Refusal> refusal;
            const auto text = trim(check.value.read(view_, refusal));
            if (auto bad = check_value(*check.check, text)) return bad;
        }
        for (auto& field : fields_) {
            auto refusal = std::visit(
                [&](auto& value) { return fill(*out.message, field, value, row, notes); }, field.value);
            if (!refusal) continue;
            if (!field.rule->drop_bad) return refusal;
            out.message->GetReflection()->ClearField(out.message.get(), field.field);
            ++notes["dropped " + field.field->name()];
        }
        if (auto refusal = fill_as_of(out, notes)) return refusal;
        return fill_link(out, notes);
    }

  private:
    Result<BoundValue> bind_value(const ValueRule& rule) {
        return BoundValue::bind(rule, *names_, dataset_.null_words);
    }

    Result<BoundAddress> bind_address(const AddressRule& rule) {
        auto text = bind_value(rule.text);
        if (!text) return text.error();
        BoundAddress bound{std::move(*text), {}, {}, -1};
        if (rule.place) {
            auto place = bind_value(*rule.place);
            if (!place) return place.error();
            bound.place = std::move(*place);
        }
        if (rule.postal_code) {
            auto code = bind_value(*rule.postal_code);
            if (!code) return code.error();
            bound.postal_code = std::move(*code);
        }
        if (!rule.each.empty()) {
            bound.each = names_->join_number(rule.each);
            if (bound.each < 0) {
                return fail(ErrorCode::invalid_argument,
                            rule.text.place.text() + ": the dataset has no join '" + rule.each + "'");
            }
        }
        return bound;
    }

    Result<BoundPosition> bind_position(const PositionRule& rule) {
        auto lat = bind_value(rule.lat);
        if (!lat) return lat.error();
        auto lon = bind_value(rule.lon);
        if (!lon) return lon.error();
        return BoundPosition{rule, std::move(*lat), std::move(*lon),
                             !rule.lat.columns.empty() && rule.lat.columns.front().ends_with("@lat")};
    }

    Status bind_into(const ValueRule& rule, BoundField& bound) { return keep(bind_value(rule), bound); }
    Status bind_into(const AddressRule& rule, BoundField& bound) { return keep(bind_address(rule), bound); }
    Status bind_into(const PositionRule& rule, BoundField& bound) { return keep(bind_position(rule), bound); }
    Status bind_into(const LineRule& rule, BoundField& bound) {
        bound.value = rule;
        return ok();
    }
    Status bind_into(const RingsRule& rule, BoundField& bound) {
        bound.value = rule;
        return ok();
    }
    Status bind_into(const AttributesRule& rule, BoundField& bound) {
        BoundAttributes attributes;
        for (const auto& [name, value] : rule) {
            auto one = bind_value(value);
            if (!one) return one.error();
            attributes.values.emplace_back(name, std::move(*one));
        }
        bound.value = std::move(attributes);
        return ok();
    }
    Status bind_into(const std::vector<AddressRule>& rules, BoundField& bound) {
        std::vector<BoundAddress> several;
        for (const auto& rule : rules) {
            auto one = bind_address(rule);
            if (!one) return one.error();
            several.push_back(std::move(*one));
        }
        bound.value = std::move(several);
        return ok();
    }
    template <class T>
    static Status keep(Result<T> value, BoundField& bound) {
        if (!value) return value.error();
        bound.value = std::move(*value);
        return ok();
    }

    Status bind_link(const pb::Descriptor& type) {
        const LinkRule& link = dataset_.link;
        if (link.parcel) {
            auto parcel = bind_value(*link.parcel);
            if (!parcel) return parcel.error();
            link_parcel_ = std::move(*parcel);
        }
        if (link.record) {
            auto key = bind_value(link.record->key);
            if (!key) return key.error();
            link_record_ = std::move(*key);
        }
        if (const auto* name = std::get_if<std::string>(&link.address)) {
            link_address_field_ = type.FindFieldByName(*name);
        } else if (const auto* rule = std::get_if<AddressRule>(&link.address)) {
            auto address = bind_address(*rule);
            if (!address) return address.error();
            link_address_ = std::move(*address);
        }
        if (const auto* name = std::get_if<std::string>(&link.position)) {
            link_position_field_ = type.FindFieldByName(*name);
        } else if (const auto* rule = std::get_if<PositionRule>(&link.position)) {
            auto position = bind_position(*rule);
            if (!position) return position.error();
            link_position_ = std::move(*position);
        }
        return ok();
    }

    void look_at(const SourceRow& row) {
        view_.own = &row.row->cells;
        view_.joined.resize(row.joined.size());
        for (std::size_t i = 0; i < row.joined.size(); ++i) {
            view_.joined[i] = row.joined[i].empty() ? nullptr : &row.joined[i].front().cells;
        }
    }

    static std::optional<Refusal> missing(const BoundField& field) {
        if (!field.rule->required) return std::nullopt;
        return Refusal{"missing_value", field.field->name() + " is empty, and the mapping requires it"};
    }

    std::optional<Refusal> fill(pb::Message& message, const BoundField& field, BoundValue& value,
                                const SourceRow&, Notes&) {
        std::optional<Refusal> refusal;
        if (field.field->is_repeated()) {
            const auto texts = value.read_all(view_, refusal);
            for (const auto& text : texts) {
                if (!refusal) refusal = set_field(message, *field.field, text, *field.rule, zone_);
            }
            return refusal || !texts.empty() ? refusal : missing(field);
        }
        const auto text = trim(value.read(view_, refusal));
        if (refusal) return refusal;
        if (text.empty()) return missing(field);
        return set_field(message, *field.field, text, *field.rule, zone_);
    }

    // false when the texts are empty.
    bool read_address(BoundAddress& rule, records::Address& out) {
        std::optional<Refusal> refusal;
        const auto text = rule.text.read(view_, refusal);
        if (refusal || text.empty()) return false;
        out = records::parse_address(text, context_);
        if (rule.place) {
            if (const auto place = rule.place->read(view_, refusal); !place.empty())
                out.set_place(std::string(place));
        }
        if (rule.postal_code) {
            const auto code = rule.postal_code->read(view_, refusal);
            if (!code.empty()) out.set_postal_code(std::string(code));
        }
        return true;
    }

    std::optional<Refusal> fill(pb::Message& message, const BoundField& field, BoundAddress& value,
                                const SourceRow&, Notes&) {
        records::Address address;
        if (!read_address(value, address)) return missing(field);
        message.GetReflection()->MutableMessage(&message, field.field)->CopyFrom(address);
        return std::nullopt;
    }

    // Other addresses of a place: each once, none that is its main address, in an order that does not depend
    // on the order of the rows.
    std::optional<Refusal> fill(pb::Message& message, const BoundField& field,
                                std::vector<BoundAddress>& rules, const SourceRow& row, Notes&) {
        std::map<std::string, records::Address> found;
        for (auto& rule : rules) {
            records::Address address;
            if (rule.each < 0) {
                if (read_address(rule, address)) found.emplace(records::address_key(address), address);
                continue;
            }
            const auto number = static_cast<std::size_t>(rule.each);
            for (const auto& joined : row.joined[number]) {
                view_.joined[number] = &joined.cells;
                if (read_address(rule, address)) found.emplace(records::address_key(address), address);
            }
            view_.joined[number] = row.joined[number].empty() ? nullptr : &row.joined[number].front().cells;
        }
        const auto* reflection = message.GetReflection();
        const auto* main = message.GetDescriptor()->FindFieldByName("address");
        if (main != nullptr && reflection->HasField(message, main)) {
            found.erase(records::address_key(
                static_cast<const records::Address&>(reflection->GetMessage(message, main))));
        }
        for (auto& [key, address] : found) reflection->AddMessage(&message, field.field)->CopyFrom(address);
        return found.empty() ? missing(field) : std::nullopt;
    }

    std::optional<Refusal> read_place(BoundPosition& rule, std::optional<Vertex>& out, Notes& notes) {
        std::optional<Refusal> refusal;
        const std::string lat(trim(rule.lat.read(view_, refusal)));
        const std::string lon(trim(rule.lon.read(view_, refusal)));
        ReadPosition read;
        refusal = read_position(lat, lon, rule.rule, city_.city.bounds, read);
        if (read.repaired) ++notes["repaired position"];
        if (read.dropped) ++notes["dropped position"];
        out = read.position;
        return refusal;
    }

    std::optional<Refusal> fill(pb::Message& message, const BoundField& field, BoundPosition& value,
                                const SourceRow&, Notes& notes) {
        std::optional<Vertex> place;
        if (auto refusal = read_place(value, place, notes)) return refusal;
        if (!place) {
            if (field.rule->required && value.is_geometry) {
                return Refusal{"null_geometry", "the row has no geometry, and the mapping requires it"};
            }
            return missing(field);
        }
        set_position(
            static_cast<records::Position&>(*message.GetReflection()->MutableMessage(&message, field.field)),
            *place);
        return std::nullopt;
    }

    std::optional<Refusal> fill(pb::Message& message, const BoundField& field, LineRule&,
                                const SourceRow& row, Notes&) {
        if (row.row->course.empty()) {
            if (!field.rule->required) return std::nullopt;
            return Refusal{"null_geometry", "the row has no line, and the mapping requires it"};
        }
        for (const auto& vertex : row.row->course) {
            if (!city_.city.bounds.contains(vertex.lat, vertex.lon)) {
                return Refusal{"outside_city", "line: it leaves the city's bounds"};
            }
            set_position(
                static_cast<records::Position&>(*message.GetReflection()->AddMessage(&message, field.field)),
                vertex);
        }
        return std::nullopt;
    }

    // An area may reach beyond the city's bounds, as counties and utilities do; but not off the earth.
    std::optional<Refusal> fill(pb::Message& message, const BoundField& field, RingsRule&,
                                const SourceRow& row, Notes&) {
        if (row.row->rings.empty()) {
            if (!field.rule->required) return std::nullopt;
            return Refusal{"null_geometry", "the row has no area, and the mapping requires it"};
        }
        for (const auto& outline : row.row->rings) {
            std::vector<records::Position> vertices;
            for (const auto& vertex : outline) {
                if (!(std::abs(vertex.lat) <= 90 && std::abs(vertex.lon) <= 180)) {
                    return Refusal{"outside_city", "rings: they are not in degrees"};
                }
                set_position(vertices.emplace_back(), vertex);
            }
            static_cast<records::Ring&>(*message.GetReflection()->AddMessage(&message, field.field)) =
                records::ring_of(vertices);
        }
        return std::nullopt;
    }

    std::optional<Refusal> fill(pb::Message& message, const BoundField& field, BoundAttributes& value,
                                const SourceRow&, Notes&) {
        std::optional<Refusal> refusal;
        for (auto& [name, one] : value.values) {
            const auto text = trim(one.read(view_, refusal));
            if (refusal) return refusal;
            if (text.empty()) continue;
            auto& attribute =
                static_cast<records::Attribute&>(*message.GetReflection()->AddMessage(&message, field.field));
            attribute.set_name(name);
            attribute.set_value(std::string(text));
        }
        return std::nullopt;
    }

    // A date that says since when the row holds is worth little when it cannot be read: the row stays.
    std::optional<Refusal> fill_as_of(BuiltRecord& out, Notes& notes) {
        if (!as_of_) return std::nullopt;
        std::optional<Refusal> refusal;
        const auto text = trim(as_of_->read(view_, refusal));
        if (refusal || text.empty()) return std::nullopt;
        const auto moment = parse_moment(text, dataset_.as_of_dates);
        if (moment) {
            out.as_of = moment->utc(zone_);
        } else {
            ++notes["dropped as_of"];
        }
        return std::nullopt;
    }

    std::optional<Refusal> fill_link(BuiltRecord& out, Notes& notes) {
        std::optional<Refusal> refusal;
        if (link_parcel_) out.link.parcel = std::string(trim(link_parcel_->read(view_, refusal)));
        if (link_record_) {
            const std::string key(trim(link_record_->read(view_, refusal)));
            const auto& target = *dataset_.link.record;
            const std::string& source = target.source.empty() ? source_.id : target.source;
            if (!key.empty()) out.link.record = records::record_id(target.kind, source, key);
        }
        const auto& message = *out.message;
        const auto* reflection = message.GetReflection();
        if (link_address_field_ != nullptr && reflection->HasField(message, link_address_field_)) {
            out.link.address =
                &static_cast<const records::Address&>(reflection->GetMessage(message, link_address_field_));
        } else if (link_address_ && read_address(*link_address_, out.link.own_address)) {
            out.link.address = &out.link.own_address;
        }
        if (link_position_field_ != nullptr && reflection->HasField(message, link_position_field_)) {
            const auto& position =
                static_cast<const records::Position&>(reflection->GetMessage(message, link_position_field_));
            out.link.position = PointE7{position.lat_e7(), position.lon_e7()};
        } else if (link_position_) {
            std::optional<Vertex> place;
            if (auto bad = read_place(*link_position_, place, notes)) return bad;
            if (place) out.link.position = PointE7{to_e7(place->lat), to_e7(place->lon)};
        }
        return std::nullopt;
    }

    const DatasetMapping& dataset_;
    const Source& source_;
    const CityMapping& city_;
    const TimeZone& zone_;
    records::AddressContext context_;
    const ColumnNames* names_ = nullptr;  // while binding
    std::vector<BoundField> fields_;
    struct BoundCheck {
        const Check* check;
        BoundValue value;
    };
    std::vector<BoundCheck> checks_;
    std::optional<BoundValue> as_of_;
    std::optional<BoundValue> link_parcel_;
    std::optional<BoundValue> link_record_;
    const pb::FieldDescriptor* link_address_field_ = nullptr;
    std::optional<BoundAddress> link_address_;
    const pb::FieldDescriptor* link_position_field_ = nullptr;
    std::optional<BoundPosition> link_position_;
    RowView view_;
};

RecordBuilder::RecordBuilder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordBuilder::RecordBuilder(RecordBuilder&&) noexcept = default;
RecordBuilder& RecordBuilder::operator=(RecordBuilder&&) noexcept = default;
RecordBuilder::~RecordBuilder() = default;

Result<RecordBuilder> RecordBuilder::bind(const DatasetMapping& dataset, const Source& source,
                                          const CityMapping& city, const TimeZone& zone,
                                          const ColumnNames& names) {
    auto impl = std::make_unique<Impl>(dataset, source, city, zone);
    if (auto bound = impl->bind(names); !bound) return bound.error();
    return RecordBuilder(std::move(impl));
}

std::optional<Refusal> RecordBuilder::build(const SourceRow& row, BuiltRecord& out, Notes& notes) {
    return impl_->build(row, out, notes);
}

}  // namespace fieldpost::hub
