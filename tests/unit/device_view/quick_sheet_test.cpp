#include "daemon/device/view/quick_sheet.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/unit/device_view/place.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using namespace fieldpost::test;

namespace {

const Fact* find(const std::vector<Fact>& facts, std::string_view name) {
    const auto found = std::ranges::find(facts, name, &Fact::name);
    return found == facts.end() ? nullptr : &*found;
}

const Warning* find(const std::vector<Warning>& warnings, std::string_view title) {
    const auto found = std::ranges::find(warnings, title, &Warning::title);
    return found == warnings.end() ? nullptr : &*found;
}

bool holds(const std::vector<std::string>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

records::Preplan plan() {
    records::Preplan out;
    out.set_plan_id("FP-12");
    out.set_status("published");
    out.set_surveyed_on("2025-06-01");
    out.set_construction("TYPE_IIIB");
    out.set_key_box("Left of the main door");
    out.set_gas_shutoff("Rear, side C");
    out.set_sprinkler(records::PRESENT);
    out.set_sprinkler_type("WET_PIPE_SYSTEM");
    out.set_non_ambulatory(12);
    out.set_contact_name("Ruth Ames");
    out.set_contact_phone("309-555-0101");
    out.set_quick_sheet("Enter by side A");
    return out;
}

records::Permit permit(const std::string& number, const std::string& description, const std::string& status) {
    records::Permit out;
    out.set_permit_number(number);
    out.set_description(description);
    out.set_status(status);
    return out;
}

records::Violation violation(const std::string& found_on, const std::string& status,
                             const std::string& severity) {
    records::Violation out;
    out.set_description("Exit blocked");
    out.set_found_on(found_on);
    out.set_status(status);
    out.set_severity(severity);
    return out;
}

records::Hazard hazard(const std::string& product, unsigned health, unsigned fire, unsigned instability,
                       const std::string& special = "") {
    records::Hazard out;
    out.set_product(product);
    out.set_health(health);
    out.set_flammability(fire);
    out.set_instability(instability);
    out.set_special(special);
    return out;
}

}  // namespace

TEST_CASE("A pre-plan fills the sheet, and the sheet says which plan it is") {
    Place place;
    place.add(records::PREPLAN, plan());
    const auto sheet = place.sheet();
    CHECK(sheet.basis == Basis::preplan);
    CHECK(sheet.basis_text == "From the pre-plan FP-12, surveyed 2025-06-01.");
    CHECK(sheet.summary == "Enter by side A");
    REQUIRE(sheet.plan);
    CHECK(sheet.plan->source_title == "Fire prevention");
    REQUIRE(find(sheet.access, "key_box") != nullptr);
    CHECK(find(sheet.access, "key_box")->text == "Left of the main door");
    CHECK(find(sheet.access, "key_box")->origin.source_title == "Fire prevention");
    CHECK(find(sheet.shutoffs, "gas_shutoff")->text == "Rear, side C");
    CHECK(find(sheet.protection, "sprinkler")->text == "Wet pipe system");
    CHECK(find(sheet.building, "construction")->text == "Type IIIB");
    REQUIRE(sheet.contacts.size() == 1);
    CHECK(sheet.contacts.front().phones == std::vector<std::string>{"309-555-0101"});
    CHECK(holds(sheet.not_known, "water shut-off"));
    CHECK_FALSE(holds(sheet.not_known, "gas shut-off"));
}

TEST_CASE("A published plan goes before a newer draft, and a draft says that it is one") {
    Place place;
    auto draft = plan();
    draft.set_status("draft");
    draft.set_surveyed_on("2026-01-01");
    auto gone = plan();
    gone.set_status("superseded");
    place.add(records::PREPLAN, gone);
    CHECK(place.sheet().basis == Basis::composed);
    place.add(records::PREPLAN, draft);
    CHECK(place.sheet().basis == Basis::draft);
    CHECK(place.sheet().basis_text.find("DRAFT") != std::string::npos);
    place.add(records::PREPLAN, plan());
    CHECK(place.sheet().basis == Basis::preplan);
}

TEST_CASE("A plan that may be of another building stands behind a sure one, and says so alone") {
    Place place;
    auto neighbour = plan();
    neighbour.set_plan_id("FP-99");
    neighbour.set_surveyed_on("2026-02-01");
    place.add(records::PREPLAN, neighbour, 55);
    CHECK(place.sheet().basis_text.find("It may be of another address.") != std::string::npos);
    REQUIRE(place.sheet().plan);
    CHECK(place.sheet().plan->doubtful);
    place.add(records::PREPLAN, plan());
    CHECK(place.sheet().basis_text == "From the pre-plan FP-12, surveyed 2025-06-01.");
    CHECK_FALSE(place.sheet().plan->doubtful);
}

TEST_CASE("Without a plan the sheet is composed from what the city knows, and says so") {
    Place place;
    records::Property property;
    property.set_year_built(1925);
    property.set_stories(2.5);
    property.set_use_description("Two Family");
    place.add(records::PROPERTY, property);
    place.add(records::PERMIT, permit("BP-1", "Install fire sprinkler system", "Finaled"));
    place.add(records::PERMIT, permit("BP-2", "Rooftop solar, 8 kW", "Finaled"));
    place.add(records::PERMIT, permit("BP-3", "Propane tank", "Withdrawn"));
    const auto sheet = place.sheet();
    CHECK(sheet.basis == Basis::composed);
    CHECK(sheet.basis_text == "No pre-plan. Composed from 3 permits and the assets nearby.");
    CHECK(find(sheet.building, "stories")->text == "2.5");
    CHECK(find(sheet.protection, "sprinkler")->text.find("BP-1") != std::string::npos);
    REQUIRE(sheet.hazards.size() == 1);
    CHECK(sheet.hazards.front().title == "Solar panels: live by daylight");
    CHECK(sheet.hazards.front().concluded);
    CHECK(sheet.hazards.front().detail.find("BP-2") != std::string::npos);
    CHECK_FALSE(sheet.placard);
    CHECK_FALSE(sheet.plan);
    CHECK(holds(sheet.not_known, "key box"));
}

TEST_CASE("An empty place still has a sheet that says how little is known") {
    const auto sheet = Place().sheet();
    CHECK(sheet.basis_text ==
          "No pre-plan. Composed from the assessor's record and the assets nearby alone.");
    CHECK(sheet.not_known.size() == 6);
}

TEST_CASE("The placard is the worst of all rated hazards") {
    Place place;
    place.add(records::HAZARD, hazard("Bleach", 3, 0, 1, "OX"));
    place.add(records::HAZARD, hazard("Gasoline", 1, 3, 0));
    place.add(records::HAZARD, hazard("Crates", 0, 0, 0));
    const auto sheet = place.sheet();
    REQUIRE(sheet.placard);
    CHECK(*sheet.placard == Nfpa704{3, 3, 1, "OX"});
    REQUIRE(sheet.hazards.size() == 3);
    CHECK_FALSE(sheet.hazards.back().rating);
}

TEST_CASE("A rating beyond the standard is shown as its highest") {
    Place place;
    place.add(records::HAZARD, hazard("Unknown", 9, 0, 0));
    CHECK(place.sheet().placard->health == 4);
}

TEST_CASE("Occupants' needs are codes with words, and never a name") {
    Place place;
    records::Party party;
    party.set_name("Ana Garcia");
    party.set_needs("O2, mob;X9");
    place.add(records::PARTY, party);
    place.add(records::PREPLAN, plan());
    const auto sheet = place.sheet();
    REQUIRE(sheet.needs.size() == 4);
    CHECK(sheet.needs[0].code == "NAMB");
    CHECK(sheet.needs[0].people == 12);
    CHECK(sheet.needs[1].text == "Oxygen in use");
    CHECK(sheet.needs[2].code == "MOB");
    CHECK(sheet.needs[3].text == "X9");
    for (const auto& need : sheet.needs) CHECK(need.text.find("Ana") == std::string::npos);
}

TEST_CASE("Open and recent violations warn, and what was settled long ago does not") {
    Place place;
    place.add(records::VIOLATION, violation("2019-01-01", "open", "minor"));
    place.add(records::VIOLATION, violation("2025-12-01", "closed", "critical"));
    place.add(records::VIOLATION, violation("2019-01-01", "closed", "critical"));
    place.add(records::VIOLATION, violation("2026-02-01", "open", "critical"));
    const auto sheet = place.sheet();
    REQUIRE(sheet.warnings.size() == 3);
    CHECK(sheet.warnings[0].severity == Severity::critical);
    CHECK(sheet.warnings[0].since == "2026-02-01");
    CHECK(sheet.warnings[1].title == "Violation, settled");
    CHECK(sheet.warnings[2].since == "2019-01-01");
}

TEST_CASE("A vacant building warns by the word of its registry") {
    const auto warned = [](const std::string& word) {
        Place place;
        records::Property property;
        property.set_vacancy(word);
        place.add(records::PROPERTY, property);
        const auto sheet = place.sheet();
        const auto* warning = find(sheet.warnings, "Vacant");
        return warning == nullptr ? std::string("no")
                                  : std::string(to_string(warning->severity)) + ": " + warning->detail;
    };
    CHECK(warned("ABANDONED") == "major: ABANDONED");
    CHECK(warned("FOR_SALE_LEASE") == "info: For sale lease");
    CHECK(warned("SEASONAL_OCCASIONALLY_OCCUPIED") == "info: Seasonal occasionally occupied");
    CHECK(warned("Occupied") == "no");
    CHECK(warned("") == "no");
}

TEST_CASE("What a crew saw counts until it is corrected") {
    Place place;
    records::Observation seen;
    seen.set_kind("hazard");
    seen.set_note("Open shaft behind the door");
    place.add(records::OBSERVATION, seen, 100, "field");
    CHECK(place.sheet().hazards.size() == 1);
    seen.set_corrected_by("other");
    Place later;
    later.add(records::OBSERVATION, seen, 100, "field");
    CHECK(later.sheet().hazards.empty());
}

TEST_CASE("A fact that may belong to another property says so") {
    Place place;
    place.add(records::PERMIT, permit("BP-2", "Solar panels", "Issued"), 55);
    CHECK(place.sheet().hazards.front().origin.doubtful);
}

TEST_CASE("Who holds the key is called before the owner") {
    Place place;
    for (const auto& [name, role] : {std::pair("Owner LLC", "owner"), std::pair("Key Kate", "key holder")}) {
        records::Party party;
        party.set_name(name);
        party.set_role(role);
        party.add_phones("309-555-0102");
        place.add(records::PARTY, party);
    }
    records::Party mute;
    mute.set_name("No Phone");
    mute.set_role("key holder");
    place.add(records::PARTY, mute);
    const auto sheet = place.sheet();
    REQUIRE(sheet.contacts.size() == 3);
    CHECK(sheet.contacts[0].name == "Key Kate");
    CHECK(sheet.contacts[1].name == "Owner LLC");
}

TEST_CASE("Without a drawn shut-off the nearest valve in the street stands for it") {
    records::Asset valve;
    valve.set_asset_id("V-7");
    valve.set_asset_class("valve");
    Surroundings around;
    around.valves.push_back({row(records::ASSET, "V-7", valve), "valve", {}, 23.4, 0, false});
    Place place;
    const auto sheet = place.sheet(around);
    REQUIRE(find(sheet.shutoffs, "street_valve") != nullptr);
    CHECK(find(sheet.shutoffs, "street_valve")->text == "Valve V-7, 80 ft in a straight line");
    auto known = plan();
    known.set_water_shutoff("Basement, north wall");
    place.add(records::PREPLAN, known);
    CHECK(find(place.sheet(around).shutoffs, "street_valve") == nullptr);
}

TEST_CASE("Recent incidents are counted in one line") {
    Place place;
    for (const std::int64_t days_ago : {1, 100, 800}) {
        records::Incident incident;
        incident.set_type("STRUCTURE_FIRE");
        incident.set_call_at(noon - days_ago * 86'400);
        place.add(records::INCIDENT, incident);
    }
    const auto sheet = place.sheet();
    REQUIRE(find(sheet.warnings, "2 incidents in a year") != nullptr);
    CHECK(find(sheet.warnings, "2 incidents in a year")->since == "2026-02-28");
    CHECK(find(sheet.warnings, "2 incidents in a year")->detail == "Last: Structure fire");
}
