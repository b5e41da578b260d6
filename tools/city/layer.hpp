// A GeoJSON file of an export: one feature per line, counted and now and then spoilt like a table's rows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/city/table.hpp"

namespace fieldpost::city {

void append_json_text(std::string& out, std::string_view text);

struct LayerSpec {
    std::string_view source;
    std::string_view file;
    std::uint64_t number;
    std::string_view key;
    std::string_view date = "";  // a date property, always filled
    bool spoilt = true;
    Drift drift = {};
};

class Layer {
  public:
    Layer(const LayerSpec& spec, std::uint64_t seed, int today, const std::string& folder);

    const LayerSpec& spec() const { return spec_; }

    // Properties of the feature being made; the first must be the key.
    Layer& text(std::string_view name, std::string_view value);  // empty is written as null
    Layer& number(std::string_view name, std::int64_t value);
    Layer& known_number(std::string_view name, std::int64_t value);  // 0 is written as null
    Layer& date(std::string_view name, Day day);

    void put_point(std::uint64_t row, const Fate& fate, Position position);
    void put_line(std::span<const Position> line);
    // Rings are closed and run counter-clockwise; each is one polygon without holes.
    void put_polygons(std::span<const std::vector<Position>> rings);
    void skip(const Fate& fate) { count_.note(fate, today_); }

    const Count& count() const { return count_; }
    bool failed() const { return out_.failed(); }
    Status close();

  private:
    struct Property {
        std::string_view name;
        std::string value;  // as JSON
    };
    Property& next(std::string_view name);
    void write(std::string_view geometry);
    void finish(const Fate& fate, std::string_view geometry);
    void plant(std::uint64_t row, Position position);

    LayerSpec spec_;
    std::uint64_t seed_;
    int today_;
    std::vector<Property> properties_;
    std::size_t used_ = 0;
    bool first_ = true;
    Count count_;
    OutputFile out_;
    std::string geometry_;
};

}  // namespace fieldpost::city
