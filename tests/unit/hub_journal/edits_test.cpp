#include "daemon/hub/registry/registry.hpp"
#include "tests/unit/hub_journal/edit_bench.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using namespace fieldpost::hub::testing;

TEST_CASE("A crew's edit is a new version of the record, which stays where it is", "[edits]") {
    EditBench bench;
    const auto before = bench.stored().head(bench.permit).value().value();
    const auto result = bench.take(bench.edit("e-1", {{EditBench::status, "closed"}}, 1));
    CHECK(result.outcome == protocol::ACCEPTED);
    CHECK(result.version == 2);
    CHECK(bench.shown().status() == "closed");
    CHECK(bench.shown().description() == "a porch");
    const auto after = bench.stored().head(bench.permit).value().value();
    CHECK(after.property == before.property);
    CHECK(after.link_method == before.link_method);
    CHECK(after.source == "assessor");
    CHECK(bench.areas(bench.permit) == std::set<std::string>{"east"});
}

TEST_CASE("Edits of different fields that were made on one version are merged", "[edits]") {
    EditBench bench;
    CHECK(bench.take(bench.edit("e-1", {{EditBench::status, "closed"}}, 1)).outcome == protocol::ACCEPTED);
    CHECK(bench.take(bench.edit("e-2", {{EditBench::description, "a deck"}}, 1), "truck-2").outcome ==
          protocol::ACCEPTED);
    CHECK(bench.shown().status() == "closed");
    CHECK(bench.shown().description() == "a deck");
    CHECK(bench.conflicts().empty());
}

TEST_CASE("Two edits of one field are both kept, with who, when, where and what each saw", "[edits]") {
    EditBench bench;
    auto first = bench.edit("e-1", {{EditBench::status, "closed"}}, 1);
    first.mutable_gnss()->mutable_position()->set_lat_e7(430481000);
    bench.take(first);
    const auto result = bench.take(
        bench.edit("e-2", {{EditBench::status, "void"}, {EditBench::description, "a deck"}}, 1), "truck-2");
    CHECK(result.outcome == protocol::CONFLICT);
    CHECK(result.version == 3);  // the other field was merged
    CHECK(result.reason.find("status") != std::string::npos);
    CHECK(result.reason.find("description") == std::string::npos);
    CHECK(bench.shown().status() == "closed");
    CHECK(bench.shown().description() == "a deck");

    const auto conflicts = bench.conflicts();
    REQUIRE(conflicts.size() == 1);
    const auto& conflict = conflicts[0];
    CHECK(conflict.record == bench.permit);
    CHECK(conflict.field == EditBench::status);
    CHECK(conflict.shown.value == EditBench::value(EditBench::status, "closed"));
    CHECK(conflict.shown.by.name == "truck-1");
    CHECK(conflict.shown.by.role == Author::Role::device);
    CHECK(conflict.shown.by.operation == "e-1");
    CHECK(conflict.shown.by.at_us == 1'772'366'400'000'000);
    REQUIRE(conflict.shown.by.where.has_value());
    CHECK(conflict.shown.by.where->lat_e7() == 430481000);
    CHECK(conflict.shown.by.saw_version == 1);
    CHECK(conflict.shown.saw == EditBench::value(EditBench::status, "open"));
    CHECK(conflict.other.value == EditBench::value(EditBench::status, "void"));
    CHECK(conflict.other.by.name == "truck-2");
    CHECK(conflict.other.by.saw_version == 1);
    CHECK(conflict.other.saw == EditBench::value(EditBench::status, "open"));
}

TEST_CASE("A crew that goes on from its own edit is not in conflict with itself", "[edits]") {
    EditBench bench;
    bench.take(bench.edit("e-1", {{EditBench::status, "issued"}}, 1));
    CHECK(bench.take(bench.edit("e-2", {{EditBench::status, "closed"}}, 1, "e-1")).outcome ==
          protocol::ACCEPTED);
    CHECK(bench.shown().status() == "closed");
    CHECK(bench.take(bench.edit("e-3", {{EditBench::status, "void"}}, 1, "e-1")).outcome ==
          protocol::CONFLICT);
}

TEST_CASE("A conflicting edit that its crew went on from is over, the later one is open", "[edits]") {
    EditBench bench;
    bench.take(bench.edit("e-1", {{EditBench::status, "closed"}}, 1));
    bench.take(bench.edit("e-2", {{EditBench::status, "void"}}, 1), "truck-2");
    bench.take(bench.edit("e-3", {{EditBench::status, "expired"}}, 1, "e-2"), "truck-2");
    const auto open = bench.conflicts();
    REQUIRE(open.size() == 1);
    CHECK(open[0].other.by.operation == "e-3");
    const auto over = bench.conflicts(ConflictState::superseded);
    REQUIRE(over.size() == 1);
    CHECK(over[0].other.value == EditBench::value(EditBench::status, "void"));
}

TEST_CASE("The same value from two crews is no conflict, and what is shown already has its version",
          "[edits]") {
    EditBench bench;
    bench.take(bench.edit("e-1", {{EditBench::status, "closed"}}, 1));
    bench.take(bench.edit("e-2", {{EditBench::applicant, "Ada"}}, 1));
    const auto result = bench.take(bench.edit("e-3", {{EditBench::status, "closed"}}, 1), "truck-2");
    CHECK(result.outcome == protocol::ACCEPTED);
    CHECK(result.version == 2);  // the version of the layer that the crew waits for
}

TEST_CASE("A version says nothing of a field that was never sent to the editor", "[edits]") {
    EditBench bench;
    bench.import("open", "a porch", "Ada");
    const auto blind = bench.edit("e-1", {{EditBench::applicant, "Bert"}}, 2);
    CHECK(bench.take(blind, "truck-1", false).outcome == protocol::CONFLICT);
    CHECK(bench.shown().applicant() == "Ada");
    CHECK(bench.take(bench.edit("e-2", {{EditBench::applicant, "Cleo"}}, 2)).outcome == protocol::ACCEPTED);
}

TEST_CASE("An edit on what the source has changed since is in conflict with the source", "[edits]") {
    EditBench bench;
    CHECK(bench.import("issued", "a porch") == 2);
    CHECK(bench.take(bench.edit("e-1", {{EditBench::description, "a deck"}}, 1)).outcome ==
          protocol::ACCEPTED);
    CHECK(bench.take(bench.edit("e-2", {{EditBench::status, "closed"}}, 1)).outcome == protocol::CONFLICT);
    const auto conflicts = bench.conflicts();
    REQUIRE(conflicts.size() == 1);
    CHECK(conflicts[0].shown.by.role == Author::Role::source);
    CHECK(conflicts[0].shown.by.name == "assessor");
    CHECK(conflicts[0].other.saw == EditBench::value(EditBench::status, "open"));
}

TEST_CASE("An import never undoes a crew's edit", "[edits]") {
    EditBench bench;
    bench.take(bench.edit("e-1", {{EditBench::status, "closed"}}, 1));
    bench.import("open", "a porch");
    CHECK(bench.shown().status() == "closed");
    bench.import("open", "a porch and a deck");
    CHECK(bench.shown().status() == "closed");
    CHECK(bench.shown().description() == "a porch and a deck");
    CHECK(bench.conflicts().empty());
}

TEST_CASE("An edit is fulfilled when the source says the same, and then the source counts again", "[edits]") {
    EditBench bench;
    bench.take(bench.edit("e-1", {{EditBench::status, "closed"}}, 1));
    bench.import("closed", "a porch");
    CHECK(bench.count("field_edit") == 0);
    bench.import("reopened", "a porch");
    CHECK(bench.shown().status() == "reopened");
    CHECK(bench.conflicts().empty());
}

TEST_CASE("A source that changes what a crew changed is in conflict with it, once", "[edits]") {
    EditBench bench;
    bench.take(bench.edit("e-1", {{EditBench::status, "closed"}}, 1));
    bench.import("void", "a porch");
    CHECK(bench.shown().status() == "closed");
    auto conflicts = bench.conflicts();
    REQUIRE(conflicts.size() == 1);
    CHECK(conflicts[0].shown.by.operation == "e-1");
    CHECK(conflicts[0].other.value == EditBench::value(EditBench::status, "void"));
    CHECK(conflicts[0].other.by.name == "assessor");

    bench.import("void", "a porch");
    bench.import("void", "a deck");
    CHECK(bench.conflicts(std::nullopt).size() == 1);
    bench.import("expired", "a deck");
    conflicts = bench.conflicts();
    REQUIRE(conflicts.size() == 1);
    CHECK(conflicts[0].other.value == EditBench::value(EditBench::status, "expired"));
    bench.import("closed", "a deck");
    CHECK(bench.conflicts().empty());
}

TEST_CASE("An edit outlives its record's removal by the source", "[edits]") {
    EditBench bench;
    bench.take(bench.edit("e-1", {{EditBench::status, "closed"}}, 1));
    REQUIRE(bench.stored().remove(bench.permit).has_value());
    CHECK(bench.take(bench.edit("e-2", {{EditBench::status, "void"}}, 2)).outcome == protocol::QUARANTINED);
    const auto version = bench.import("open", "a porch");
    CHECK(version == 4);
    CHECK(bench.shown().status() == "closed");
    // What was seen before the removal is not what stands now.
    CHECK(bench.take(bench.edit("e-3", {{EditBench::description, "a deck"}}, 2)).outcome ==
          protocol::CONFLICT);
}

TEST_CASE("An edit that says nothing, or nothing of this record, is quarantined", "[edits]") {
    EditBench bench;
    auto unknown = bench.edit("e-1", {{EditBench::status, "x"}}, 1);
    unknown.mutable_record_edited()->set_record(99);
    auto wrong_kind = bench.edit("e-2", {{EditBench::status, "x"}}, 1);
    wrong_kind.mutable_record_edited()->set_kind(records::ASSET);
    auto no_field = bench.edit("e-3", {{EditBench::status, "x"}}, 1);
    no_field.mutable_record_edited()->mutable_edits(0)->set_field(4711);
    auto broken = bench.edit("e-4", {{EditBench::status, "x"}}, 1);
    broken.mutable_record_edited()->mutable_edits(0)->set_value("\xff");
    bench.take(bench.observation("obs-1"));
    auto of_observation = bench.edit("e-5", {{EditBench::status, "x"}}, 1);
    of_observation.mutable_record_edited()->set_record(static_cast<std::uint64_t>(observation_id("obs-1")));
    of_observation.mutable_record_edited()->set_kind(records::OBSERVATION);
    const auto nothing = bench.edit("e-6", {}, 1);
    for (const auto& wrong : {unknown, wrong_kind, no_field, broken, of_observation, nothing}) {
        const auto result = bench.take(wrong);
        CHECK(result.outcome == protocol::QUARANTINED);
        CHECK_FALSE(result.reason.empty());
    }
    CHECK(bench.shown().status() == "open");
    CHECK(bench.stored().head(bench.permit).value()->version == 1);
}

TEST_CASE("A field that an edit sets first goes where its mapping puts it", "[edits]") {
    EditBench bench;
    auto& database = bench.store->database();
    database.exec(
        "INSERT INTO dataset (source, name, kind) SELECT source, 'permits', 3 FROM source WHERE id = "
        "'assessor'");
    SQLite::Statement row(
        database, "INSERT INTO source_row (dataset, record, hash) SELECT max(dataset), ?, 0 FROM dataset");
    row.bind(1, bench.permit);
    row.exec();
    const auto layer = [&] { return bench.stored().field(bench.permit, EditBench::applicant)->layer; };
    CHECK(layer() == records::LayerKey{records::RESTRICTED, "general"});  // no import has told the labels
    database.exec("UPDATE dataset SET labels = 'applicant=confidential/revenue'");
    CHECK(layer() == records::LayerKey{records::CONFIDENTIAL, "revenue"});
    bench.take(bench.edit("e-1", {{EditBench::applicant, "Ada"}}, 1));
    const auto rows = Feeds(*bench.store).rows_of(bench.permit).value();
    CHECK(std::ranges::any_of(rows, [](const auto& held) {
        return held.first.layer == records::LayerKey{records::CONFIDENTIAL, "revenue"};
    }));
    CHECK_FALSE(std::ranges::any_of(
        rows, [](const auto& held) { return held.first.layer.classification == records::INTERNAL; }));
    database.exec("UPDATE dataset SET labels = ''");
    CHECK(layer() == records::LayerKey{records::CONFIDENTIAL, "revenue"});  // where it is
}

TEST_CASE("An edit that waited for another crew's work is judged by what its own device was sent",
          "[edits]") {
    EditBench bench;
    REQUIRE(Registry(*bench.store).add("truck-1", Bytes(32, 'k'), "fire").has_value());
    auto correction = bench.operation("cor-1");
    correction.mutable_observation_corrected()->set_observation("obs-1");
    correction.mutable_observation_corrected()->set_reason("looked again");
    correction.mutable_observation_corrected()->mutable_made()->set_kind("hazard");
    REQUIRE(bench.take(correction).outcome == protocol::PARKED);
    auto edit = bench.edit("e-1", {{EditBench::status, "closed"}}, 1);
    edit.mutable_after()->set_epoch(77);
    edit.mutable_after()->set_lane(protocol::WORK);
    edit.mutable_after()->set_seq(bench.seq);
    REQUIRE(bench.take(edit).outcome == protocol::PARKED);

    bench.take(bench.observation("obs-1"), "truck-2", false);
    CHECK(bench.count("parked") == 0);
    CHECK(bench.shown().status() == "closed");
    CHECK(bench.conflicts().empty());
}
