#include "sync/lookup/name_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

constexpr std::size_t word_limit = 8;
constexpr std::size_t rows_looked_at = 10;  // and two for each hit wanted
// How many words a half-typed one may stand for. Of one with fewer letters than this, every name that has the
// other words is looked at instead.
constexpr std::size_t words_tried = 24;
constexpr std::size_t least_beginning = 2;

constexpr double whole_name = 0.97;
constexpr double least_name = 0.55;  // and name_share by the share of the name's words that were typed
constexpr double name_share = 0.32;
constexpr double half_typed = 0.02;
constexpr double initial_typed = 0.03;    // "J" for "JOHN"
constexpr double initial_written = 0.20;  // "JOHN" where the source has "J"
constexpr double letter_lost = 0.10;      // of a word of two
constexpr std::size_t words_like = 16;    // that one typed word may stand for
constexpr std::size_t variants_tried = 9;
constexpr std::size_t respaced_tried = 3;  // of them
constexpr double space_cost = 0.05;
constexpr std::size_t spellings_tried = 40;  // of one variant
// What cannot come nearer than this to the best so far is not looked for: one error, and no more.
constexpr double worth_a_look = 0.10;
constexpr double initial_weight = 0.25;  // of a name's initial, beside a word
constexpr std::size_t least_parted = 2;  // letters of each half of a word that is two

struct Typed {
    struct Word {
        std::string text;
        std::vector<LikeWord> like;  // what it may stand for beside itself
    };
    std::vector<Word> words;
    bool last_may_grow = false;
    double cost = 0;  // of joining or parting words
};

bool has_digit(std::string_view word) {
    return std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

// What it costs to take a typed word for one of a name; more than 1: it cannot be taken for it.
double cost_of(const Typed::Word& typed, bool may_grow, std::string_view written) {
    constexpr double never = 2;
    if (typed.text == written) return 0;
    if (typed.text.size() == 1) {
        if (written.starts_with(typed.text)) return initial_typed;
        return written.size() == 2 && written.ends_with(typed.text) ? letter_lost : never;  // "T MARYS"
    }
    if (may_grow && written.starts_with(typed.text)) return half_typed;
    if (written.size() == 1 && typed.text.starts_with(written)) return initial_written;
    const auto like = std::ranges::find(typed.like, written, &LikeWord::word);
    return like == typed.like.end() ? never : like->cost;
}

struct NameScore {
    double score = 0;    // 0 when a word typed is not in the name
    bool exact = true;   // spelled as typed; the last word perhaps half typed
    bool whole = false;  // and all of it, to the last letter
};

// Each word of the name serves once. Whole words are given away before initials.
NameScore score_of(const Typed& typed, std::string_view name) {
    auto words = records::split_words(name);
    const std::size_t all = words.size();
    double loss = typed.cost;
    for (const bool initials : {false, true}) {
        for (std::size_t at = 0; at < typed.words.size(); ++at) {
            const Typed::Word& word = typed.words[at];
            if ((word.text.size() == 1) != initials) continue;
            const bool may_grow = typed.last_may_grow && at + 1 == typed.words.size();
            const auto cost = [&](std::string_view written) { return cost_of(word, may_grow, written); };
            const auto best = std::ranges::min_element(words, {}, cost);
            if (best == words.end() || cost(*best) > 1) return {0, false};
            loss += cost(*best);
            words.erase(best);
        }
    }
    const bool exact = loss <= half_typed;
    if (words.empty()) return {whole_name - loss, exact, loss == 0};
    double missing = 0;
    for (const std::string_view word : words) missing += word.size() == 1 ? initial_weight : 1;
    const auto met = static_cast<double>(all - words.size());
    return {least_name + name_share * met / (met + missing) - loss, exact};
}

void add_row(snapshot::Entries& entries, std::int64_t row, const Typed& typed, std::vector<Candidate>& out) {
    const auto stored = entries.row(row);
    if (!stored) return;
    const auto message = records::parse_body(stored->kind, stored->body);
    if (!message) return;
    NameScore best;
    std::string best_name;
    for (std::string& name : extract(stored->kind, **message).names) {
        if (const NameScore score = score_of(typed, name); score.score > best.score) {
            best = score;
            best_name = std::move(name);
        }
    }
    if (best.score <= 0) return;
    Candidate candidate;
    candidate.score = best.score;
    candidate.match = stored->kind == records::PROPERTY ? Match::place : Match::name;
    candidate.row = row;
    candidate.is_as_typed = best.whole;
    candidate.why = fmt::format("{} {}{}", candidate.match == Match::place ? "name of the place:" : "name:",
                                records::title_case(best_name), best.exact ? "" : "; not spelled as typed");
    out.push_back(std::move(candidate));
}

Typed read_typed(const TypedText& text) {
    Typed typed;
    for (const std::string& word : text.words) {
        const std::string folded = records::fold(word);  // "12-14" becomes two words, as in the names
        for (const std::string_view part : records::split_words(folded))
            typed.words.push_back({std::string(part), {}});
    }
    typed.last_may_grow = !text.last_complete;
    return typed;
}

bool is_searchable(const Typed& typed) {
    const auto has_letter = [](const Typed::Word& word) {
        return std::ranges::any_of(word.text, [](char c) { return c >= 'A' && c <= 'Z'; });
    };
    return !typed.words.empty() && typed.words.size() <= word_limit &&
           std::ranges::any_of(typed.words, has_letter);
}

void take(const std::vector<std::int64_t>& more, std::vector<std::int64_t>& rows) {
    for (const std::int64_t row : more) {
        if (std::ranges::find(rows, row) == rows.end()) rows.push_back(row);
    }
}

// The typed letters with one or two spaces more or fewer, where that makes all of them words that names have:
// "LAYLAMCDONA LD", "APART MENTSPRAIRIE".
class Respacing {
  public:
    Respacing(const Typed& typed, const NameWords& known) : typed_(typed), known_(known) {
        for (const Typed::Word& word : typed.words) {
            gaps_.resize(letters_.size(), false);
            gaps_.push_back(true);
            letters_ += word.text;
        }
        gaps_.resize(letters_.size(), false);
        gaps_.push_back(true);
    }

    // Those with the fewest changes first.
    std::vector<Typed> run() {
        go_on(0, 0);
        std::ranges::stable_sort(out_, {}, &Typed::cost);
        if (out_.size() > respaced_tried) out_.resize(respaced_tried);
        return std::move(out_);
    }

  private:
    static constexpr int most_changes = 2;

    void go_on(std::size_t begin, int changes) {
        if (begin == letters_.size()) {
            if (changes > 0) add(changes);
            return;
        }
        int joined = 0;
        for (std::size_t end = begin + 1; end <= letters_.size() && steps_left_ > 0; ++end, --steps_left_) {
            const int now = changes + joined + (gaps_[end] ? 0 : 1);
            if (now <= most_changes && is_word(begin, end)) {
                words_.emplace_back(letters_.substr(begin, end - begin));
                go_on(end, now);
                words_.pop_back();
            }
            if (gaps_[end] && ++joined + changes > most_changes) return;
        }
    }

    // A letter alone only where it was typed so.
    bool is_word(std::size_t begin, std::size_t end) const {
        const std::string_view word = std::string_view(letters_).substr(begin, end - begin);
        if (word.size() == 1) return gaps_[begin] && gaps_[end];
        return has_digit(word) ? gaps_[begin] && gaps_[end] : known_.has(word);
    }

    void add(int changes) {
        Typed other;
        for (const std::string& word : words_) other.words.push_back({word, {}});
        other.last_may_grow = typed_.last_may_grow;
        other.cost = changes * space_cost;
        out_.push_back(std::move(other));
    }

    const Typed& typed_;
    const NameWords& known_;
    std::string letters_;
    std::vector<bool>
        gaps_;  // before each letter, and behind the last: a space was typed, or nothing stands there
    std::vector<std::string> words_;
    int steps_left_ = 4000;
    std::vector<Typed> out_;
};

// The words as typed; with other spaces; and with two words joined or one parted where a letter is wrong too.
std::vector<Typed> variants(const Typed& typed, const NameWords& known) {
    std::vector<Typed> out{typed};
    for (Typed& respaced : Respacing(typed, known).run()) out.push_back(std::move(respaced));
    const auto add = [&](std::size_t at, std::size_t replaced,
                         std::initializer_list<std::string_view> words) {
        if (out.size() == variants_tried) return;
        Typed other = typed;
        other.cost = space_cost;
        const auto from = other.words.begin() + static_cast<std::ptrdiff_t>(at);
        auto place = other.words.erase(from, from + static_cast<std::ptrdiff_t>(replaced));
        for (const std::string_view word : words)
            place = other.words.insert(place, Typed::Word{std::string(word), {}}) + 1;
        out.push_back(std::move(other));
    };
    for (std::size_t at = 0; at < typed.words.size(); ++at) {
        const std::string& word = typed.words[at].text;
        if (at + 1 < typed.words.size()) {
            const std::string& next = typed.words[at + 1].text;
            const bool both_are_words = known.has(word) && known.has(next);
            if (!both_are_words && word.size() + next.size() >= 4) add(at, 2, {word + next});
        }
        if (known.has(word)) continue;
        for (std::size_t cut = least_parted; cut + least_parted <= word.size(); ++cut) {
            const std::string_view left = std::string_view(word).substr(0, cut);
            const std::string_view right = std::string_view(word).substr(cut);
            const bool has_left = known.has(left);
            const bool has_right = known.has(right);
            // Either half may be misspelt: "STMARY" of Saint Marys.
            if (has_left && (has_right || right.size() > least_parted)) add(at, 1, {left, right});
            if (has_right && !has_left && left.size() > least_parted) add(at, 1, {left, right});
        }
    }
    return out;
}

// Rows with a name of these words and no others, in whichever order.
void take_whole(snapshot::Entries& entries, const std::vector<std::string>& words, std::size_t limit,
                std::vector<std::int64_t>& rows) {
    std::string whole;
    for (const std::string& word : words) whole += word + " ";
    const std::string key = whole_name_word(whole);
    for (const snapshot::TermEntry& term : entries.terms(key, limit)) {
        if (term.key == key) take({term.row}, rows);
    }
}

std::vector<std::string> without_letters(const std::vector<std::string>& words) {
    std::vector<std::string> out;
    std::ranges::copy_if(words, std::back_inserter(out),
                         [](const std::string& word) { return word.size() > 1; });
    return out;
}

// Rows of names with all these words, those of just them among them.
void take_named(snapshot::Entries& entries, const std::vector<std::string>& words, std::size_t limit,
                std::size_t wanted, snapshot::NamesLeft& left, std::vector<std::int64_t>& rows) {
    const std::vector<std::string> known = without_letters(words);
    std::vector<std::int64_t> found;
    if (!known.empty()) found = entries.named(known, {}, wanted, left);
    // Words that very many names have: names of just them may be farther down.
    const bool are_all = !known.empty() && found.size() < wanted && left.entries > 0;
    if (!are_all) take_whole(entries, words, limit, rows);
    take(found, rows);
}

struct Spelling {
    double cost = 0;
    std::vector<std::string> words;
};

// The ways to spell all words with words that names have, the likeliest first.
std::vector<Spelling> spellings(const Typed& typed, const NameWords& known) {
    std::vector<Spelling> all{{}};
    for (const Typed::Word& word : typed.words) {
        std::vector<LikeWord> ways = word.like;
        if (word.text.size() == 1 || has_digit(word.text) || known.has(word.text))
            ways.insert(ways.begin(), {word.text, 0});
        std::vector<Spelling> longer;
        for (const Spelling& spelling : all) {
            for (const LikeWord& way : ways) {
                longer.push_back(spelling);
                longer.back().cost += way.cost;
                longer.back().words.push_back(way.word);
            }
        }
        std::ranges::stable_sort(longer, {}, &Spelling::cost);
        if (longer.size() > spellings_tried) longer.resize(spellings_tried);
        all = std::move(longer);
    }
    return all;
}

double best_of(const std::vector<Candidate>& candidates) {
    double best = 0;
    for (const Candidate& candidate : candidates) best = std::max(best, candidate.score);
    return best;
}

}  // namespace

void find_names(snapshot::Entries& entries, const TypedText& text, bool whole_only, std::size_t limit,
                snapshot::NamesLeft& left, std::vector<Candidate>& out) {
    const Typed typed = read_typed(text);
    if (!is_searchable(typed)) return;
    std::vector<std::string> all;
    for (const Typed::Word& word : typed.words) all.push_back(word.text);
    // A letter alone stands for a word, unless there is nothing else.
    std::vector<std::string> words = without_letters(all);
    const bool only_letters = words.empty();
    if (only_letters) words.push_back(all.front());

    std::vector<std::int64_t> rows;
    const std::size_t wanted = rows_looked_at + 2 * limit;
    if (whole_only) {
        const auto is_known = [&](const std::string& word) { return entries.is_name_word(word); };
        if (only_letters || std::ranges::all_of(words, is_known)) take_whole(entries, all, limit, rows);
    } else {
        take_named(entries, all, limit, wanted, left, rows);
        if (only_letters) take(entries.named(words, {}, wanted, left), rows);
        const bool last_is_word = typed.words.back().text == words.back();
        if (typed.last_may_grow && last_is_word && rows.size() < wanted &&
            words.back().size() >= least_beginning) {
            const std::string last = words.back();
            words.pop_back();
            const auto grown = entries.words_beginning(last, words_tried);
            if (!words.empty() && !grown.empty()) take(entries.named(words, grown, wanted, left), rows);
            for (const std::string& word : grown) {
                if (!words.empty() || rows.size() >= wanted) break;
                take(entries.named({word}, {}, wanted - rows.size(), left), rows);
            }
        }
    }
    for (const std::int64_t row : rows) add_row(entries, row, typed, out);
}

void find_names_like(snapshot::Entries& entries, NameWords& known, const TypedText& text, bool far,
                     std::size_t limit, snapshot::NamesLeft& left, std::vector<Candidate>& out) {
    const Typed as_typed = read_typed(text);
    if (!is_searchable(as_typed)) return;
    const std::size_t wanted = rows_looked_at + 2 * limit;
    for (Typed& typed : variants(as_typed, known)) {
        std::vector<std::int64_t> rows;
        std::vector<std::vector<std::string>> with_initials;
        for (Typed::Word& word : typed.words) {
            if (word.text.size() == 1) continue;
            word.like = known.like(word.text, words_like, far);
            with_initials.push_back({word.text, word.text.substr(0, 1)});
        }
        std::size_t added = 0;
        const auto add_rows = [&] {
            for (; added < rows.size(); ++added) add_row(entries, rows[added], typed, out);
        };
        for (const Spelling& spelling : spellings(typed, known)) {
            const double most = whole_name - typed.cost - spelling.cost;
            if (rows.size() >= wanted || most < best_of(out) - worth_a_look) break;
            take_named(entries, spelling.words, limit, wanted, left, rows);
            add_rows();
        }
        // The source may have no more than a letter of what was typed.
        const double most = whole_name - typed.cost - initial_written;
        if (rows.size() < wanted && with_initials.size() > 1 && most > best_of(out))
            take(entries.named(with_initials, wanted - rows.size(), left), rows);
        add_rows();
    }
}

}  // namespace fieldpost::lookup
