#include "sync/lookup/street_dictionary.hpp"

#include <algorithm>
#include <tuple>

#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

// Names that one word may bring into a search for several.
constexpr std::size_t word_candidate_limit = 2000;
constexpr std::size_t least_misspelt_word = 4;

std::string digits_of(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c >= '0' && c <= '9') out.push_back(c);
    }
    return out;
}

std::uint32_t untyped_letters(std::size_t name, std::size_t typed) {
    return static_cast<std::uint32_t>(name > typed ? name - typed : 0);
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
    spellings_.sort();
    words_.sort();
}

void StreetDictionary::add_spelling(std::string_view compact, std::uint32_t name, bool own) {
    const std::uint32_t spelling = spellings_.add(compact);
    if (spelling == spelled_.size()) {
        spelled_.push_back(name);
        own_.push_back(own);
    } else if (own) {  // another name was also spelled so: this one is called so
        spelled_[spelling] = name;
        own_[spelling] = true;
    }
}

std::uint32_t StreetDictionary::add_name(const std::string& text) {
    const std::string compact = without_spaces(text);
    if (const std::uint32_t known = spellings_.find(compact); known != WordList::none && own_[known]) {
        return spelled_[known];
    }
    const auto number = static_cast<std::uint32_t>(names_.size());
    add_spelling(compact, number, true);
    for (const std::string& other : records::other_spellings(text)) {
        add_spelling(without_spaces(other), number, false);
    }
    Name name{text, static_cast<std::uint32_t>(compact.size()), {}, {}};
    for (const std::string_view word : records::split_words(text)) {
        const std::uint32_t word_number = words_.add(word);
        if (word_number == names_with_.size()) names_with_.emplace_back();
        if (std::ranges::find(name.words, word_number) != name.words.end()) continue;
        name.words.push_back(word_number);
        names_with_[word_number].push_back(number);
    }
    names_.push_back(std::move(name));
    return number;
}

void StreetDictionary::find_whole(std::string_view name, std::vector<NameMatch>& out) const {
    const std::uint32_t spelling = spellings_.find(without_spaces(name));
    if (spelling != WordList::none) out.push_back({spelled_[spelling], NameMatch::How::whole, 0, 0});
}

void StreetDictionary::find_beginning(std::string_view name, std::size_t limit,
                                      std::vector<NameMatch>& out) const {
    const std::string typed = without_spaces(name);
    if (typed.empty()) return;
    const std::size_t before = out.size();
    for (const std::uint32_t spelling : spellings_.beginning(typed)) {
        if (out.size() - before == limit) return;
        const std::uint32_t untyped = untyped_letters(spellings_.text(spelling).size(), typed.size());
        const std::uint32_t number = spelled_[spelling];
        const auto added = std::span(out).subspan(before);
        if (untyped == 0 || std::ranges::find(added, number, &NameMatch::name) != added.end()) continue;
        out.push_back({number, NameMatch::How::beginning, 0, untyped});
    }
}

const std::vector<std::pair<std::uint32_t, int>>& StreetDictionary::words_like(std::string_view word,
                                                                               bool beginning, bool fuzzy,
                                                                               WordsLike& known) const {
    // Exact and fuzzy look-ups of one query do not mix: the key tells them apart by a sign no word has.
    const auto [place, added] = known.try_emplace({std::string(word) + (fuzzy ? "~" : ""), beginning});
    auto& out = place->second;
    if (!added) return out;
    if (const std::uint32_t same = words_.find(word); same != WordList::none) out.emplace_back(same, 0);
    if (beginning) {
        for (const std::uint32_t number : words_.beginning(word)) out.emplace_back(number, 0);
    }
    if (fuzzy && word.size() >= least_misspelt_word) {
        const TypedWord typed(word);
        const auto take = [&](std::uint32_t number, int errors) { out.emplace_back(number, errors); };
        if (beginning) {
            words_.near_beginning(typed, 1, take);
        } else {
            words_.near(typed, 1, take);
        }
    }
    std::ranges::sort(out);
    const auto repeated = std::ranges::unique(out, {}, &std::pair<std::uint32_t, int>::first);
    out.erase(repeated.begin(), repeated.end());
    return out;
}

void StreetDictionary::find_words(std::span<const std::string_view> words, bool last_is_beginning, bool fuzzy,
                                  std::size_t limit, WordsLike& known, std::vector<NameMatch>& out) const {
    if (words.empty() || words.size() > 6) return;
    // Start from the word that the fewest names have, then hold every other word against those names.
    std::array<const std::vector<std::pair<std::uint32_t, int>>*, 6> like{};
    std::size_t fewest = 0;
    std::size_t fewest_names = SIZE_MAX;
    std::size_t letters = 0;
    for (std::size_t at = 0; at < words.size(); ++at) {
        letters += words[at].size();
        like[at] = &words_like(words[at], last_is_beginning && at + 1 == words.size(), fuzzy, known);
        std::size_t names = 0;
        for (const auto& [number, errors] : *like[at]) names += names_with_[number].size();
        if (names < fewest_names) {
            fewest_names = names;
            fewest = at;
        }
    }
    if (fewest_names == 0) return;
    const auto errors_in = [&](std::size_t at, const Name& name) {
        int best = 3;
        for (const std::uint32_t number : name.words) {
            const auto found =
                std::ranges::lower_bound(*like[at], number, {}, &std::pair<std::uint32_t, int>::first);
            if (found != like[at]->end() && found->first == number) best = std::min(best, found->second);
        }
        return best;
    };
    std::vector<NameMatch> found;
    std::size_t looked_at = 0;
    for (const auto& [word, word_errors] : *like[fewest]) {
        for (const std::uint32_t number : names_with_[word]) {
            if (++looked_at > word_candidate_limit) break;
            const Name& name = names_[number];
            if (name.words.size() < 2 || name.words.size() < words.size()) continue;
            int errors = 0;
            for (std::size_t at = 0; at < words.size() && errors <= 2; ++at) errors += errors_in(at, name);
            if (errors <= 2) {
                found.push_back(
                    {number, NameMatch::How::words, errors, untyped_letters(name.letters, letters)});
            }
        }
    }
    take_best(found, limit, out);
}

// Each name once; the same whatever the order in which the streets came.
void StreetDictionary::take_best(std::vector<NameMatch>& found, std::size_t limit,
                                 std::vector<NameMatch>& out) const {
    const auto by_name = [](const NameMatch& match) {
        return std::tuple(match.name, match.errors, match.how, match.untyped);
    };
    std::ranges::sort(found, {}, by_name);
    const auto repeated = std::ranges::unique(found, {}, &NameMatch::name);
    found.erase(repeated.begin(), repeated.end());
    const auto nearest = [&](const NameMatch& match) {
        return std::tuple(match.errors, match.untyped, std::string_view(names_[match.name].text));
    };
    if (found.size() > limit) {
        std::ranges::nth_element(found, found.begin() + static_cast<std::ptrdiff_t>(limit), {}, nearest);
        found.resize(limit);
    }
    std::ranges::sort(found, {}, nearest);
    out.insert(out.end(), found.begin(), found.end());
}

void StreetDictionary::find_near(std::string_view name, bool beginning, int most, std::size_t limit,
                                 std::vector<NameMatch>& out) const {
    const std::string compact = without_spaces(name);
    if (compact.empty() || most <= 0) return;
    const TypedWord typed(compact);
    std::vector<NameMatch> found;
    const std::string digits = digits_of(compact);
    const auto other_digits = [&](std::uint32_t spelling) {
        return digits_of(spellings_.text(spelling)) != digits;
    };
    spellings_.near(typed, most, [&](std::uint32_t spelling, int errors) {
        if (errors > 0 && !other_digits(spelling))
            found.push_back({spelled_[spelling], NameMatch::How::whole, errors, 0});
    });
    if (beginning) {
        spellings_.near_beginning(typed, most, [&](std::uint32_t spelling, int errors) {
            const std::uint32_t untyped = untyped_letters(spellings_.text(spelling).size(), compact.size());
            if (errors > 0 && !other_digits(spelling))
                found.push_back({spelled_[spelling], NameMatch::How::beginning, errors, untyped});
        });
    }
    take_best(found, limit, out);
}

}  // namespace fieldpost::lookup
