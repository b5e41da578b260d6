#include "daemon/hub/sources/toml_table.hpp"

#include <algorithm>

namespace fieldpost::hub {

TomlFile::TomlFile(std::string name, std::string_view text) : name_(std::move(name)) {
    auto root = parse_toml(text, name_);
    if (root) {
        root_ = std::move(*root);
    } else {
        error_ = root.error();
    }
}

Place TomlFile::place(const toml::node& node) const {
    return {name_, static_cast<int>(node.source().begin.line)};
}

void TomlFile::complain(const Place& place, std::string_view sentence) {
    if (error_) return;
    error_ = fail(ErrorCode::invalid_argument, place.text() + ": " + std::string(sentence));
}

Status TomlFile::status() const {
    if (error_) return *error_;
    return ok();
}

Place TomlTable::place(std::string_view key) const {
    const auto* node = table_.get(key);
    return node == nullptr ? place() : file_.place(*node);
}

const toml::node* TomlTable::node(std::string_view key) {
    asked_.emplace(key);
    return table_.get(key);
}

void TomlTable::complain(std::string_view key, std::string_view sentence) {
    file_.complain(place(key), "'" + std::string(key) + "' in " + title_ + " " + std::string(sentence));
}

std::string TomlTable::text(std::string_view key, std::string fallback) {
    const auto* found = node(key);
    if (found == nullptr) return fallback;
    if (const auto value = found->value_exact<std::string>()) return *value;
    complain(key, "must be a text in quotes");
    return fallback;
}

std::string TomlTable::required_text(std::string_view key) {
    auto value = text(key);
    if (!has(key)) {
        file_.complain(place(), title_ + " lacks '" + std::string(key) + "'");
    } else if (value.empty()) {
        complain(key, "must not be empty");
    }
    return value;
}

std::vector<std::string> TomlTable::texts(std::string_view key) {
    std::vector<std::string> out;
    const auto* found = node(key);
    if (found == nullptr) return out;
    if (const auto one = found->value_exact<std::string>()) return {*one};
    if (const auto* array = found->as_array()) {
        for (const auto& item : *array) {
            if (const auto value = item.value_exact<std::string>()) {
                out.push_back(*value);
                continue;
            }
            complain(key, "must hold texts in quotes only");
            return {};
        }
        return out;
    }
    complain(key, "must be a text or an array of texts");
    return out;
}

std::optional<double> TomlTable::number(std::string_view key) {
    const auto* found = node(key);
    if (found == nullptr) return std::nullopt;
    if (found->is_number()) return found->value<double>();
    complain(key, "must be a number");
    return std::nullopt;
}

bool TomlTable::flag(std::string_view key, bool fallback) {
    const auto* found = node(key);
    if (found == nullptr) return fallback;
    if (const auto value = found->value_exact<bool>()) return *value;
    complain(key, "must be true or false");
    return fallback;
}

std::size_t TomlTable::choice(std::string_view key, std::initializer_list<std::string_view> words) {
    const auto value = text(key, std::string(*words.begin()));
    const auto found = std::ranges::find(words, value);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    std::string known;
    for (const auto word : words) known += (known.empty() ? "" : ", ") + std::string(word);
    complain(key, "must be one of: " + known);
    return 0;
}

const toml::table* TomlTable::table(std::string_view key) {
    const auto* found = node(key);
    if (found == nullptr) return nullptr;
    if (found->is_table()) return found->as_table();
    complain(key, "must be a table");
    return nullptr;
}

std::vector<const toml::table*> TomlTable::tables(std::string_view key) {
    std::vector<const toml::table*> out;
    const auto* found = node(key);
    if (found == nullptr) return out;
    if (const auto* one = found->as_table()) return {one};
    if (const auto* array = found->as_array()) {
        for (const auto& item : *array) {
            if (const auto* table = item.as_table()) out.push_back(table);
        }
        if (out.size() == array->size()) return out;
    }
    complain(key, "must be a table or an array of tables");
    return {};
}

std::vector<std::pair<std::string, std::string>> TomlTable::text_pairs(std::string_view key) {
    std::vector<std::pair<std::string, std::string>> out;
    const auto* found = table(key);
    if (found == nullptr) return out;
    for (const auto& [name, value] : *found) {
        if (const auto text = value.value_exact<std::string>()) {
            out.emplace_back(std::string(name.str()), *text);
        } else {
            complain(key, "must give a text in quotes for '" + std::string(name.str()) + "'");
        }
    }
    return out;
}

std::vector<std::pair<std::string, const toml::node*>> TomlTable::all() {
    std::vector<std::pair<std::string, const toml::node*>> out;
    for (const auto& [name, value] : table_) {
        asked_.emplace(name.str());
        out.emplace_back(std::string(name.str()), &value);
    }
    // toml++ keeps keys sorted by name; people read them by line.
    std::ranges::stable_sort(out, {}, [](const auto& item) { return item.second->source().begin.line; });
    return out;
}

void TomlTable::finish() {
    const toml::node* first = nullptr;
    std::string name;
    for (const auto& [key, value] : table_) {
        if (asked_.contains(key.str())) continue;
        if (first != nullptr && first->source().begin.line <= value.source().begin.line) continue;
        first = &value;
        name = key.str();
    }
    if (first == nullptr) return;
    std::string known;
    for (const auto& key : asked_) known += (known.empty() ? "" : ", ") + key;
    file_.complain(*first, "unknown key '" + name + "' in " + title_ + "; known keys: " + known);
}

}  // namespace fieldpost::hub
