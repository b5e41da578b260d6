// Merging single fields of a record: what every record and every edit must keep to.
#include "sync/engine/merge.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "sync/records/layer.hpp"

using namespace fieldpost;
using namespace fieldpost::engine;

namespace {

constexpr FieldNumber description = records::Permit::kDescriptionFieldNumber;
constexpr FieldNumber status = records::Permit::kStatusFieldNumber;
constexpr FieldNumber cost = records::Permit::kProjectCostUsdFieldNumber;
constexpr FieldNumber more = records::Permit::kMoreFieldNumber;
constexpr FieldNumber position = records::Permit::kPositionFieldNumber;
const std::vector<FieldNumber> fields = {description, status, cost, more, position};

// A small world of values, so that equal ones come up.
Bytes some_value(FieldNumber field) {
    records::Permit permit;
    const int n = *rc::gen::inRange(0, 4);
    if (field == description) permit.set_description(n == 0 ? "" : "text " + std::to_string(n));
    if (field == status) permit.set_status(n == 0 ? "" : "state " + std::to_string(n));
    if (field == cost) permit.set_project_cost_usd(n);
    if (field == position && n != 0) permit.mutable_position()->set_lat_e7(n);
    for (int i = 0; field == more && i < n; ++i) permit.add_more()->set_name("name " + std::to_string(i));
    return field_value(permit, field);
}

records::Permit some_permit() {
    records::Permit permit;
    for (const auto field : fields) REQUIRE(set_field(permit, field, some_value(field)).has_value());
    return permit;
}

// A hub in its simplest form: a record, the last change of each field, and what is in conflict.
struct Hub {
    records::Permit permit;
    std::uint64_t version = 1;
    std::map<FieldNumber, FieldState> states;
    std::vector<MergedField> conflicts;

    std::vector<MergedField> apply(const std::string& operation, const protocol::RecordEdited& edited) {
        auto merged = merge(permit, edited, [&](FieldNumber field) -> Result<FieldState> {
            const auto known = states.find(field);
            if (known != states.end()) return known->second;
            return FieldState{field_value(permit, field).empty() ? 0U : 1U, {}};
        });
        REQUIRE(merged.has_value());
        const bool changes = std::ranges::any_of(
            *merged, [](const MergedField& field) { return field.meeting == Meeting::applies; });
        if (changes) ++version;
        for (const auto& field : *merged) {
            if (field.meeting == Meeting::applies) states[field.field] = {version, operation};
            if (field.meeting == Meeting::conflict) conflicts.push_back(field);
        }
        return *merged;
    }
};

protocol::RecordEdited edit(FieldNumber field, const Bytes& value, std::uint64_t seen,
                            const std::string& seen_operation = {}) {
    protocol::RecordEdited edited;
    auto& one = *edited.add_edits();
    one.set_field(field);
    one.set_value(value);
    one.set_seen_version(seen);
    one.set_seen_operation(seen_operation);
    return edited;
}

Bytes status_value(const std::string& text) {
    records::Permit permit;
    permit.set_status(text);
    return field_value(permit, status);
}

}  // namespace

TEST_CASE("A field that is taken out and put in again is the same", "[merge]") {
    CHECK(rc::check("every field of a record", [] {
        const auto permit = some_permit();
        auto other = some_permit();
        for (const auto field : fields) {
            const Bytes value = field_value(permit, field);
            RC_ASSERT(canonical_value(permit, field, value).value() == value);
            RC_ASSERT(set_field(other, field, value).has_value());
            RC_ASSERT(field_value(other, field) == value);
        }
        RC_ASSERT(other.SerializeAsString() == permit.SerializeAsString());
        RC_ASSERT(changed_fields(permit, other).empty());
    }));
}

TEST_CASE("The changed fields are those that differ", "[merge]") {
    CHECK(rc::check("any two records", [] {
        const auto one = some_permit();
        const auto other = some_permit();
        std::vector<FieldNumber> expected;
        for (const auto field : fields) {
            if (field_value(one, field) != field_value(other, field)) expected.push_back(field);
        }
        std::ranges::sort(expected);
        RC_ASSERT(changed_fields(one, other) == expected);
    }));
}

TEST_CASE("Edits of different fields merge the same in every order", "[merge]") {
    CHECK(rc::check("edits made on one version", [] {
        const Hub before{some_permit(), 1, {}, {}};
        std::vector<std::pair<std::string, protocol::RecordEdited>> edits;
        for (const auto field : fields) {
            edits.emplace_back("op " + std::to_string(field), edit(field, some_value(field), 1));
        }
        Hub in_order = before;
        for (const auto& [id, edited] : edits) in_order.apply(id, edited);
        for (std::size_t i = edits.size(); i > 1; --i) {
            std::swap(edits[i - 1], edits[*rc::gen::inRange<std::size_t>(0, i)]);
        }
        Hub shuffled = before;
        for (const auto& [id, edited] : edits) shuffled.apply(id, edited);
        RC_ASSERT(in_order.conflicts.empty());
        RC_ASSERT(shuffled.conflicts.empty());
        RC_ASSERT(in_order.permit.SerializeAsString() == shuffled.permit.SerializeAsString());
    }));
}

TEST_CASE("No value is lost: it was seen by who changed it, or it is kept in a conflict", "[merge]") {
    CHECK(rc::check("edits of any fields on any versions", [] {
        Hub hub{some_permit(), 1, {}, {}};
        const int count = *rc::gen::inRange(1, 12);
        for (int n = 0; n < count; ++n) {
            const auto field = *rc::gen::elementOf(fields);
            const Bytes value = some_value(field);
            const Bytes shown = field_value(hub.permit, field);
            const auto seen =
                static_cast<std::uint64_t>(*rc::gen::inRange(0, static_cast<int>(hub.version) + 1));
            const auto state =
                hub.states.contains(field) ? hub.states[field] : FieldState{shown.empty() ? 0U : 1U, {}};
            const auto conflicts = hub.conflicts.size();
            hub.apply("op " + std::to_string(n), edit(field, value, seen));
            const Bytes now = field_value(hub.permit, field);
            if (now == value) {
                RC_ASSERT(value == shown || seen >= state.version);  // nothing unseen was overwritten
            } else {
                RC_ASSERT(now == shown);
                RC_ASSERT(hub.conflicts.size() == conflicts + 1);
                RC_ASSERT(hub.conflicts.back().value == value);
                RC_ASSERT(hub.conflicts.back().before == shown);
            }
        }
    }));
}

TEST_CASE("An edit that is merged twice changes nothing the second time", "[merge]") {
    CHECK(rc::check("any edit", [] {
        Hub hub{some_permit(), 1, {}, {}};
        const auto field = *rc::gen::elementOf(fields);
        const auto edited = edit(field, some_value(field), 1);
        hub.apply("op", edited);
        const Bytes once = hub.permit.SerializeAsString();
        const auto version = hub.version;
        const auto again = hub.apply("op", edited);
        RC_ASSERT(again[0].meeting == Meeting::same);
        RC_ASSERT(hub.permit.SerializeAsString() == once);
        RC_ASSERT(hub.version == version);
    }));
}

TEST_CASE("One's own earlier edit is no conflict, another's is", "[merge]") {
    Hub hub;
    hub.permit.set_status("open");
    hub.apply("mine", edit(status, status_value("issued"), 1));
    CHECK(hub.apply("next", edit(status, status_value("closed"), 1, "mine"))[0].meeting == Meeting::applies);
    CHECK(hub.permit.status() == "closed");
    CHECK(hub.apply("theirs", edit(status, status_value("void"), 1, "mine"))[0].meeting == Meeting::conflict);
    CHECK(hub.permit.status() == "closed");
}

TEST_CASE("The same new value from two sides is no conflict", "[merge]") {
    Hub hub;
    hub.permit.set_status("open");
    hub.apply("one", edit(status, status_value("closed"), 1));
    CHECK(hub.apply("other", edit(status, status_value("closed"), 1))[0].meeting == Meeting::same);
    CHECK(hub.conflicts.empty());
}

TEST_CASE("An edit that is none of the record's fields is refused, and the record stays", "[merge]") {
    records::Permit permit;
    permit.set_status("open");
    const auto state = [](FieldNumber) -> Result<FieldState> { return FieldState{1, {}}; };
    auto twice = edit(status, status_value("a"), 1);
    *twice.add_edits() = twice.edits(0);
    records::Permit two_fields;
    two_fields.set_status("a");
    two_fields.set_description("b");
    for (const auto& wrong :
         {protocol::RecordEdited(), twice, edit(9999, status_value("a"), 1), edit(status, "\xff\xff", 1),
          edit(description, status_value("a"), 1), edit(status, two_fields.SerializeAsString(), 1)}) {
        const auto merged = merge(permit, wrong, state);
        REQUIRE(merged.has_error());
        CHECK(merged.error().code == ErrorCode::invalid_argument);
        CHECK(permit.status() == "open");
    }
}

TEST_CASE("A text that is not UTF-8 is refused, and the record can still be read", "[merge]") {
    records::Permit permit;
    permit.set_status("open");
    records::Permit with_attribute;
    with_attribute.add_more()->set_name("X");
    const auto spoilt = [](Bytes value) {
        value.back() = static_cast<char>(0xff);
        return value;
    };
    for (const auto& [field, value] : {std::pair(status, spoilt(status_value("closed X"))),
                                       std::pair(more, spoilt(field_value(with_attribute, more)))}) {
        const auto canonical = canonical_value(permit, field, value);
        REQUIRE_FALSE(canonical.has_value());
        CHECK(canonical.error().code == ErrorCode::invalid_argument);
        CHECK(canonical.error().message.find("not UTF-8") != std::string::npos);
        CHECK_FALSE(set_field(permit, field, value).has_value());
        const auto merged = merge(permit, edit(field, value, 1),
                                  [](FieldNumber) { return Result<FieldState>(FieldState()); });
        CHECK_FALSE(merged.has_value());
    }
    CHECK(permit.status() == "open");
    CHECK(permit.more().empty());
    CHECK(records::parse_body(records::PERMIT, permit.SerializeAsString()).has_value());
}

TEST_CASE("An edit stands over its source until the source says the same", "[merge]") {
    const auto edit_over = stand_over(std::nullopt, status_value("open"), status_value("closed"));
    REQUIRE(edit_over.has_value());
    CHECK(source_says(*edit_over, status_value("open")) == SourceSays::the_same);
    CHECK(source_says(*edit_over, status_value("closed")) == SourceSays::as_edited);
    CHECK(source_says(*edit_over, status_value("void")) == SourceSays::otherwise);
    CHECK(source_says(*edit_over, {}) == SourceSays::otherwise);
    CHECK_FALSE(stand_over(edit_over, status_value("closed"), status_value("open")).has_value());
    CHECK(stand_over(edit_over, status_value("closed"), status_value("void"))->imported ==
          status_value("open"));
}
