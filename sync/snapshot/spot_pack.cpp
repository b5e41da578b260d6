#include "sync/snapshot/spot_pack.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "sync/base/bytes.hpp"
#include "sync/snapshot/dictionary.hpp"
#include "sync/snapshot/hilbert.hpp"
#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

namespace {

constexpr std::size_t header_bytes = 4;  // depth of the tree (root only), number of cells: two bytes each
constexpr std::size_t cell_bytes = 8 + 6 * 4;  // rowid or child, then three axes of two int32, all big-endian

struct Cell {
    std::int64_t id = 0;                // cell in a leaf, node above
    std::array<std::int32_t, 6> box{};  // south, north, west, east, class, class
};

void append(Bytes& out, std::uint64_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>((value >> shift) & 0xff));
}

Bytes node_blob(std::span<const Cell> cells, std::size_t depth, std::size_t node_bytes) {
    Bytes out;
    out.reserve(node_bytes);
    append(out, depth, 2);
    append(out, cells.size(), 2);
    for (const Cell& cell : cells) {
        append(out, static_cast<std::uint64_t>(cell.id), 8);
        for (const std::int32_t edge : cell.box) append(out, static_cast<std::uint32_t>(edge), 4);
    }
    out.resize(node_bytes, '\0');
    return out;
}

Cell covering(std::span<const Cell> cells, std::int64_t node) {
    Cell out = cells.front();
    out.id = node;
    for (const Cell& cell : cells) {
        for (std::size_t edge = 0; edge < out.box.size(); edge += 2) {
            out.box[edge] = std::min(out.box[edge], cell.box[edge]);
            out.box[edge + 1] = std::max(out.box[edge + 1], cell.box[edge + 1]);
        }
    }
    return out;
}

// By class and along the curve.
void sort(std::vector<PackedSpot>& spots) {
    std::int64_t south = INT32_MAX;
    std::int64_t west = INT32_MAX;
    std::int64_t span = 1;
    for (const auto& [thing, spot_class] : spots) {
        south = std::min<std::int64_t>(south, thing.south);
        west = std::min<std::int64_t>(west, thing.west);
    }
    for (const auto& [thing, spot_class] : spots)
        span = std::max({span, thing.north - south, thing.east - west});
    const auto grid = [&](std::int64_t low, std::int64_t high, std::int64_t origin) {
        return static_cast<std::uint32_t>(((low + high) / 2 - origin) * 65535 / span);
    };
    struct Keyed {
        std::uint64_t key;
        std::size_t at;
    };
    std::vector<Keyed> order(spots.size());
    for (std::size_t at = 0; at < spots.size(); ++at) {
        const auto& [thing, spot_class] = spots[at];
        const std::uint32_t along =
            hilbert(grid(thing.west, thing.east, west), grid(thing.south, thing.north, south));
        order[at] = {static_cast<std::uint64_t>(static_cast<std::uint32_t>(spot_class)) << 32U | along, at};
    }
    std::ranges::sort(order, {},
                      [&](const Keyed& keyed) { return std::pair(keyed.key, spots[keyed.at].thing.row); });
    std::vector<PackedSpot> sorted;
    sorted.reserve(spots.size());
    for (const Keyed& keyed : order) sorted.push_back(spots[keyed.at]);
    spots = std::move(sorted);
}

// Writes table spot_cell; the R*Tree's entries for it.
std::vector<Cell> write_cells(Database& database, std::span<const PackedSpot> spots) {
    SQLite::Statement insert(database, "INSERT INTO spot_cell (cell, things) VALUES (?, ?)");
    std::vector<Cell> cells;
    std::vector<Thing> things;
    const auto write = [&](std::int32_t spot_class) {
        std::ranges::sort(things, {}, &Thing::row);
        const auto cell = static_cast<std::int64_t>(cells.size() + 1);
        const Bytes packed = pack_cell(things);
        insert.bind(1, cell);
        insert.bindNoCopy(2, packed.data(), static_cast<int>(packed.size()));
        run(insert);
        const Thing box = box_around(things);
        const auto along_class = static_cast<std::int32_t>(spot_class * spot_class_step);
        cells.push_back({cell, {box.south, box.north, box.west, box.east, along_class, along_class}});
        things.clear();
    };
    for (std::size_t at = 0; at < spots.size(); ++at) {
        const std::int32_t spot_class = spots[at].spot_class;
        things.push_back(spots[at].thing);
        const bool last = at + 1 == spots.size() || spots[at + 1].spot_class != spot_class;
        if (last || things.size() == things_in_cell) write(spot_class);
    }
    return cells;
}

}  // namespace

void pack_spots(Database& database, std::vector<PackedSpot> spots) {
    if (spots.empty()) return;
    const auto node_bytes = static_cast<std::size_t>(
        database.execAndGet("SELECT length(data) FROM spot_node WHERE nodeno = 1").getInt());
    const std::size_t room = (node_bytes - header_bytes) / cell_bytes;
    const std::size_t fill =
        room - room / 16;  // a little air: the first feed change must not split every node
    SQLite::Statement put_node(database, "INSERT OR REPLACE INTO spot_node (nodeno, data) VALUES (?, ?)");
    SQLite::Statement put_row(database, "INSERT INTO spot_rowid (rowid, nodeno) VALUES (?, ?)");
    SQLite::Statement put_parent(database, "INSERT INTO spot_parent (nodeno, parentnode) VALUES (?, ?)");
    const auto write_node = [&](std::int64_t node, std::span<const Cell> cells, std::size_t level,
                                std::size_t depth) {
        const Bytes blob = node_blob(cells, depth, node_bytes);
        put_node.bind(1, node);
        put_node.bindNoCopy(2, blob.data(), static_cast<int>(blob.size()));
        run(put_node);
        SQLite::Statement& below = level == 0 ? put_row : put_parent;
        for (const Cell& cell : cells) {
            below.bind(1, cell.id);
            below.bind(2, node);
            run(below);
        }
    };
    sort(spots);
    std::vector<Cell> cells = write_cells(database, spots);
    std::int64_t next_node = 2;  // 1 is the root
    std::size_t level = 0;
    while (cells.size() > room) {
        std::vector<Cell> above;
        // Even shares: a last node with a single cell would be taken apart by the first removal near it.
        const std::size_t nodes = (cells.size() + fill - 1) / fill;
        for (std::size_t n = 0; n < nodes; ++n) {
            const std::size_t begin = cells.size() * n / nodes;
            const auto share = std::span(cells).subspan(begin, cells.size() * (n + 1) / nodes - begin);
            write_node(next_node, share, level, 0);
            above.push_back(covering(share, next_node++));
        }
        cells = std::move(above);
        ++level;
    }
    write_node(1, cells, level, level);
}

}  // namespace fieldpost::snapshot
