#include "sync/snapshot/bulk_words.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "sync/snapshot/entry_keys.hpp"

namespace fieldpost::snapshot {

void BulkWords::gather(std::int64_t row, const lookup::Terms& terms) {
    for (const auto& term : terms.exact) {
        terms_.push_back({text_.size(), static_cast<std::uint32_t>(term.key.size()),
                          static_cast<std::uint32_t>(term.kind), row});
        text_ += term.key;
    }
    if (terms.names.empty()) return;
    for (const std::string& text : terms.words()) {
        Word& word =
            words_.try_emplace(text, Word{static_cast<std::uint32_t>(words_.size()), 0}).first->second;
        ++word.rows;
        names_.push_back({word.number, row});
    }
}

void BulkWords::write_terms(Postings& postings, const InFile& in_file) {
    for (Term& term : terms_) term.row = in_file(term.row);
    const auto key = [&](const Term& term) {
        return std::tuple(std::string_view(text_).substr(term.begin, term.size), term.kind, term.row);
    };
    std::ranges::sort(terms_, {}, key);
    const auto same = [&](const Term& a, const Term& b) { return key(a) == key(b); };
    terms_.erase(std::unique(terms_.begin(), terms_.end(), same), terms_.end());
    for (const Term& term : terms_) {
        const auto text = std::string_view(text_).substr(term.begin, term.size);
        postings.append({term_key_of(text, static_cast<lookup::TermKind>(term.kind)), term.row});
    }
    postings.finish();
    terms_ = {};
    text_ = {};
}

void BulkWords::write_names(Postings& postings, const InFile& in_file,
                            const std::function<void(const std::string&, std::int64_t)>& word) {
    const std::map<std::string, Word> sorted(words_.begin(), words_.end());
    words_ = {};
    std::vector<std::uint32_t> ranks(sorted.size());
    std::vector<const std::string*> texts;
    for (const auto& [text, known] : sorted) {
        ranks[known.number] = static_cast<std::uint32_t>(texts.size());
        texts.push_back(&text);
        word(text, known.rows);
    }
    for (Named& named : names_) named = {ranks[named.word], in_file(named.row)};
    std::ranges::sort(names_, {}, [](const Named& named) { return std::pair(named.word, named.row); });
    for (const Named& named : names_) postings.append({word_key(*texts[named.word]), named.row});
    postings.finish();
    names_ = {};
}

}  // namespace fieldpost::snapshot
