// Inside of the bulk build: numbers and names of all rows, or of all rows of one sealed layer, gathered in
// memory and written sorted.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sync/lookup/terms.hpp"
#include "sync/snapshot/postings.hpp"

namespace fieldpost::snapshot {

// One thread at a time.
class BulkWords {
  public:
    // Rows are numbers of the caller's until write_….
    void gather(std::int64_t row, const lookup::Terms& terms);

    using InFile = std::function<std::int64_t(std::int64_t)>;
    void write_terms(Postings& postings, const InFile& in_file);
    // Calls word(text, rows) for each word, in order.
    void write_names(Postings& postings, const InFile& in_file,
                     const std::function<void(const std::string&, std::int64_t)>& word);

  private:
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

    std::string text_;
    std::vector<Term> terms_;
    std::unordered_map<std::string, Word> words_;
    std::vector<Named> names_;
};

}  // namespace fieldpost::snapshot
