// Strict reading of a TOML table: every key is asked for by name, and a key that nobody asked for is an error
// that says its file and line. The first error is kept; reading goes on with empty values, so that callers
// stay straight.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/hub/sources/mapping.hpp"
#include "sync/base/result.hpp"
#include "sync/base/toml_reader.hpp"

namespace fieldpost::hub {

// A parsed file and the first thing that is wrong with it.
class TomlFile {
  public:
    // Parses a text that came from `name`. Only the file's base name goes into messages.
    TomlFile(std::string name, std::string_view text);

    const toml::table& root() const { return root_; }
    Place place(const toml::node& node) const;

    // Keeps the first error: "lpi.toml:12: <sentence>".
    void complain(const Place& place, std::string_view sentence);
    void complain(const toml::node& node, std::string_view sentence) { complain(place(node), sentence); }
    Status status() const;

  private:
    std::string name_;
    toml::table root_;
    std::optional<Error> error_;
};

class TomlTable {
  public:
    // `title` names the table in messages: "[dataset.link]". Both references must outlive this object.
    TomlTable(TomlFile& file, const toml::table& table, std::string title)
        : file_(file), table_(table), title_(std::move(title)) {}

    TomlFile& file() { return file_; }
    const std::string& title() const { return title_; }
    Place place() const { return file_.place(table_); }
    Place place(std::string_view key) const;

    bool has(std::string_view key) const { return table_.contains(key); }
    // nullptr when the key is not there.
    const toml::node* node(std::string_view key);

    std::string text(std::string_view key, std::string fallback = "");
    std::string required_text(std::string_view key);
    // An array of texts; one text counts as an array of one.
    std::vector<std::string> texts(std::string_view key);
    std::optional<double> number(std::string_view key);
    bool flag(std::string_view key, bool fallback);
    // One of the words; the first is the fallback. Gives its index.
    std::size_t choice(std::string_view key, std::initializer_list<std::string_view> words);
    const toml::table* table(std::string_view key);
    // An array of tables ([[key]]), or one table.
    std::vector<const toml::table*> tables(std::string_view key);
    // A table of texts.
    std::vector<std::pair<std::string, std::string>> text_pairs(std::string_view key);

    // All keys of the table, in the file's order; they count as asked for.
    std::vector<std::pair<std::string, const toml::node*>> all();

    void complain(std::string_view key, std::string_view sentence);

    // Complains about the first key that nobody asked for. To be called when everything has been read.
    void finish();

  private:
    TomlFile& file_;
    const toml::table& table_;
    std::string title_;
    std::set<std::string, std::less<>> asked_;
};

}  // namespace fieldpost::hub
