#include "tools/city/layer.hpp"

#include "tools/city/random.hpp"

namespace fieldpost::city {
namespace {

constexpr std::uint32_t kSpoiltPer10k = 50;

void append_pair(std::string& out, std::int32_t first_e7, std::int32_t second_e7) {
    out += '[';
    append_e7(out, first_e7);
    out += ',';
    append_e7(out, second_e7);
    out += ']';
}

void append_positions(std::string& out, std::span<const Position> positions) {
    out += '[';
    for (std::size_t i = 0; i < positions.size(); ++i) {
        if (i > 0) out += ',';
        append_pair(out, positions[i].lon_e7, positions[i].lat_e7);
    }
    out += ']';
}

std::string point_text(std::int32_t x_e7, std::int32_t y_e7) {
    std::string out = R"({"type":"Point","coordinates":)";
    append_pair(out, x_e7, y_e7);
    out += '}';
    return out;
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    out += '"';
}

Layer::Layer(const LayerSpec& spec, std::uint64_t seed, int today, const std::string& folder)
    : spec_(spec),
      seed_(seed),
      today_(today),
      out_(folder + "/" + std::string(spec.source) + "/" + std::string(spec.file)) {
    out_.buffer() += R"({"type":"FeatureCollection","features":[)";
}

Layer::Property& Layer::next(std::string_view name) {
    if (used_ == properties_.size()) properties_.emplace_back();
    Property& property = properties_[used_++];
    property.name = name;
    property.value.clear();
    return property;
}

Layer& Layer::text(std::string_view name, std::string_view value) {
    Property& property = next(name);
    if (value.empty())
        property.value = "null";
    else
        append_json_text(property.value, value);
    return *this;
}

Layer& Layer::number(std::string_view name, std::int64_t value) {
    append_int(next(name).value, value);
    return *this;
}

Layer& Layer::known_number(std::string_view name, std::int64_t value) {
    return value == 0 ? text(name, "") : number(name, value);
}

Layer& Layer::date(std::string_view name, Day day) {
    std::string value;
    append_iso(value, day);
    return text(name, value);
}

void Layer::write(std::string_view geometry) {
    std::string& out = out_.buffer();
    out += first_ ? "\n" : ",\n";
    first_ = false;
    out += R"({"type":"Feature","properties":{)";
    for (std::size_t i = 0; i < used_; ++i) {
        if (i > 0) out += ',';
        out += '"';
        out += properties_[i].name;
        out += "\":";
        out += properties_[i].value;
    }
    out += R"(},"geometry":)";
    out += geometry;
    out += '}';
}

void Layer::finish(const Fate& fate, std::string_view geometry) {
    write(geometry);
    ++count_.good;
    count_.note(fate, today_);
}

void Layer::put_point(std::uint64_t row, const Fate& fate, Position position) {
    finish(fate, point_text(position.lon_e7, position.lat_e7));
    if (spec_.spoilt) plant(row, position);
    used_ = 0;
    out_.flush_if_full();
}

void Layer::put_line(std::span<const Position> line) {
    geometry_ = R"({"type":"LineString","coordinates":)";
    append_positions(geometry_, line);
    geometry_ += '}';
    finish({}, geometry_);
    used_ = 0;
    out_.flush_if_full();
}

void Layer::put_polygons(std::span<const std::vector<Position>> rings) {
    geometry_ = rings.size() == 1 ? R"({"type":"Polygon","coordinates":)"
                                  : R"({"type":"MultiPolygon","coordinates":[)";
    for (std::size_t i = 0; i < rings.size(); ++i) {
        if (i > 0) geometry_ += ',';
        geometry_ += '[';
        append_positions(geometry_, rings[i]);
        geometry_ += ']';
    }
    geometry_ += rings.size() == 1 ? "}" : "]}";
    finish({}, geometry_);
    used_ = 0;
    out_.flush_if_full();
}

void Layer::plant(std::uint64_t row, Position position) {
    Random random(hash(seed_, 0xBAD, spec_.number, row));
    if (random.below(10'000) >= kSpoiltPer10k) return;
    constexpr std::string_view kKinds[] = {"unparseable_date", "missing_key", "duplicate_key",
                                           "swapped_lat_lon", "null_geometry"};
    const std::string_view kind = random.pick(kKinds);
    std::string geometry = point_text(position.lon_e7, position.lat_e7);
    std::string& key = properties_.front().value;
    if (kind == "missing_key") {
        key = "null";
    } else if (kind != "duplicate_key") {
        key.insert(key.size() - 1, "-R");  // before the closing quote
    }
    for (std::size_t i = 1; i < used_; ++i) {
        Property& property = properties_[i];
        if (kind == "unparseable_date" && property.name == spec_.date) property.value = "\"31/02/2O24\"";
        if (kind == "duplicate_key" && property.name == "LOCATION") property.value = "\"entered again\"";
    }
    if (kind == "swapped_lat_lon") geometry = point_text(position.lat_e7, position.lon_e7);
    if (kind == "null_geometry") geometry = "null";
    ++count_.bad[std::string(kind)];
    write(geometry);
}

Status Layer::close() {
    out_.buffer() += "\n]}\n";
    return out_.close();
}

}  // namespace fieldpost::city
