#include "tools/fieldpost/table.hpp"

#include <algorithm>

namespace fieldpost::cli {

std::string printable(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto c = static_cast<unsigned char>(text[at]);
        // U+0080 to U+009F are C2 80 to C2 9F in UTF-8.
        const bool is_c1 =
            c == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0;
        if (is_c1) ++at;
        out += is_c1 || c < 0x20 || c == 0x7F ? ' ' : text[at];
    }
    return out;
}

std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(std::string_view text, std::size_t columns, bool to_the_right) {
    const std::string fill(columns - std::min(columns, width(text)), ' ');
    return to_the_right ? fill + std::string(text) : std::string(text) + fill;
}

std::string Table::text() const {
    if (rows_.empty()) return {};
    struct Column {
        std::size_t index;
        std::string name;
        bool to_the_right;
        std::size_t width;
    };
    std::vector<Column> columns;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        const bool to_the_right = names_[i].starts_with('>');
        std::size_t widest = 0;
        for (const auto& row : rows_) widest = std::max(widest, width(row[i]));
        if (widest == 0) continue;
        const std::string name = names_[i].substr(to_the_right ? 1 : 0);
        columns.push_back(Column{i, name, to_the_right, std::max(widest, width(name))});
    }
    const auto line = [&](const auto& cell) {
        std::string out;
        for (const Column& column : columns) {
            if (&column != &columns.front()) out += "  ";
            const bool is_last = &column == &columns.back();
            out +=
                padded(cell(column), is_last && !column.to_the_right ? 0 : column.width, column.to_the_right);
        }
        out.erase(out.find_last_not_of(' ') + 1);
        return out + "\n";
    };
    std::string out = line([](const Column& column) { return column.name; });
    for (const auto& row : rows_) out += line([&](const Column& column) { return row[column.index]; });
    return out;
}

}  // namespace fieldpost::cli
