// Inside of the bulk build: search entries of all rows, gathered in memory and written sorted.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sync/base/sqlite.hpp"
#include "sync/lookup/terms.hpp"
#include "sync/snapshot/bulk_words.hpp"
#include "sync/snapshot/dictionary.hpp"
#include "sync/snapshot/sealed_layers.hpp"
#include "sync/snapshot/spot_cell.hpp"

namespace fieldpost::snapshot {

// gather() by one thread at a time; the rest is the writer's thread's, after the last of it.
class BulkEntries {
  public:
    // Rows are numbers of the caller's until write(). `sealed`: the layer, if it is one that is sealed; what
    // is sealed has no say in where rows lie.
    void gather(std::int64_t row, records::Kind kind, const lookup::Terms& terms,
                const records::LayerKey* sealed);

    // By what the rows of a group should lie together: an address, else where they stand. Ordered.
    struct Order {
        std::uint64_t first = 0;
        std::uint64_t second = 0;
        auto operator<=>(const Order&) const = default;
    };
    // By group (row / 2^20); groups without any have Order{UINT64_MAX, 0}.
    std::vector<Order> orders(std::size_t groups) const;

    // `in_file`: where in the file a row is; `sealed`: has every layer that was gathered. Throws
    // SQLite::Exception.
    void write(Database& database, Dictionary& dictionary, SealedLayers& sealed,
               const BulkWords::InFile& in_file);

  private:
    struct Address {
        std::uint32_t street = 0;  // in order of appearance
        std::uint32_t high = 0;
        std::uint32_t number = 0;
        std::uint32_t part = 0;  // place in parts_
        std::int64_t row = 0;
    };
    struct Standing {
        std::uint32_t spot_class = 0;
        Thing thing;
    };

    std::vector<std::uint32_t> street_ranks() const;
    void write_streets(Database& database) const;
    void write_addresses(Database& database, const BulkWords::InFile& in_file);
    void write_terms(Database& database, const BulkWords::InFile& in_file);
    void write_names(Database& database, const BulkWords::InFile& in_file);
    void write_spots(Database& database, Dictionary& dictionary, const BulkWords::InFile& in_file);

    void write_sealed(Database& database, SealedLayers& sealed, const BulkWords::InFile& in_file);

    std::map<lookup::Street, std::uint32_t> streets_;
    std::unordered_map<std::string, std::uint32_t> part_numbers_;
    std::vector<std::string> parts_;
    std::vector<Address> addresses_;
    BulkWords words_;
    std::map<records::LayerKey, BulkWords> sealed_;
    std::map<std::string, std::uint32_t> classes_;
    std::vector<std::pair<std::string, records::Kind>> class_list_;
    std::vector<Standing> spots_;
};

}  // namespace fieldpost::snapshot
