#include "daemon/device/view/case_file.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/device_view/place.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using namespace fieldpost::test;

namespace {

CaseFile file_of(const Place& place) {
    return case_file(place.records(), place.now());
}

records::Violation violation(const std::string& number, const std::string& due_on,
                             const std::string& status) {
    records::Violation out;
    out.set_violation_number(number);
    out.set_status(status);
    out.set_found_on("2025-11-01");
    out.set_due_on(due_on);
    out.set_responsible("Owner LLC");
    return out;
}

}  // namespace

TEST_CASE("Open items come the longest overdue first, and settled ones not at all") {
    Place place;
    place.add(records::VIOLATION, violation("V-1", "", "open"));
    place.add(records::VIOLATION, violation("V-2", "2026-03-05", "open"));
    place.add(records::VIOLATION, violation("V-3", "2026-02-19", "open"));
    place.add(records::VIOLATION, violation("V-4", "2025-12-31", "referred"));
    place.add(records::VIOLATION, violation("V-5", "2025-12-31", "complied"));
    const auto items = file_of(place).open_items;
    REQUIRE(items.size() == 4);
    CHECK(items[0].title == "Violation V-4");
    CHECK(items[0].overdue_days == 60);
    CHECK(items[1].overdue_days == 10);
    CHECK(items[2].title == "Violation V-2");
    CHECK(items[2].overdue_days == 0);
    CHECK(items[3].due_on.empty());
    CHECK(items[0].responsible == "Owner LLC");
}

TEST_CASE("What is due today is not overdue before the city's day ends") {
    Place place;
    place.add(records::VIOLATION, violation("V-1", "2026-03-01", "open"));
    const Now late_evening(central(), noon + 11 * 3600);  // the next day in UTC
    CHECK(case_file(place.records(), late_evening).open_items.front().overdue_days == 0);
    const Now midnight(central(), noon + 12 * 3600);
    CHECK(case_file(place.records(), midnight).open_items.front().overdue_days == 1);
}

TEST_CASE("Without a clock nothing is called overdue") {
    Place place;
    place.add(records::VIOLATION, violation("V-1", "2020-03-01", "open"));
    const Now unknown(central(), 0);
    REQUIRE(case_file(place.records(), unknown).open_items.size() == 1);
    CHECK(case_file(place.records(), unknown).open_items.front().overdue_days == 0);
}

TEST_CASE("Each kind of record is open by its own rules") {
    Place place;
    records::Permit issued;
    issued.set_permit_number("BP-1");
    issued.set_status("Issued");
    issued.set_contractor_name("Roofs Inc");
    place.add(records::PERMIT, issued);
    issued.set_completed_on("2026-01-01");
    place.add(records::PERMIT, issued);
    records::License expiring;
    expiring.set_status("Active");
    expiring.set_expires_on("2026-03-20");
    place.add(records::LICENSE, expiring);
    expiring.set_expires_on("2026-12-01");
    place.add(records::LICENSE, expiring);
    records::ServiceRequest request;
    request.set_status("open");
    request.set_agency_responsible("Public Works");
    place.add(records::SERVICE_REQUEST, request);
    records::Inspection scheduled;
    scheduled.set_scheduled_on("2026-02-01");
    place.add(records::INSPECTION, scheduled);
    const auto items = file_of(place).open_items;
    REQUIRE(items.size() == 4);
    CHECK(items[0].status == "scheduled");
    CHECK(items[0].overdue_days == 28);
    CHECK(items[1].due_on == "2026-03-20");
    CHECK(items[2].responsible == "Roofs Inc");
    CHECK(items[3].responsible == "Public Works");
}

TEST_CASE("History is what happened, newest first, by the city's days") {
    Place place;
    records::Permit permit;
    permit.set_permit_number("BP-1");
    permit.set_applied_on("2025-01-02");
    permit.set_issued_on("2025-02-03");
    place.add(records::PERMIT, permit);
    records::Incident incident;
    incident.set_type("STRUCTURE_FIRE");
    incident.set_call_at(noon + 11 * 3600);
    place.add(records::INCIDENT, incident);
    const auto file = file_of(place);
    REQUIRE(file.history.size() == 3);
    CHECK(file.history[0].what == "Incident: Structure fire");
    CHECK(file.history[0].on == "2026-03-01");
    CHECK(file.history[1].what == "Permit BP-1 issued");
    CHECK(file.history[2].on == "2025-01-02");
    CHECK_FALSE(file.history_cut);
}

TEST_CASE("A long history is cut at its oldest end, and says so") {
    Place place;
    for (std::size_t i = 0; i <= history_limit; ++i) {
        records::Violation one;
        one.set_found_on(i == 0 ? "2001-01-01" : "2025-01-01");
        one.set_status("closed");
        place.add(records::VIOLATION, one);
    }
    const auto file = file_of(place);
    CHECK(file.history.size() == history_limit);
    CHECK(file.history_cut);
    CHECK(file.history.back().on == "2025-01-01");
}

TEST_CASE("Conditions are what a licence binds to and what an inspection left to do") {
    Place place;
    records::License license;
    license.set_license_number("L-1");
    license.set_description("At most 40 seats");
    license.set_holder("Cafe LLC");
    place.add(records::LICENSE, license);
    records::Inspection inspection;
    inspection.set_inspected_on("2026-01-05");
    inspection.set_result("Failed");
    inspection.set_notes("Replace the exit sign");
    place.add(records::INSPECTION, inspection);
    inspection.set_result("Passed");
    inspection.set_notes("All well");
    place.add(records::INSPECTION, inspection);
    const auto file = file_of(place);
    REQUIRE(file.conditions.size() == 2);
    CHECK(file.conditions[0].text == "Replace the exit sign");
    CHECK(file.conditions[1].text == "At most 40 seats");
    REQUIRE(file.involved.size() == 1);
    CHECK(file.involved[0].name == "Cafe LLC");
}

TEST_CASE("A permit's conditions are told while it counts, and that there are some where nobody says which") {
    Place place;
    records::Permit permit;
    permit.set_permit_number("BP-1");
    permit.set_status("Issued");
    permit.set_applied_on("2026-01-01");
    permit.set_issued_on("2026-02-01");
    permit.set_conditions("Hot work only with a fire watch");
    place.add(records::PERMIT, permit);
    permit.set_permit_number("BP-2");
    permit.set_status("VOID");
    place.add(records::PERMIT, permit);
    records::Permit finaled;
    finaled.set_permit_number("BP-3");
    finaled.set_applied_on("2025-01-01");
    finaled.set_status_mapped("Permit Finaled with Conditions");
    place.add(records::PERMIT, finaled);
    const auto conditions = file_of(place).conditions;
    REQUIRE(conditions.size() == 2);
    CHECK(conditions[0].title == "Permit BP-1");
    CHECK(conditions[0].text == "Hot work only with a fire watch");
    CHECK(conditions[0].on == "2026-02-01");
    CHECK(conditions[1].title == "Permit BP-3");
    CHECK(conditions[1].text == "Permit Finaled with Conditions: the source does not say which");
}

TEST_CASE("A permit that has come to its end binds nobody, unless it ended on conditions") {
    Place place;
    records::Permit permit;
    permit.set_conditions("Hot work only with a fire watch");
    const auto ended = [&](const std::string& status, const std::string& mapped, const std::string& on) {
        permit.set_status(status);
        permit.set_status_mapped(mapped);
        permit.set_completed_on(on);
        place.add(records::PERMIT, permit);
    };
    ended("Issued", "", "2026-01-15");
    ended("Expired", "", "");
    ended("Closed", "Permit Finaled", "");
    CHECK(file_of(place).conditions.empty());
    ended("CO", "Permit Finaled with Conditions", "2026-01-15");
    ended("Completed with conditions", "", "");
    REQUIRE(file_of(place).conditions.size() == 2);
    CHECK(file_of(place).conditions[1].text == "Hot work only with a fire watch");
}

TEST_CASE("Owners are named first, and each once for a role") {
    Place place;
    for (const auto& [name, role] : {std::pair("T. Tenant", "resident"), std::pair("Owner LLC", "owner"),
                                     std::pair("OWNER LLC", "owner")}) {
        records::Party party;
        party.set_name(name);
        party.set_role(role);
        place.add(records::PARTY, party);
    }
    const auto involved = file_of(place).involved;
    REQUIRE(involved.size() == 2);
    CHECK(involved[0].name == "Owner LLC");
}
