#include "sync/lookup/name_search.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

constexpr std::size_t word_limit = 8;
constexpr std::size_t rows_looked_at = 60;
// A beginning of fewer letters stands for too many words to gather them all.
constexpr std::size_t least_beginning = 3;

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
            found = std::ranges::find_if(words, [&](std::string_view other) { return other.starts_with(word); });
            grown = true;
        }
        if (found == words.end()) return 0;
        words.erase(found);
    }
    const double loss = grown ? half_typed : 0;
    if (words.empty()) return whole_name - loss;
    return least_name + name_share * static_cast<double>(typed.words.size()) / static_cast<double>(all) - loss;
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

void find_names(snapshot::Entries& entries, const TypedText& text, std::size_t limit, std::vector<Candidate>& out) {
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

    std::vector<std::int64_t> rows = entries.named({whole_name_word(whole)}, false, limit);
    auto words = typed.words;
    const bool too_short = typed.last_may_grow && words.back().size() < least_beginning;
    if (too_short && words.size() > 1) words.pop_back();  // the names that come are held against it here
    for (const std::int64_t row : entries.named(words, typed.last_may_grow && !too_short, rows_looked_at)) {
        if (std::ranges::find(rows, row) == rows.end()) rows.push_back(row);
    }
    for (const std::int64_t row : rows) add_row(entries, row, typed, out);
}

}  // namespace fieldpost::lookup
