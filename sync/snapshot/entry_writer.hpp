// Inside of the writer: search entries of single rows, as feed changes come and go.
#pragma once

#include "sync/base/sqlite.hpp"
#include "sync/lookup/terms.hpp"
#include "sync/snapshot/dictionary.hpp"
#include "sync/snapshot/postings.hpp"
#include "sync/snapshot/spot_writer.hpp"

namespace fieldpost::snapshot {

// Writer's thread; inside its transaction. Throws SQLite::Exception.
class EntryWriter {
  public:
    EntryWriter(Database& database, Dictionary& dictionary);

    void add(std::int64_t row, records::Kind kind, const lookup::Terms& terms);
    // `terms` must be what was added for the row.
    void remove(std::int64_t row, const lookup::Terms& terms);
    // Only what differs is written: most changes touch no search entry at all.
    void replace(std::int64_t row, records::Kind kind, const lookup::Terms& before,
                 const lookup::Terms& after);
    // Every entry of every row goes.
    void clear();
    // After a rollback: what is remembered of the file may not be so any more.
    void forget();

  private:
    std::int64_t find_street(const lookup::Street& street);  // 0: none
    void add_address(std::int64_t row, const lookup::AddressTerm& term);
    void remove_address(std::int64_t row, const lookup::AddressTerm& term);
    void add_exact(std::int64_t row, const lookup::ExactTerm& term);
    void remove_exact(std::int64_t row, const lookup::ExactTerm& term);
    void add_words(std::int64_t row, const std::vector<std::string>& words);
    void remove_words(std::int64_t row, const std::vector<std::string>& words);
    void add_spot(std::int64_t row, records::Kind kind, const lookup::SpotTerm& term);
    void remove_spot(std::int64_t row, records::Kind kind, const lookup::SpotTerm& term);

    Database& database_;
    Dictionary& dictionary_;
    Postings addresses_;
    Postings terms_;
    Postings names_;
    SpotWriter spots_;
    SQLite::Statement find_street_;
    SQLite::Statement insert_street_;
    SQLite::Statement delete_street_;
    SQLite::Statement count_word_;
    SQLite::Statement uncount_word_;
    SQLite::Statement delete_unused_word_;
};

}  // namespace fieldpost::snapshot
