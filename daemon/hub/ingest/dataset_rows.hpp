// The rows of one dataset as an import sees them: with their joins, their key, and the hash by which a later
// import knows that nothing changed.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <string>
#include <vector>

#include "daemon/hub/ingest/record_builder.hpp"

namespace fieldpost::hub {

class DatasetRows {
  public:
    // Opens the file and its joins, and binds the mapping's key, conditions and joins to their columns. The
    // mappings must outlive the object. not_found when the dataset's own file is missing.
    static Result<std::unique_ptr<DatasetRows>> open(const SourceMapping& source,
                                                     const DatasetMapping& dataset,
                                                     const std::filesystem::path& data_dir);

    // Moves to the next row that the mapping's conditions let through, or that is refused. false at the end.
    Result<bool> next();
    Status rewind();

    // Of the current row:
    const SourceRow& row() const { return row_; }
    std::string_view refused() const { return row_.row->refused; }
    // Empty when a part of it is. Rows that have only their content as key are told apart by counting.
    const std::string& key() const { return key_; }
    // Of its cells, joined rows, course, and of the mapping that reads them. Not for refused rows.
    std::int64_t hash();
    // What the row looks like, for quarantine: at most 4 KiB of sound UTF-8.
    std::string excerpt() const;

    const ColumnNames& names() const { return *names_; }
    std::int64_t read() const { return read_; }          // rows so far
    std::int64_t filtered() const { return filtered_; }  // that the conditions left out
    double progress() const { return reader_->progress(); }

  private:
    struct BoundJoin {
        const JoinRule* rule;
        BoundValue here;
        JoinTable table;
    };

    DatasetRows(const SourceMapping& source, const DatasetMapping& dataset)
        : source_(source), dataset_(dataset) {}
    Status bind(const std::filesystem::path& data_dir);
    Status look_up_joins();
    void make_key();
    void add_content();  // to hashed_
    bool is_null(std::string_view cell) const;

    const SourceMapping& source_;
    const DatasetMapping& dataset_;
    std::unique_ptr<RowReader> reader_;
    std::unique_ptr<ColumnNames> names_;
    std::vector<std::size_t> key_columns_;
    std::vector<BoundJoin> joins_;
    BoundConditions where_;
    Row current_;
    SourceRow row_;
    RowView view_;
    std::string key_;
    std::string hashed_;
    boost::unordered_flat_map<std::uint64_t, std::uint32_t> occurrences_;  // of a content
    std::int64_t read_ = 0;
    std::int64_t filtered_ = 0;
};

}  // namespace fieldpost::hub
