#include "sync/lookup/name_words_of_file.hpp"

#include <catch2/catch.hpp>

#include "sync/records/address_words.hpp"
#include "tests/unit/snapshot/city.hpp"

using namespace fieldpost;
using namespace fieldpost::test;
using lookup::NameWordsOfFile;

namespace {

std::vector<Change> parties(const std::vector<std::string>& names) {
    std::vector<Change> rows;
    for (const std::string& name : names) {
        records::Party party;
        party.set_name(name);
        const auto more = layers(records::PARTY, name, party, 0);
        rows.insert(rows.end(), more.begin(), more.end());
    }
    return rows;
}

bool knows_after_a_while(NameWordsOfFile& words, snapshot::Entries& entries, const std::string& word) {
    for (int asked = 0; asked < 500; ++asked) {
        const snapshot::EntriesAtOnce one_state(entries);
        if (words.get().has(word)) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("Words that no name has any more make room for those that names have now") {
    const Folder folder;
    build(folder / "city", parties({"Abel", "Baker", "Carlos"}));
    const auto reader = good(snapshot::Reader::open(folder / "city"));
    auto& entries = reader->entries();
    NameWordsOfFile words(entries, 4);
    CHECK(knows_after_a_while(words, entries, "CARLOS"));
    const auto writer = good(snapshot::Writer::open(folder / "city"));
    std::string before = "Carlos";
    for (const std::string name : {"Davies", "Edgar", "Foster", "Grant"}) {
        good(writer->begin());
        for (const Change& change : parties({before}))
            good(writer->remove(change.feed, change.row.record, 2));
        for (const Change& change : parties({name})) good(writer->put(change.feed, change.row));
        good(writer->commit());
        before = name;
        CHECK(knows_after_a_while(words, entries, records::fold(name)));
    }
}

TEST_CASE("Of a file with more words than there is room for the first are known") {
    const Folder folder;
    build(folder / "city", parties({"Abel", "Baker", "Carlos"}));
    const auto reader = good(snapshot::Reader::open(folder / "city"));
    NameWordsOfFile words(reader->entries(), 2);
    CHECK(knows_after_a_while(words, reader->entries(), "BAKER"));
    CHECK_FALSE(knows_after_a_while(words, reader->entries(), "CARLOS"));
}
