#include "daemon/hub/ingest/csv_rows.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>

#include "daemon/hub/ingest/text.hpp"

namespace fieldpost::hub {

namespace {

constexpr std::size_t read_bytes = 1U << 20U;
// A record beyond this is taken as a quote that was never closed.
constexpr std::size_t largest_record = 1U << 20U;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

class CsvRows : public RowReader {
  public:
    CsvRows(std::unique_ptr<std::FILE, Closer> file, std::uint64_t size)
        : file_(std::move(file)), size_(size) {}

    Status read_header() {
        if (auto filled = fill(); !filled) return filled.error();
        if (std::string_view(buffer_).starts_with(byte_order_mark)) at_ = byte_order_mark.size();
        choose_delimiter();
        Row header;
        auto there = next_record(header);
        if (!there) return there.error();
        if (!*there)
            return fail(ErrorCode::corrupt, "the file is empty; a CSV file starts with a line of names");
        if (header.refused == "unclosed_quote" || find_invalid_utf8(header.raw)) {
            return fail(ErrorCode::corrupt, "the first line, which names the columns, cannot be read");
        }
        std::map<std::string, int> seen;
        for (const auto cell : header.cells) {
            std::string name(cell.empty() ? "column " + std::to_string(columns_.size() + 1)
                                          : std::string(cell));
            if (const int count = ++seen[name]; count > 1) name += "#" + std::to_string(count);
            columns_.push_back(std::move(name));
        }
        return ok();
    }

    const std::vector<std::string>& columns() const override { return columns_; }

    Result<bool> next(Row& row) override {
        for (;;) {
            auto there = next_record(row);
            if (!there || !*there) return there;
            if (row.cells.size() == 1 && row.cells.front().empty() && row.refused.empty()) continue;
            if (!row.refused.empty()) return true;
            if (const auto bad = find_invalid_utf8(row.raw)) {
                row.refused = "invalid_utf8";
                row.detail = "byte " + std::to_string(*bad + 1) + " of the row is not UTF-8";
            } else if (row.cells.size() != columns_.size()) {
                row.refused = row.cells.size() < columns_.size() ? "too_few_columns" : "too_many_columns";
                row.detail = std::to_string(row.cells.size()) + " cells, but the header names " +
                             std::to_string(columns_.size());
            }
            return true;
        }
    }

    Status rewind() override {
        if (std::fseek(file_.get(), 0, SEEK_SET) != 0)
            return fail(ErrorCode::io, "the file cannot be read again");
        buffer_.clear();
        at_ = 0;
        read_ = 0;
        line_ = 1;
        at_file_end_ = false;
        if (auto filled = fill(); !filled) return filled.error();
        if (std::string_view(buffer_).starts_with(byte_order_mark)) at_ = byte_order_mark.size();
        Row header;
        if (auto there = next_record(header); !there) return there.error();
        return ok();
    }

    double progress() const override {
        if (size_ == 0) return 1;
        return static_cast<double>(read_ - (buffer_.size() - at_)) / static_cast<double>(size_);
    }

  private:
    // Drops what was consumed and reads more.
    Status fill() {
        buffer_.erase(0, at_);
        at_ = 0;
        const std::size_t kept = buffer_.size();
        buffer_.resize(kept + read_bytes);
        const std::size_t got = std::fread(buffer_.data() + kept, 1, read_bytes, file_.get());
        buffer_.resize(kept + got);
        read_ += got;
        if (got < read_bytes) {
            if (std::ferror(file_.get()) != 0) return fail(ErrorCode::io, "reading failed");
            at_file_end_ = true;
        }
        return ok();
    }

    void choose_delimiter() {
        const std::string_view first = std::string_view(buffer_).substr(at_, buffer_.find('\n', at_) - at_);
        std::ptrdiff_t most = 0;
        for (const char candidate : {',', ';', '\t', '|'}) {
            const auto count = std::ranges::count(first, candidate);
            if (count <= most) continue;
            most = count;
            delimiter_ = candidate;
        }
    }

    // One record with its cells; false at the end of the file.
    Result<bool> next_record(Row& row) {
        row.refused = {};
        row.detail.clear();
        row.course.clear();
        for (;;) {
            if (at_ == buffer_.size() && at_file_end_) return false;
            switch (scan(row)) {
                case Scan::whole:
                    return true;
                case Scan::needs_more:
                    if (!at_file_end_ && buffer_.size() - at_ <= largest_record) {
                        if (auto filled = fill(); !filled) return filled.error();
                        continue;
                    }
                    take_line_alone(row);
                    return true;
            }
        }
    }

    enum class Scan { whole, needs_more };

    Scan scan(Row& row) {
        row.cells.clear();
        unquoted_.clear();
        unquoted_.reserve(std::min(buffer_.size() - at_, largest_record + read_bytes));
        std::size_t i = at_;
        std::int64_t newlines = 0;
        for (;;) {
            // At the start of a cell.
            if (i < buffer_.size() && buffer_[i] == '"') {
                const std::size_t start = unquoted_.size();
                if (!take_quoted(i, newlines)) return Scan::needs_more;
                // What stands behind the closing quote belongs to the cell as it is.
                const std::size_t rest = i;
                i = find_cell_end(i);
                unquoted_.append(buffer_, rest, i - rest);
                row.cells.push_back(trim(std::string_view(unquoted_).substr(start)));
            } else {
                const std::size_t start = i;
                i = find_cell_end(i);
                row.cells.push_back(trim(std::string_view(buffer_).substr(start, i - start)));
            }
            if (i == buffer_.size()) {
                if (!at_file_end_) return Scan::needs_more;
                return finish(row, i, i, newlines);
            }
            if (buffer_[i] == delimiter_) {
                ++i;
                continue;
            }
            std::size_t behind = i + 1;
            if (buffer_[i] == '\r') {
                if (behind == buffer_.size() && !at_file_end_) return Scan::needs_more;
                if (behind < buffer_.size() && buffer_[behind] == '\n') ++behind;
            }
            return finish(row, i, behind, newlines + 1);
        }
    }

    // Moves `i` behind the closing quote and appends the cell's content; false when the buffer ends before.
    bool take_quoted(std::size_t& i, std::int64_t& newlines) {
        ++i;
        for (;;) {
            const auto quote = buffer_.find('"', i);
            if (quote == std::string::npos) return false;
            if (quote + 1 == buffer_.size() && !at_file_end_) return false;
            newlines += std::count(buffer_.begin() + static_cast<std::ptrdiff_t>(i),
                                   buffer_.begin() + static_cast<std::ptrdiff_t>(quote), '\n');
            unquoted_.append(buffer_, i, quote - i);
            i = quote + 1;
            if (i < buffer_.size() && buffer_[i] == '"') {
                unquoted_.push_back('"');
                ++i;
                continue;
            }
            return true;
        }
    }

    std::size_t find_cell_end(std::size_t i) const {
        while (i < buffer_.size() && buffer_[i] != delimiter_ && buffer_[i] != '\n' && buffer_[i] != '\r')
            ++i;
        return i;
    }

    Scan finish(Row& row, std::size_t end, std::size_t behind, std::int64_t lines) {
        row.line = line_;
        row.raw = std::string_view(buffer_).substr(at_, end - at_);
        line_ += lines;
        at_ = behind;
        return Scan::whole;
    }

    void take_line_alone(Row& row) {
        const auto newline = buffer_.find('\n', at_);
        const std::size_t end = newline == std::string::npos ? buffer_.size() : newline;
        finish(row, end, std::min(end + 1, buffer_.size()), 1);
        row.cells.clear();
        row.refused = "unclosed_quote";
        row.detail = "a quote opens in this line and is never closed";
    }

    std::unique_ptr<std::FILE, Closer> file_;
    std::uint64_t size_ = 0;
    std::vector<std::string> columns_;
    char delimiter_ = ',';
    std::string buffer_;
    std::size_t at_ = 0;      // first byte of the buffer that is not consumed
    std::uint64_t read_ = 0;  // bytes of the file in the buffer or before it
    bool at_file_end_ = false;
    std::int64_t line_ = 1;
    std::string
        unquoted_;  // the contents of the current record's quoted cells; never grows while views exist
};

}  // namespace

Result<std::unique_ptr<RowReader>> open_csv(const std::filesystem::path& file) {
    std::unique_ptr<std::FILE, Closer> opened(std::fopen(file.c_str(), "rbe"));
    if (!opened) {
        return fail(ErrorCode::not_found, "cannot open " + file.string() + ": " + std::strerror(errno));
    }
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    auto rows = std::make_unique<CsvRows>(std::move(opened), error ? 0 : size);
    if (auto read = rows->read_header(); !read) return read.error().with(file.filename().string());
    return std::unique_ptr<RowReader>(std::move(rows));
}

}  // namespace fieldpost::hub
