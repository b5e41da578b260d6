// Text in aligned columns, as wide as a terminal shows it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fieldpost::cli {

// Control characters (C0, DEL, C1) as spaces.
std::string printable(std::string_view text);

// Code points: what a terminal shows of European text.
std::size_t width(std::string_view text);

// Filled with spaces up to `columns`.
std::string padded(std::string_view text, std::size_t columns, bool to_the_right = false);

// Rows of cells under a header. Columns are as wide as their widest cell; a name that begins with ">" is
// written to the right. The last column is not filled. An empty table is an empty text.
class Table {
  public:
    explicit Table(std::vector<std::string> names) : names_(std::move(names)) {}

    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    // A line of names, then one line a row. A column that is empty in every row is left out.
    std::string text() const;

  private:
    std::vector<std::string> names_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace fieldpost::cli
