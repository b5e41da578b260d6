#include "sync/lookup/street_dictionary.hpp"

#include <algorithm>
#include <bit>
#include <span>
#include <tuple>

#include "sync/lookup/edit_distance.hpp"
#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

// Candidates that one word may bring into a search for several.
constexpr std::size_t word_candidate_limit = 2000;

// Each typing error changes at most two letters of the set: one gone, one come. For a beginning only letters
// that are gone count: the rest of the name has more of its own.
bool may_be_near(std::uint64_t typed, std::uint64_t name, bool beginning, int most) {
    const std::uint64_t apart = beginning ? typed & ~name : typed ^ name;
    return std::popcount(apart) <= (beginning ? most : 2 * most);
}

std::size_t untyped_letters(std::size_t name, std::size_t typed) {
    return name > typed ? name - typed : 0;
}

template <class Items, class Text>
std::span<const std::uint32_t> range_of_beginning(const std::vector<std::uint32_t>& order, const Items& items,
                                                  std::string_view beginning, Text text) {
    const auto head = [&](std::uint32_t number) {
        return std::string_view(items[number].*text).substr(0, beginning.size());
    };
    const auto first = std::ranges::lower_bound(order, beginning, {}, head);
    return {first, std::ranges::upper_bound(first, order.end(), beginning, {}, head)};
}

}  // namespace

std::string without_spaces(std::string_view text) {
    std::string out(text);
    std::erase(out, ' ');
    return out;
}

bool StreetDictionary::add(std::int64_t street, const Street& value) {
    if (streets_ == street_limit) return false;
    auto& streets = names_[add_name(value.name)].streets;
    const NamedStreet named{street, value.type, value.direction};
    streets.insert(std::ranges::upper_bound(streets, named,
                                            [](const NamedStreet& a, const NamedStreet& b) {
                                                return std::tie(a.type, a.direction) <
                                                       std::tie(b.type, b.direction);
                                            }),
                   named);
    if (std::ranges::find(types_, value.type) == types_.end()) types_.push_back(value.type);
    ++streets_;
    return true;
}

void StreetDictionary::sort() {
    std::ranges::sort(names_in_order_, {},
                      [&](std::uint32_t number) -> const std::string& { return names_[number].compact; });
    std::ranges::sort(words_in_order_, {},
                      [&](std::uint32_t number) -> const std::string& { return words_[number].text; });
    sorted_ = true;
}

std::uint32_t StreetDictionary::add_name(const std::string& text) {
    const auto number = static_cast<std::uint32_t>(names_.size());
    std::string compact = without_spaces(text);
    const auto [known, added] = name_numbers_.try_emplace(compact, number);
    if (!added) return known->second;
    Name name{text, std::move(compact), {}, {}};
    for (const std::string_view word : records::split_words(text)) {
        const std::uint32_t word_number = add_word(word);
        if (std::ranges::find(name.words, word_number) != name.words.end()) continue;
        name.words.push_back(word_number);
        words_[word_number].names.push_back(number);
    }
    const auto place =
        !sorted_ ? names_in_order_.end()
                 : std::ranges::lower_bound(names_in_order_, name.compact, {},
                                            [&](std::uint32_t other) { return names_[other].compact; });
    names_in_order_.insert(place, number);
    name_letters_.push_back(letter_mask(name.compact));
    names_.push_back(std::move(name));
    return number;
}

std::uint32_t StreetDictionary::add_word(std::string_view text) {
    const auto number = static_cast<std::uint32_t>(words_.size());
    const auto [known, added] = word_numbers_.try_emplace(std::string(text), number);
    if (!added) return known->second;
    const auto place = !sorted_ ? words_in_order_.end()
                                : std::ranges::lower_bound(words_in_order_, text, {},
                                                           [&](std::uint32_t other) -> std::string_view {
                                                               return words_[other].text;
                                                           });
    words_in_order_.insert(place, number);
    word_letters_.push_back(letter_mask(text));
    words_.push_back({std::string(text), {}});
    return number;
}

void StreetDictionary::find_whole(std::string_view name, std::vector<NameMatch>& out) const {
    if (const auto known = name_numbers_.find(without_spaces(name)); known != name_numbers_.end()) {
        out.push_back({known->second, NameMatch::How::whole, 0, 0});
    }
}

void StreetDictionary::find_beginning(std::string_view name, std::size_t limit,
                                      std::vector<NameMatch>& out) const {
    const std::string typed = without_spaces(name);
    if (typed.empty()) return;
    for (const std::uint32_t number : range_of_beginning(names_in_order_, names_, typed, &Name::compact)) {
        if (limit == 0) return;
        const std::size_t untyped = names_[number].compact.size() - typed.size();
        if (untyped == 0) continue;
        out.push_back({number, NameMatch::How::beginning, 0, untyped});
        --limit;
    }
}

std::vector<std::uint32_t> StreetDictionary::words_like(std::string_view word, bool beginning,
                                                        bool fuzzy) const {
    std::vector<std::uint32_t> out;
    if (const auto known = word_numbers_.find(std::string(word)); known != word_numbers_.end()) {
        out.push_back(known->second);
    }
    if (beginning) {
        for (const std::uint32_t number : range_of_beginning(words_in_order_, words_, word, &Word::text)) {
            if (words_[number].text != word) out.push_back(number);
        }
    }
    if (!fuzzy || errors_allowed(word.size()) == 0) return out;
    const TypedWord typed(word);
    for (std::uint32_t number = 0; number < words_.size(); ++number) {
        if (!may_be_near(typed.letters(), word_letters_[number], beginning, 1)) continue;
        const std::string& text = words_[number].text;
        const int errors = beginning ? typed.prefix_distance(text, 1) : typed.distance(text, 1);
        if (errors == 1 && std::ranges::find(out, number) == out.end()) out.push_back(number);
    }
    return out;
}

// The fewest errors that make `word` one of the name's words; more than 1: none of them.
int StreetDictionary::word_errors(std::string_view word, bool beginning, bool fuzzy, const Name& name) const {
    int best = 2;
    for (const std::uint32_t number : name.words) {
        const std::string& text = words_[number].text;
        if (text == word || (beginning && text.starts_with(word))) return 0;
        if (!fuzzy || errors_allowed(word.size()) == 0) continue;
        const TypedWord typed(word);
        best = std::min(best, beginning ? typed.prefix_distance(text, 1) : typed.distance(text, 1));
    }
    return best;
}

void StreetDictionary::find_words(std::span<const std::string_view> words, bool last_is_beginning, bool fuzzy,
                                  std::size_t limit, std::vector<NameMatch>& out) const {
    if (words.empty() || words.size() > 6) return;
    // Start from the word that the fewest names have, then hold every other word against those names.
    std::vector<std::uint32_t> fewest;
    std::size_t fewest_names = SIZE_MAX;
    std::size_t letters = 0;
    for (std::size_t at = 0; at < words.size(); ++at) {
        letters += words[at].size();
        auto like = words_like(words[at], last_is_beginning && at + 1 == words.size(), fuzzy);
        std::size_t names = 0;
        for (const std::uint32_t number : like) names += words_[number].names.size();
        if (names < fewest_names) {
            fewest_names = names;
            fewest = std::move(like);
        }
    }
    std::vector<std::uint32_t> seen;
    std::vector<NameMatch> found;
    std::size_t looked_at = 0;
    for (const std::uint32_t word : fewest) {
        for (const std::uint32_t number : words_[word].names) {
            if (++looked_at > word_candidate_limit) break;
            const Name& name = names_[number];
            if (name.words.size() < 2 || name.words.size() < words.size()) continue;
            int errors = 0;
            for (std::size_t at = 0; at < words.size() && errors <= 2; ++at) {
                const int here =
                    word_errors(words[at], last_is_beginning && at + 1 == words.size(), fuzzy, name);
                errors += here > 1 ? 3 : here;
            }
            if (errors > 2 || std::ranges::find(seen, number) != seen.end()) continue;
            seen.push_back(number);
            found.push_back(
                {number, NameMatch::How::words, errors, untyped_letters(name.compact.size(), letters)});
        }
    }
    take_best(found, limit, out);
}

// The same whatever the order in which the streets came.
void StreetDictionary::take_best(std::vector<NameMatch>& found, std::size_t limit,
                                 std::vector<NameMatch>& out) const {
    std::ranges::sort(found, {}, [&](const NameMatch& match) {
        return std::tuple(match.errors, match.untyped, std::string_view(names_[match.name].compact));
    });
    if (found.size() > limit) found.resize(limit);
    out.insert(out.end(), found.begin(), found.end());
}

void StreetDictionary::find_near(std::string_view name, bool beginning, int most, std::size_t limit,
                                 std::vector<NameMatch>& out) const {
    const std::string compact = without_spaces(name);
    if (compact.empty() || most <= 0) return;
    const TypedWord typed(compact);
    std::vector<NameMatch> found;
    for (std::uint32_t number = 0; number < names_.size(); ++number) {
        if (!may_be_near(typed.letters(), name_letters_[number], beginning, most)) continue;
        const std::string& text = names_[number].compact;
        const int whole = typed.distance(text, most);
        if (whole > 0 && whole <= most) {
            found.push_back({number, NameMatch::How::whole, whole, 0});
            continue;
        }
        if (!beginning) continue;
        const int begun = typed.prefix_distance(text, most);
        if (begun > 0 && begun <= most) {
            found.push_back(
                {number, NameMatch::How::beginning, begun, untyped_letters(text.size(), compact.size())});
        }
    }
    take_best(found, limit, out);
}

}  // namespace fieldpost::lookup
