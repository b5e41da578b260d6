#include <fmt/format.h>

#include <tuple>

#include "daemon/device/view/sheet_parts.hpp"
#include "daemon/device/view/text.hpp"

namespace fieldpost::device {

namespace {

std::string count_text(unsigned count) {
    return count == 0 ? std::string() : std::to_string(count);
}

std::string presence_text(records::Presence presence, std::string_view kind) {
    if (presence == records::NOT_PRESENT) return "None";
    if (!kind.empty()) return plain_words(kind);
    return presence == records::PRESENT ? "Present" : "";
}

std::string more(const records::Preplan& plan, std::string_view name) {
    for (const auto& attribute : plan.more()) {
        if (same_word(attribute.name(), name)) return attribute.value();
    }
    return {};
}

std::string stories_text(const records::Preplan& plan) {
    if (plan.stories_above() == 0) return {};
    if (plan.stories_below() == 0) return std::to_string(plan.stories_above());
    return fmt::format("{} and {} below ground", plan.stories_above(), plan.stories_below());
}

std::string occupants_text(const records::Preplan& plan) {
    if (plan.occupants_day() == 0 && plan.occupants_night() == 0) return {};
    return fmt::format("{} by day, {} by night", plan.occupants_day(), plan.occupants_night());
}

std::string truss_text(const records::Preplan& plan) {
    if (plan.truss().empty() || same_word(plan.truss(), "unknown")) return {};
    return same_word(plan.truss(), "none") ? "None" : "Truss: " + plain_words(plan.truss());
}

}  // namespace

const HeldRecord* plan_of(const std::vector<HeldRecord>& records) {
    const HeldRecord* best = nullptr;
    const auto rank = [](const HeldRecord& record) {
        const auto& plan = record.as<records::Preplan>();
        return std::tuple(!record.origin.doubtful, !same_word(plan.status(), "draft"), plan.surveyed_on());
    };
    for (const auto& record : records) {
        if (record.kind != records::PREPLAN ||
            same_word(record.as<records::Preplan>().status(), "superseded"))
            continue;
        if (best == nullptr || rank(*best) < rank(record)) best = &record;
    }
    return best;
}

void add_plan(QuickSheet& sheet, const HeldRecord& record, const Now& now) {
    const auto& plan = record.as<records::Preplan>();
    const Origin& origin = record.origin;
    sheet.basis = same_word(plan.status(), "draft") ? Basis::draft : Basis::preplan;
    sheet.basis_text =
        fmt::format("From {}pre-plan{}{}{}.", sheet.basis == Basis::draft ? "the DRAFT " : "the ",
                    plan.plan_id().empty() ? "" : " ", plan.plan_id(),
                    plan.surveyed_on().empty() ? "" : ", surveyed " + plan.surveyed_on());
    if (origin.doubtful) sheet.basis_text += " It may be of another address.";
    sheet.summary = plan.quick_sheet();
    sheet.plan = origin;

    const auto access = [&](const char* name, const char* label, std::string text) {
        add_fact(sheet.access, name, label, std::move(text), origin);
    };
    access("key_box", "Key box", plan.key_box());
    access("gate_code", "Gate code", plan.gate_code());
    access("access_notes", "Access", plan.access_notes());

    const auto shutoff = [&](const char* name, const char* label, std::string text) {
        add_fact(sheet.shutoffs, name, label, std::move(text), origin);
    };
    shutoff("gas_shutoff", "Gas", plan.gas_shutoff());
    shutoff("electric_shutoff", "Electric", plan.electric_shutoff());
    shutoff("water_shutoff", "Water", plan.water_shutoff());

    const auto protection = [&](const char* name, const char* label, std::string text) {
        add_fact(sheet.protection, name, label, std::move(text), origin);
    };
    protection("fdc_location", "Fire department connection", plan.fdc_location());
    protection("sprinkler", "Sprinklers", presence_text(plan.sprinkler(), plan.sprinkler_type()));
    protection("standpipe", "Standpipe", plan.standpipe());
    protection("fire_alarm", "Fire alarm", presence_text(plan.fire_alarm(), more(plan, "Alarm")));
    protection("panel_location", "Alarm panel", plan.panel_location());

    const auto building = [&](const char* name, const char* label, std::string text) {
        add_fact(sheet.building, name, label, std::move(text), origin);
    };
    building("construction", "Construction", plain_words(plan.construction()));
    building("stories", "Stories", stories_text(plan));
    building("roof", "Roof", joined({plain_words(plan.roof_material()), truss_text(plan)}, ", "));
    building("solar_panels", "Solar panels", plan.solar_panels() ? "On the building" : "");
    building("use", "Use", plain_words(plan.use_type()));
    building("occupants", "People", occupants_text(plan));
    building("needed_fire_flow", "Needed fire flow",
             plan.needed_fire_flow_gpm() == 0 ? "" : count_text(plan.needed_fire_flow_gpm()) + " gpm");
    building("strategy", "Tactics", plan.strategy_notes());

    if (plan.non_ambulatory() > 0) {
        sheet.needs.push_back({"NAMB", "Cannot walk out", plan.non_ambulatory(), origin});
    }
    if (!plan.contact_name().empty() || !plan.contact_phone().empty()) {
        Contact contact{plan.contact_name(), "", {}, origin};
        if (!plan.contact_phone().empty()) contact.phones.push_back(plan.contact_phone());
        sheet.contacts.push_back(std::move(contact));
    }
    if (const auto impairment = more(plan, "Impairment"); !impairment.empty()) {
        sheet.warnings.push_back(
            {Severity::critical, "Fire protection impaired", plain_words(impairment), "", origin});
    }
    if (const auto overdue = days_between(plan.next_review_on(), now.today()); overdue && *overdue > 0) {
        sheet.warnings.push_back(
            {Severity::info, "Pre-plan is due for review", "", plan.next_review_on(), origin});
    }
}

}  // namespace fieldpost::device
