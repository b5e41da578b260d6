// The search entries of a city file, as lookup::Search asks for them. Rows are numbers that mean something
// only to row() and only until the file changes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/base/sqlite.hpp"
#include "sync/lookup/terms.hpp"
#include "sync/records/layer.hpp"
#include "sync/snapshot/postings.hpp"
#include "sync/snapshot/sealed_layers.hpp"
#include "sync/snapshot/sealed_lists.hpp"

namespace fieldpost::snapshot {

class RowReader;

struct StreetEntry {
    std::int64_t street = 0;  // never given to another street
    lookup::Street value;
};

struct AddressEntry {
    std::uint32_t number = 0;
    std::uint32_t high = 0;  // 0: no range
    std::string part;
    std::int64_t row = 0;
};

struct TermEntry {
    std::string key;
    lookup::TermKind kind = lookup::TermKind::number;
    std::int64_t row = 0;
};

// How much of names a question may still read, in entries; a block that has to be found counts as 40. When
// nothing is left, no more rows are found: of words that very many rows have, rows far down are left out.
struct NamesLeft {
    std::size_t entries = 20'000;
};

// Reader's thread. Its calls throw SQLite::Exception: put them into sql().
class Entries {
  public:
    Entries(Database& database, RowReader& rows, SealedLayers& sealed);

    // One state of the file for all calls until end(). Between them, every call sees what is newest.
    void begin();
    void end();

    // The streets with a higher number than `street`, by number, at most `limit`.
    std::vector<StreetEntry> streets_after(std::int64_t street, std::size_t limit);
    // One address on the street; nullopt when none is left.
    std::optional<AddressEntry> any_address(std::int64_t street);

    // Single numbers from `from` through `to`, in order of number and part.
    std::vector<AddressEntry> addresses(std::int64_t street, std::uint32_t from, std::uint32_t to,
                                        std::size_t limit);
    // One door: number and part exactly.
    std::vector<AddressEntry> door(std::int64_t street, std::uint32_t number, const std::string& part,
                                   std::size_t limit);
    // Ranges that have a number from `from` through `to` between their ends, on whichever side of the street.
    std::vector<AddressEntry> ranges(std::int64_t street, std::uint32_t from, std::uint32_t to,
                                     std::size_t limit);
    // Ranges that begin or end with one of these numbers (in order, from 1).
    std::vector<AddressEntry> ranges_with_end(std::int64_t street, const std::vector<std::uint32_t>& numbers,
                                              std::size_t limit);
    // The closest existing numbers below and above, ranges that end below or begin above among them; at most
    // two.
    std::vector<AddressEntry> neighbours(std::int64_t street, std::uint32_t number);

    // Keys that begin with `prefix`, in order.
    std::vector<TermEntry> terms(std::string_view prefix, std::size_t limit);
    // Those of some keys (sorted, each once) that there are, in order, at most `limit`.
    std::vector<TermEntry> terms_among(const std::vector<std::string>& keys, std::size_t limit);
    // Words of names that begin with `prefix` but are longer, those of most rows first (of the first 500).
    std::vector<std::string> words_beginning(std::string_view prefix, std::size_t limit);
    // Whether some name has the word.
    bool is_name_word(const std::string& word) {
        see_newest();
        return rows_of_word(word) > 0;
    }
    // Rows of names that have a word of every group, in order. Letters and digits only.
    std::vector<std::int64_t> named(const std::vector<std::vector<std::string>>& groups, std::size_t limit,
                                    NamesLeft& left);
    // Rows whose names hold every word of `all` and, unless it is empty, one of `any`, in order.
    std::vector<std::int64_t> named(const std::vector<std::string>& all, const std::vector<std::string>& any,
                                    std::size_t limit, NamesLeft& left);
    std::vector<std::int64_t> named(const std::vector<std::string>& all, const std::vector<std::string>& any,
                                    std::size_t limit) {
        NamesLeft left;
        return named(all, any, limit, left);
    }
    // Entries of names read so far, counted as in NamesLeft.
    std::uint64_t names_examined() const { return names_examined_; }
    // Calls word(text, rows) for every word of a name behind `after`, in order, at most `limit`; how many
    // there were.
    std::size_t for_each_name_word(const std::string& after, std::size_t limit,
                                   const std::function<void(std::string_view, std::int64_t)>& word);
    // Changes whenever another connection has changed the file.
    std::int64_t data_version();

    // Sealed layers whose keys are held are searched with the rest. `changed` is called when one of them was
    // opened or closed: whoever keeps words of names must forget them then. One at a time; nullptr: nobody.
    void on_keys_changed(std::function<void()> changed) { keys_changed_ = std::move(changed); }
    // Forgets what was opened with keys that are not held any more. Cheap when there is nothing to forget.
    void see_keys();

    // A row as it stands in the file; nullopt when it is gone, its layer is closed, or another feed holds
    // that layer in a newer version. The property that it is linked to is left out: property_of_row() has it.
    std::optional<records::LayerRow> row(std::int64_t row);
    // The record's layers, each in its newest version.
    std::vector<records::LayerRow> record(records::RecordId record);
    // The same for the record of a row, if row() gives it, else nothing; and for the property that the row is
    // linked to.
    std::vector<records::LayerRow> record_of_row(std::int64_t row);
    std::vector<records::LayerRow> property_of_row(std::int64_t row);

    std::string city_name();

  private:
    void refresh();
    // What is remembered is good for one state of the file.
    void see_newest() {
        if (!at_once_) refresh();
    }
    AddressEntry address_at(const Postings::Place& place) const;
    // Entries from `from` on whose keys are below `to`.
    std::vector<AddressEntry> take_addresses(BytesView from, BytesView to, std::size_t limit);
    // In the file and in open sealed layers.
    std::vector<Postings*> all_terms();
    std::vector<Postings*> all_names();
    void add_sealed_words(const std::string& from, const std::string& to,
                          std::vector<std::pair<std::int64_t, std::string>>& found);
    std::int64_t rows_of_word(const std::string& word);
    class NamedRows;

    bool at_once_ = false;
    std::uint64_t names_examined_ = 0;
    Database& database_;
    RowReader& rows_;
    SealedLayers& sealed_;
    std::uint64_t keys_seen_ = 0;
    std::vector<std::unique_ptr<SealedLists>> lists_;  // of the open layers
    std::function<void()> keys_changed_;
    Postings addresses_;
    Postings terms_;
    Postings names_;
    SQLite::Statement begin_;
    SQLite::Statement end_;
    SQLite::Statement streets_after_;
    SQLite::Statement words_;
    SQLite::Statement word_;
    SQLite::Statement name_words_;
    SQLite::Statement data_version_;
    SQLite::Statement city_name_;
};

// begin() to end(), also when something throws between.
class EntriesAtOnce {
  public:
    explicit EntriesAtOnce(Entries& entries);
    ~EntriesAtOnce();
    EntriesAtOnce(const EntriesAtOnce&) = delete;
    EntriesAtOnce& operator=(const EntriesAtOnce&) = delete;

  private:
    Entries& entries_;
};

}  // namespace fieldpost::snapshot
