#include "sync/engine/overlay.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost;
using namespace fieldpost::engine;

namespace {

constexpr records::RecordId place = 77;
constexpr FieldNumber status = records::Permit::kStatusFieldNumber;
constexpr FieldNumber applicant = records::Permit::kApplicantFieldNumber;
const records::LayerKey open_layer{records::PUBLIC, "general"};
const records::LayerKey inner_layer{records::INTERNAL, "general"};
const records::RecordId permit_id = records::record_id(records::PERMIT, "lpi", "B-1");

records::LayerRow row(const records::Permit& permit, std::int64_t version,
                      const records::LayerKey& layer = open_layer) {
    records::LayerRow out;
    out.kind = records::PERMIT;
    out.record = permit_id;
    out.layer = layer;
    out.version = version;
    out.source = "lpi";
    out.property = place;
    out.body = permit.SerializeAsString();
    return out;
}

records::Permit with_status(const std::string& text) {
    records::Permit permit;
    permit.set_permit_number("B-1");
    permit.set_status(text);
    return permit;
}

OwnOperation edit(const std::string& text, OwnState state = OwnState::pending, std::uint64_t version = 0,
                  const std::string& id = "edit", FieldNumber field = status) {
    OwnOperation own;
    own.state = state;
    own.version = version;
    if (state == OwnState::conflict) own.reason = "changed by others";
    own.operation.set_id(id);
    auto& edited = *own.operation.mutable_record_edited();
    edited.set_record(static_cast<std::uint64_t>(permit_id));
    edited.set_kind(records::PERMIT);
    records::Permit value;
    if (field == status) value.set_status(text);
    if (field == applicant) value.set_applicant(text);
    edited.add_edits()->set_field(field);
    edited.mutable_edits(0)->set_value(value.SerializeAsString());
    return own;
}

OverlaidRecord laid(const std::vector<records::LayerRow>& held, const std::vector<OwnOperation>& own,
                    std::set<records::LayerKey> cleared = {open_layer, inner_layer},
                    std::optional<std::uint64_t> in_city = std::nullopt) {
    Overlay overlay("truck-1", std::move(cleared), in_city);
    overlay.hold(held);
    overlay.lay(own);
    REQUIRE(overlay.order().size() == 1);
    return overlay.at(overlay.order()[0]);
}

std::string shown_status(const OverlaidRecord& record) {
    for (const auto& layer : record.layers) {
        records::Permit permit;
        REQUIRE(permit.ParseFromString(layer.body));
        if (!permit.status().empty()) return permit.status();
    }
    return {};
}

}  // namespace

TEST_CASE("A crew sees its own pending edit at once", "[overlay]") {
    const auto record = laid({row(with_status("open"), 3)}, {edit("closed")});
    CHECK(shown_status(record) == "closed");
    CHECK(record.state == OwnState::pending);
    CHECK(record.fields.at(status).state == OwnState::pending);
}

TEST_CASE("An accepted edit is shown until the cache has the hub's version", "[overlay]") {
    const auto before = laid({row(with_status("open"), 3)}, {edit("closed", OwnState::accepted, 4)});
    CHECK(shown_status(before) == "closed");
    CHECK(before.state == OwnState::accepted);
    const auto after = laid({row(with_status("void"), 4)}, {edit("closed", OwnState::accepted, 4)});
    CHECK(shown_status(after) == "void");
    CHECK(after.state == OwnState::current);
    CHECK(after.fields.empty());
}

TEST_CASE("An accepted edit of a layer that the profile lacks is gone at once", "[overlay]") {
    const auto own = edit("Ada", OwnState::accepted, 4, "edit", applicant);
    CHECK(laid({row(with_status("open"), 3)}, {own}, {open_layer}).fields.empty());
    CHECK(laid({row(with_status("open"), 3)}, {own}, {open_layer, inner_layer}).fields.size() == 1);
    // While it is on its way the crew still sees what it wrote.
    const auto pending = edit("Ada", OwnState::pending, 0, "edit", applicant);
    CHECK(laid({row(with_status("open"), 3)}, {pending}, {open_layer}).fields.size() == 1);
}

TEST_CASE("An accepted edit whose layer came and went is shown until the city is known to have it",
          "[overlay]") {
    const std::vector held{row(with_status("open"), 3)};
    auto own = edit("Ada", OwnState::accepted, 4, "edit", applicant);
    own.noted_in = 7;
    const auto seen = [&](std::optional<std::uint64_t> in_city) {
        return laid(held, {own}, {open_layer, inner_layer}, in_city);
    };
    CHECK(seen(std::nullopt).fields.size() == 1);
    CHECK(seen(6).fields.size() == 1);
    CHECK(seen(7).fields.empty());
    CHECK(seen(7).layers == held);
    CHECK(seen(7).state == OwnState::current);
    // A newer one of the same field is on its way.
    const auto newer = edit("Bea", OwnState::pending, 0, "newer", applicant);
    const auto both = laid(held, {own, newer}, {open_layer, inner_layer}, 7);
    CHECK(both.fields.at(applicant).operation == "newer");
}

TEST_CASE("In a conflict the hub's value stays shown, with the crew's beside it, until someone decides",
          "[overlay]") {
    const auto own = edit("closed", OwnState::conflict, 5);
    const auto record = laid({row(with_status("void"), 5)}, {own});
    CHECK(shown_status(record) == "void");
    CHECK(record.state == OwnState::conflict);
    CHECK(record.reason == "changed by others");
    records::Permit mine;
    REQUIRE(mine.ParseFromString(record.fields.at(status).value));
    CHECK(mine.status() == "closed");
    CHECK(laid({row(with_status("void"), 6)}, {own}).state == OwnState::current);
    CHECK(laid({row(with_status("closed"), 6)}, {own}).state == OwnState::current);
}

TEST_CASE("The newest of several own edits of a field counts", "[overlay]") {
    const auto record =
        laid({row(with_status("open"), 3)}, {edit("issued", OwnState::accepted, 4, "one"), edit("closed")});
    CHECK(shown_status(record) == "closed");
    CHECK(record.fields.at(status).operation == "edit");
}

TEST_CASE("An edit of what the cache does not hold is not seen", "[overlay]") {
    Overlay overlay("truck-1", {open_layer});
    overlay.lay({edit("closed")});
    CHECK(overlay.order().empty());
}

TEST_CASE("An edit is made on the version that is seen, and on one's own edit before it", "[overlay]") {
    const std::vector held{row(with_status("open"), 3)};
    auto made = edit_of(records::PERMIT, held, {}, permit_id, status, "x");
    CHECK(made.seen_version() == 3);
    CHECK(made.seen_operation().empty());
    made = edit_of(records::PERMIT, held,
                   {edit("a", OwnState::accepted, 5, "one"), edit("b", OwnState::pending, 0, "two")},
                   permit_id, status, "x");
    CHECK(made.seen_operation() == "two");
    CHECK(made.seen_version() == 5);
    CHECK(edit_of(records::PERMIT, held, {edit("b")}, permit_id, applicant, "x").seen_operation().empty());
    CHECK(edit_of(records::PERMIT, held, {}, permit_id, applicant, "x").seen_version() == 0);  // never saw it
}

TEST_CASE("Own observations and visits are seen at once, and replaced by the hub's", "[overlay]") {
    OwnOperation made;
    made.operation.set_id("obs-1");
    made.operation.set_property(place);
    made.operation.mutable_observation_made()->set_kind("note");
    made.operation.mutable_observation_made()->set_note("wet cellar");
    Overlay overlay("truck-1", {inner_layer});
    overlay.lay({made});
    REQUIRE(overlay.order().size() == 1);
    const auto& own = overlay.at(observation_record("obs-1"));
    CHECK(own.state == OwnState::pending);
    REQUIRE(own.layers.size() == 1);

    records::LayerRow held = own.layers[0];
    held.version = 2;
    made.state = OwnState::accepted;
    made.version = 1;
    Overlay caught_up("truck-1", {inner_layer});
    caught_up.hold({held});
    caught_up.lay({made});
    CHECK(caught_up.at(observation_record("obs-1")).layers.size() == 1);
    CHECK(caught_up.at(observation_record("obs-1")).layers[0].version == 2);
}

TEST_CASE("A correction is seen at once, and what was said before it stays", "[overlay]") {
    OwnOperation made;
    made.operation.set_id("obs-1");
    made.operation.mutable_observation_made()->set_note("wet cellar");
    OwnOperation correction;
    correction.operation.set_id("cor-1");
    auto& corrected = *correction.operation.mutable_observation_corrected();
    corrected.set_observation("obs-1");
    corrected.set_reason("looked again");
    corrected.mutable_made()->set_note("dry cellar");
    Overlay overlay("truck-1", {inner_layer});
    auto again = correction;
    again.operation.set_id("cor-2");
    again.operation.mutable_observation_corrected()->mutable_made()->set_note("damp cellar");
    auto set_aside = correction;
    set_aside.operation.set_id("cor-3");
    set_aside.state = OwnState::quarantined;
    overlay.lay({made, correction, again, set_aside});
    const auto shown = [&](const std::string& id) {
        records::Observation out;
        REQUIRE(out.ParseFromString(overlay.at(observation_record(id)).layers.at(0).body));
        return out;
    };
    CHECK(shown("obs-1").note() == "wet cellar");
    CHECK(shown("obs-1").corrected_by() == "cor-1");
    CHECK(shown("cor-1").note() == "dry cellar");
    CHECK(shown("cor-1").corrects() == "obs-1");
    CHECK(shown("cor-1").correction_reason() == "looked again");
    CHECK(shown("cor-1").corrected_by() == "cor-2");
    CHECK(shown("cor-2").corrected_by().empty());
    CHECK(overlay.at(observation_record("cor-1")).state == OwnState::pending);
}

TEST_CASE("An own edit that waits at the hub is seen as pending, with what it waits for", "[overlay]") {
    auto waiting = edit("closed");
    waiting.reason = "waits for an operation that it needs";
    const auto record = laid({row(with_status("open"), 3)}, {waiting});
    CHECK(record.state == OwnState::pending);
    CHECK(record.reason == "waits for an operation that it needs");
    CHECK(record.fields.at(status).state == OwnState::pending);
    CHECK(record.fields.at(status).reason == "waits for an operation that it needs");
    records::Permit shown;
    REQUIRE(shown.ParseFromString(record.layers.at(0).body));
    CHECK(shown.status() == "closed");
}
