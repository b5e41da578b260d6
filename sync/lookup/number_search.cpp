#include "sync/lookup/number_search.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace fieldpost::lookup {

namespace {

// A number that only begins as typed: between these, by the share that was typed.
constexpr double least_beginning = 0.55;
constexpr double beginning_share = 0.35;
constexpr std::size_t least_typed = 3;
constexpr std::size_t keys_begun = 80;  // looked at, however few are shown
constexpr std::size_t least_misspelt = 5;
constexpr std::size_t most_misspelt = 24;

bool is_number_noun(std::string_view word) {
    constexpr std::array<std::string_view, 17> nouns{
        "PARCEL", "PERMIT",   "CASE",   "LICENSE", "LICENCE", "TAG",      "ASSET",   "VIOLATION", "REQUEST",
        "TICKET", "INCIDENT", "NUMBER", "PIN",     "SBL",     "DOCUMENT", "ACCOUNT", "HYDRANT"};
    return std::ranges::find(nouns, word) != nouns.end();
}

bool has_digit(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Match match_of(TermKind kind) {
    switch (kind) {
        case TermKind::parcel:
            return Match::parcel;
        case TermKind::tag:
            return Match::tag;
        default:
            return Match::number;
    }
}

std::string noun_of(TermKind kind) {
    switch (kind) {
        case TermKind::parcel:
            return "parcel number";
        case TermKind::tag:
            return "asset tag";
        default:
            return "number of the record";
    }
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Numbers have more digits than letters; of short ones too many are alike.
bool may_be_misspelt(std::string_view key) {
    const auto digits = std::ranges::count_if(key, is_digit);
    return key.size() >= least_misspelt && key.size() <= most_misspelt && digits >= 4 &&
           2 * digits >= std::ssize(key);
}

// What one error makes of a key, with how unlikely it is: 0 two signs swapped or one left out, 1 one
// exchanged for another of its sort, 2 one added.
std::map<std::string, int> one_sign_off(const std::string& key) {
    constexpr std::string_view digits = "0123456789";
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    std::map<std::string, int> out;
    const auto add = [&](std::string other, int unlikely) {
        if (other == key) return;
        const auto [known, added] = out.try_emplace(std::move(other), unlikely);
        if (!added) known->second = std::min(known->second, unlikely);
    };
    for (std::size_t at = 0; at <= key.size(); ++at) {
        for (const char digit : digits) add(key.substr(0, at) + digit + key.substr(at), 0);
        if (at == key.size()) break;
        for (const char sign : is_digit(key[at]) ? digits : letters)
            add(key.substr(0, at) + sign + key.substr(at + 1), 1);
        add(key.substr(0, at) + key.substr(at + 1), 2);
        if (at + 1 == key.size()) continue;
        std::string swapped = key;
        std::swap(swapped[at], swapped[at + 1]);
        add(std::move(swapped), 0);
    }
    return out;
}

void find_key(snapshot::Entries& entries, const std::string& key, bool may_grow, std::size_t limit,
              std::vector<Candidate>& out) {
    if (key.size() < 2) return;
    const bool beginnings = may_grow && key.size() >= least_typed && has_digit(key);
    for (const snapshot::TermEntry& term :
         entries.terms(key, beginnings ? std::max(4 * limit, keys_begun) : limit)) {
        const bool whole = term.key == key;
        if (!whole && !beginnings) return;  // in order: whole keys come first
        Candidate candidate;
        candidate.score = whole ? 1.0
                                : least_beginning + beginning_share * static_cast<double>(key.size()) /
                                                        static_cast<double>(term.key.size());
        candidate.match = match_of(term.kind);
        candidate.is_as_typed = whole;
        candidate.row = term.row;
        candidate.why = whole ? noun_of(term.kind) : noun_of(term.kind) + " begins so";
        out.push_back(std::move(candidate));
    }
}

// A telephone number, with or without area code; nothing is looked for while less than seven digits are
// typed.
void find_phone(snapshot::Entries& entries, std::string_view text, std::size_t limit,
                std::vector<Candidate>& out) {
    const std::string key = phone_key(text);
    if (key.empty()) return;
    for (const snapshot::TermEntry& term : entries.terms(key, limit)) {
        Candidate candidate;
        candidate.score = term.key == key ? 1.0 : 0.95;
        candidate.match = Match::phone;
        candidate.row = term.row;
        candidate.why = term.key == key ? "telephone number" : "telephone number, area code not typed";
        out.push_back(std::move(candidate));
    }
}

}  // namespace

void find_numbers(snapshot::Entries& entries, const TypedText& typed, std::string_view text,
                  std::size_t limit, std::vector<Candidate>& out) {
    find_phone(entries, text, limit, out);
    std::string key;
    std::string behind_noun;
    for (std::size_t at = 0; at < typed.words.size(); ++at) {
        const std::string part = term_key(typed.words[at]);
        key += part;
        if (at > 0) behind_noun += part;
    }
    find_key(entries, term_key(key), !typed.last_complete, limit, out);
    if (is_number_noun(typed.words.front())) {
        find_key(entries, term_key(behind_noun), !typed.last_complete, limit, out);
    }
}

void find_numbers_near(snapshot::Entries& entries, const TypedText& typed, std::size_t limit,
                       std::vector<Candidate>& out) {
    std::string key;
    for (std::size_t at = is_number_noun(typed.words.front()) ? 1 : 0; at < typed.words.size(); ++at)
        key += term_key(typed.words[at]);
    if (!may_be_misspelt(key)) return;
    const std::map<std::string, int> near = one_sign_off(key);
    std::vector<std::string> keys;
    keys.reserve(near.size());
    for (const auto& [other, unlikely] : near) keys.push_back(other);
    for (const snapshot::TermEntry& term : entries.terms_among(keys, 4 * limit)) {
        if (term.kind == TermKind::whole_name || term.kind == TermKind::phone) continue;
        Candidate candidate;
        candidate.score = 1 - cost::number_digit_off - near.at(term.key) * cost::unlikely_digit;
        candidate.match = match_of(term.kind);
        candidate.is_as_typed = false;
        candidate.row = term.row;
        candidate.why = noun_of(term.kind) + "; one digit or letter differs";
        out.push_back(std::move(candidate));
    }
}

}  // namespace fieldpost::lookup
