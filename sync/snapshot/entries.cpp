#include "sync/snapshot/entries.hpp"

#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "sync/snapshot/entry_keys.hpp"
#include "sync/snapshot/row_reader.hpp"
#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

namespace {

// The first text after every text that begins with `prefix` (terms hold only letters and digits).
std::string after_prefix(std::string_view prefix) {
    return std::string(prefix) + "\x7f";
}

// Four bytes of an address's key.
std::uint32_t number_at(BytesView key, std::size_t at) {
    if (key.size() < at + 4) throw SQLite::Exception("search entries are damaged", SQLITE_CORRUPT);
    std::uint32_t number = 0;
    for (const char byte : key.substr(at, 4)) number = number << 8U | static_cast<unsigned char>(byte);
    return number;
}

// Looking a row up among a word's costs as much as reading so many of them.
constexpr std::size_t seek_instead = 200;

}  // namespace

Entries::Entries(Database& database, RowReader& rows, SealedLayers& sealed)
    : database_(database),
      rows_(rows),
      sealed_(sealed),
      addresses_(database, address_table),
      terms_(database, term_table),
      names_(database, name_table),
      begin_(database, "BEGIN"),
      end_(database, "COMMIT"),
      streets_after_(
          database,
          "SELECT street, name, type, direction FROM street WHERE street > ? ORDER BY street LIMIT ?"),
      words_(database,
             "SELECT word, rows FROM name_word WHERE word > ? AND word < ? ORDER BY word LIMIT 500"),
      word_(database, "SELECT rows FROM name_word WHERE word = ?"),
      name_words_(database, "SELECT word, rows FROM name_word"),
      data_version_(database, "PRAGMA data_version"),
      city_name_(database, "SELECT value FROM meta WHERE key = 'city_name'") {}

void Entries::begin() {
    run(begin_);
    try {
        refresh();
    } catch (...) {
        // Else every later read would begin within this one.
        end_.tryReset();
        try {
            run(end_);
        } catch (const SQLite::Exception& exception) {
            spdlog::error("city data: ending a read: {}", exception.what());
        }
        throw;
    }
    at_once_ = true;
}

void Entries::refresh() {
    if (!rows_.refresh()) return;
    addresses_.forget();
    terms_.forget();
    names_.forget();
    for (const auto& lists : lists_) lists->forget();
    see_keys();
}

void Entries::see_keys() {
    if (keys_seen_ == sealed_.version()) return;
    lists_.clear();
    if (keys_changed_) keys_changed_();
    for (const auto& layer : sealed_.open())
        lists_.push_back(std::make_unique<SealedLists>(database_, layer));
    keys_seen_ = sealed_.version();
}

std::vector<Postings*> Entries::all_names() {
    std::vector<Postings*> out{&names_};
    for (const auto& lists : lists_) out.push_back(&lists->names);
    return out;
}

void Entries::end() {
    at_once_ = false;
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

AddressEntry Entries::address_at(const Postings::Place& place) const {
    const BytesView key = place.key();
    return {number_at(key, 8), number_at(key, 4), std::string(key.substr(12)), place.row()};
}

std::vector<AddressEntry> Entries::take_addresses(BytesView from, BytesView to, std::size_t limit) {
    see_newest();
    std::vector<AddressEntry> out;
    for (auto at = addresses_.seek(from); at && at.key() < to && out.size() < limit; addresses_.next(at))
        out.push_back(address_at(at));
    return out;
}

std::optional<AddressEntry> Entries::any_address(std::int64_t street) {
    auto found = take_addresses(street_key(street), street_key(street + 1), 1);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::vector<AddressEntry> Entries::addresses(std::int64_t street, std::uint32_t from, std::uint32_t to,
                                             std::size_t limit) {
    const Bytes last = to == UINT32_MAX ? address_key(street, 1, 0) : address_key(street, 0, to + 1);
    return take_addresses(address_key(street, 0, from), last, limit);
}

std::vector<AddressEntry> Entries::door(std::int64_t street, std::uint32_t number, const std::string& part,
                                        std::size_t limit) {
    const Bytes key = address_key(street, 0, number, part);
    return take_addresses(key, key + '\0', limit);
}

std::vector<AddressEntry> Entries::ranges(std::int64_t street, std::uint32_t number, std::size_t limit) {
    see_newest();
    const std::uint32_t high = std::max(number, 1U);
    const std::uint32_t farthest =
        high > UINT32_MAX - lookup::longest_range ? UINT32_MAX : high + lookup::longest_range;
    const Bytes last = farthest == UINT32_MAX ? street_key(street + 1) : address_key(street, farthest + 1, 0);
    std::vector<AddressEntry> out;
    for (auto at = addresses_.seek(address_key(street, high, 0)); at && at.key() < last && out.size() < limit;
         addresses_.next(at)) {
        if (number_at(at.key(), 8) <= number) out.push_back(address_at(at));
    }
    return out;
}

std::vector<AddressEntry> Entries::neighbours(std::int64_t street, std::uint32_t number) {
    see_newest();
    std::vector<AddressEntry> below;
    std::vector<AddressEntry> above;
    // The last entry before `before` if it is not before `least`.
    const auto last = [&](const Bytes& least, const Bytes& before) {
        if (const auto at = addresses_.seek_before(before); at && at.key() >= least)
            below.push_back(address_at(at));
    };
    const Bytes first_range = address_key(street, 1, 0);
    if (number > 1) last(address_key(street, 0, 1), address_key(street, 0, number));
    if (number > 1) last(first_range, address_key(street, number, 0));
    if (number < UINT32_MAX) {
        for (auto& entry : take_addresses(address_key(street, 0, number + 1), first_range, 1))
            above.push_back(std::move(entry));
        for (auto at = addresses_.seek(address_key(street, number + 1, 0));
             at && at.key() < street_key(street + 1); addresses_.next(at)) {
            if (number_at(at.key(), 8) <= number) continue;
            above.push_back(address_at(at));
            break;
        }
    }
    std::vector<AddressEntry> out;
    const auto end = [](const AddressEntry& entry) { return std::max(entry.number, entry.high); };
    if (!below.empty()) out.push_back(*std::ranges::max_element(below, {}, end));
    if (!above.empty()) out.push_back(*std::ranges::min_element(above, {}, &AddressEntry::number));
    return out;
}

std::vector<TermEntry> Entries::terms(std::string_view prefix, std::size_t limit) {
    see_newest();
    const std::string to = after_prefix(prefix);
    std::vector<TermEntry> out;
    const auto take = [&](Postings& terms) {
        const std::size_t most = out.size() + limit;
        for (auto at = terms.seek(prefix); at && at.key() < to && out.size() < most; terms.next(at)) {
            const BytesView key = at.key();
            out.push_back({std::string(key.substr(0, key.size() - 1)),
                           static_cast<lookup::TermKind>(key.back()), at.row()});
        }
    };
    take(terms_);
    if (lists_.empty()) return out;
    for (const auto& lists : lists_) take(lists->terms);
    std::ranges::sort(out, {}, [](const TermEntry& entry) {
        return std::tuple(std::string_view(entry.key), entry.kind, entry.row);
    });
    if (out.size() > limit) out.resize(limit);
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
    if (!lists_.empty()) add_sealed_words(from, to, found);
    std::ranges::sort(found);
    if (found.size() > limit) found.resize(limit);
    std::vector<std::string> out;
    out.reserve(found.size());
    for (auto& [rows, word] : found) out.push_back(std::move(word));
    return out;
}

// To words with their rows, negative.
void Entries::add_sealed_words(const std::string& from, const std::string& to,
                               std::vector<std::pair<std::int64_t, std::string>>& found) {
    constexpr std::size_t looked_at = 500;
    std::map<std::string, std::int64_t> rows;
    for (auto& [count, word] : found) rows[std::move(word)] += count;
    for (const auto& lists : lists_) {
        std::size_t looked = 0;
        for (auto at = lists->words.seek(from); at && at.key() < to && looked < looked_at;
             lists->words.next(at), ++looked) {
            if (at.key() != from) rows[std::string(at.key())] -= at.row();
        }
    }
    found.clear();
    for (const auto& [word, count] : rows) found.emplace_back(count, word);
}

std::int64_t Entries::rows_of_word(const std::string& word) {
    std::int64_t rows = 0;
    for (const auto& lists : lists_) rows += lists->rows_of_word(word);
    word_.bindNoCopy(1, word);
    const ResetAtEnd reset(word_);
    return rows + (word_.executeStep() ? word_.getColumn(0).getInt64() : 0);
}

std::vector<std::int64_t> Entries::rows_named(const std::string& word, std::size_t limit) {
    const Bytes key = word_key(word);
    std::vector<std::int64_t> out;
    for (Postings* names : all_names()) {
        const std::size_t most = limit == SIZE_MAX ? limit : out.size() + limit;
        for (auto at = names->seek(key); at && at.key() == key && out.size() < most; names->next(at))
            out.push_back(at.row());
    }
    if (lists_.empty()) return out;
    std::ranges::sort(out);
    if (out.size() > limit) out.resize(limit);
    return out;
}

// Of `rows`, in order, those whose names have one of the words.
void Entries::keep_named(std::vector<std::int64_t>& rows, const std::vector<std::string>& any) {
    std::vector<std::int64_t> kept;
    for (const std::string& word : any) {
        if (rows_of_word(word) <= static_cast<std::int64_t>(rows.size() * seek_instead)) {
            std::ranges::set_intersection(rows, rows_named(word, SIZE_MAX), std::back_inserter(kept));
            continue;
        }
        const Bytes key = word_key(word);
        for (Postings* names : all_names()) {
            for (const std::int64_t row : rows) {
                const auto at = names->seek(key, row);
                if (at && at.key() == key && at.row() == row) kept.push_back(row);
            }
        }
    }
    std::ranges::sort(kept);
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    rows = std::move(kept);
}

std::vector<std::int64_t> Entries::named(const std::vector<std::string>& all,
                                         const std::vector<std::string>& any, std::size_t limit) {
    std::vector<std::vector<std::string>> groups;
    for (const std::string& word : all) groups.push_back({word});
    groups.push_back(any);
    return named(groups, limit);
}

std::vector<std::int64_t> Entries::named(const std::vector<std::vector<std::string>>& groups,
                                         std::size_t limit) {
    see_newest();
    // The rarest group first: the others are then looked up in what it leaves.
    std::vector<std::pair<std::int64_t, const std::vector<std::string>*>> order;
    for (const auto& group : groups) {
        std::int64_t rows = 0;
        for (const std::string& word : group) rows += rows_of_word(word);
        if (!group.empty()) order.emplace_back(rows, &group);
    }
    if (order.empty()) return {};
    std::ranges::sort(order, {}, [](const auto& group) { return group.first; });
    std::vector<std::int64_t> rows;
    for (const std::string& word : *order.front().second) {
        const auto more = rows_named(word, order.size() == 1 ? limit : SIZE_MAX);
        rows.insert(rows.end(), more.begin(), more.end());
    }
    std::ranges::sort(rows);
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    for (std::size_t at = 1; at < order.size() && !rows.empty(); ++at) keep_named(rows, *order[at].second);
    if (rows.size() > limit) rows.resize(limit);
    return rows;
}

void Entries::for_each_name_word(const std::function<void(std::string_view, std::int64_t)>& word) {
    const ResetAtEnd reset(name_words_);
    while (name_words_.executeStep()) {
        const SQLite::Column text = name_words_.getColumn(0);
        const auto bytes = static_cast<std::size_t>(text.getBytes());
        word({static_cast<const char*>(text.getBlob()), bytes}, name_words_.getColumn(1).getInt64());
    }
    for (const auto& lists : lists_) {
        for (auto at = lists->words.seek({}); at; lists->words.next(at)) word(at.key(), at.row());
    }
}

std::int64_t Entries::data_version() {
    const ResetAtEnd reset(data_version_);
    return data_version_.executeStep() ? data_version_.getColumn(0).getInt64() : 0;
}

std::optional<records::LayerRow> Entries::row(std::int64_t row) {
    see_newest();
    auto stored = rows_.row(row);
    if (!stored || stored->closed || rows_.superseded(*stored)) return std::nullopt;
    return std::move(stored->layer);
}

std::vector<records::LayerRow> Entries::record(records::RecordId record) {
    see_newest();
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
