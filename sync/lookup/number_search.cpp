#include "sync/lookup/number_search.hpp"

#include <algorithm>
#include <array>

namespace fieldpost::lookup {

namespace {

// A number that only begins as typed: between these, by the share that was typed.
constexpr double least_beginning = 0.55;
constexpr double beginning_share = 0.35;
constexpr std::size_t least_typed = 3;

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

void find_key(snapshot::Entries& entries, const std::string& key, bool may_grow, std::size_t limit,
              std::vector<Candidate>& out) {
    if (key.size() < 2) return;
    const bool beginnings = may_grow && key.size() >= least_typed && has_digit(key);
    for (const snapshot::TermEntry& term : entries.terms(key, beginnings ? 4 * limit : limit)) {
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

}  // namespace fieldpost::lookup
