#include "tools/fieldpost/commands.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <charconv>

#include "daemon/support/static_files.hpp"
#include "daemon/support/target.hpp"
#include "sync/base/crypto.hpp"
#include "tools/fieldpost/place.hpp"
#include "tools/fieldpost/read_json.hpp"

namespace fieldpost::cli {
namespace {

namespace json = boost::json;
using support::percent_encode;

Failure usage(std::string sentence) {
    return failure(Exit::usage, "Wrong usage", std::move(sentence));
}

// "LAT,LON" -> "&lat=...&lon=..."
Outcome<std::string> point_query(std::string_view text) {
    double lat = 0;
    double lon = 0;
    const char* const end = text.data() + text.size();
    const auto [comma, error] = std::from_chars(text.data(), end, lat);
    if (error == std::errc() && comma != end && *comma == ',') {
        const auto [stop, wrong] = std::from_chars(comma + 1, end, lon);
        if (wrong == std::errc() && stop == end) return fmt::format("&lat={}&lon={}", lat, lon);
    }
    return usage(fmt::format("--at takes LAT,LON in degrees, such as 42.3701,-71.1054, not \"{}\"", text));
}

// A number or true/false where it is one, else text. "=" may occur in the value.
Outcome<json::object> values_of(const std::vector<std::string>& pairs) {
    json::object out;
    for (const std::string& pair : pairs) {
        const std::size_t equals = pair.find('=');
        if (equals == 0 || equals == std::string::npos) {
            return usage(fmt::format("--value takes NAME=VALUE, not \"{}\"", pair));
        }
        const std::string name = pair.substr(0, equals);
        const std::string text = pair.substr(equals + 1);
        json::error_code error;
        json::value value = json::parse(text, error);
        if (error || !(value.is_number() || value.is_bool())) value = json::string(text);
        if (!out.emplace(name, std::move(value)).second)
            return usage(fmt::format("--value {} is there twice", name));
    }
    return out;
}

// Sends the files; what the observation says of them.
Outcome<json::array> attached(Device& device, const std::vector<std::string>& files) {
    json::array out;
    for (const std::filesystem::path file : files) {
        std::error_code error;
        if (!std::filesystem::is_regular_file(file, error)) {
            return usage(fmt::format("NOT SAVED: {} is no file that can be attached", file.string()));
        }
        auto kept = device.post_file("/attachments", file);
        if (!kept) {
            Failure failed = kept.error();
            failed.sentence = fmt::format("NOT SAVED: {}: {}", file.string(), failed.sentence);
            return failed;
        }
        const std::string_view type = support::content_type_of(file);
        out.push_back(json::object{{"sha256", text_at(*kept, "sha256")},
                                   {"media_type", type.substr(0, type.find(';'))},
                                   {"name", file.filename().string()}});
    }
    return out;
}

}  // namespace

Outcome<Printed> status(Device& device) {
    auto answer = device.get("/status");
    if (!answer) return answer.error();
    std::string text = format_status(*answer);
    return Printed{std::move(*answer), std::move(text)};
}

Outcome<Printed> search(Device& device, const SearchCommand& command) {
    auto answer =
        device.get(fmt::format("/search?limit={}&q={}", command.limit, percent_encode(command.text)));
    if (!answer) return answer.error();
    std::string text = format_search(*answer);
    if (array_at(*answer, "results").empty()) {
        text.pop_back();
        return Failure{Exit::not_found, std::move(text), std::move(*answer)};
    }
    return Printed{std::move(*answer), std::move(text)};
}

Outcome<Printed> show(Device& device, const ShowCommand& command) {
    const auto property = find_place(device, command.place);
    if (!property) return property.error();
    auto answer = device.get("/properties/" + *property);
    if (!answer) return answer.error();
    std::string text = format_property(*answer, command.options);
    return Printed{std::move(*answer), std::move(text)};
}

Outcome<Printed> near(Device& device, const NearCommand& command) {
    std::string target = fmt::format("/near?kind={}&limit={}", percent_encode(command.kind), command.limit);
    if (!command.place.empty()) {
        const auto property = find_place(device, command.place);
        if (!property) return property.error();
        target += "&property=" + *property;
    } else if (!command.at.empty()) {
        const auto point = point_query(command.at);
        if (!point) return point.error();
        target += *point;
    }
    auto answer = device.get(target);
    if (!answer) return answer.error();
    std::string text = format_near(*answer);
    if (array_at(*answer, "results").empty()) {
        text.pop_back();
        return Failure{Exit::not_found, std::move(text), std::move(*answer)};
    }
    return Printed{std::move(*answer), std::move(text)};
}

Outcome<Printed> observe(Device& device, const ObserveCommand& command) {
    auto values = values_of(command.values);
    if (!values) return values.error();
    if (command.note.empty() && values->empty() && command.attachments.empty())
        return usage("say what was found: --note TEXT, --value NAME=VALUE or --attach FILE");
    std::string property = command.property;
    if (!property.empty() && !is_record_id(property)) {
        return usage(
            fmt::format("--property takes an id of 13 letters and digits, not \"{}\"; for an address use "
                        "--address",
                        property));
    }
    if (!command.address.empty()) {
        auto found = find_place(device, command.address);
        if (!found) return found.error();
        property = *found;
    }

    const std::string id = command.id.empty() ? random_uuid() : command.id;
    json::object body{
        {"id", id}, {"kind", command.kind}, {"note", command.note}, {"values", std::move(*values)}};
    if (!command.attachments.empty()) {
        auto attachments = attached(device, command.attachments);
        if (!attachments) return attachments.error();
        body["attachments"] = std::move(*attachments);
    }
    if (!property.empty()) body["property"] = property;
    if (!command.severity.empty()) body["severity"] = command.severity;
    auto answer = device.post(command.visit.empty()
                                  ? std::string("/observations")
                                  : fmt::format("/visits/{}/observations", percent_encode(command.visit)),
                              body);
    if (!answer) {
        Failure failed = answer.error();
        const bool is_unknown = failed.exit == Exit::unreachable;
        failed.sentence = (is_unknown ? "NOT CONFIRMED as saved: " : "NOT SAVED: ") + failed.sentence;
        if (is_unknown) {
            failed.sentence +=
                fmt::format("\nRepeat the command with --id {}: it will not be recorded twice.", id);
        }
        return failed;
    }
    if (!flag_at(*answer, "saved")) {
        return Failure{Exit::refused, "NOT SAVED: the device did not confirm it", std::move(*answer)};
    }
    std::string text = format_saved(*answer);
    return Printed{std::move(*answer), std::move(text)};
}

Outcome<Printed> sync(Device& device) {
    auto answer = device.post("/sync", json::object());
    if (!answer) return answer.error();
    std::string text = text_at(*answer, "message") + "\n";
    return Printed{std::move(*answer), std::move(text)};
}

Outcome<Printed> pause(Device& device, const std::string& kind, bool paused) {
    auto answer = device.post("/link/pause", json::object{{"kind", kind}, {"paused", paused}});
    if (!answer) return answer.error();
    std::string text = text_at(*answer, "message") + "\n";
    return Printed{std::move(*answer), std::move(text)};
}

}  // namespace fieldpost::cli
