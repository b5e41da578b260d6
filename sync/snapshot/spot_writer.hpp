// Inside of the writer: what stands where, as single rows come and go.
#pragma once

#include <optional>
#include <vector>

#include "sync/base/sqlite.hpp"
#include "sync/snapshot/spot_cell.hpp"

namespace fieldpost::snapshot {

// Writer's thread; inside its transaction. Throws SQLite::Exception.
class SpotWriter {
  public:
    explicit SpotWriter(Database& database);

    // `spot_class`: its number.
    void add(const Thing& thing, std::int64_t spot_class);
    // As it was added.
    void remove(const Thing& thing, std::int64_t spot_class);

  private:
    struct Cell {
        std::int64_t cell = 0;
        std::vector<Thing> things;
    };
    // Boxes of the class that come within `margin` of the thing's, at most a few, until one is good.
    template <class Good>
    std::optional<Cell> find(const Thing& thing, std::int64_t spot_class, std::int64_t margin,
                             std::size_t limit, Good good);
    std::vector<Thing> things_of(std::int64_t cell);
    void write(const Cell& cell, std::int64_t spot_class);

    Database& database_;
    SQLite::Statement find_;
    SQLite::Statement get_;
    SQLite::Statement put_box_;
    SQLite::Statement put_things_;
    SQLite::Statement delete_box_;
    SQLite::Statement delete_things_;
};

}  // namespace fieldpost::snapshot
