#include "daemon/hub/store/records.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/hub_store/scratch.hpp"

using namespace fieldpost;
using hub::Change;
using hub::testing::ScratchStore;

namespace {

constexpr const char* public_feed = "city/public/general";
constexpr const char* internal_feed = "city/internal/general";

}  // namespace

TEST_CASE("a new record is put into the feed of each of its layers") {
    ScratchStore scratch;
    const auto outcome = scratch.put_permit("B-1", "Issued", 77);
    CHECK(outcome.change == Change::inserted);
    CHECK(outcome.version == 1);
    CHECK(outcome.feed_changes == 2);

    const auto changes = scratch.changes(public_feed);
    REQUIRE(changes.size() == 1);
    const auto& row = changes.front().row;
    CHECK(changes.front().n == 1);
    CHECK_FALSE(changes.front().remove);
    CHECK(row.record == outcome.record);
    CHECK(row.kind == records::PERMIT);
    CHECK(row.source == "lpi");
    CHECK(row.property == 77);
    CHECK(row.link_method == records::LinkMethod::parcel);
    CHECK(row.link_confidence == 100);
    CHECK(row.as_of == 1000);
    auto body = records::parse_body(records::PERMIT, row.body);
    REQUIRE(body);
    const auto& seen = static_cast<const records::Permit&>(**body);
    CHECK(seen.permit_number() == "B-1");
    CHECK(seen.applicant().empty());  // it is internal
    CHECK(scratch.changes(internal_feed).size() == 1);
}

TEST_CASE("putting the same again changes nothing, on whatever day") {
    ScratchStore scratch;
    scratch.put_permit("B-1", "Issued", 77, {"city"}, 1000);
    const auto again = scratch.put_permit("B-1", "Issued", 77, {"city"}, 9000);
    CHECK(again.change == Change::unchanged);
    CHECK(again.feed_changes == 0);
    CHECK(again.version == 1);
    CHECK(scratch.head(public_feed) == 1);
    CHECK(scratch.changes(public_feed).front().row.as_of == 1000);
}

TEST_CASE("a changed field changes its own layer alone") {
    ScratchStore scratch;
    scratch.put_permit("B-1", "Issued");
    const auto changed = scratch.put_permit("B-1", "Closed");
    CHECK(changed.change == Change::updated);
    CHECK(changed.version == 2);
    CHECK(changed.feed_changes == 1);
    CHECK(scratch.head(public_feed) == 2);
    CHECK(scratch.head(internal_feed) == 1);
    CHECK(scratch.changes(internal_feed).front().row.version == 1);
}

TEST_CASE("another link changes every layer, and the record stands at the new property only") {
    ScratchStore scratch;
    const auto first = scratch.put_permit("B-1", "Issued", 77);
    const auto moved = scratch.put_permit("B-1", "Issued", 78);
    CHECK(moved.feed_changes == 2);
    CHECK(scratch.records->linked(77)->empty());
    CHECK(*scratch.records->linked(78) == std::vector<records::RecordId>{first.record});
    REQUIRE(scratch.changes(public_feed).size() == 1);
    CHECK(scratch.changes(public_feed).front().row.property == 78);
}

TEST_CASE("relinking keeps the content") {
    ScratchStore scratch;
    const auto first = scratch.put_permit("B-1", "Issued", 77);
    const auto relinked = scratch.records->relink(first.record, 0, records::LinkMethod::none, 0);
    REQUIRE(relinked);
    CHECK(relinked->version == 2);
    CHECK(relinked->feed_changes == 2);
    auto whole = scratch.records->message(first.record);
    REQUIRE(whole);
    REQUIRE(*whole);
    CHECK(static_cast<const records::Permit&>(**whole).applicant() == "Ada Applicant");
    CHECK(scratch.records->relink(first.record, 0, records::LinkMethod::none, 0)->feed_changes == 0);
}

TEST_CASE(
    "a removed record leaves a removal in each of its feeds, and its version goes on when it comes back") {
    ScratchStore scratch;
    const auto first = scratch.put_permit("B-1", "Issued");
    const auto removed = scratch.records->remove(first.record);
    REQUIRE(removed);
    CHECK(removed->change == Change::removed);
    CHECK(removed->version == 2);
    auto changes = scratch.changes(public_feed);
    REQUIRE(changes.size() == 1);  // the put is superseded
    CHECK(changes.front().remove);
    CHECK(changes.front().n == 2);
    CHECK(changes.front().row.version == 2);
    CHECK(*scratch.records->message(first.record) == nullptr);
    CHECK(scratch.records->remove(first.record)->change == Change::unchanged);

    const auto back = scratch.put_permit("B-1", "Issued");
    CHECK(back.change == Change::inserted);
    CHECK(back.version == 3);
    changes = scratch.changes(public_feed);
    REQUIRE(changes.size() == 1);
    CHECK_FALSE(changes.front().remove);
    CHECK(changes.front().n == 3);
}

TEST_CASE("a reclassified field is removed from its old feed and put into the new one with one version") {
    ScratchStore scratch;
    const auto message = hub::testing::permit("B-1", "Issued");
    const std::vector<std::string> areas{"city"};
    hub::RecordInput input;
    input.kind = records::PERMIT;
    input.source = "lpi";
    input.key = "B-1";
    input.areas = areas;
    input.message = &message;
    scratch.put(input);

    const records::LabelOverrides raised{{"applicant", {records::CONFIDENTIAL, "general"}}};
    input.overrides = &raised;
    const auto outcome = scratch.put(input);
    CHECK(outcome.feed_changes == 2);
    const auto old_feed = scratch.changes(internal_feed);
    REQUIRE(old_feed.size() == 1);  // the payload itself is gone from the log
    CHECK(old_feed.front().remove);
    const auto new_feed = scratch.changes("city/confidential/general");
    REQUIRE(new_feed.size() == 1);
    CHECK(new_feed.front().row.version == old_feed.front().row.version);
    CHECK(scratch.head(public_feed) == 1);
}

TEST_CASE("a record of two areas is in both, once in each, and whole when it is put together") {
    ScratchStore scratch;
    const auto outcome = scratch.put_permit("B-1", "Issued", 0, {"north", "south"});
    CHECK(outcome.feed_changes == 4);
    CHECK(scratch.changes("north/public/general").size() == 1);
    CHECK(scratch.changes("south/public/general").size() == 1);
    const auto moved = scratch.put_permit("B-1", "Issued", 0, {"north"});
    CHECK(moved.feed_changes == 2);
    CHECK(scratch.changes("south/public/general").front().remove);

    records::Property property;
    property.add_aliases()->set_name("MAIN");
    hub::RecordInput input;
    const std::vector<std::string> areas{"north", "south"};
    input.kind = records::PROPERTY;
    input.source = "assessing";
    input.key = "1";
    input.areas = areas;
    input.message = &property;
    const auto put = scratch.put(input);
    auto whole = scratch.records->message(put.record);
    REQUIRE(whole);
    CHECK(static_cast<const records::Property&>(**whole).aliases_size() == 1);
}

TEST_CASE("a property stands at itself") {
    ScratchStore scratch;
    records::Property property;
    property.set_parcel_id("1-2");
    const std::vector<std::string> areas{"city"};
    hub::RecordInput input;
    input.kind = records::PROPERTY;
    input.source = "assessing";
    input.key = "1-2";
    input.areas = areas;
    input.message = &property;
    input.property = 999;
    const auto outcome = scratch.put(input);
    const auto row = scratch.changes(public_feed).front().row;
    CHECK(row.property == outcome.record);
    CHECK(row.link_method == records::LinkMethod::self);
    CHECK_FALSE(scratch.records->relink(outcome.record, 5, records::LinkMethod::parcel, 100));
}

TEST_CASE("what is rolled back leaves no trace, and the next put works all the same") {
    ScratchStore scratch;
    const auto message = hub::testing::permit("B-1", "Issued");
    const std::vector<std::string> areas{"city"};
    hub::RecordInput input;
    input.kind = records::PERMIT;
    input.source = "lpi";
    input.key = "B-1";
    input.areas = areas;
    input.message = &message;
    {
        SQLite::Transaction transaction(scratch.store->database());
        REQUIRE(scratch.records->put(input));
    }  // rolled back, with the feeds it made
    CHECK(scratch.head(public_feed) == 0);
    // The number of a feed that was rolled back may go to another one: nothing may land in it.
    records::LabelOverrides secret{{"permit_number", {records::RESTRICTED, "justice"}},
                                   {"status", {records::RESTRICTED, "justice"}},
                                   {"applicant", {records::RESTRICTED, "justice"}}};
    {
        hub::Records other(*scratch.store);
        input.key = "B-2";
        input.overrides = &secret;
        SQLite::Transaction transaction(scratch.store->database());
        REQUIRE(other.put(input));
        transaction.commit();
    }
    input.key = "B-1";
    input.overrides = nullptr;
    scratch.put(input);
    CHECK(scratch.changes(public_feed).size() == 1);
    CHECK(scratch.head(public_feed) == 1);
    CHECK(scratch.changes("city/restricted/justice").size() == 1);
}

TEST_CASE("a cursor is never given twice, whoever writes and whatever is superseded") {
    ScratchStore scratch;
    const auto first = scratch.put_permit("B-1", "Issued");
    CHECK(scratch.head(public_feed) == 1);
    // The entry with the highest cursor itself is superseded, in each of the ways there are.
    scratch.put_permit("B-1", "Closed");
    CHECK(scratch.head(public_feed) == 2);
    scratch.put_permit("B-1", "Closed", 77);
    CHECK(scratch.head(public_feed) == 3);
    REQUIRE(scratch.records->relink(first.record, 78, records::LinkMethod::address, 90));
    CHECK(scratch.head(public_feed) == 4);
    REQUIRE(scratch.records->remove(first.record));
    CHECK(scratch.head(public_feed) == 5);
    scratch.put_permit("B-1", "Again");
    CHECK(scratch.head(public_feed) == 6);

    // Two writers in one transaction.
    hub::Records other(*scratch.store);
    const auto message = hub::testing::permit("B-2", "Issued");
    const std::vector<std::string> areas{"city"};
    hub::RecordInput input;
    input.kind = records::PERMIT;
    input.source = "lpi";
    input.key = "B-2";
    input.areas = areas;
    input.message = &message;
    SQLite::Transaction transaction(scratch.store->database());
    REQUIRE(scratch.records->put(input));
    input.key = "B-3";
    REQUIRE(other.put(input));
    input.key = "B-4";
    REQUIRE(scratch.records->put(input));
    transaction.commit();
    CHECK(scratch.head(public_feed) == 9);
    CHECK(scratch.changes(public_feed).size() == 4);
}

TEST_CASE("an unknown source and an impossible area are refused") {
    ScratchStore scratch;
    const auto message = hub::testing::permit("B-1", "Issued");
    const std::vector<std::string> areas{"City Hall"};
    hub::RecordInput input;
    input.kind = records::PERMIT;
    input.source = "nobody";
    input.key = "B-1";
    input.areas = areas;
    input.message = &message;
    auto unknown = scratch.records->put(input);
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == ErrorCode::not_found);
    input.source = "lpi";
    auto impossible = scratch.records->put(input);
    REQUIRE_FALSE(impossible);
    CHECK(impossible.error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a record that no message could carry is refused, and what was known of it stays") {
    ScratchStore scratch;
    scratch.put_permit("B-1", "Issued");
    auto huge = hub::testing::permit("B-1", std::string(hub::max_layer_bytes, 'x'));
    const std::vector<std::string> areas{"city"};
    hub::RecordInput input;
    input.kind = records::PERMIT;
    input.source = "lpi";
    input.key = "B-1";
    input.areas = areas;
    input.message = &huge;
    const auto refused = scratch.records->put(input);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid_argument);
    CHECK(scratch.head(public_feed) == 1);
    // Almost as much at each of two labels goes.
    huge.set_status(std::string(hub::max_layer_bytes - 1000, 'x'));
    huge.set_applicant(std::string(hub::max_layer_bytes - 1000, 'x'));
    CHECK(scratch.records->put(input));
    CHECK(scratch.head(public_feed) == 2);
}

TEST_CASE("two records whose ids meet are told apart: the second is refused") {
    ScratchStore scratch;
    scratch.put_permit("B-1", "Issued");
    scratch.store->database().exec("UPDATE record SET key = 'B-9' WHERE key = 'B-1'");
    const auto message = hub::testing::permit("B-1", "Closed");
    const std::vector<std::string> areas{"city"};
    hub::RecordInput input;
    input.kind = records::PERMIT;
    input.source = "lpi";
    input.key = "B-1";
    input.areas = areas;
    input.message = &message;
    auto second = scratch.records->put(input);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::conflict);
    CHECK(second.error().message.find("B-9") != std::string::npos);
    CHECK(scratch.changes(public_feed).size() == 1);
}
