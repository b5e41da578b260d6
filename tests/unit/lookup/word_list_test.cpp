#include "sync/lookup/word_list.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

using namespace fieldpost::lookup;

namespace {

std::string some_word() {
    return *rc::gen::resize(
        9, rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("ABCDE")))));
}

}  // namespace

TEST_CASE("A word list finds what looking at every word would find") {
    CHECK(rc::check([] {
        WordList list;
        std::set<std::string> all;
        const auto count = *rc::gen::inRange(0, 60);
        const auto late = *rc::gen::inRange(0, 60);
        for (int at = 0; at < count; ++at) {
            if (at == late) list.sort();
            const std::string word = some_word();
            all.insert(word);
            const std::uint32_t number = list.add(word);
            RC_ASSERT(list.text(number) == word);
            RC_ASSERT(list.add(word) == number);
        }
        list.sort();
        RC_ASSERT(list.size() == all.size());
        const std::string wanted = some_word();
        const TypedWord typed(wanted);
        const int most = *rc::gen::inRange(0, 3);
        std::set<std::pair<std::string, int>> near;
        std::set<std::pair<std::string, int>> begun;
        std::set<std::string> beginning;
        for (const std::string& word : all) {
            if (const int errors = typed.distance(word, most); errors <= most) near.insert({word, errors});
            if (const int errors = typed.prefix_distance(word, most); errors <= most)
                begun.insert({word, errors});
            if (word.starts_with(wanted)) beginning.insert(word);
        }
        RC_ASSERT((list.find(wanted) != WordList::none) == all.contains(wanted));
        std::set<std::pair<std::string, int>> found;
        const auto take = [&](std::uint32_t number, int errors) {
            found.insert({std::string(list.text(number)), errors});
        };
        list.near(typed, most, take);
        RC_ASSERT(found == near);
        found.clear();
        list.near_beginning(typed, most, take);
        RC_ASSERT(found == begun);
        std::set<std::string> listed;
        for (const std::uint32_t number : list.beginning(wanted))
            listed.insert(std::string(list.text(number)));
        RC_ASSERT(listed == beginning);
    }));
}

TEST_CASE("A word that is longer than a list keeps is the same word each time it comes") {
    WordList list;
    const std::string word(300, 'A');
    const std::uint32_t number = list.add(word);
    CHECK(list.find(word) == number);
    CHECK(list.add(word) == number);
    CHECK(list.size() == 1);
    CHECK(list.text(number).size() == 255);
}
