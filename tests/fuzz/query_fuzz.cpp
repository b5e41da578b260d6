// What a person types into the look-up: few words and few readings whatever the text, each reading with a
// street's name and a house number that is one.
#include <algorithm>

#include "sync/lookup/reading.hpp"
#include "sync/records/address_words.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(16U << 20U);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::vector<std::string> places{"CAMBRIDGE", "HARLOW FALLS", "EAST BOSTON"};
    const auto typed = lookup::read_words(text);
    must(typed.words.size() <= 24, "at most 24 words are read");
    for (const auto& word : typed.words) {
        must(!word.empty() && word.find(' ') == std::string::npos, "a word is one word");
        must(std::ranges::none_of(word, [](char c) { return c >= 'a' && c <= 'z'; }), "words are folded");
    }
    const auto readings = lookup::readings(typed, text, places);
    must(readings.size() <= 64, "at most 64 readings are made");
    for (const auto& reading : readings) {
        must(!reading.name.empty(), "a reading has a street's name");
        must(std::ranges::none_of(reading.name, &std::string::empty), "a name is made of words");
        must(reading.high == 0 || reading.high > reading.number, "a range of house numbers ascends");
        must(reading.unread >= 0, "what is not read is counted");
        must(reading.type.empty() || records::street_type(reading.type) == reading.type,
             "a type is abbreviated");
        must(reading.direction.empty() || records::direction(reading.direction) == reading.direction,
             "a direction is abbreviated");
        must(std::ranges::count(readings, reading) == 1, "every reading is made once");
    }
    must(lookup::readings(typed, text, places) == readings, "the same text is read the same");
    return 0;
}
