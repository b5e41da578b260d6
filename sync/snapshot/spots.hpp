// Inside of the reader: what stands where.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sync/base/sqlite.hpp"
#include "sync/snapshot/nearest.hpp"
#include "sync/snapshot/reader.hpp"
#include "sync/snapshot/row_reader.hpp"
#include "sync/snapshot/spot_cell.hpp"

namespace fieldpost::snapshot {

// Reader's thread; inside its read transaction. Throws SQLite::Exception.
class Spots {
  public:
    Spots(Database& database, RowReader& rows);

    std::vector<Spot> near(std::string_view spot_class, const Point& from, std::size_t limit, Wanted wanted);
    std::vector<records::LayerRow> boundaries_at(const Point& point);
    std::vector<Spot> box(const Bounds& bounds, const std::vector<std::string>& spot_classes,
                          std::size_t limit);
    std::vector<std::pair<std::string, records::Kind>> classes();

  private:
    struct Class {
        std::int64_t number = 0;
        std::string name;
        records::Kind kind = records::KIND_UNSET;
    };
    std::vector<Class> all_classes();
    std::vector<Thing> things_of(std::int64_t cell);

    RowReader& rows_;
    SQLite::Statement nearest_;
    SQLite::Statement box_;
    SQLite::Statement things_;
    SQLite::Statement classes_;
};

}  // namespace fieldpost::snapshot
