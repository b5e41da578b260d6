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

// What a block that has to be found and unpacked counts as.
constexpr std::size_t names_of_seek = 40;

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
      name_words_(database, "SELECT word, rows FROM name_word WHERE word > ? ORDER BY word"),
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

std::vector<Postings*> Entries::all_terms() {
    std::vector<Postings*> out{&terms_};
    for (const auto& lists : lists_) out.push_back(&lists->terms);
    return out;
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

std::vector<AddressEntry> Entries::ranges(std::int64_t street, std::uint32_t from, std::uint32_t to,
                                          std::size_t limit) {
    see_newest();
    const std::uint32_t high = std::max(from, 1U);
    const std::uint32_t farthest =
        to > UINT32_MAX - lookup::longest_range ? UINT32_MAX : to + lookup::longest_range;
    const Bytes last = farthest == UINT32_MAX ? street_key(street + 1) : address_key(street, farthest + 1, 0);
    std::vector<AddressEntry> out;
    for (auto at = addresses_.seek(address_key(street, high, 0)); at && at.key() < last && out.size() < limit;
         addresses_.next(at)) {
        if (number_at(at.key(), 8) <= to) out.push_back(address_at(at));
    }
    return out;
}

std::vector<AddressEntry> Entries::ranges_with_end(std::int64_t street,
                                                   const std::vector<std::uint32_t>& numbers,
                                                   std::size_t limit) {
    see_newest();
    std::vector<AddressEntry> out;
    if (numbers.empty()) return out;
    const auto is_wanted = [&](std::uint32_t number) { return std::ranges::binary_search(numbers, number); };
    const Bytes behind = street_key(street + 1);
    auto at = addresses_.seek(address_key(street, std::max(numbers.front(), 1U), 0));
    while (at && at.key() < behind && out.size() < limit) {
        const std::uint32_t high = number_at(at.key(), 4);
        const std::uint32_t lowest = high - std::min(high, lookup::longest_range);
        const auto next = std::ranges::lower_bound(numbers, lowest);
        if (next == numbers.end()) break;
        if (*next > high) {  // no range that ends before it has one of them
            addresses_.advance(at, address_key(street, *next, 0), 0);
            continue;
        }
        if (is_wanted(high) || is_wanted(number_at(at.key(), 8))) out.push_back(address_at(at));
        addresses_.next(at);
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

namespace {

TermEntry term_at(const Postings::Place& place) {
    const BytesView key = place.key();
    return {std::string(key.substr(0, key.size() - 1)), static_cast<lookup::TermKind>(key.back()),
            place.row()};
}

// From one existing key to the next: most that are asked for are passed by.
void take_among(Postings& terms, const std::vector<std::string>& keys, std::size_t most,
                std::vector<TermEntry>& out) {
    Postings::Place at;
    for (auto next = keys.begin(); next != keys.end() && out.size() < most;) {
        if (!at)
            at = terms.seek(*next);
        else
            terms.advance(at, *next, 0);
        if (!at) break;
        const std::string_view found = BytesView(at.key()).substr(0, at.key().size() - 1);
        next = std::lower_bound(next, keys.end(), found);
        if (next == keys.end() || *next != found) continue;
        for (; at && out.size() < most && term_at(at).key == *next; terms.next(at))
            out.push_back(term_at(at));
        if (!at) break;
        ++next;
    }
}

// Of several lists.
void put_in_order(std::vector<TermEntry>& entries, std::size_t limit) {
    std::ranges::sort(entries, {}, [](const TermEntry& entry) {
        return std::tuple(std::string_view(entry.key), entry.kind, entry.row);
    });
    if (entries.size() > limit) entries.resize(limit);
}

}  // namespace

std::vector<TermEntry> Entries::terms(std::string_view prefix, std::size_t limit) {
    see_newest();
    const std::string to = after_prefix(prefix);
    std::vector<TermEntry> out;
    const auto take = [&](Postings& terms) {
        const std::size_t most = out.size() + limit;
        for (auto at = terms.seek(prefix); at && at.key() < to && out.size() < most; terms.next(at))
            out.push_back(term_at(at));
    };
    for (Postings* terms : all_terms()) take(*terms);
    if (!lists_.empty()) put_in_order(out, limit);
    return out;
}

std::vector<TermEntry> Entries::terms_among(const std::vector<std::string>& keys, std::size_t limit) {
    see_newest();
    std::vector<TermEntry> out;
    for (Postings* terms : all_terms()) take_among(*terms, keys, out.size() + limit, out);
    if (!lists_.empty()) put_in_order(out, limit);
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

// The rows of names that have one of some words, in order.
class Entries::NamedRows {
  public:
    // What reading takes goes from `left`; when nothing is left, the rows end.
    NamedRows(const std::vector<Postings*>& names, const std::vector<std::string>& words, std::size_t& left)
        : left_(left) {
        for (const std::string& word : words) {
            for (Postings* each : names) words_.push_back({each, word_key(word), {}, false});
        }
    }

    // The first from `row` on. Not before the one asked for last.
    std::optional<std::int64_t> from(std::int64_t row) {
        std::optional<std::int64_t> best;
        for (Word& word : words_) {
            if (word.ended) continue;
            if (!move(word, row)) continue;
            if (!best || word.place.row() < *best) best = word.place.row();
        }
        return best;
    }

  private:
    struct Word {
        Postings* names;
        Bytes key;
        Postings::Place place;
        bool ended;
    };

    bool move(Word& word, std::int64_t row) {
        if (!word.place || word.place.row() < row) {
            if (!take(1)) return !(word.ended = true);
            bool sought = !word.place;
            if (sought)
                word.place = word.names->seek(word.key, row);
            else
                sought = word.names->advance(word.place, word.key, row);
            if (sought) take(names_of_seek);
        }
        word.ended = !word.place || word.place.key() != word.key;
        return !word.ended;
    }

    bool take(std::size_t entries) {
        if (left_ == 0) return false;
        left_ -= std::min(left_, entries);
        return true;
    }

    std::size_t& left_;
    std::vector<Word> words_;
};

std::vector<std::int64_t> Entries::named(const std::vector<std::string>& all,
                                         const std::vector<std::string>& any, std::size_t limit,
                                         NamesLeft& left) {
    std::vector<std::vector<std::string>> groups;
    for (const std::string& word : all) groups.push_back({word});
    groups.push_back(any);
    return named(groups, limit, left);
}

std::vector<std::int64_t> Entries::named(const std::vector<std::vector<std::string>>& groups,
                                         std::size_t limit, NamesLeft& left) {
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
    const std::size_t left_before = left.entries;
    const std::vector<Postings*> names = all_names();
    std::vector<NamedRows> lists;
    for (const auto& [count, group] : order) {
        if (count == 0) return {};
        lists.emplace_back(names, *group, left.entries);
    }
    // From one row of the rarest group to the next, past what another group does not have.
    std::vector<std::int64_t> rows;
    std::optional<std::int64_t> row = lists.front().from(0);
    while (row && rows.size() < limit) {
        std::optional<std::int64_t> next = row;
        for (std::size_t at = 1; at < lists.size() && next == row; ++at) next = lists[at].from(*row);
        if (next == row) {
            rows.push_back(*row);
            next = *row + 1;
        }
        row = next ? lists.front().from(*next) : std::nullopt;
    }
    names_examined_ += left_before - left.entries;
    return rows;
}

std::size_t Entries::for_each_name_word(const std::string& after, std::size_t limit,
                                        const std::function<void(std::string_view, std::int64_t)>& word) {
    name_words_.bind(1, after);
    const ResetAtEnd reset(name_words_);
    std::string plain;
    const auto step = [&] {
        if (!name_words_.executeStep()) return false;
        plain = bytes_of(name_words_.getColumn(0));
        return true;
    };
    bool more = step();
    std::vector<std::pair<Postings*, Postings::Place>> sealed;
    for (const auto& lists : lists_) sealed.emplace_back(&lists->words, lists->words.seek(after + '\0'));
    std::size_t count = 0;
    std::string least;
    for (; count < limit; ++count) {
        bool found = more;
        if (more) least = plain;
        for (const auto& [words, at] : sealed) {
            if (!at || (found && at.key() >= least)) continue;
            least = at.key();
            found = true;
        }
        if (!found) break;
        std::int64_t rows = 0;
        if (more && plain == least) {
            rows += name_words_.getColumn(1).getInt64();
            more = step();
        }
        for (auto& [words, at] : sealed) {
            for (; at && at.key() == least; words->next(at)) rows += at.row();
        }
        word(least, rows);
    }
    return count;
}

std::int64_t Entries::data_version() {
    const ResetAtEnd reset(data_version_);
    return data_version_.executeStep() ? data_version_.getColumn(0).getInt64() : 0;
}

std::optional<records::LayerRow> Entries::row(std::int64_t row) {
    see_newest();
    auto stored = rows_.bare_row(row);
    if (!stored || stored->closed || rows_.superseded(*stored)) return std::nullopt;
    return std::move(stored->layer);
}

namespace {

std::vector<records::LayerRow> layers_of(std::vector<StoredRow> stored) {
    std::vector<records::LayerRow> out;
    out.reserve(stored.size());
    for (StoredRow& row : stored) out.push_back(std::move(row.layer));
    return out;
}

}  // namespace

std::vector<records::LayerRow> Entries::record(records::RecordId record) {
    see_newest();
    auto stored = rows_.record(record);
    keep_newest(stored);
    return layers_of(std::move(stored));
}

std::vector<records::LayerRow> Entries::record_of_row(std::int64_t row) {
    see_newest();
    auto stored = rows_.record_of_row(row);
    keep_newest(stored);
    if (std::ranges::find(stored, row, &StoredRow::row) == stored.end()) return {};
    return layers_of(std::move(stored));
}

std::vector<records::LayerRow> Entries::property_of_row(std::int64_t row) {
    see_newest();
    auto stored = rows_.property_of_row(row);
    keep_newest(stored);
    return layers_of(std::move(stored));
}

std::string Entries::city_name() {
    const ResetAtEnd reset(city_name_);
    return city_name_.executeStep() ? city_name_.getColumn(0).getString() : std::string();
}

}  // namespace fieldpost::snapshot
