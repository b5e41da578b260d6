#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "daemon/device/view/case_file.hpp"
#include "daemon/device/view/sheet_parts.hpp"
#include "daemon/device/view/text.hpp"

namespace fieldpost::device {

namespace {

struct NeedCode {
    std::string_view code;
    std::string_view text;
};
// The codes that the sample city and this page use; a city's own pass through as they are.
constexpr NeedCode need_codes[] = {
    {"O2", "Oxygen in use"},          {"VENT", "Ventilator"},        {"MOB", "Cannot use stairs alone"},
    {"NAMB", "Cannot walk out"},      {"BED", "Confined to bed"},    {"DEAF", "Deaf or hard of hearing"},
    {"BLIND", "Blind or low vision"}, {"COG", "May not understand"}, {"PWR", "Depends on electricity"},
};

// Words of a vacancy registry that mean that nothing is vacant.
constexpr std::string_view lived_in[] = {"occupied", "none", "no", "unknown", "not vacant"};

// What a permit or a licence lets conclude of what is in the building.
struct Conclusion {
    std::vector<std::string_view> words;
    std::string_view danger;
};

const std::vector<Conclusion>& conclusions() {
    static const std::vector<Conclusion> all = {
        {{"solar", "photovoltaic", "pv"}, "Solar panels: live by daylight"},
        {{"battery storage", "energy storage", "ess"}, "Battery storage"},
        {{"propane", "lp gas", "lpg"}, "Propane"},
        {{"fuel tank", "oil tank", "underground tank", "storage tank"}, "Fuel tank"},
        {{"flammable", "hazardous material", "spray booth", "welding"}, "Flammable or hazardous materials"},
        {{"asbestos"}, "Asbestos"},
    };
    return all;
}

void conclude(QuickSheet& sheet, std::string_view said, std::string from, const Origin& origin) {
    for (const auto& conclusion : conclusions()) {
        if (!mentions(said, conclusion.words)) continue;
        const bool known = std::ranges::any_of(sheet.hazards, [&](const HazardLine& line) {
            return line.concluded && line.title == conclusion.danger;
        });
        if (!known) sheet.hazards.push_back({std::string(conclusion.danger), {}, from, true, origin});
    }
}

// "1203" -> "UN 1203"; "UN1203" and "NA1993" as they are.
std::string un_text(const std::string& number) {
    const bool bare = !number.empty() && number.front() >= '0' && number.front() <= '9';
    return bare ? "UN " + number : number;
}

void add_hazard(QuickSheet& sheet, const HeldRecord& record) {
    const auto& hazard = record.as<records::Hazard>();
    HazardLine line;
    line.title = hazard.product().empty() ? "Hazard " + hazard.hazard_id() : hazard.product();
    // All zero and nothing special is also what a source writes that has no rating.
    if (hazard.health() + hazard.flammability() + hazard.instability() > 0 || !hazard.special().empty()) {
        line.rating = Nfpa704{std::min(hazard.health(), 4U), std::min(hazard.flammability(), 4U),
                              std::min(hazard.instability(), 4U), hazard.special()};
    }
    line.detail = joined({hazard.quantity(), plain_words(hazard.container()), hazard.location(),
                          un_text(hazard.un_number()), hazard.notes()});
    line.origin = record.origin;
    sheet.hazards.push_back(std::move(line));
}

void add_violation(QuickSheet& sheet, const HeldRecord& record, const Now& now) {
    const auto& violation = record.as<records::Violation>();
    const auto age = days_between(violation.found_on(), now.today());
    const bool open = is_open(violation);
    if (!open && (!age || *age > recent_days)) return;
    Warning warning;
    if (open && mentions(violation.severity(), {"major"})) warning.severity = Severity::major;
    if (open && mentions(violation.severity(), {"critical"})) warning.severity = Severity::critical;
    warning.title = open ? "Open violation" : "Violation, settled";
    warning.detail = joined({violation.description(), violation.code()});
    warning.since = violation.found_on();
    warning.origin = record.origin;
    sheet.warnings.push_back(std::move(warning));
}

void add_observation(QuickSheet& sheet, const HeldRecord& record, const Now& now) {
    const auto& seen = record.as<records::Observation>();
    if (!seen.corrected_by().empty()) return;
    if (same_word(seen.kind(), "hazard")) {
        HazardLine line;
        line.title = seen.note().empty() ? "Hazard seen by a crew" : seen.note();
        line.detail = joined({"Seen by a crew", seen.severity()});
        line.origin = record.origin;
        sheet.hazards.push_back(std::move(line));
        return;
    }
    if (same_word(seen.kind(), "occupancy") && mentions(seen.note(), {"vacant", "abandoned"})) {
        sheet.warnings.push_back({Severity::major, "Seen vacant by a crew", seen.note(),
                                  now.day_of(seen.recorded_at()), record.origin});
        return;
    }
    const bool critical = same_word(seen.severity(), "critical");
    if (!critical && !same_word(seen.severity(), "major")) return;
    sheet.warnings.push_back({critical ? Severity::critical : Severity::major, "Seen by a crew", seen.note(),
                              now.day_of(seen.recorded_at()), record.origin});
}

void add_vacancy(QuickSheet& sheet, const HeldRecord& record) {
    const auto& property = record.as<records::Property>();
    const auto& word = property.vacancy();
    if (word.empty() || std::ranges::any_of(lived_in, [&](auto one) { return same_word(word, one); })) return;
    // Being sold or built on keeps people out as little as a season does.
    const bool calm = mentions(
        plain_words(word), {"for sale lease", "seasonal occasionally occupied", "new construction remodel"});
    sheet.warnings.push_back(
        {calm ? Severity::info : Severity::major, "Vacant", plain_words(word), "", record.origin});
}

void add_party(QuickSheet& sheet, const HeldRecord& record) {
    const auto& party = record.as<records::Party>();
    add_needs(sheet, party.needs(), record.origin);
    if (party.name().empty() && party.phones().empty()) return;
    sheet.contacts.push_back({party.name(),
                              plain_words(party.role()),
                              {party.phones().begin(), party.phones().end()},
                              record.origin});
}

void add_incidents(QuickSheet& sheet, const std::vector<HeldRecord>& records, const Now& now) {
    unsigned recent = 0;
    const HeldRecord* last = nullptr;
    for (const auto& record : records) {
        if (record.kind != records::INCIDENT || now.utc() == 0) continue;
        const auto called = record.as<records::Incident>().call_at();
        if (called == 0 || now.utc() - called > std::int64_t{recent_days} * 86400) continue;
        ++recent;
        if (last == nullptr || last->as<records::Incident>().call_at() < called) last = &record;
    }
    if (last == nullptr) return;
    const auto& incident = last->as<records::Incident>();
    sheet.warnings.push_back(
        {Severity::info, recent == 1 ? "1 incident in a year" : fmt::format("{} incidents in a year", recent),
         "Last: " + plain_words(incident.type()), now.day_of(incident.call_at()), last->origin});
}

// What stands for a plan's page on the building.
void add_building(QuickSheet& sheet, const HeldRecord& record) {
    const auto& property = record.as<records::Property>();
    const auto fact = [&](const char* name, const char* label, std::string text) {
        add_fact(sheet.building, name, label, std::move(text), record.origin);
    };
    for (const auto& attribute : property.more()) {
        if (same_word(attribute.name(), "construction"))
            fact("construction", "Construction", plain_words(attribute.value()));
    }
    if (property.stories() > 0) fact("stories", "Stories", fmt::format("{:g}", property.stories()));
    fact("use", "Use", joined({property.use_description(), property.building_type()}, ", "));
    if (property.unit_count() > 0) fact("units", "Dwelling units", std::to_string(property.unit_count()));
    if (property.year_built() > 0) fact("year_built", "Built", std::to_string(property.year_built()));
    if (property.building_sqft() > 0) fact("area", "Area", fmt::format("{} sq ft", property.building_sqft()));
}

void add_permit(QuickSheet& sheet, const HeldRecord& record) {
    const auto& permit = record.as<records::Permit>();
    if (is_void(permit.status()) || is_void(permit.status_mapped())) return;
    const std::string said =
        joined({permit.type(), permit.type_mapped(), permit.permit_class(), permit.description()});
    const std::string from =
        joined({"Permit " + permit.permit_number(), permit.status(), permit.issued_on()});
    if (sheet.basis == Basis::composed) {
        if (mentions(said, {"sprinkler", "fire suppression"}))
            add_fact(sheet.protection, "sprinkler", "Sprinklers", from, record.origin);
        if (mentions(said, {"fire alarm"}))
            add_fact(sheet.protection, "fire_alarm", "Fire alarm", from, record.origin);
    }
    conclude(sheet, said, from, record.origin);
    if (is_open(permit) && mentions(said, {"demolition", "demolish", "structural"})) {
        sheet.warnings.push_back(
            {Severity::major, "Work on the structure", from, permit.issued_on(), record.origin});
    }
}

int weight(const HazardLine& line) {
    if (!line.rating) return line.concluded ? -1 : 0;
    return static_cast<int>(
        std::max({line.rating->health, line.rating->flammability, line.rating->instability}));
}

std::optional<Nfpa704> placard_of(const std::vector<HazardLine>& hazards) {
    std::optional<Nfpa704> worst;
    std::set<std::string> specials;
    for (const auto& line : hazards) {
        if (!line.rating) continue;
        if (!worst) worst.emplace();
        worst->health = std::max(worst->health, line.rating->health);
        worst->flammability = std::max(worst->flammability, line.rating->flammability);
        worst->instability = std::max(worst->instability, line.rating->instability);
        if (!line.rating->special.empty()) specials.insert(line.rating->special);
    }
    for (const auto& special : specials) worst->special = joined({worst->special, special}, " ");
    return worst;
}

int contact_rank(const Contact& contact) {
    int rank = contact.phones.empty() ? 10 : 0;
    if (mentions(contact.role, {"key holder", "keyholder"})) return rank;
    if (mentions(contact.role, {"contact", "manager", "caretaker"})) return rank + 1;
    if (mentions(contact.role, {"business"})) return rank + 2;
    return rank + (mentions(contact.role, {"owner"}) ? 3 : 4);
}

}  // namespace

void add_needs(QuickSheet& sheet, std::string_view codes, const Origin& origin) {
    constexpr std::string_view parting = " ,;|/";
    while (true) {
        const auto start = codes.find_first_not_of(parting);
        if (start == std::string_view::npos) return;
        codes.remove_prefix(start);
        const std::string_view code = codes.substr(0, codes.find_first_of(parting));
        codes.remove_prefix(code.size());
        const auto* known =
            std::ranges::find_if(need_codes, [&](const NeedCode& one) { return same_word(one.code, code); });
        const bool is_known = known != std::end(need_codes);
        sheet.needs.push_back({std::string(is_known ? known->code : code),
                               std::string(is_known ? known->text : code), 0, origin});
    }
}

void add_records(QuickSheet& sheet, const std::vector<HeldRecord>& records, const Now& now) {
    for (const auto& record : records) {
        switch (record.kind) {
            case records::HAZARD:
                add_hazard(sheet, record);
                break;
            case records::VIOLATION:
                add_violation(sheet, record, now);
                break;
            case records::OBSERVATION:
                add_observation(sheet, record, now);
                break;
            case records::PARTY:
                add_party(sheet, record);
                break;
            case records::PROPERTY:
                add_vacancy(sheet, record);
                add_building(sheet, record);
                break;
            case records::PERMIT:
                add_permit(sheet, record);
                break;
            case records::LICENSE: {
                const auto& license = record.as<records::License>();
                if (is_void(license.status())) break;
                conclude(sheet, joined({license.type(), license.description()}),
                         joined({license.type(), license.license_number()}, " "), record.origin);
                if (!license.contact_name().empty() || license.phones_size() > 0) {
                    sheet.contacts.push_back(
                        {license.contact_name().empty() ? license.business_name() : license.contact_name(),
                         "business",
                         {license.phones().begin(), license.phones().end()},
                         record.origin});
                }
                break;
            }
            default:
                break;
        }
    }
    add_incidents(sheet, records, now);
    std::ranges::stable_sort(sheet.hazards, std::greater<>(), weight);
    std::ranges::stable_sort(sheet.warnings, [](const Warning& a, const Warning& b) {
        return std::tuple(a.severity, a.since) > std::tuple(b.severity, b.since);
    });
    std::ranges::stable_sort(sheet.contacts, {}, contact_rank);
    sheet.placard = placard_of(sheet.hazards);
}

}  // namespace fieldpost::device
