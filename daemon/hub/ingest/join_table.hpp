// The rows of a joined file, looked up by key: in a private temporary database, so that a large one does not
// fill the memory.
#pragma once

#include <filesystem>
#include <memory>

#include "daemon/hub/ingest/bound_value.hpp"

namespace fieldpost::hub {

// A joined row as the lookup gives it; `cells` point into `stored`.
struct JoinedRow {
    std::string stored;
    Cells cells;
};

class JoinTable {
  public:
    // Reads the whole file. Rows that cannot be used, or have no key, are left out and counted.
    static Result<JoinTable> load(const JoinRule& rule, const std::filesystem::path& data_dir,
                                  const std::vector<std::string>& null_words);

    const std::vector<std::string>& columns() const { return columns_; }
    std::int64_t left_out() const { return left_out_; }

    // The joined rows of a key, in the file's order; at most 1,000.
    Status find(std::string_view key, std::vector<JoinedRow>& out);

    // The form in which keys are compared.
    static std::string normalised_key(std::string_view key, const JoinRule& rule);

    JoinTable(JoinTable&&) noexcept;
    JoinTable& operator=(JoinTable&&) noexcept;
    ~JoinTable();

  private:
    struct Storage;
    JoinTable();
    std::unique_ptr<Storage> storage_;
    std::vector<std::string> columns_;
    std::int64_t left_out_ = 0;
};

}  // namespace fieldpost::hub
