#include "sync/snapshot/entries.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "sync/snapshot/row_reader.hpp"
#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

namespace {

std::string address_query(std::string_view where) {
    return "SELECT number, high, part, row FROM address WHERE street = ? AND " + std::string(where);
}

// The first text after every text that begins with `prefix` (terms hold only letters and digits).
std::string after_prefix(std::string_view prefix) {
    return std::string(prefix) + "\x7f";
}

}  // namespace

Entries::Entries(Database& database, RowReader& rows)
    : rows_(rows),
      begin_(database, "BEGIN"),
      end_(database, "COMMIT"),
      streets_after_(
          database,
          "SELECT street, name, type, direction FROM street WHERE street > ? ORDER BY street LIMIT ?"),
      any_address_(database, address_query("1 LIMIT 1")),
      addresses_(database,
                 address_query("high = 0 AND number BETWEEN ? AND ? ORDER BY number, part, row LIMIT ?")),
      door_(database, address_query("high = 0 AND number = ? AND part = ? ORDER BY row LIMIT ?")),
      ranges_(
          database,
          address_query("high BETWEEN ?2 AND ?3 AND number <= ?2 ORDER BY high, number, part, row LIMIT ?4")),
      below_(database, address_query("high = 0 AND number BETWEEN 1 AND ? ORDER BY number DESC LIMIT 1")),
      above_(database, address_query("high = 0 AND number > ? ORDER BY number LIMIT 1")),
      range_below_(database, address_query("high BETWEEN 1 AND ? ORDER BY high DESC LIMIT 1")),
      range_above_(database, address_query("high > ?2 AND number > ?2 ORDER BY high LIMIT 1")),
      terms_(database,
             "SELECT key, kind, row FROM term WHERE key >= ? AND key < ? ORDER BY key, kind, row LIMIT ?"),
      words_(database,
             "SELECT word, rows FROM name_word WHERE word > ? AND word < ? ORDER BY word LIMIT 500"),
      named_(database, "SELECT rowid FROM name WHERE name MATCH ? LIMIT ?"),
      name_words_(database, "SELECT word, rows FROM name_word"),
      data_version_(database, "PRAGMA data_version"),
      city_name_(database, "SELECT value FROM meta WHERE key = 'city_name'") {}

void Entries::begin() {
    run(begin_);
    rows_.refresh();
}

void Entries::end() {
    run(end_);
}

EntriesAtOnce::EntriesAtOnce(Entries& entries) : entries_(entries) {
    entries_.begin();
}

EntriesAtOnce::~EntriesAtOnce() {
    try {
        entries_.end();
    } catch (const SQLite::Exception& exception) {
        spdlog::error("city data: ending a read: {}", exception.what());
    }
}

std::vector<StreetEntry> Entries::streets_after(std::int64_t street, std::size_t limit) {
    streets_after_.bind(1, street);
    streets_after_.bind(2, static_cast<std::int64_t>(limit));
    std::vector<StreetEntry> out;
    const ResetAtEnd reset(streets_after_);
    while (streets_after_.executeStep()) {
        out.push_back({streets_after_.getColumn(0).getInt64(),
                       {streets_after_.getColumn(1).getString(), streets_after_.getColumn(2).getString(),
                        streets_after_.getColumn(3).getString()}});
    }
    return out;
}

std::vector<AddressEntry> Entries::take_addresses(SQLite::Statement& statement) {
    const ResetAtEnd reset(statement);
    std::vector<AddressEntry> out;
    while (statement.executeStep()) {
        out.push_back({static_cast<std::uint32_t>(statement.getColumn(0).getInt64()),
                       static_cast<std::uint32_t>(statement.getColumn(1).getInt64()),
                       statement.getColumn(2).getString(), statement.getColumn(3).getInt64()});
    }
    return out;
}

std::optional<AddressEntry> Entries::any_address(std::int64_t street) {
    any_address_.bind(1, street);
    auto found = take_addresses(any_address_);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::vector<AddressEntry> Entries::addresses(std::int64_t street, std::uint32_t from, std::uint32_t to,
                                             std::size_t limit) {
    addresses_.bind(1, street);
    addresses_.bind(2, from);
    addresses_.bind(3, to);
    addresses_.bind(4, static_cast<std::int64_t>(limit));
    return take_addresses(addresses_);
}

std::vector<AddressEntry> Entries::door(std::int64_t street, std::uint32_t number, const std::string& part,
                                        std::size_t limit) {
    door_.bind(1, street);
    door_.bind(2, number);
    door_.bindNoCopy(3, part);
    door_.bind(4, static_cast<std::int64_t>(limit));
    return take_addresses(door_);
}

std::vector<AddressEntry> Entries::ranges(std::int64_t street, std::uint32_t number, std::size_t limit) {
    ranges_.bind(1, street);
    ranges_.bind(2, number);
    ranges_.bind(3, static_cast<std::int64_t>(number) + lookup::longest_range);
    ranges_.bind(4, static_cast<std::int64_t>(limit));
    return take_addresses(ranges_);
}

std::vector<AddressEntry> Entries::neighbours(std::int64_t street, std::uint32_t number) {
    std::vector<AddressEntry> below;
    std::vector<AddressEntry> above;
    const auto ask = [&](SQLite::Statement& statement, std::int64_t than, std::vector<AddressEntry>& into) {
        statement.bind(1, street);
        statement.bind(2, than);
        for (auto& entry : take_addresses(statement)) into.push_back(std::move(entry));
    };
    ask(below_, static_cast<std::int64_t>(number) - 1, below);
    ask(range_below_, static_cast<std::int64_t>(number) - 1, below);
    ask(above_, number, above);
    ask(range_above_, number, above);
    std::vector<AddressEntry> out;
    const auto last = [](const AddressEntry& entry) { return std::max(entry.number, entry.high); };
    if (!below.empty()) out.push_back(*std::ranges::max_element(below, {}, last));
    if (!above.empty()) out.push_back(*std::ranges::min_element(above, {}, &AddressEntry::number));
    return out;
}

std::vector<TermEntry> Entries::terms(std::string_view prefix, std::size_t limit) {
    const std::string from(prefix);
    const std::string to = after_prefix(prefix);
    terms_.bindNoCopy(1, from);
    terms_.bindNoCopy(2, to);
    terms_.bind(3, static_cast<std::int64_t>(limit));
    std::vector<TermEntry> out;
    const ResetAtEnd reset(terms_);
    while (terms_.executeStep()) {
        out.push_back({terms_.getColumn(0).getString(),
                       static_cast<lookup::TermKind>(terms_.getColumn(1).getInt()),
                       terms_.getColumn(2).getInt64()});
    }
    return out;
}

std::vector<std::string> Entries::words_beginning(std::string_view prefix, std::size_t limit) {
    const std::string from(prefix);
    const std::string to = after_prefix(prefix);
    words_.bindNoCopy(1, from);
    words_.bindNoCopy(2, to);
    std::vector<std::pair<std::int64_t, std::string>> found;
    {
        const ResetAtEnd reset(words_);
        while (words_.executeStep())
            found.emplace_back(-words_.getColumn(1).getInt64(), words_.getColumn(0).getString());
    }
    std::ranges::sort(found);
    if (found.size() > limit) found.resize(limit);
    std::vector<std::string> out;
    out.reserve(found.size());
    for (auto& [rows, word] : found) out.push_back(std::move(word));
    return out;
}

std::vector<std::int64_t> Entries::named(const std::vector<std::string>& all,
                                         const std::vector<std::string>& any, std::size_t limit) {
    std::string match;
    for (const std::string& word : all) match += (match.empty() ? "\"" : " AND \"") + word + "\"";
    if (!any.empty()) {
        match += match.empty() ? "(" : " AND (";
        for (const std::string& word : any) match += (&word == any.data() ? "\"" : " OR \"") + word + "\"";
        match += ")";
    }
    return match_names(match, limit);
}

std::vector<std::int64_t> Entries::named(const std::vector<std::vector<std::string>>& groups,
                                         std::size_t limit) {
    std::string match;
    for (const auto& group : groups) {
        std::string any;
        for (const std::string& word : group) any += (any.empty() ? "\"" : " OR \"") + word + "\"";
        if (!any.empty()) match += (match.empty() ? "(" : " AND (") + any + ")";
    }
    return match_names(match, limit);
}

std::vector<std::int64_t> Entries::match_names(const std::string& match, std::size_t limit) {
    std::vector<std::int64_t> out;
    if (match.empty()) return out;
    named_.bindNoCopy(1, match);
    named_.bind(2, static_cast<std::int64_t>(limit));
    const ResetAtEnd reset(named_);
    while (named_.executeStep()) out.push_back(named_.getColumn(0).getInt64());
    return out;
}

void Entries::for_each_name_word(const std::function<void(std::string_view, std::int64_t)>& word) {
    const ResetAtEnd reset(name_words_);
    while (name_words_.executeStep()) {
        const SQLite::Column text = name_words_.getColumn(0);
        const auto bytes = static_cast<std::size_t>(text.getBytes());
        word({static_cast<const char*>(text.getBlob()), bytes}, name_words_.getColumn(1).getInt64());
    }
}

std::int64_t Entries::data_version() {
    const ResetAtEnd reset(data_version_);
    return data_version_.executeStep() ? data_version_.getColumn(0).getInt64() : 0;
}

std::optional<records::LayerRow> Entries::row(std::int64_t row) {
    auto stored = rows_.row(row);
    if (!stored || rows_.superseded(*stored)) return std::nullopt;
    return std::move(stored->layer);
}

std::vector<records::LayerRow> Entries::record(records::RecordId record) {
    auto stored = rows_.record(record);
    keep_newest(stored);
    std::vector<records::LayerRow> out;
    out.reserve(stored.size());
    for (StoredRow& row : stored) out.push_back(std::move(row.layer));
    return out;
}

std::string Entries::city_name() {
    const ResetAtEnd reset(city_name_);
    return city_name_.executeStep() ? city_name_.getColumn(0).getString() : std::string();
}

}  // namespace fieldpost::snapshot
