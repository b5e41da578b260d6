// Lays out a plan: which tiles, which streets run through them, what they are called.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "tools/city/plan.hpp"
#include "tools/city/random.hpp"

namespace fieldpost::city {

class Surveyor {
  public:
    explicit Surveyor(Plan& plan) : plan_(plan) {}

    void lay(std::uint64_t properties, std::uint64_t room);

  private:
    // One line across one half of a tile: streets may change their name in a tile's middle.
    struct Reach {
        int axis = 0;  // 0: runs east-west along row `line`; 1: north-south along column `line`
        int line = 0;
        int tile = 0;  // tile index along the line
        int half = 0;  // 0 nearer to the base line
        auto operator<=>(const Reach&) const = default;
    };

    std::vector<Tile> tiles_by_distance() const;
    Tile describe(int tx, int ty) const;
    void lay_tile(const Tile& tile);
    // Where other streets meet this line within the tile, from the base line outwards.
    std::vector<int> crossings(const Tile& tile, int axis, int line) const;
    void lay_line(const Tile& tile, int axis, int line);
    void lay_radial(const Tile& tile);
    void lay_courts(const Tile& tile);
    void add_segment(Segment segment, int axis);
    void name_crossings();
    void found_districts(std::uint64_t properties);

    std::int32_t arterial(int axis, int line);
    std::int32_t local(const Tile& tile, const Reach& reach);
    // With `fixed` (name and type) the street is called so; otherwise a name is chosen.
    struct FixedName {
        std::string name, type;
    };
    std::int32_t found_street(StreetClass kind, bool directed, int start_line,
                              const FixedName* fixed = nullptr);
    void choose_name(Street& street, std::size_t serial);
    std::string fresh_name(std::size_t serial, StreetClass kind, Random& random);
    bool take(const std::string& name, const std::string& type);

    Plan& plan_;
    std::map<std::pair<int, int>, std::int32_t> arterials_;
    std::map<Reach, std::int32_t> reaches_;
    std::map<int, std::int32_t> radials_;
    std::set<std::string> taken_;                      // name and type
    std::map<Node, std::array<StreetSide, 3>> nodes_;  // the east-west, north-south and slanting street there
    std::vector<int> axes_;                            // of each segment: 0, 1 or 2 (slanting)
    std::uint64_t room_ = 0;
    std::uint64_t next_property_ = 0;
    std::uint32_t next_in_tile_ = 0;
};

}  // namespace fieldpost::city
