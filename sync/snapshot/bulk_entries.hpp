// Inside of the bulk build: search entries of all rows, gathered in memory and written sorted.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sync/base/sqlite.hpp"
#include "sync/lookup/terms.hpp"
#include "sync/snapshot/dictionary.hpp"
#include "sync/snapshot/spot_cell.hpp"

namespace fieldpost::snapshot {

// gather() by one thread at a time; the rest is the writer's thread's, after the last of it.
class BulkEntries {
  public:
    // Rows are numbers of the caller's until write().
    void gather(std::int64_t row, records::Kind kind, const lookup::Terms& terms);

    // By what the rows of a group should lie together: an address, else where they stand. Ordered.
    struct Order {
        std::uint64_t first = 0;
        std::uint64_t second = 0;
        auto operator<=>(const Order&) const = default;
    };
    // By group (row / 2^20); groups without any have Order{UINT64_MAX, 0}.
    std::vector<Order> orders(std::size_t groups) const;

    // `in_file`: where in the file a row is. Throws SQLite::Exception.
    void write(Database& database, Dictionary& dictionary,
               const std::function<std::int64_t(std::int64_t)>& in_file);

  private:
    struct Address {
        std::uint32_t street = 0;  // in order of appearance
        std::uint32_t high = 0;
        std::uint32_t number = 0;
        std::uint32_t part = 0;  // place in parts_
        std::int64_t row = 0;
    };
    struct Term {
        std::size_t begin = 0;  // in text_
        std::uint32_t size = 0;
        std::uint32_t kind = 0;
        std::int64_t row = 0;
    };
    struct Word {
        std::uint32_t number = 0;
        std::int64_t rows = 0;
    };
    struct Named {
        std::uint32_t word = 0;
        std::int64_t row = 0;
    };
    struct Standing {
        std::uint32_t spot_class = 0;
        Thing thing;
    };

    std::vector<std::uint32_t> street_ranks() const;
    void write_streets(Database& database) const;
    void write_addresses(Database& database, const std::function<std::int64_t(std::int64_t)>& in_file);
    void write_terms(Database& database, const std::function<std::int64_t(std::int64_t)>& in_file);
    void write_names(Database& database, const std::function<std::int64_t(std::int64_t)>& in_file);
    void write_spots(Database& database, Dictionary& dictionary,
                     const std::function<std::int64_t(std::int64_t)>& in_file);

    std::map<lookup::Street, std::uint32_t> streets_;
    std::unordered_map<std::string, std::uint32_t> part_numbers_;
    std::vector<std::string> parts_;
    std::vector<Address> addresses_;
    std::string text_;
    std::vector<Term> terms_;
    std::unordered_map<std::string, Word> words_;
    std::vector<Named> names_;
    std::map<std::string, std::uint32_t> classes_;
    std::vector<std::pair<std::string, records::Kind>> class_list_;
    std::vector<Standing> spots_;
};

}  // namespace fieldpost::snapshot
