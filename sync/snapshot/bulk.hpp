// Inside of the writer: the hub's bulk load. Rows are written as they come, search entries and indexes at the
// end, sorted.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "sync/base/sqlite.hpp"
#include "sync/snapshot/dictionary.hpp"
#include "sync/snapshot/layout.hpp"
#include "sync/snapshot/spot_pack.hpp"

namespace fieldpost::snapshot {

// Writer's thread; inside its transaction. Throws SQLite::Exception.
class BulkLoad {
  public:
    BulkLoad(Database& database, Dictionary& dictionary);

    // false when the property (or the block of unlinked rows) has no room for a further row.
    bool put(const records::FeedId& feed, const records::LayerRow& row);
    // The feeds' checksums, of the rows that were put: before the transaction's commit.
    void write_checksums();
    // Writes entries, indexes and tallies. Nothing may be put after it.
    void finish();

  private:
    struct Place {
        std::int64_t place = 0;
        std::int64_t next_slot = 0;
    };
    struct AddressEntry {
        std::uint32_t street = 0;
        std::uint32_t high = 0;
        std::uint32_t number = 0;
        std::uint32_t part = 0;  // place in parts_
        std::int64_t row = 0;
    };
    struct Text {  // a piece of text_
        std::size_t begin = 0;
        std::uint32_t size = 0;
        std::uint32_t kind = 0;
        std::int64_t row = 0;
    };

    std::int64_t new_place(records::RecordId property);
    std::int64_t take_row(records::RecordId property);  // 0: no room
    void gather(std::int64_t row, records::Kind kind, const lookup::Terms& terms);
    std::uint32_t street_number(const lookup::Street& street);
    std::uint32_t part_number(const std::string& part);
    Text keep(std::string_view text, std::uint32_t kind, std::int64_t row);
    std::string_view text(const Text& kept) const {
        return std::string_view(text_).substr(kept.begin, kept.size);
    }
    void write_addresses();
    void write_terms();
    void write_names();
    void write_words();
    void write_tallies();

    Database& database_;
    Dictionary& dictionary_;
    TermReader term_reader_;
    SQLite::Statement insert_place_;
    SQLite::Statement insert_layer_;
    std::unordered_map<records::RecordId, Place> places_;
    std::map<records::FeedId, std::uint64_t> checksums_;
    Place unlinked_;
    std::int64_t last_place_ = 0;
    std::map<lookup::Street, std::uint32_t> streets_;
    std::unordered_map<std::string, std::uint32_t> part_numbers_;
    std::vector<std::string> parts_;
    std::vector<AddressEntry> addresses_;
    std::string text_;
    std::vector<Text> terms_;
    std::vector<Text> names_;
    std::unordered_map<std::string, std::int64_t> words_;  // rows that have each word of a name
    std::vector<PackedSpot> spots_;
    std::map<int, std::vector<records::RecordId>> records_;  // by kind, with repeats
};

}  // namespace fieldpost::snapshot
