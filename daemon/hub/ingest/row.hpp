// Rows of a source file, whatever its format: named columns of text, and perhaps a geometry.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sync/base/result.hpp"

namespace fieldpost::hub {

// Why a row or a value cannot be used. `reason` is one of a small set of words that reports count.
struct Refusal {
    std::string_view reason;  // a literal: "too_few_columns"
    std::string detail;       // a sentence
};

// WGS 84 degrees.
struct Vertex {
    double lat = 0;
    double lon = 0;
};

struct Row {
    std::int64_t line =
        0;  // of the file, 1 is the first; the number of the feature where the format has no lines
    std::vector<std::string_view>
        cells;             // trimmed, one for each column; fewer or more when the row is refused for that
    std::string_view raw;  // the row as the file has it; empty where the format has no text
    std::vector<Vertex> course;              // of a line; only when asked for
    std::vector<std::vector<Vertex>> rings;  // of an area, holes among them; only when asked for
    std::string_view refused;                // the row as such cannot be used: reason, or empty
    std::string detail;                      // of the refusal
};

class RowReader {
  public:
    virtual ~RowReader() = default;

    virtual const std::vector<std::string>& columns() const = 0;
    // Reads the next row into `row`, whose views live until the next call. false at the end; an error when
    // the file cannot be read on, which is not the end.
    virtual Result<bool> next(Row& row) = 0;
    // Back to the first row.
    virtual Status rewind() = 0;
    // How much of the file has been read, 0 to 1.
    virtual double progress() const = 0;
};

struct OpenOptions {
    std::string layer;         // empty: the first
    bool with_course = false;  // fill Row::course and Row::rings
};

// CSV (RFC 4180; comma, semicolon, tab or bar; UTF-8 with or without BOM) is read by our own scanner, since
// it alone knows lines, ragged rows and bad bytes; everything else by GDAL/OGR, with the columns @lat and
// @lon added for where a geometry is (a point on a surface, the middle of a line). not_found, corrupt, or
// invalid_argument.
Result<std::unique_ptr<RowReader>> open_rows(const std::filesystem::path& file, const OpenOptions& options);

}  // namespace fieldpost::hub
