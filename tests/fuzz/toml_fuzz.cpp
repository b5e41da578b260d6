// Any text as TOML, and as the configuration of a program that asks for every key as everything. It is read,
// or refused with sentences that name file and line; neither stack nor memory go beyond a bound.
#include <algorithm>

#include "sync/base/config.hpp"
#include "sync/base/toml_reader.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

int depth_of(const toml::node& node) {
    int deepest = 0;
    if (const auto* table = node.as_table()) {
        for (const auto& [key, value] : *table) deepest = std::max(deepest, depth_of(value));
    }
    if (const auto* array = node.as_array()) {
        for (const auto& value : *array) deepest = std::max(deepest, depth_of(value));
    }
    return deepest + 1;
}

// Each getter has its own bounds; what it cannot read, finish() tells.
void read_all(const ConfigTable& table, int depth) {
    if (depth > 3) return;
    for (const auto& key : table.keys()) {
        table.text(key, "x");
        table.choice(key, {"trace", "debug"}, "debug");
        table.flag(key, true);
        const auto integer = table.integer(key, {1, 100}, 1);
        const auto number = table.number(key, {-90, 90}, 0);
        must(integer >= 1 && integer <= 100 && number >= -90 && number <= 90, "a number is in its range");
        must(table.duration(key, std::chrono::milliseconds(0)).count() >= 0, "a duration is not negative");
        table.size(key, 0);
        must(table.path(key, "").empty() || table.path(key, "").is_absolute(), "a path is a whole one");
        table.texts(key);
        read_all(table.table(key), depth + 1);
        for (const auto& one : table.tables(key)) read_all(one, depth + 1);
    }
    table.as_text();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(32U << 20U);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto table = parse_toml(text, "fieldpostd.toml");
    auto config = Config::parse(text, "fieldpostd.toml");
    must(config.has_value() == table.has_value(), "what is no TOML is no configuration");
    if (!table) {
        check_refusal(table.error(), "fieldpostd.toml", text);
        return 0;
    }
    // Each bracket may bring as many tables as a key has parts.
    must(depth_of(*table) <= (max_toml_depth + 1) * max_toml_key_parts,
         "what was read is not nested without bound");
    if (text.size() > 4096) return 0;  // each value is told of several times
    read_all(config->root(), 0);
    if (const auto read = config->finish(); !read) check_refusal(read.error(), "fieldpostd.toml", text);
    return 0;
}
