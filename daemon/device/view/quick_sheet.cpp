#include "daemon/device/view/quick_sheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "daemon/device/view/sheet_parts.hpp"
#include "daemon/device/view/text.hpp"
#include "sync/base/distance_text.hpp"
#include "sync/lookup/describe.hpp"

namespace fieldpost::device {

namespace {

// "9 permits, 2 violations": of which records a sheet without a plan is made.
std::string composed_of(const std::vector<HeldRecord>& records) {
    struct Named {
        records::Kind kind;
        std::string_view one;
        std::string_view several;
    };
    constexpr Named named[] = {{records::HAZARD, "hazard report", "hazard reports"},
                               {records::PERMIT, "permit", "permits"},
                               {records::VIOLATION, "violation", "violations"},
                               {records::INCIDENT, "incident", "incidents"},
                               {records::LICENSE, "licence", "licences"},
                               {records::OBSERVATION, "crew's finding", "crews' findings"}};
    std::string out;
    for (const auto& each : named) {
        const auto count = std::ranges::count(records, each.kind, &HeldRecord::kind);
        if (count == 0) continue;
        out = joined({out, fmt::format("{} {}", count, count == 1 ? each.one : each.several)}, ", ");
    }
    return out.empty() ? "the assessor's record and the assets nearby alone" : out + " and the assets nearby";
}

// The nearest valve in the street may close what nobody has drawn on a plan.
void add_street_valve(QuickSheet& sheet, const Surroundings& around, const Origins& origins) {
    if (around.valves.empty()) return;
    const auto& spot = around.valves.front();
    const auto message = records::parse_body(spot.row.kind, spot.row.body);
    if (!message) return;
    add_fact(sheet.shutoffs, "street_valve", "Nearest valve in the street",
             fmt::format("{}, {} in a straight line", lookup::describe(spot.row.kind, **message).title,
                         distance_text(spot.distance_m)),
             origins.of({spot.row}));
}

void note_what_is_missing(QuickSheet& sheet) {
    struct Wanted {
        std::vector<Fact> QuickSheet::*part;
        std::string_view name;
        std::string_view text;
    };
    constexpr Wanted wanted[] = {{&QuickSheet::access, "key_box", "key box"},
                                 {&QuickSheet::shutoffs, "gas_shutoff", "gas shut-off"},
                                 {&QuickSheet::shutoffs, "electric_shutoff", "electric shut-off"},
                                 {&QuickSheet::shutoffs, "water_shutoff", "water shut-off"},
                                 {&QuickSheet::protection, "sprinkler", "sprinklers"},
                                 {&QuickSheet::building, "construction", "construction"}};
    for (const auto& each : wanted) {
        if (std::ranges::find(sheet.*each.part, each.name, &Fact::name) == (sheet.*each.part).end())
            sheet.not_known.emplace_back(each.text);
    }
}

}  // namespace

std::string_view to_string(Severity severity) {
    constexpr std::string_view names[] = {"info", "major", "critical"};
    return names[static_cast<std::size_t>(severity)];
}

std::string_view to_string(Basis basis) {
    constexpr std::string_view names[] = {"preplan", "draft", "composed"};
    return names[static_cast<std::size_t>(basis)];
}

void add_fact(std::vector<Fact>& facts, std::string name, std::string label, std::string text,
              const Origin& origin) {
    if (text.empty() || std::ranges::find(facts, name, &Fact::name) != facts.end()) return;
    facts.push_back({std::move(name), std::move(label), std::move(text), origin});
}

QuickSheet quick_sheet(const std::vector<HeldRecord>& records, const Surroundings& around,
                       const Origins& origins, const Now& now) {
    QuickSheet sheet;
    if (const HeldRecord* plan = plan_of(records)) {
        add_plan(sheet, *plan, now);
    } else {
        sheet.basis_text = "No pre-plan. Composed from " + composed_of(records) + ".";
    }
    add_records(sheet, records, now);
    if (std::ranges::find(sheet.shutoffs, "water_shutoff", &Fact::name) == sheet.shutoffs.end())
        add_street_valve(sheet, around, origins);
    sheet.hydrants = hydrants_of(around.hydrants, origins);
    if (sheet.hydrants.size() > sheet_hydrants) sheet.hydrants.resize(sheet_hydrants);
    note_what_is_missing(sheet);
    return sheet;
}

}  // namespace fieldpost::device
