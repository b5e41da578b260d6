#include "daemon/device/api/view_json.hpp"

#include <cmath>

#include "sync/base/time.hpp"

namespace fieldpost::device {

namespace json = boost::json;

namespace {

// Empty texts are said as null: nobody knows.
json::value known(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

template <class T, class F>
json::array each(const std::vector<T>& items, F&& to_json) {
    json::array out;
    out.reserve(items.size());
    for (const auto& item : items) out.push_back(to_json(item));
    return out;
}

json::array texts(const std::vector<std::string>& items) {
    return each(items, [](const std::string& text) { return json::value(text); });
}

json::value rating_json(const std::optional<Nfpa704>& rating) {
    if (!rating) return nullptr;
    return json::object{{"health", rating->health},
                        {"flammability", rating->flammability},
                        {"instability", rating->instability},
                        {"special", rating->special}};
}

json::object fact_json(const Fact& fact) {
    return json::object{{"name", fact.name},
                        {"label", fact.label},
                        {"text", fact.text},
                        {"origin", origin_json(fact.origin)}};
}

json::object hazard_json(const HazardLine& hazard) {
    return json::object{{"title", hazard.title},
                        {"nfpa704", rating_json(hazard.rating)},
                        {"detail", hazard.detail},
                        {"concluded", hazard.concluded},
                        {"origin", origin_json(hazard.origin)}};
}

json::object need_json(const Need& need) {
    return json::object{{"code", need.code},
                        {"text", need.text},
                        {"people", need.people == 0 ? json::value(nullptr) : json::value(need.people)},
                        {"origin", origin_json(need.origin)}};
}

json::object warning_json(const Warning& warning) {
    return json::object{{"severity", to_string(warning.severity)},
                        {"title", warning.title},
                        {"detail", warning.detail},
                        {"since", known(warning.since)},
                        {"origin", origin_json(warning.origin)}};
}

json::object hydrant_json(const Hydrant& hydrant) {
    return json::object{
        {"id", records::id_text(hydrant.record)},
        {"title", hydrant.title},
        {"status", hydrant.status_known ? "in_service" : "unknown"},
        {"flow_class", to_string(hydrant.flow)},
        {"flow_range", gpm_range(hydrant.flow)},
        {"flow_gpm", hydrant.flow_gpm > 0 ? json::value(hydrant.flow_gpm) : json::value(nullptr)},
        {"tested_on", known(hydrant.tested_on)},
        {"last_inspected", known(hydrant.inspected_on)},
        {"distance_m", std::round(hydrant.distance_m * 10) / 10},
        {"bearing_deg", std::round(hydrant.bearing_deg)},
        {"main_size_in", hydrant.main_size_in > 0 ? json::value(hydrant.main_size_in) : json::value(nullptr)},
        {"private", hydrant.private_owned},
        {"position", json::object{{"lat", hydrant.position.lat}, {"lon", hydrant.position.lon}}},
        {"origin", origin_json(hydrant.origin)}};
}

json::object contact_json(const Contact& contact) {
    return json::object{{"name", contact.name},
                        {"role", contact.role},
                        {"phones", texts(contact.phones)},
                        {"origin", origin_json(contact.origin)}};
}

json::object open_item_json(const OpenItem& item) {
    return json::object{{"title", item.title},
                        {"detail", item.detail},
                        {"status", item.status},
                        {"due_on", known(item.due_on)},
                        {"overdue_days", item.overdue_days},
                        {"responsible", known(item.responsible)},
                        {"origin", origin_json(item.origin)}};
}

}  // namespace

json::object origin_json(const Origin& origin) {
    return json::object{
        {"record", records::id_text(origin.record)},
        {"kind", records::kind_name(origin.kind)},
        {"source", json::object{{"id", origin.source}, {"title", origin.source_title}}},
        {"as_of", origin.as_of == 0 ? json::value(nullptr) : json::value(format_date(origin.as_of))},
        {"staleness", to_string(origin.staleness)},
        {"link", json::object{{"method", records::link_method_name(origin.link_method)},
                              {"confidence", origin.link_confidence / 100.0},
                              {"doubtful", origin.doubtful}}},
        {"state", to_string(origin.state)}};
}

json::object sheet_json(const QuickSheet& sheet) {
    return json::object{{"basis", to_string(sheet.basis)},
                        {"basis_text", sheet.basis_text},
                        {"summary", sheet.summary},
                        {"plan", sheet.plan ? json::value(origin_json(*sheet.plan)) : json::value(nullptr)},
                        {"placard", rating_json(sheet.placard)},
                        {"hazards", each(sheet.hazards, hazard_json)},
                        {"needs", each(sheet.needs, need_json)},
                        {"warnings", each(sheet.warnings, warning_json)},
                        {"access", each(sheet.access, fact_json)},
                        {"shutoffs", each(sheet.shutoffs, fact_json)},
                        {"protection", each(sheet.protection, fact_json)},
                        {"building", each(sheet.building, fact_json)},
                        {"hydrants", each(sheet.hydrants, hydrant_json)},
                        {"contacts", each(sheet.contacts, contact_json)},
                        {"not_known", texts(sheet.not_known)}};
}

json::object case_json(const CaseFile& file) {
    return json::object{{"open_items", each(file.open_items, open_item_json)},
                        {"conditions", each(file.conditions,
                                            [](const Condition& one) {
                                                return json::object{{"title", one.title},
                                                                    {"text", one.text},
                                                                    {"on", known(one.on)},
                                                                    {"origin", origin_json(one.origin)}};
                                            })},
                        {"involved", each(file.involved,
                                          [](const Involved& one) {
                                              return json::object{{"name", one.name},
                                                                  {"role", one.role},
                                                                  {"origin", origin_json(one.origin)}};
                                          })},
                        {"history", each(file.history,
                                         [](const Event& event) {
                                             return json::object{{"on", event.on},
                                                                 {"what", event.what},
                                                                 {"detail", event.detail},
                                                                 {"origin", origin_json(event.origin)}};
                                         })},
                        {"history_cut", file.history_cut}};
}

json::array responsible_json(const std::vector<Responsible>& responsible) {
    return each(responsible, [](const Responsible& one) {
        return json::object{
            {"topics", texts(one.topics)},      {"agency", one.agency},
            {"phone", known(one.phone)},        {"after_hours_phone", known(one.after_hours_phone)},
            {"district", one.district},         {"layer", one.layer},
            {"origin", origin_json(one.origin)}};
    });
}

}  // namespace fieldpost::device
