// A program's TOML configuration, read strictly: a misspelt key, a wrong type or a value out of range is
// refused with file, line and column, never ignored.
//
// Ask every table for every key, then call finish(): it names everything that was wrong, so that a person
// mends it in one go. A getter that failed returns its fallback (or an empty value), and finish() will fail.
//
//     auto config = Config::load(path);
//     if (!config) return config.error();
//     ConfigTable http = config->root().table("http");
//     settings.port = http.integer("port", {1, 65535}, 8460);
//     if (auto status = config->finish(); !status) return status.error();
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/base/result.hpp"

namespace fieldpost {

struct IntegerRange {
    std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
    std::int64_t highest = std::numeric_limits<std::int64_t>::max();
};

struct NumberRange {
    double lowest = std::numeric_limits<double>::lowest();
    double highest = std::numeric_limits<double>::max();
};

// One table of the file. Copies are cheap; all belong to their Config and must not outlive it. A getter
// without a fallback requires the key.
class ConfigTable {
  public:
    struct State;
    struct Document;

    bool has(std::string_view key) const;
    // False for a table("name") that the file does not have; its getters then give fallbacks, and required
    // keys fail.
    bool exists() const;

    std::string text(std::string_view key) const;
    std::string text(std::string_view key, std::string_view fallback) const;
    // One of `words`.
    std::string choice(std::string_view key, std::initializer_list<std::string_view> words,
                       std::optional<std::string_view> fallback = std::nullopt) const;
    bool flag(std::string_view key, std::optional<bool> fallback = std::nullopt) const;
    std::int64_t integer(std::string_view key, IntegerRange range = {},
                         std::optional<std::int64_t> fallback = std::nullopt) const;
    // Written with or without a decimal point.
    double number(std::string_view key, NumberRange range = {},
                  std::optional<double> fallback = std::nullopt) const;
    // "250ms", "15s", "5min", "2h" or "30d".
    std::chrono::milliseconds duration(
        std::string_view key, std::optional<std::chrono::milliseconds> fallback = std::nullopt) const;
    // "512B", "64KiB", "16MiB" or "2GiB".
    std::uint64_t size(std::string_view key, std::optional<std::uint64_t> fallback = std::nullopt) const;
    // A relative path is taken from the folder of the configuration file. A fallback is resolved likewise; an
    // empty one stays empty.
    std::filesystem::path path(std::string_view key) const;
    std::filesystem::path path(std::string_view key, std::string_view fallback) const;
    // An array of strings; empty when absent.
    std::vector<std::string> texts(std::string_view key) const;

    ConfigTable table(std::string_view key) const;
    // An array of tables, [[key]]; empty when absent.
    std::vector<ConfigTable> tables(std::string_view key) const;
    // For tables whose keys are names, such as [profiles.NAME]: the keys, in order of the file.
    std::vector<std::string> keys() const;
    // Every value as text ("true", "4800", "/dev/ttyS0"), for parts that read their own settings. A table or
    // an array in it is refused. Keys in `except` are left to other getters.
    std::map<std::string, std::string, std::less<>> as_text(
        std::initializer_list<std::string_view> except = {}) const;

    // True when the file has a table there, such as { a = 1 } where a single value could stand too.
    // It does not count as asking for the key.
    bool has_table(std::string_view key) const;

    // "file:line:column" of this key, or of the table when it has no such key; for sentences that point to
    // it.
    std::string place(std::string_view key) const;

    // One such value; empty when it is not there or is refused.
    std::string value_as_text(std::string_view key) const;

    // Adds "file:line:column: sentence" about this key (or about the table when it has no such key) to what
    // finish() tells.
    void complain(std::string_view key, std::string_view sentence) const;

  private:
    friend class Config;
    explicit ConfigTable(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
};

class Config {
  public:
    // not_found, io, or invalid_argument with the place of what parse_toml() does not read.
    static Result<Config> load(const std::filesystem::path& file);
    // `name` stands for the file in error sentences; relative paths are taken from its folder.
    static Result<Config> parse(std::string_view text, const std::filesystem::path& name);

    Config(Config&&) noexcept;
    Config& operator=(Config&&) noexcept;
    ~Config();

    ConfigTable root() const;

    // invalid_argument with one line for everything that was wrong, unknown keys (with the nearest known one)
    // included.
    Status finish() const;

  private:
    explicit Config(std::shared_ptr<ConfigTable::Document> document);
    std::shared_ptr<ConfigTable::Document> document_;
};

}  // namespace fieldpost
