// The checksums that the hub keeps beside its rows.
#include <catch2/catch.hpp>

#include "sync/records/checksum.hpp"
#include "tests/unit/hub_store/scratch.hpp"

using namespace fieldpost;
using hub::testing::ScratchStore;

namespace {

std::map<records::FeedId, engine::FeedPoint> heads(ScratchStore& scratch) {
    return scratch.feeds->heads().value();
}

// Of every feed, counted from its rows.
std::map<records::FeedId, std::uint64_t> counted(ScratchStore& scratch) {
    std::map<records::FeedId, std::uint64_t> out;
    std::set<records::FeedId> all;
    for (const auto& [feed, head] : heads(scratch)) {
        all.insert(feed);
        out[feed] = 0;
    }
    REQUIRE(scratch.feeds->for_each_row(all, [&](const auto& feed, const auto& row) {
        out[feed] += records::row_hash(records::feed_text(feed), row.record, row.version);
        return ok();
    }));
    return out;
}

std::map<records::FeedId, std::uint64_t> kept(ScratchStore& scratch) {
    std::map<records::FeedId, std::uint64_t> out;
    for (const auto& [feed, head] : heads(scratch)) out[feed] = head.checksum;
    return out;
}

records::RecordId permit_id(const std::string& number) {
    return records::record_id(records::PERMIT, "lpi", number);
}

}  // namespace

TEST_CASE("A feed's checksum is that of its rows, whatever happens to them", "[checksum]") {
    ScratchStore scratch;
    scratch.put_permit("B-1", "A");
    scratch.put_permit("B-2", "A", 9);
    CHECK(kept(scratch) == counted(scratch));
    scratch.put_permit("B-1", "B");                        // another version
    scratch.put_permit("B-1", "B", 5);                     // another property
    scratch.put_permit("B-1", "B", 5, {"north", "city"});  // a further area
    scratch.put_permit("B-2", "A", 9, {"north"});          // another area
    CHECK(kept(scratch) == counted(scratch));
    REQUIRE(scratch.records->relink(permit_id("B-1"), 3, records::LinkMethod::parcel, 90));
    REQUIRE(scratch.records->remove(permit_id("B-2")));
    CHECK(kept(scratch) == counted(scratch));
    scratch.put_permit("B-2", "C");  // made again
    CHECK(kept(scratch) == counted(scratch));
    REQUIRE(scratch.records->remove(permit_id("B-1")));
    REQUIRE(scratch.records->remove(permit_id("B-2")));
    for (const auto& [feed, checksum] : kept(scratch)) CHECK(checksum == 0);
}

TEST_CASE("An area that is said twice counts once", "[checksum]") {
    ScratchStore scratch;
    scratch.put_permit("B-1", "A", 0, {"city", "city"});
    CHECK(kept(scratch) == counted(scratch));
    scratch.put_permit("B-1", "B", 0, {"city", "city"});
    CHECK(kept(scratch) == counted(scratch));
}

TEST_CASE("What is rolled back, whole or in part, is not in the checksum", "[checksum]") {
    ScratchStore scratch;
    scratch.put_permit("B-1", "A");
    const auto message = hub::testing::permit("B-2", "A");
    const std::vector<std::string> areas{"city"};
    hub::RecordInput input;
    input.kind = records::PERMIT;
    input.source = "lpi";
    input.key = "B-2";
    input.areas = areas;
    input.message = &message;
    {
        SQLite::Transaction transaction(scratch.store->database());
        REQUIRE(scratch.records->put(input));
    }
    CHECK(kept(scratch) == counted(scratch));
    SQLite::Transaction transaction(scratch.store->database());
    scratch.store->database().exec("SAVEPOINT effect");
    REQUIRE(scratch.records->put(input));
    scratch.store->database().exec("ROLLBACK TO effect; RELEASE effect");
    scratch.store->rolled_back();
    input.key = "B-3";
    REQUIRE(scratch.records->put(input));
    transaction.commit();
    CHECK(kept(scratch) == counted(scratch));
}

TEST_CASE("A store of a program that kept no checksums has them once it is opened", "[checksum]") {
    ScratchStore scratch;
    scratch.put_permit("B-1", "A");
    scratch.put_permit("B-2", "A", 0, {"city", "north"});
    const auto before = kept(scratch);
    scratch.store->database().exec("UPDATE feed SET checksum = NULL");
    auto opened = hub::Store::open(scratch.folder.path());
    REQUIRE(opened);
    CHECK(kept(scratch) == before);
}

TEST_CASE("A new generation of the hub leaves the checksums", "[checksum]") {
    ScratchStore scratch;
    scratch.put_permit("B-1", "A");
    const auto before = kept(scratch);
    REQUIRE(scratch.store->begin_generation());
    CHECK(kept(scratch) == before);
}
