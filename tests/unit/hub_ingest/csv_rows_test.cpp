#include <catch2/catch.hpp>
#include <random>

#include "daemon/hub/ingest/row.hpp"
#include "tests/unit/hub_ingest/small_city.hpp"

using namespace fieldpost;
using hub::testing::SmallCity;

namespace {

struct SeenRow {
    std::int64_t line;
    std::vector<std::string> cells;
    std::string refused;
};

struct Seen {
    std::vector<std::string> columns;
    std::vector<SeenRow> rows;
};

Seen read(const std::string& text) {
    const SmallCity city;
    city.write_data("x.csv", text);
    auto rows = hub::open_rows(city.data_dir() / "x.csv", {});
    REQUIRE(rows);
    Seen seen{(*rows)->columns(), {}};
    for (int round = 0; round < 2; ++round) {  // a second reading sees the same
        std::vector<SeenRow> list;
        hub::Row row;
        for (;;) {
            auto more = (*rows)->next(row);
            REQUIRE(more);
            if (!*more) break;
            list.push_back({row.line, {row.cells.begin(), row.cells.end()}, std::string(row.refused)});
        }
        if (round == 1) REQUIRE(list.size() == seen.rows.size());
        seen.rows = std::move(list);
        REQUIRE((*rows)->rewind());
    }
    return seen;
}

using Cells = std::vector<std::string>;

}  // namespace

TEST_CASE("cells with commas, quotes and newlines are whole, and lines are counted through them") {
    const auto seen = read("a,b\r\n1,\"x, \"\"y\"\"\"\r\n\"two\nlines\",3\n4,5");
    CHECK(seen.columns == Cells{"a", "b"});
    REQUIRE(seen.rows.size() == 3);
    CHECK(seen.rows[0].cells == Cells{"1", "x, \"y\""});
    CHECK(seen.rows[0].line == 2);
    CHECK(seen.rows[1].cells == Cells{"two\nlines", "3"});
    CHECK(seen.rows[1].line == 3);
    CHECK(seen.rows[2].cells == Cells{"4", "5"});
    CHECK(seen.rows[2].line == 5);
}

TEST_CASE("a byte order mark, odd names, doubled names and nameless columns do no harm") {
    const auto seen = read(
        "\xef\xbb\xbf"
        "Antenna / Dish,x,x,\n1,2,3,4\n");
    CHECK(seen.columns == Cells{"Antenna / Dish", "x", "x#2", "column 4"});
    CHECK(seen.rows[0].cells == Cells{"1", "2", "3", "4"});
}

TEST_CASE("ragged rows and bad bytes are refused one by one") {
    const auto seen = read("a,b,c\n1,2\n1,2,3,4\nJos\xe9,2,3\n7,8,9\n");
    REQUIRE(seen.rows.size() == 4);
    CHECK(seen.rows[0].refused == "too_few_columns");
    CHECK(seen.rows[1].refused == "too_many_columns");
    CHECK(seen.rows[2].refused == "invalid_utf8");
    CHECK(seen.rows[3].refused.empty());
    CHECK(seen.rows[3].line == 5);
}

TEST_CASE("a quote that is never closed costs its own line alone") {
    const auto seen = read("a,b\n1,2\n3,\"oops\n5,6\n7,8\n");
    REQUIRE(seen.rows.size() == 4);
    CHECK(seen.rows[1].refused == "unclosed_quote");
    CHECK(seen.rows[1].line == 3);
    CHECK(seen.rows[2].cells == Cells{"5", "6"});
    CHECK(seen.rows[3].line == 5);
}

TEST_CASE("empty lines are passed over, blanks around cells are cut, other separators are found") {
    const auto seen = read("a;b\n\n 1 ; 2 \n\n\n3;\n");
    REQUIRE(seen.rows.size() == 2);
    CHECK(seen.rows[0].cells == Cells{"1", "2"});
    CHECK(seen.rows[0].line == 3);
    CHECK(seen.rows[1].cells == Cells{"3", ""});
    CHECK(seen.rows[1].line == 6);
}

TEST_CASE("a quote inside a cell, and text behind a closing quote, are kept as they are") {
    const auto seen = read("a,b\n5\" pipe,\"x\"y\n");
    CHECK(seen.rows[0].cells == Cells{"5\" pipe", "xy"});
}

TEST_CASE("an empty file is refused") {
    const SmallCity city;
    city.write_data("x.csv", "");
    CHECK_FALSE(hub::open_rows(city.data_dir() / "x.csv", {}));
    CHECK(hub::open_rows(city.data_dir() / "none.csv", {}).error().code == ErrorCode::not_found);
}

TEST_CASE("what was written is read back, across the edges of the reading buffer") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const std::string alphabet = "ab ,\"\n\r;x\xc3\xa9";
    std::string text = "k,v,w\n";
    std::vector<Cells> expected;
    while (text.size() < (5U << 20U) / 2) {
        Cells row{std::to_string(expected.size())};
        for (int i = 0; i < 2; ++i) {
            std::string cell = "<";
            for (auto n = random() % 60; n > 0; --n) {
                const char c = alphabet[random() % 9];
                cell += c == '\xc3' ? "\xc3\xa9" : std::string(1, c == '\xa9' ? 'z' : c);
            }
            row.push_back(cell + ">");
        }
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += i == 0 ? "\"" : ",\"";
            for (const char c : row[i]) text += c == '"' ? "\"\"" : std::string(1, c);
            text += '"';
        }
        text += random() % 2 == 0 ? "\n" : "\r\n";
        expected.push_back(std::move(row));
    }
    const auto seen = read(text);
    REQUIRE(seen.rows.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (seen.rows[i].cells != expected[i]) FAIL("row " << i << " differs");
    }
}
