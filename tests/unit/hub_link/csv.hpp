// A small CSV reader for tests: RFC 4180 with quoted newlines, columns by name.
#pragma once

#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace fieldpost::test {

class Csv {
  public:
    explicit Csv(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        if (!file) throw std::runtime_error("cannot open " + path);
        std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
        if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
        std::vector<std::string> row(1);
        bool quoted = false;
        for (std::size_t at = 0; at < text.size(); ++at) {
            char c = text[at];
            if (quoted) {
                if (c != '"') {
                    row.back() += c;
                } else if (at + 1 < text.size() && text[at + 1] == '"') {
                    row.back() += c;
                    ++at;
                } else {
                    quoted = false;
                }
            } else if (c == '"') {
                quoted = true;
            } else if (c == ',') {
                row.emplace_back();
            } else if (c == '\n') {
                finish(row);
            } else if (c != '\r') {
                row.back() += c;
            }
        }
        if (row.size() > 1) finish(row);
    }

    std::size_t size() const { return rows_.size(); }

    // The empty string where a row is shorter than the header.
    const std::string& at(std::size_t row, const std::string& column) const {
        static const std::string empty;
        std::size_t index = columns_.at(column);
        return index < rows_[row].size() ? rows_[row][index] : empty;
    }

  private:
    void finish(std::vector<std::string>& row) {
        if (columns_.empty()) {
            for (std::size_t i = 0; i < row.size(); ++i) columns_.emplace(row[i], i);
        } else {
            rows_.push_back(row);
        }
        row.assign(1, "");
    }

    std::map<std::string, std::size_t> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace fieldpost::test
