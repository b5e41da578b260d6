#include "sync/lookup/name_search.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

constexpr std::size_t word_limit = 8;
constexpr std::size_t rows_looked_at = 24;  // and three for each hit wanted
// How many words a half-typed one may stand for. Of one with fewer letters than this, every name that has the
// other words is looked at instead.
constexpr std::size_t words_tried = 24;
constexpr std::size_t least_beginning = 2;

constexpr double whole_name = 0.97;
constexpr double least_name = 0.55;  // and name_share by the share of the name's words that were typed
constexpr double name_share = 0.32;
constexpr double half_typed = 0.02;

struct Typed {
    std::vector<std::string> words;
    bool last_may_grow = false;
};

// Score of one name; 0 when a word typed is not in it. Each word of the name serves once.
double score_of(const Typed& typed, std::string_view name) {
    auto words = records::split_words(name);
    const std::size_t all = words.size();
    bool grown = false;
    for (std::size_t at = 0; at < typed.words.size(); ++at) {
        const std::string& word = typed.words[at];
        auto found = std::ranges::find(words, word);
        if (found == words.end() && typed.last_may_grow && at + 1 == typed.words.size()) {
            found =
                std::ranges::find_if(words, [&](std::string_view other) { return other.starts_with(word); });
            grown = true;
        }
        if (found == words.end()) return 0;
        words.erase(found);
    }
    const double loss = grown ? half_typed : 0;
    if (words.empty()) return whole_name - loss;
    return least_name + name_share * static_cast<double>(typed.words.size()) / static_cast<double>(all) -
           loss;
}

void add_row(snapshot::Entries& entries, std::int64_t row, const Typed& typed, std::vector<Candidate>& out) {
    const auto stored = entries.row(row);
    if (!stored) return;
    const auto message = records::parse_body(stored->kind, stored->body);
    if (!message) return;
    double best = 0;
    std::string best_name;
    for (std::string& name : extract(stored->kind, **message).names) {
        if (const double score = score_of(typed, name); score > best) {
            best = score;
            best_name = std::move(name);
        }
    }
    if (best == 0) return;
    Candidate candidate;
    candidate.score = best;
    candidate.match = stored->kind == records::PROPERTY ? Match::place : Match::name;
    candidate.row = row;
    candidate.why = fmt::format("{} {}", candidate.match == Match::place ? "name of the place:" : "name:",
                                records::title_case(best_name));
    out.push_back(std::move(candidate));
}

}  // namespace

void find_names(snapshot::Entries& entries, const TypedText& text, bool whole_only, std::size_t limit,
                std::vector<Candidate>& out) {
    Typed typed;
    std::string whole;
    for (const std::string& word : text.words) {
        const std::string folded = records::fold(word);  // "12-14" becomes two words, as in the names
        for (const std::string_view part : records::split_words(folded)) typed.words.emplace_back(part);
        whole += folded + " ";
    }
    if (typed.words.empty() || typed.words.size() > word_limit) return;
    const auto has_letter = [](const std::string& word) {
        return std::ranges::any_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
    };
    if (std::ranges::none_of(typed.words, has_letter)) return;
    typed.last_may_grow = !text.last_complete;

    std::vector<std::int64_t> rows;
    const std::size_t wanted = rows_looked_at + 3 * limit;
    const auto take = [&](const std::vector<std::int64_t>& more) {
        for (const std::int64_t row : more) {
            if (std::ranges::find(rows, row) == rows.end()) rows.push_back(row);
        }
    };
    const std::string whole_key = whole_name_word(whole);
    for (const snapshot::TermEntry& term : entries.terms(whole_key, limit)) {
        if (term.key == whole_key) take({term.row});
    }
    if (!whole_only) {
        take(entries.named(typed.words, {}, wanted));
        if (typed.last_may_grow && rows.size() < wanted) {
            const std::string last = typed.words.back();
            std::vector<std::string> others(typed.words.begin(), typed.words.end() - 1);
            if (last.size() >= least_beginning) {
                const auto words = entries.words_beginning(last, words_tried);
                if (!others.empty() && !words.empty()) take(entries.named(others, words, wanted));
                for (const std::string& word : words) {
                    if (!others.empty() || rows.size() >= wanted) break;
                    take(entries.named({word}, {}, wanted - rows.size()));
                }
            } else if (!others.empty()) {
                take(entries.named(others, {}, wanted));
            }
        }
    }
    for (const std::int64_t row : rows) add_row(entries, row, typed, out);
}

}  // namespace fieldpost::lookup
