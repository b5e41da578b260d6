#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>

#include "sync/lookup/search.hpp"
#include "tests/unit/snapshot/city.hpp"

using namespace fieldpost;
using namespace fieldpost::test;
using lookup::Match;
using lookup::Search;
using records::LayerKey;

namespace {

const LayerKey general{records::CONFIDENTIAL, "general"};
const LayerKey fire{records::CONFIDENTIAL, "fire"};

seal::Keyring ring(const std::vector<LayerKey>& layers) {
    seal::Keyring out;
    for (const LayerKey& layer : layers) good(out.add(layer, 1, Bytes(seal::secret_bytes, 'k')));
    return out;
}

// A party whose name is as secret as its telephone number.
Change secret_party(const std::string& key, const std::string& name, const std::string& phone) {
    records::Party party;
    party.set_name(name);
    party.add_phones(phone);
    auto row = layers(records::PARTY, key, party, property_id(key)).front().row;
    row.layer = general;
    row.body = party.SerializeAsString();
    return {{"city", general}, row};
}

class SealedTown {
  public:
    SealedTown() {
        std::vector<Change> rows;
        const std::vector<std::pair<std::string, std::string>> people{
            {"Catherine Wojciechowski", "315-555-0142"},
            {"Jonathan Smythe", "315-555-0143"},
            {"Maria Delacroix", "607-555-0144"}};
        for (std::size_t at = 0; at < people.size(); ++at) {
            const std::string key = std::to_string(at + 1);
            for (Change& change : layers(records::PROPERTY, key, property(key + " Genesee St", 43, -76), 0))
                rows.push_back(std::move(change));
            rows.push_back(secret_party(key, people[at].first, people[at].second));
        }
        records::Preplan plan;
        plan.set_plan_id("PP-1");
        plan.set_contact_phone("315-555-0199");
        for (Change& change : layers(records::PREPLAN, "1", plan, property_id("1")))
            rows.push_back(std::move(change));
        snapshot::Sealing sealing;
        sealing.keys = ring({general, fire});
        auto writer = good(snapshot::Writer::create(path(), {}, sealing));
        good(writer->begin());
        for (const Change& change : rows) good(writer->put(change.feed, change.row));
        good(writer->commit());
        good(writer->finish());
        reader_ = good(snapshot::Reader::open(path()));
        search_ = good(Search::open(*reader_));
    }

    void hold(const std::vector<LayerKey>& layers) { good(reader_->hold(ring(layers))); }
    // Records found by name or number, not by address.
    std::vector<records::RecordId> found(const std::string& text) {
        std::vector<records::RecordId> out;
        for (const auto& hit : good(search_->search(text)).hits) {
            if (hit.match == Match::name || hit.match == Match::phone || hit.match == Match::number)
                out.push_back(hit.record);
        }
        return out;
    }
    std::filesystem::path path() const { return folder_ / "city"; }

  private:
    Folder folder_;
    std::unique_ptr<snapshot::Reader> reader_;
    std::unique_ptr<Search> search_;
};

std::vector<records::RecordId> only(records::Kind kind, const std::string& key) {
    return {id_of(kind, key)};
}

}  // namespace

TEST_CASE("A party in a sealed layer is found by its misspelt name with the key, and not without") {
    SealedTown town;
    const std::vector<std::string> typed{
        "catherine wojciechowski", "wojciechowski", "Wojciechowski, C", "kathryn wojciechowski",
        "catherine wojcechowski",  "wojciechovski", "catherine wojc",   "catherinewojciechowski"};
    for (const std::string& text : typed) {
        INFO(text);
        CHECK(town.found(text).empty());
    }
    town.hold({general});
    for (const std::string& text : typed) {
        INFO(text);
        CHECK(town.found(text) == only(records::PARTY, "1"));
    }
    CHECK(town.found("jonathan smith") == only(records::PARTY, "2"));
    CHECK(town.found("maria delacruz").empty());
    CHECK(town.found("delacroix maria") == only(records::PARTY, "3"));
}

TEST_CASE("A telephone number in a sealed layer is found with its own compartment's key") {
    SealedTown town;
    town.hold({general});
    CHECK(town.found("315-555-0142") == only(records::PARTY, "1"));
    CHECK(town.found("555-0142") == only(records::PARTY, "1"));
    CHECK(town.found("315-555-0199").empty());
    town.hold({fire});
    CHECK(town.found("315-555-0142").empty());
    CHECK(town.found("(315) 555-0199") == only(records::PREPLAN, "1"));
    town.hold({});
    CHECK(town.found("315-555-0199").empty());
    CHECK(town.found("PP-1") == only(records::PREPLAN, "1"));  // that layer is not sealed
}

TEST_CASE("A key that is dropped takes the words of its names out of the search at once") {
    SealedTown town;
    town.hold({general});
    REQUIRE(town.found("catherine wojcechowski") == only(records::PARTY, "1"));
    town.hold({});
    CHECK(town.found("catherine wojcechowski").empty());
    town.hold({general});
    CHECK(town.found("catherine wojcechowski") == only(records::PARTY, "1"));
}

TEST_CASE("A name that a feed brings into a sealed layer is found by who has the key") {
    SealedTown town;
    town.hold({general});
    auto writer = good(snapshot::Writer::open(town.path(), ring({general, fire})));
    good(writer->begin());
    const Change change = secret_party("2", "Ottoline Abernathy", "315-555-0177");
    auto row = change.row;
    row.version = 2;
    good(writer->put(change.feed, row));
    good(writer->commit());
    CHECK(town.found("ottoline abernathy") == only(records::PARTY, "2"));
    CHECK(town.found("jonathan smythe").empty());
}
