#include "tools/fieldpost/format.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "sync/base/distance_text.hpp"
#include "tools/fieldpost/format_position.hpp"
#include "tools/fieldpost/read_json.hpp"
#include "tools/fieldpost/table.hpp"
#include "tools/fieldpost/words.hpp"

namespace fieldpost::cli {
namespace {

namespace json = boost::json;

// A suggestion is a text, or an object with the text and why.
std::string suggestion_text(const json::value& suggestion) {
    if (suggestion.is_string()) return printable(std::string_view(suggestion.get_string()));
    const std::string why = text_at(suggestion, "why");
    return text_at(suggestion, "text") + (why.empty() ? "" : " (" + why + ")");
}

std::string value_text(const json::value& value) {
    if (value.is_string()) return printable(std::string_view(value.get_string()));
    if (value.is_bool()) return value.get_bool() ? "yes" : "no";
    if (value.is_number()) return plain_number(value.to_number<double>());
    std::string out;
    if (const json::array* items = value.if_array()) {
        for (const json::value& item : *items) out += (out.empty() ? "" : ", ") + value_text(item);
    } else if (const json::object* members = value.if_object()) {
        for (const auto& each : *members) {
            out += (out.empty() ? "" : ", ") + printable(std::string_view(each.key())) + " " +
                   value_text(each.value());
        }
    }
    return out;
}

// The end of a field's name is its unit.
std::string field_text(const json::value& field) {
    const json::value& value = member(field, "value");
    if (value.is_number() && text_at(field, "name").ends_with("_cents"))
        return fmt::format("${:.2f}", value.to_number<double>() / 100);
    return value_text(value);
}

std::string label_note(const json::value& field) {
    const std::string classification = text_at(field, "classification");
    if (classification == "public" || classification.empty()) return {};
    return fmt::format("  [{}, {}]", classification, text_at(field, "compartment"));
}

std::string fields_text(const json::value& record, std::string_view indent) {
    const json::array& fields = array_at(record, "fields");
    std::size_t widest = 0;
    for (const json::value& field : fields) widest = std::max(widest, width(text_at(field, "label")));
    std::string out;
    for (const json::value& field : fields) {
        out += fmt::format("{}{}  {}{}\n", indent, padded(text_at(field, "label"), widest), field_text(field),
                           label_note(field));
    }
    return out;
}

// "Assessor, as of 2026-01-02, by parcel"
std::string origin_text(const json::value& record) {
    std::string out = text_at(member(record, "source"), "title");
    if (const std::string as_of = text_at(record, "as_of"); !as_of.empty()) out += ", as of " + as_of;
    const json::value& link = member(record, "link");
    const std::string method = text_at(link, "method");
    if (method == "parcel" || method == "address" || method == "position") {
        out +=
            fmt::format(", linked by {} ({:.0f} %)", method, number_at(link, "confidence").value_or(0) * 100);
    }
    const std::string state = text_at(record, "state");
    if (state != "current" && !state.empty()) out += ", " + state;
    return out;
}

std::string record_text(const json::value& record, bool with_fields) {
    const std::string summary = text_at(record, "summary");
    std::string out =
        fmt::format("  {}{}{}\n", text_at(record, "title"), summary.empty() ? "" : " - ", summary);
    out += fmt::format("      {}\n", origin_text(record));
    if (with_fields) out += fields_text(record, "      ");
    return out;
}

}  // namespace

std::string format_search(const json::value& answer) {
    const json::array& results = array_at(answer, "results");
    Table table({"ID", "KIND", "WHAT", "WHERE", "FOUND BY"});
    for (const json::value& hit : results) {
        // What can be opened with `show`: the property, or the record itself when it belongs to none.
        const std::string property = text_at(hit, "property");
        const std::string why = text_at(hit, "why");
        table.add({property.empty() ? text_at(hit, "id") : property, spaced(text_at(hit, "kind")),
                   text_at(hit, "title"), text_at(hit, "subtitle"),
                   text_at(hit, "match") + (why.empty() ? "" : ": " + why)});
    }
    std::string out = table.text();
    if (results.empty()) out = fmt::format("nothing found for \"{}\"\n", text_at(answer, "query"));
    const json::array& suggestions = array_at(answer, "suggestions");
    if (!suggestions.empty()) out += "\nperhaps you meant:\n";
    for (const json::value& suggestion : suggestions) out += "  " + suggestion_text(suggestion) + "\n";
    return out;
}

std::string format_property(const json::value& view, const ShowOptions& options) {
    const json::value& position = member(view, "position");
    std::string out = text_at(view, "title") + "\n";
    out += text_at(view, "id");
    if (const auto lat = number_at(position, "lat")) {
        out += fmt::format("  {:.5f}, {:.5f}", *lat, number_at(position, "lon").value_or(0));
    }
    out += "\n";
    bool any = false;
    for (const json::value& section : array_at(view, "sections")) {
        const std::string kind = text_at(section, "kind");
        if (!options.kind.empty() && kind != options.kind) continue;
        any = true;
        const json::array& records = array_at(section, "records");
        out += fmt::format("\n{} ({})\n", text_at(section, "title"), records.size());
        for (const json::value& record : records)
            out += record_text(record, options.full || kind == "property");
    }
    if (!any) {
        out +=
            options.kind.empty() ? "\nno records\n" : fmt::format("\nno records of kind {}\n", options.kind);
    }
    if (flag_at(view, "truncated")) out += "\nThis property has more records than are shown.\n";
    return out;
}

std::string format_near(const json::value& answer) {
    const json::array& results = array_at(answer, "results");
    if (results.empty()) return fmt::format("no {} is known near there\n", spaced(text_at(answer, "kind")));
    Table table({">DISTANCE", "TO", "WHAT", "STATUS", ">FLOW", "COLOUR", "INSPECTED", "ID"});
    for (const json::value& result : results) {
        const auto flow = number_at(result, "flow_gpm");
        table.add({distance_text(number_at(result, "distance_m").value_or(0)),
                   direction(number_at(result, "bearing_deg").value_or(0)), text_at(result, "title"),
                   spaced(text_at(result, "status")), flow ? fmt::format("{:.0f} gpm", *flow) : "",
                   text_at(result, "color"), text_at(result, "last_inspected"), text_at(result, "id")});
    }
    return table.text() + "Distances are in a straight line.\n";
}

std::string format_saved(const json::value& saved) {
    const json::value& taken = member(saved, "time");
    return fmt::format("saved  {}\n       {} (time from {}), {}\n       {} for the hub\n",
                       text_at(saved, "id"), time(text_at(saved, "recorded_at")),
                       spaced(text_at(taken, "quality")), format_position(member(saved, "position")),
                       text_at(saved, "state") == "pending" ? "waiting" : text_at(saved, "state"));
}

}  // namespace fieldpost::cli
