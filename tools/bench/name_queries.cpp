#include "tools/bench/name_queries.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include "sync/records/address_words.hpp"
#include "tools/bench/typing_errors.hpp"

namespace fieldpost::bench {

namespace {

constexpr int attempts = 200;

// The name's words in one order or the other: what stands first goes last.
std::string written(const std::vector<std::string>& words, bool with_initials, bool turned) {
    std::vector<std::string> kept;
    for (const std::string& word : words) {
        if (word.size() > 1 || with_initials) kept.push_back(word);
    }
    if (turned && kept.size() > 1) std::ranges::rotate(kept, kept.begin() + 1);
    std::string out;
    for (const std::string& word : kept) out += (out.empty() ? "" : " ") + word;
    return out;
}

// A bit for each letter that occurs.
std::uint32_t letters_of(std::string_view text) {
    std::uint32_t letters = 0;
    for (const char c : text) {
        if (c >= 'a' && c <= 'z') letters |= 1U << static_cast<unsigned>(c - 'a');
    }
    return letters;
}

}  // namespace

NameQueries::NameQueries(const std::vector<PartyRow>& parties, std::uint64_t seed) : dice_(seed) {
    std::map<std::string, std::size_t> known;
    for (const PartyRow& party : parties) {
        std::string folded = records::fold(party.name);
        for (char& c : folded) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        }
        const auto [at, is_new] = known.emplace(folded, names_.size());
        if (is_new) {
            Name& name = names_.emplace_back();
            for (const std::string_view word : records::split_words(folded)) name.words.emplace_back(word);
            name.letters = letters_of(written(name.words, false, false));
        }
        names_[at->second].parties.push_back(party.party);
    }
}

Query NameQueries::name(int errors) {
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const Name& name = dice_.pick(names_);
        const bool turned = dice_.percent(50);
        const bool with_initials = dice_.percent(50);
        const std::string right = written(name.words, with_initials, turned);
        if (right.empty()) continue;
        auto typed = errors == 0 ? std::optional(right) : with_typing_errors(dice_, right, errors);
        if (!typed) continue;
        Query query;
        query.rival = has_rival(name, *typed, errors);
        query.text = std::move(*typed);
        query.wanted = name.parties;
        query.address = written(name.words, true, false);
        query.errors = errors;
        query.made = turned ? "other order" : "as written";
        return query;
    }
    return {};
}

Query NameQueries::by_ear() {
    static const std::vector<std::pair<std::string, std::string>> heard = {
        {"ph", "f"},   {"ck", "k"}, {"sch", "sh"}, {"ei", "ai"}, {"ie", "ee"}, {"y", "i"},
        {"mac", "mc"}, {"c", "k"},  {"z", "s"},    {"ll", "l"},  {"nn", "n"},  {"tt", "t"},
        {"ss", "s"},   {"i", "y"},  {"mc", "mac"}, {"v", "f"}};
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const Name& name = dice_.pick(names_);
        const std::string right = written(name.words, true, dice_.percent(50));
        const auto& [written_so, said] = dice_.pick(heard);
        const std::size_t at = right.find(written_so);
        if (at == std::string::npos) continue;
        // Whole words are heard so, no initials or abbreviations.
        const std::size_t begin = at == 0 ? 0 : right.rfind(' ', at) + 1;
        if (std::min(right.find(' ', begin), right.size()) - begin < 4) continue;
        // A "c" before these is no "k", and one before an "h" or "k" is no sound by itself.
        const char next = at + 1 < right.size() ? right[at + 1] : ' ';
        if ((written_so == "c" && std::string("eiyhk").find(next) != std::string::npos)) continue;
        Query query;
        query.text = right.substr(0, at) + said + right.substr(at + written_so.size());
        query.rival = has_rival(name, query.text, 1);
        query.wanted = name.parties;
        query.address = right;
        query.errors = 1;
        query.made = "by ear";
        return query;
    }
    return {};
}

bool NameQueries::has_rival(const Name& wanted, const std::string& typed, int errors) const {
    const std::uint32_t letters = letters_of(typed);
    const auto is_near = [&](const Name& other, bool with_initials, bool turned) {
        return typing_distance(typed, written(other.words, with_initials, turned), errors) <= errors;
    };
    return std::ranges::any_of(names_, [&](const Name& other) {
        // Each error takes one letter away at most: most names are out before they are compared.
        if (&other == &wanted || std::popcount(other.letters & ~letters) > errors) return false;
        return is_near(other, true, false) || is_near(other, true, true) || is_near(other, false, false) ||
               is_near(other, false, true);
    });
}

}  // namespace fieldpost::bench
