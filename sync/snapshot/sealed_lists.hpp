// Inside: the search entries of one sealed layer, open.
#pragma once

#include <memory>

#include "sync/lookup/terms.hpp"
#include "sync/snapshot/postings.hpp"
#include "sync/snapshot/sealed_blocks.hpp"

namespace fieldpost::snapshot {

// Whoever holds the connection; inside its transaction. Throws SQLite::Exception.
class SealedLists {
  public:
    SealedLists(Database& database, const std::shared_ptr<const SealedLayer>& layer);

    // As EntryWriter::replace().
    void replace(std::int64_t row, const lookup::Terms& before, const lookup::Terms& after);
    std::int64_t rows_of_word(std::string_view word);
    void forget();

    Postings terms;
    Postings names;
    Postings words;

  private:
    void count_word(std::string_view word, std::int64_t by);
};

}  // namespace fieldpost::snapshot
