// The plan of a city: tiles, streets and street segments, small enough to stay in memory (some 10 MB at a
// million properties). Lots and everything on them are made from it again and again, never stored.
//
// The plane is a lattice of lines about 48 m apart, gently bent so that no street is quite straight. A tile
// is a square of the lattice with its own block pattern; tiles are laid from the centre outwards until there
// is room for all properties, so the edge of town is ragged and new properties appear there.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "sync/base/result.hpp"
#include "tools/city/fixed.hpp"

namespace fieldpost::city {

enum class Zone { downtown, mixed, residential, suburban, industrial };
enum class StreetClass { arterial, radial, local, court };

struct Tile {
    int tx = 0, ty = 0;                 // column and row; tile (0,0) touches the centre from the north-east
    int column_step = 4, row_step = 2;  // lattice lines between streets
    Zone zone = Zone::residential;
    bool own_numbers = false;  // short streets count from their own start, not from the city's base line
    std::uint32_t district = 0;
};

struct Street {
    std::string name;  // without direction and type
    std::string type;  // posted abbreviation, may be empty
    StreetClass kind = StreetClass::local;
    bool directed = false;         // N/S or E/W by the side of the base line
    bool direction_after = false;  // "Colvin St W"
    int start_line = 0;            // where house numbers begin, when they are its own
    std::string former_name;       // with type, empty if it never had another
};

// A street as it is called on one side of the base line.
struct StreetSide {
    std::int32_t street = -1;
    char direction = 0;  // N S E W, 0 none
    bool known() const { return street >= 0; }
};

struct Node {
    int column = 0, row = 0;  // lattice lines
    bool operator==(const Node&) const = default;
    auto operator<=>(const Node&) const = default;
};

// A street between two crossings. House numbers grow from `from` to `to`.
struct Segment {
    StreetSide side;
    Node from, to;
    StreetSide cross_from, cross_to;
    std::uint32_t tile = 0;
    std::uint32_t number_in_tile = 0;
    int first_number = 0, last_number = 0;  // the span that lots may use
    std::int64_t margin_mm = 0;             // no lots this near to either end
    std::uint64_t first_property = 0;
    std::uint32_t properties = 0;
};

struct District {
    std::string name;
    std::vector<std::uint32_t> tiles;
    std::uint64_t properties = 0;  // on day 0
};

class Plan {
  public:
    // properties: on day 0; `room`: how many the plan must have lots for.
    Plan(std::uint64_t seed, std::uint64_t properties, std::uint64_t room);

    std::uint64_t seed() const { return seed_; }
    const std::vector<Tile>& tiles() const { return tiles_; }
    const std::vector<Street>& streets() const { return streets_; }
    const std::vector<Segment>& segments() const { return segments_; }
    const std::vector<District>& districts() const { return districts_; }

    const Street& street(const Segment& segment) const { return streets_[index(segment.side.street)]; }
    const Tile& tile(const Segment& segment) const { return tiles_[segment.tile]; }
    std::string name(StreetSide side) const;  // "N Main St"

    // Unbent position of a crossing, and the bend. Points between crossings are bent after interpolation.
    Point at(Node node) const;
    Point bent(Point point) const;
    // A segment's line with its bends, in degrees.
    std::vector<Position> line(const Segment& segment) const;
    // Whether a radial avenue runs within `mm` of this unbent point.
    bool near_radial(Point unbent, std::int64_t mm) const;

    int tile_lines() const { return tile_lines_; }
    struct Bounds {
        Position south_west, north_east;
    };
    Bounds bounds() const;

  private:
    friend class Surveyor;
    static std::size_t index(std::int32_t value) { return static_cast<std::size_t>(value); }

    std::uint64_t seed_;
    int tile_lines_;  // lattice lines across a tile
    bool radials_;
    std::vector<Tile> tiles_;
    std::vector<Street> streets_;
    std::vector<Segment> segments_;
    std::vector<District> districts_;
};

inline constexpr std::int64_t kLatticeMm = 48'000;

}  // namespace fieldpost::city
