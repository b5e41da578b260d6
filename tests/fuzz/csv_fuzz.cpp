// CSV files. As they are: every row is a piece of the file, behind the one before it, and is whole or refused
// for a reason; reading ends, and is the same after a rewind. And cells that the input gives, written as RFC
// 4180 says, come back as they were but for blanks at their ends.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/hub/ingest/csv_rows.hpp"
#include "daemon/hub/ingest/text.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

// A file in memory with this content.
std::string put(std::string_view content) {
    static const int file = memfd_create("rows", MFD_CLOEXEC);
    must(file >= 0 && ftruncate(file, 0) == 0 &&
             pwrite(file, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()),
         "there is memory for a file");
    return "/proc/self/fd/" + std::to_string(file);
}

bool is_reason(std::string_view reason) {
    return reason == "invalid_utf8" || reason == "too_few_columns" || reason == "too_many_columns" ||
           reason == "unclosed_quote";
}

// Reads to the end and tells what there was, as one text.
std::string read_all(hub::RowReader& rows, std::string_view file) {
    std::string all;
    hub::Row row;
    std::int64_t line = 0;
    double progress = 0;
    std::size_t at = 0;
    for (;;) {
        const auto there = rows.next(row);
        must(there.has_value(), "a file that was opened can be read");
        if (!*there) break;
        must(row.line > line, "lines ascend");
        line = row.line;
        at = file.find(row.raw, at);
        must(at != std::string_view::npos, "a row is a piece of the file, behind the one before it");
        at += row.raw.size();
        must(rows.progress() >= progress && rows.progress() <= 1, "progress goes from 0 to 1");
        progress = rows.progress();
        must(row.refused.empty() || is_reason(row.refused), "a row is refused for a known reason");
        must(row.refused.empty() == row.detail.empty(), "a refusal is explained");
        if (row.refused.empty()) {
            must(row.cells.size() == rows.columns().size(), "a row that is used has a cell for every column");
            must(!hub::find_invalid_utf8(row.raw), "a row that is used is UTF-8");
        }
        all.append(std::to_string(row.line)).append(row.refused);
        for (const auto cell : row.cells) {
            must(hub::trim(cell) == cell, "cells are trimmed");
            all.append("\x1f").append(cell);
        }
        all += '\x1e';
    }
    must(line <= std::ranges::count(file, '\n') + std::ranges::count(file, '\r') + 1, "lines are the file's");
    return all;
}

void check_file(std::string_view content) {
    auto opened = hub::open_csv(put(content));
    if (!opened) {
        must(opened.error().code == ErrorCode::corrupt, "what cannot be opened is damaged");
        return;
    }
    hub::RowReader& rows = **opened;
    auto names = rows.columns();
    std::ranges::sort(names);
    must(!names.empty() && std::ranges::none_of(names, &std::string::empty), "every column has a name");
    const std::string once = read_all(rows, content);
    must(rows.rewind().has_value() && read_all(rows, content) == once, "a rewound file has the same rows");
}

// Cells are what stands between bars.
void check_written(std::string_view content) {
    std::vector<std::string_view> cells;
    while (!content.empty() && cells.size() < 60) {
        const auto bar = std::min(content.find('|'), content.size());
        cells.push_back(content.substr(0, bar));
        content.remove_prefix(std::min(bar + 1, content.size()));
    }
    constexpr std::size_t columns = 3;
    while (cells.size() % columns != 0) cells.emplace_back("x");
    std::string file = "a,b,c\r\n";
    for (std::size_t i = 0; i < cells.size(); ++i) {
        file += '"';
        for (const char c : cells[i]) file.append(c == '"' ? 2 : 1, c);
        file += (i + 1) % columns == 0 ? "\"\r\n" : "\",";
    }
    auto rows = hub::open_csv(put(file)).value();
    hub::Row row;
    for (std::size_t i = 0; i < cells.size(); i += columns) {
        must(rows->next(row).value(), "every row that was written is read");
        must(row.cells.size() == columns, "a row has the cells that were written");
        bool sound = true;
        for (std::size_t j = 0; j < columns; ++j) {
            must(row.cells[j] == hub::trim(cells[i + j]), "a cell comes back as it was written");
            sound = sound && !hub::find_invalid_utf8(cells[i + j]);
        }
        must(row.refused == (sound ? "" : "invalid_utf8"),
             "a row is refused for bytes that are not UTF-8, only");
    }
    must(!rows->next(row).value(), "no row is read that was not written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(16U << 20U);
    const std::string_view content(reinterpret_cast<const char*>(data), size);
    check_file(content);
    check_written(content);
    return 0;
}
