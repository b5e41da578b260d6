#include "sync/snapshot/sealed_lists.hpp"

#include "sync/snapshot/difference.hpp"
#include "sync/snapshot/entry_keys.hpp"

namespace fieldpost::snapshot {

namespace {

// Every word typed stands for some twenty, and each is asked for how many rows have it.
constexpr std::size_t word_blocks_kept = 384;

std::unique_ptr<BlockStore> list_of(Database& database, const std::shared_ptr<const SealedLayer>& layer,
                                    SealedList list) {
    return std::make_unique<SealedBlocks>(database, layer, list);
}

}  // namespace

SealedLists::SealedLists(Database& database, const std::shared_ptr<const SealedLayer>& layer)
    : terms(list_of(database, layer, SealedList::terms)),
      names(list_of(database, layer, SealedList::names)),
      words(list_of(database, layer, SealedList::words), word_blocks_kept) {}

void SealedLists::replace(std::int64_t row, const lookup::Terms& before, const lookup::Terms& after) {
    difference(
        before.exact, after.exact,
        [&](const auto& term) {
            terms.remove({term_key_of(term.key, term.kind), row});
        },
        [&](const auto& term) {
            terms.add({term_key_of(term.key, term.kind), row});
        });
    difference(
        before.words(), after.words(),
        [&](const auto& word) {
            names.remove({word_key(word), row});
            count_word(word, -1);
        },
        [&](const auto& word) {
            names.add({word_key(word), row});
            count_word(word, 1);
        });
}

std::int64_t SealedLists::rows_of_word(std::string_view word) {
    const Bytes key = word_key(word);
    const auto at = words.seek(key);
    return at && at.key() == key ? at.row() : 0;
}

void SealedLists::count_word(std::string_view word, std::int64_t by) {
    const std::int64_t rows = rows_of_word(word);
    if (rows > 0) words.remove({word_key(word), rows});
    if (rows + by > 0) words.add({word_key(word), rows + by});
}

void SealedLists::forget() {
    terms.forget();
    names.forget();
    words.forget();
}

}  // namespace fieldpost::snapshot
