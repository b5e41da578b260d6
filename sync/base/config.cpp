#include "sync/base/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sync/base/config_words.hpp"
#include "sync/base/file.hpp"
#include "sync/base/toml_reader.hpp"

namespace fieldpost {
namespace {

std::string_view type_name(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "an array";
        case toml::node_type::string:
            return "a string";
        case toml::node_type::integer:
            return "a whole number";
        case toml::node_type::floating_point:
            return "a number";
        case toml::node_type::boolean:
            return "true or false";
        default:
            return "a date or time";
    }
}

template <class Number>
std::string range_text(Number lowest, Number highest) {
    if (highest == std::numeric_limits<Number>::max()) return fmt::format("at least {}", lowest);
    if (lowest == std::numeric_limits<Number>::lowest()) return fmt::format("at most {}", highest);
    return fmt::format("from {} to {}", lowest, highest);
}

}  // namespace

struct ConfigTable::Document {
    std::string name;
    std::filesystem::path folder;
    toml::table root;
    std::map<const toml::table*, std::set<std::string, std::less<>>> asked;
    // Where a table's name is known only after it was asked for: "http", "sources[2]".
    std::map<const toml::table*, std::string> titles;
    std::vector<std::pair<toml::source_position, std::string>> complaints;

    // Line 0: of the file as a whole.
    void complain(const toml::source_position& at, std::string_view sentence) {
        auto complaint = std::pair(at, fmt::format("{}: {}", place(at), sentence));
        if (std::ranges::find(complaints, complaint) == complaints.end()) complaints.push_back(complaint);
    }

    std::string place(const toml::source_position& at) const {
        return at.line == 0 ? name : fmt::format("{}:{}:{}", name, at.line, at.column);
    }

    void find_unknown(const toml::table& table,
                      std::vector<std::pair<toml::source_position, std::string>>& out) const {
        const auto known = asked.find(&table);
        static const std::set<std::string, std::less<>> none;
        const auto& keys = known == asked.end() ? none : known->second;
        for (const auto& [key, value] : table) {
            if (!keys.contains(key.str())) {
                const auto title = titles.find(&table);
                const std::string where = title == titles.end() || title->second.empty()
                                              ? ""
                                              : fmt::format(" in [{}]", title->second);
                const auto& at = key.source().begin;
                out.emplace_back(at, fmt::format("{}: unknown key \"{}\"{}{}", place(at), key.str(), where,
                                                 did_you_mean(key.str(), keys)));
            } else if (const toml::table* child = value.as_table();
                       child != nullptr && asked.contains(child)) {
                find_unknown(*child, out);
            } else if (const toml::array* array = value.as_array(); array != nullptr) {
                for (const toml::node& element : *array) {
                    const toml::table* row = element.as_table();
                    if (row != nullptr && asked.contains(row)) find_unknown(*row, out);
                }
            }
        }
    }
};

struct ConfigTable::State {
    std::shared_ptr<Document> document;
    const toml::table* table = nullptr;  // null: the file has no such table
    std::string title;                   // "http", "gnss.serial"; empty for the root
    bool is_wrong = false;               // the file has something else there, and was told so

    State(std::shared_ptr<Document> from, const toml::table* at, std::string name)
        : document(std::move(from)), table(at), title(std::move(name)) {
        if (table == nullptr) return;
        document->asked[table];
        document->titles[table] = title;
    }

    const toml::node* find(std::string_view key) const {
        if (table == nullptr) return nullptr;
        document->asked[table].emplace(key);
        return table->get(key);
    }

    std::string child_title(std::string_view key) const {
        return title.empty() ? std::string(key) : fmt::format("{}.{}", title, key);
    }

    void complain(const toml::node& node, std::string_view key, std::string_view sentence) const {
        document->complain(node.source().begin, fmt::format("{} {}", key, sentence));
    }

    // Of the table itself; the file as a whole for the root and for a table that is not there.
    toml::source_position place() const {
        return table == nullptr || title.empty() ? toml::source_position{} : table->source().begin;
    }

    void missing(std::string_view key) const {
        if (is_wrong) return;
        document->complain(place(), title.empty() ? fmt::format("\"{}\" is missing", key)
                                                  : fmt::format("\"{}\" is missing in [{}]", key, title));
    }

    // The value as Value; complains about another type.
    // The key must be there.
    std::optional<std::string> single_value(std::string_view key) const {
        const toml::node& node = *find(key);
        if (const auto text = node.value_exact<std::string>()) return *text;
        if (const auto whole = node.value_exact<std::int64_t>()) return fmt::format("{}", *whole);
        if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
        if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
        complain(node, key, fmt::format("must be a single value, not {}", type_name(node)));
        return std::nullopt;
    }

    template <class Value>
    std::optional<Value> read(const toml::node& node, std::string_view key, std::string_view wanted) const {
        if (const auto value = node.value_exact<Value>()) return value;
        complain(node, key, fmt::format("must be {}, not {}", wanted, type_name(node)));
        return std::nullopt;
    }
};

bool ConfigTable::has(std::string_view key) const {
    return state_->find(key) != nullptr;
}

bool ConfigTable::exists() const {
    return state_->table != nullptr;
}

std::string ConfigTable::text(std::string_view key) const {
    const toml::node* node = state_->find(key);
    if (node == nullptr) {
        state_->missing(key);
        return {};
    }
    auto value = state_->read<std::string>(*node, key, "a string").value_or("");
    if (node->is_string() && value.empty()) state_->complain(*node, key, "must not be empty");
    return value;
}

std::string ConfigTable::text(std::string_view key, std::string_view fallback) const {
    const toml::node* node = state_->find(key);
    if (node == nullptr) return std::string(fallback);
    return state_->read<std::string>(*node, key, "a string").value_or(std::string(fallback));
}

std::string ConfigTable::choice(std::string_view key, std::initializer_list<std::string_view> words,
                                std::optional<std::string_view> fallback) const {
    std::string value = fallback ? text(key, *fallback) : text(key);
    const toml::node* node = state_->find(key);
    if (node != nullptr && node->is_string() && std::ranges::find(words, value) == words.end()) {
        std::string list;
        for (const std::string_view word : words)
            list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", word);
        state_->complain(*node, key, fmt::format("must be one of {}, not \"{}\"", list, value));
        return std::string(fallback.value_or(""));
    }
    return value;
}

bool ConfigTable::flag(std::string_view key, std::optional<bool> fallback) const {
    const toml::node* node = state_->find(key);
    if (node == nullptr) {
        if (!fallback) state_->missing(key);
        return fallback.value_or(false);
    }
    return state_->read<bool>(*node, key, "true or false").value_or(fallback.value_or(false));
}

std::int64_t ConfigTable::integer(std::string_view key, IntegerRange range,
                                  std::optional<std::int64_t> fallback) const {
    const toml::node* node = state_->find(key);
    if (node == nullptr) {
        if (!fallback) state_->missing(key);
        return fallback.value_or(0);
    }
    const auto value = state_->read<std::int64_t>(*node, key, "a whole number");
    if (!value) return fallback.value_or(0);
    if (*value < range.lowest || *value > range.highest) {
        state_->complain(*node, key,
                         fmt::format("must be {}, not {}", range_text(range.lowest, range.highest), *value));
        return fallback.value_or(0);
    }
    return *value;
}

double ConfigTable::number(std::string_view key, NumberRange range, std::optional<double> fallback) const {
    const toml::node* node = state_->find(key);
    if (node == nullptr) {
        if (!fallback) state_->missing(key);
        return fallback.value_or(0);
    }
    const auto whole = node->value_exact<std::int64_t>();
    const auto value = whole ? static_cast<double>(*whole) : state_->read<double>(*node, key, "a number");
    if (!value) return fallback.value_or(0);
    // Written so that "nan" is out of every range.
    if (!(*value >= range.lowest && *value <= range.highest)) {
        state_->complain(*node, key,
                         fmt::format("must be {}, not {}", range_text(range.lowest, range.highest), *value));
        return fallback.value_or(0);
    }
    return *value;
}

std::chrono::milliseconds ConfigTable::duration(std::string_view key,
                                                std::optional<std::chrono::milliseconds> fallback) const {
    const auto other = fallback.value_or(std::chrono::milliseconds(0));
    const toml::node* node = state_->find(key);
    if (node == nullptr) {
        if (!fallback) state_->missing(key);
        return other;
    }
    const auto text = state_->read<std::string>(*node, key, "a duration such as \"15s\"");
    if (!text) return other;
    const auto value = read_milliseconds(*text);
    if (!value) {
        state_->complain(
            *node, key,
            fmt::format("must be a number and one of ms, s, min, h, d, such as \"15s\", not \"{}\"", *text));
        return other;
    }
    return std::chrono::milliseconds(*value);
}

std::uint64_t ConfigTable::size(std::string_view key, std::optional<std::uint64_t> fallback) const {
    const toml::node* node = state_->find(key);
    if (node == nullptr) {
        if (!fallback) state_->missing(key);
        return fallback.value_or(0);
    }
    const auto text = state_->read<std::string>(*node, key, "a size such as \"64KiB\"");
    if (!text) return fallback.value_or(0);
    const auto value = read_bytes(*text);
    if (!value) {
        state_->complain(
            *node, key,
            fmt::format("must be a number and one of B, KiB, MiB, GiB, such as \"64KiB\", not \"{}\"",
                        *text));
        return fallback.value_or(0);
    }
    return *value;
}

std::filesystem::path ConfigTable::path(std::string_view key) const {
    const std::string value = text(key);
    return value.empty() ? std::filesystem::path() : (state_->document->folder / value).lexically_normal();
}

std::filesystem::path ConfigTable::path(std::string_view key, std::string_view fallback) const {
    const std::string value = text(key, fallback);
    return value.empty() ? std::filesystem::path() : (state_->document->folder / value).lexically_normal();
}

std::vector<std::string> ConfigTable::texts(std::string_view key) const {
    std::vector<std::string> out;
    const toml::node* node = state_->find(key);
    if (node == nullptr) return out;
    const toml::array* array = node->as_array();
    if (array == nullptr) {
        state_->complain(*node, key, fmt::format("must be an array of strings, not {}", type_name(*node)));
        return out;
    }
    for (const toml::node& element : *array) {
        if (auto value = state_->read<std::string>(element, key, "an array of strings")) {
            out.push_back(std::move(*value));
        }
    }
    return out;
}

ConfigTable ConfigTable::table(std::string_view key) const {
    const toml::node* node = state_->find(key);
    const toml::table* found = node == nullptr ? nullptr : node->as_table();
    auto state = std::make_shared<State>(state_->document, found, state_->child_title(key));
    if (node != nullptr && found == nullptr) {
        state->is_wrong = true;
        state_->complain(*node, key, fmt::format("must be a table, not {}", type_name(*node)));
    }
    return ConfigTable(std::move(state));
}

std::vector<ConfigTable> ConfigTable::tables(std::string_view key) const {
    std::vector<ConfigTable> out;
    const toml::node* node = state_->find(key);
    if (node == nullptr) return out;
    const toml::array* array = node->as_array();
    if (array == nullptr) {
        state_->complain(*node, key,
                         fmt::format("must be [[{}]], not {}", state_->child_title(key), type_name(*node)));
        return out;
    }
    for (const toml::node& element : *array) {
        if (const toml::table* row = element.as_table()) {
            const std::string title = fmt::format("{}[{}]", state_->child_title(key), out.size() + 1);
            out.push_back(ConfigTable(std::make_shared<State>(state_->document, row, title)));
        } else {
            state_->complain(element, key, fmt::format("must hold tables, not {}", type_name(element)));
        }
    }
    return out;
}

std::vector<std::string> ConfigTable::keys() const {
    std::vector<std::pair<toml::source_position, std::string>> found;
    if (state_->table != nullptr) {
        for (const auto& [key, value] : *state_->table) found.emplace_back(key.source().begin, key.str());
    }
    std::ranges::sort(found);
    std::vector<std::string> out;
    for (auto& [position, key] : found) out.push_back(std::move(key));
    return out;
}

std::map<std::string, std::string, std::less<>> ConfigTable::as_text(
    std::initializer_list<std::string_view> except) const {
    std::map<std::string, std::string, std::less<>> out;
    for (const std::string& key : keys()) {
        if (std::ranges::find(except, key) != except.end()) continue;
        if (const auto text = state_->single_value(key)) out[key] = *text;
    }
    return out;
}

std::string ConfigTable::value_as_text(std::string_view key) const {
    return state_->find(key) == nullptr ? "" : state_->single_value(key).value_or("");
}

void ConfigTable::complain(std::string_view key, std::string_view sentence) const {
    if (const toml::node* node = state_->find(key)) {
        state_->complain(*node, key, sentence);
    } else {
        state_->document->complain(state_->place(), fmt::format("{} {}", key, sentence));
    }
}

std::string ConfigTable::place(std::string_view key) const {
    const toml::node* node = state_->find(key);
    return state_->document->place(node == nullptr ? state_->place() : node->source().begin);
}

bool ConfigTable::has_table(std::string_view key) const {
    return state_->table != nullptr && state_->table->get_as<toml::table>(key) != nullptr;
}

Config::Config(std::shared_ptr<ConfigTable::Document> document) : document_(std::move(document)) {}
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(Config&&) noexcept = default;
Config::~Config() = default;

Result<Config> Config::load(const std::filesystem::path& file) {
    const auto text = read_file(file, max_toml_bytes);
    if (!text) return text.error().with("while reading the configuration");
    return parse(*text, file);
}

Result<Config> Config::parse(std::string_view text, const std::filesystem::path& name) {
    auto document = std::make_shared<ConfigTable::Document>();
    document->name = name.string();
    document->folder = std::filesystem::absolute(name).parent_path();
    auto root = parse_toml(text, document->name);
    if (!root) return root.error();
    document->root = std::move(*root);
    return Config(std::move(document));
}

ConfigTable Config::root() const {
    return ConfigTable(std::make_shared<ConfigTable::State>(document_, &document_->root, ""));
}

Status Config::finish() const {
    auto found = document_->complaints;
    document_->find_unknown(document_->root, found);
    if (found.empty()) return ok();
    std::ranges::stable_sort(found, {}, &std::pair<toml::source_position, std::string>::first);
    std::string message;
    for (const auto& [at, text] : found) message += (message.empty() ? "" : "\n") + text;
    return fail(ErrorCode::invalid_argument, message);
}

}  // namespace fieldpost
