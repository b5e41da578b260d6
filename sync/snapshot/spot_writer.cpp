#include "sync/snapshot/spot_writer.hpp"

#include <sqlite3.h>

#include <algorithm>

#include "sync/snapshot/dictionary.hpp"
#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

namespace {

// A box may grow by this much, some 200 m, before a new one is made; and so many boxes are looked at for it.
constexpr std::int64_t reach = 20'000;
constexpr std::size_t boxes_tried = 8;

std::int32_t moved(std::int32_t edge, std::int64_t by) {
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(edge + by, INT32_MIN, INT32_MAX));
}

}  // namespace

SpotWriter::SpotWriter(Database& database)
    : database_(database),
      find_(database,
            "SELECT cell FROM spot WHERE class_low BETWEEN ?5 AND ?5 AND north >= ?1 AND south <= ?2 AND "
            "east >= ?3 "
            "AND west <= ?4"),
      get_(database, "SELECT things FROM spot_cell WHERE cell = ?"),
      put_box_(database,
               "INSERT OR REPLACE INTO spot (cell, south, north, west, east, class_low, class_high) "
               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)"),
      put_things_(database, "INSERT OR REPLACE INTO spot_cell (cell, things) VALUES (?, ?)"),
      delete_box_(database, "DELETE FROM spot WHERE cell = ?"),
      delete_things_(database, "DELETE FROM spot_cell WHERE cell = ?") {}

std::vector<Thing> SpotWriter::things_of(std::int64_t cell) {
    get_.bind(1, cell);
    const ResetAtEnd reset(get_);
    if (!get_.executeStep()) return {};
    const auto packed = get_.getColumn(0);
    auto things = unpack_cell(
        BytesView(static_cast<const char*>(packed.getBlob()), static_cast<std::size_t>(packed.getBytes())));
    if (!things) throw SQLite::Exception(things.error().message, SQLITE_CORRUPT);
    return std::move(*things);
}

template <class Good>
std::optional<SpotWriter::Cell> SpotWriter::find(const Thing& thing, std::int64_t spot_class,
                                                 std::int64_t margin, std::size_t limit, Good good) {
    find_.bind(1, moved(thing.south, -margin));
    find_.bind(2, moved(thing.north, margin));
    find_.bind(3, moved(thing.west, -margin));
    find_.bind(4, moved(thing.east, margin));
    find_.bind(5, spot_class * spot_class_step);
    const ResetAtEnd reset(find_);
    for (std::size_t tried = 0; tried < limit && find_.executeStep(); ++tried) {
        Cell cell{find_.getColumn(0).getInt64(), {}};
        cell.things = things_of(cell.cell);
        if (good(cell.things)) return cell;
    }
    return std::nullopt;
}

void SpotWriter::write(const Cell& cell, std::int64_t spot_class) {
    const Thing box = box_around(cell.things);
    put_box_.bind(1, cell.cell);
    put_box_.bind(2, box.south);
    put_box_.bind(3, box.north);
    put_box_.bind(4, box.west);
    put_box_.bind(5, box.east);
    put_box_.bind(6, spot_class * spot_class_step);
    run(put_box_);
    const Bytes things = pack_cell(cell.things);
    put_things_.bind(1, cell.cell);
    put_things_.bind(2, things.data(), static_cast<int>(things.size()));
    run(put_things_);
}

void SpotWriter::add(const Thing& thing, std::int64_t spot_class) {
    const auto has_room = [](const std::vector<Thing>& things) {
        return things.size() < most_things_in_cell;
    };
    auto cell = find(thing, spot_class, 0, boxes_tried, has_room);
    if (!cell) cell = find(thing, spot_class, reach, boxes_tried, has_room);
    if (!cell) {
        SQLite::Statement last(database_, "SELECT ifnull(max(cell), 0) + 1 FROM spot_cell");
        last.executeStep();
        cell = Cell{last.getColumn(0).getInt64(), {}};
    }
    cell->things.insert(std::ranges::upper_bound(cell->things, thing.row, {}, &Thing::row), thing);
    write(*cell, spot_class);
}

void SpotWriter::remove(const Thing& thing, std::int64_t spot_class) {
    const auto holds = [&](const std::vector<Thing>& things) {
        return std::ranges::find(things, thing.row, &Thing::row) != things.end();
    };
    auto cell = find(thing, spot_class, 0, SIZE_MAX, holds);
    if (!cell) return;
    std::erase_if(cell->things, [&](const Thing& each) { return each.row == thing.row; });
    if (!cell->things.empty()) return write(*cell, spot_class);
    for (SQLite::Statement* statement : {&delete_box_, &delete_things_}) {
        statement->bind(1, cell->cell);
        run(*statement);
    }
}

}  // namespace fieldpost::snapshot
