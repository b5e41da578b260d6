#include "sync/lookup/word_list.hpp"

#include <algorithm>
#include <bit>
#include <functional>

namespace fieldpost::lookup {

std::size_t WordList::slot_of(std::string_view word) const {
    std::size_t slot = std::hash<std::string_view>{}(word) & (slots_.size() - 1);
    while (slots_[slot] != none && text(slots_[slot]) != word) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
}

void WordList::grow() {
    slots_.assign(std::max<std::size_t>(64, std::bit_ceil(places_.size() * 4)), none);
    for (std::uint32_t number = 0; number < size(); ++number) slots_[slot_of(text(number))] = number;
}

std::uint32_t WordList::add(std::string_view word) {
    word = cut(word);
    if (2 * (places_.size() + 1) > slots_.size()) grow();
    const std::size_t slot = slot_of(word);
    if (slots_[slot] != none) return slots_[slot];
    const std::uint32_t number = size();
    slots_[slot] = number;
    places_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(word.size())});
    text_ += word;
    Sized& sized = by_size_[std::min<std::size_t>(word.size(), longest)];
    sized.letters.push_back(letter_mask(word));
    sized.numbers.push_back(number);
    auto place = order_.end();
    if (sorted_) {
        place = std::ranges::lower_bound(order_, text(number), {},
                                         [&](std::uint32_t other) { return text(other); });
    }
    order_.insert(place, number);
    return number;
}

void WordList::sort() {
    std::ranges::sort(order_, {}, [&](std::uint32_t number) { return text(number); });
    sorted_ = true;
}

std::uint32_t WordList::find(std::string_view word) const {
    return slots_.empty() ? none : slots_[slot_of(cut(word))];
}

std::span<const std::uint32_t> WordList::beginning(std::string_view beginning) const {
    if (!sorted_) return {};
    const auto head = [&](std::uint32_t number) { return text(number).substr(0, beginning.size()); };
    const auto first = std::ranges::lower_bound(order_, beginning, {}, head);
    return {first, std::ranges::upper_bound(first, order_.end(), beginning, {}, head)};
}

}  // namespace fieldpost::lookup
