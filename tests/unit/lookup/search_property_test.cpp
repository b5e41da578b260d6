// What must hold for every city and every query.
#include <algorithm>
#include <cctype>

#include "sync/lookup/search.hpp"
#include "sync/records/address.hpp"
#include "tests/unit/snapshot/city.hpp"

using namespace fieldpost;
using namespace fieldpost::test;
using lookup::Search;

namespace {

// Things a person might type about this city: addresses, parts of them, names, numbers, with errors now and
// then.
std::string some_query(RandomCity& random, const std::vector<Change>& rows) {
    const auto& row = rows[random.below(rows.size())].row;
    const auto message = good(records::parse_body(row.kind, row.body));
    std::string text = "hiawatha";
    if (row.kind == records::PROPERTY) {
        const auto& property = static_cast<const records::Property&>(*message);
        text = random.below(4) == 0 ? property.parcel_id() : records::display(property.address());
    } else if (row.kind == records::PARTY) {
        text = static_cast<const records::Party&>(*message).name();
    } else if (row.kind == records::PERMIT) {
        text = static_cast<const records::Permit&>(*message).permit_number();
    }
    if (random.below(3) == 0) text = text.substr(0, 1 + random.below(text.size() + 1));
    if (random.below(4) == 0 && !text.empty())
        text[random.below(text.size())] = static_cast<char>('a' + random.below(26));
    if (random.below(4) == 0) {
        std::ranges::transform(text, text.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    }
    return text;
}

struct Opened {
    explicit Opened(const std::filesystem::path& path)
        : reader(good(snapshot::Reader::open(path))), search(good(Search::open(*reader))) {}
    std::vector<std::string> ask(const std::string& text) {
        std::vector<std::string> out;
        const auto answer = good(search->search(text, {20, snapshot::Point{43.05, -76.15}}));
        for (const auto& hit : answer.hits) {
            out.push_back(std::to_string(hit.record) + "|" + hit.title + "|" + hit.subtitle + "|" + hit.why +
                          "|" + std::to_string(hit.score));
        }
        for (const auto& suggestion : answer.suggestions)
            out.push_back(suggestion.text + "|" + suggestion.why);
        return out;
    }
    std::unique_ptr<snapshot::Reader> reader;
    std::unique_ptr<Search> search;
};

}  // namespace

TEST_CASE("Whatever is found is explained, scored within bounds, and in order") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    const Folder folder;
    RandomCity random(500 + Catch::rngSeed());
    const auto rows = random.city(200);
    build(folder / "city", rows);
    Opened city(folder / "city");
    for (int run = 0; run < 1500; ++run) {
        const std::string text = some_query(random, rows);
        INFO(text);
        const auto answer = good(city.search->search(text));
        CHECK(std::ranges::is_sorted(answer.hits,
                                     [](const auto& a, const auto& b) { return a.score > b.score + 0.006; }));
        for (const auto& hit : answer.hits) {
            INFO(hit.title << ": " << hit.why << " " << hit.score);
            CHECK_FALSE(hit.why.empty());
            CHECK_FALSE(hit.title.empty());
            // What is not well met says what differs.
            if (hit.match == lookup::Match::address && hit.score < 0.75)
                CHECK(hit.why.find(';') != std::string::npos);
            if (hit.sure) CHECK(hit.score >= 0.85);
            CHECK(std::ranges::count(answer.hits, true, &lookup::Hit::sure) <= 1);
            CHECK(hit.score >= 0.4);
            CHECK(hit.score <= 1.0);
            CHECK(std::ranges::count(answer.hits, hit.record, &lookup::Hit::record) == 1);
        }
        for (const auto& suggestion : answer.suggestions) CHECK_FALSE(suggestion.why.empty());
        CHECK(city.ask(text) == city.ask(text));
    }
}

TEST_CASE("How many are shown changes nothing in the first of them") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    const Folder folder;
    RandomCity random(550 + Catch::rngSeed());
    const auto rows = random.city(200);
    build(folder / "city", rows);
    Opened city(folder / "city");
    for (int run = 0; run < 500; ++run) {
        const std::string text = some_query(random, rows);
        INFO(text);
        const auto many = good(city.search->search(text, {.limit = 20}));
        const auto few = good(city.search->search(text, {.limit = 1}));
        REQUIRE(many.hits.empty() == few.hits.empty());
        if (!few.hits.empty()) CHECK(few.hits.front().score == Approx(many.hits.front().score).margin(0.006));
    }
}

TEST_CASE("Records elsewhere change neither what is found nor its order") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    const Folder folder;
    RandomCity random(560 + Catch::rngSeed());
    const auto rows = random.city(120);
    build(folder / "city", rows);
    Opened city(folder / "city");
    std::vector<std::string> texts;
    std::vector<std::vector<std::string>> before;
    for (const Change& change : rows) {
        if (change.row.kind != records::PROPERTY || texts.size() == 100) continue;
        const auto message = good(records::parse_body(change.row.kind, change.row.body));
        texts.push_back(records::display(static_cast<const records::Property&>(*message).address()));
        before.push_back(city.ask(texts.back()));
    }
    std::vector<Change> more;
    for (int number = 1; number <= 400; ++number) {
        const std::string key = "elsewhere " + std::to_string(number);
        const auto house = layers(records::PROPERTY, key,
                                  property(std::to_string(90'000 + number) + " Quetzalcoatl Ct", 44, -77), 0);
        more.insert(more.end(), house.begin(), house.end());
    }
    feed(folder / "city", more);
    for (std::size_t at = 0; at < texts.size(); ++at) {
        INFO(texts[at]);
        CHECK(city.ask(texts[at]) == before[at]);
    }
}

TEST_CASE("Every property is found first by its full address and by its parcel number") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    const Folder folder;
    const auto rows = RandomCity(600 + Catch::rngSeed()).city(300);
    build(folder / "city", rows);
    Opened city(folder / "city");
    for (const Change& change : rows) {
        if (change.row.kind != records::PROPERTY || change.feed != public_feed) continue;
        const auto message = good(records::parse_body(change.row.kind, change.row.body));
        const auto& property = static_cast<const records::Property&>(*message);
        const std::string address = records::display(property.address());
        INFO(address);
        const auto hits = good(city.search->search(address)).hits;
        REQUIRE_FALSE(hits.empty());
        CHECK(hits.front().title == address);
        CHECK(std::ranges::any_of(hits, [&](const auto& hit) { return hit.record == change.row.record; }));
        const auto parcel = good(city.search->search(property.parcel_id())).hits;
        REQUIRE_FALSE(parcel.empty());
        CHECK(parcel.front().record == change.row.record);
    }
}

TEST_CASE("Adding records never hides an exact match") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    const Folder folder;
    build(folder / "city", {});
    feed(folder / "city", layers(records::PROPERTY, "wanted", property("77 Quincy Ter", 43, -76), 0));
    records::Party party;
    party.set_name("Smith");
    feed(folder / "city", layers(records::PARTY, "wanted", party, property_id("wanted")));
    RandomCity random(700 + Catch::rngSeed());
    Opened city(folder / "city");
    for (int round = 0; round < 8; ++round) {
        std::vector<Change> more;
        for (int n = 0; n < 60; ++n) {
            const std::string key = std::to_string(round) + "-" + std::to_string(n);
            const std::vector<std::string> decoys{"77 Quincy Ter Apt " + std::to_string(n),
                                                  "77 Quincy St",
                                                  "77-79 Quincy Ter",
                                                  "77 N Quincy Ter",
                                                  "77 Quincey Ter",
                                                  "7 Quincy Ter"};
            const auto house =
                layers(records::PROPERTY, key, property(decoys[random.below(decoys.size())], 43, -76), 0);
            more.insert(more.end(), house.begin(), house.end());
            party.set_name("Smith " + std::string(1, static_cast<char>('A' + random.below(26))));
            const auto smith = layers(records::PARTY, key, party, property_id(key));
            more.insert(more.end(), smith.begin(), smith.end());
        }
        feed(folder / "city", more);
        const auto house = good(city.search->search("77 quincy ter")).hits;
        REQUIRE_FALSE(house.empty());
        CHECK(house.front().record == property_id("wanted"));
        const auto smith = good(city.search->search("smith")).hits;
        REQUIRE_FALSE(smith.empty());
        CHECK(smith.front().record == id_of(records::PARTY, "wanted"));
    }
}

TEST_CASE("A city answers the same whether it was built in bulk or fed row by row") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    const Folder folder;
    RandomCity random(800 + Catch::rngSeed());
    auto rows = random.city(150);
    build(folder / "bulk", rows);
    build(folder / "fed", {});
    for (std::size_t at = rows.size(); at-- > 1;) std::swap(rows[at], rows[random.below(at + 1)]);
    feed(folder / "fed", rows, 10);
    Opened bulk(folder / "bulk");
    Opened fed(folder / "fed");
    for (int run = 0; run < 400; ++run) {
        const std::string text = some_query(random, rows);
        INFO(text);
        CHECK(bulk.ask(text) == fed.ask(text));
    }
}

TEST_CASE("No bytes typed do harm") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    const Folder folder;
    RandomCity random(900 + Catch::rngSeed());
    build(folder / "city", random.city(30));
    Opened city(folder / "city");
    using namespace std::string_view_literals;
    constexpr auto alphabet = "12 aNsE-/#&@.,;\"'*()\\%\0\xff\xc3\xa9\n\tst ave apt "sv;
    for (int run = 0; run < 2000; ++run) {
        std::string text(random.below(60), ' ');
        for (char& c : text)
            c = random.below(8) == 0 ? static_cast<char>(random.below(256))
                                     : alphabet[random.below(alphabet.size())];
        INFO(run);
        CHECK(city.search->search(text).has_value());
    }
}
