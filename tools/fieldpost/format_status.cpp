#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "sync/base/distance_text.hpp"
#include "tools/fieldpost/format.hpp"
#include "tools/fieldpost/format_position.hpp"
#include "tools/fieldpost/read_json.hpp"
#include "tools/fieldpost/table.hpp"
#include "tools/fieldpost/words.hpp"

namespace fieldpost::cli {
namespace {

namespace json = boost::json;

std::string line(std::string_view name, std::string_view text) {
    return fmt::format("{}  {}\n", padded(name, 11), text);
}

std::int64_t count_at(const json::value& object, std::string_view name) {
    return static_cast<std::int64_t>(number_at(object, name).value_or(0));
}

std::string data_text(const json::value& data) {
    const json::value& fetch = member(data, "fetch");
    std::string text = spaced(text_at(data, "state"));
    if (!fetch.is_null()) {
        text +=
            fmt::format(", {} of {} parts", count_at(fetch, "chunks_done"), count_at(fetch, "chunks_total"));
    }
    if (count_at(data, "generation") == 0) return text;
    text += fmt::format(", {} properties, {} records", grouped(count_at(data, "properties")),
                        grouped(count_at(data, "records")));
    if (const std::string as_of = text_at(data, "as_of"); !as_of.empty()) text += ", as of " + time(as_of);
    return text;
}

std::string feeds_text(const json::value& data) {
    const json::array& feeds = array_at(data, "feeds");
    std::int64_t behind = 0;
    std::int64_t changes = 0;
    for (const json::value& feed : feeds) {
        const std::int64_t missing = count_at(feed, "head") - count_at(feed, "cursor");
        if (missing <= 0) continue;
        ++behind;
        changes += missing;
    }
    if (behind == 0) return fmt::format("{} feeds, all up to date", feeds.size());
    return fmt::format("{} of {} feeds behind, {} changes to come", behind, feeds.size(), grouped(changes));
}

std::string journal_text(const json::value& journal) {
    std::string text;
    for (const json::value& lane : array_at(journal, "lanes")) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", text_at(lane, "lane"),
                            grouped(count_at(lane, "waiting")));
        if (const auto oldest = number_at(lane, "oldest_unsent_s"))
            text += fmt::format(" (oldest {})", duration(*oldest));
    }
    text =
        "waiting for the hub: " + text + "; " + bytes(number_at(journal, "bytes").value_or(0)) + " on disk";
    return flag_at(journal, "saved") ? text : "NOT SAVED; " + text;
}

std::string link_text(const json::value& link) {
    std::string text = text_at(link, "state");
    if (const std::string broker = text_at(link, "broker"); !broker.empty()) text += ", broker " + broker;
    return text + ", hub " + text_at(link, "hub") + ", since " + time(text_at(link, "since"));
}

}  // namespace

std::string format_position(const json::value& position) {
    const std::string fix = text_at(position, "fix");
    const auto lat = number_at(position, "lat");
    const auto lon = number_at(position, "lon");
    if (!lat || !lon) return "no fix";
    std::string text = fmt::format("{:.5f}, {:.5f}, {} fix", *lat, *lon, fix);
    if (const auto accuracy = number_at(position, "accuracy_m"))
        text += fmt::format(", within {}", distance_text(*accuracy));
    if (const auto satellites = number_at(position, "satellites"))
        text += fmt::format(", {:.0f} satellites", *satellites);
    if (const auto age = number_at(position, "age_s")) text += fmt::format(", {} old", duration(*age));
    return text;
}

std::string format_status(const json::value& status) {
    const json::value& data = member(status, "data");
    const json::value& now = member(status, "time");
    std::string city = text_at(status, "city");
    std::string out = fmt::format("{}{}{}\n\n", text_at(status, "device"), city.empty() ? "" : ", ", city);
    out += line("City data", data_text(data));
    if (!array_at(data, "feeds").empty()) out += line("", feeds_text(data));
    out += line("Journal", journal_text(member(status, "journal")));
    out += line("Link", link_text(member(status, "link")));
    out += line("Position", format_position(member(status, "position")));
    out += line("Time", fmt::format("{} ({})", time(text_at(now, "utc")), spaced(text_at(now, "quality"))));
    std::string_view name = "Parts";
    for (const json::value& part : array_at(status, "parts")) {
        const std::string detail = text_at(part, "detail");
        out += line(name, fmt::format("{} {}{}{}", text_at(part, "name"), spaced(text_at(part, "state")),
                                      detail.empty() ? "" : ": ", detail));
        name = "";
    }
    if (const auto free = number_at(member(status, "storage"), "free_bytes"))
        out += line("Disk", bytes(*free) + " free");
    out += line("Program", fmt::format("version {}, running since {}", text_at(status, "version"),
                                       time(text_at(status, "started_at"))));
    out += line("Switch off", flag_at(status, "safe_to_switch_off") ? "safe" : "NOT YET SAFE");
    const json::array& messages = array_at(status, "messages");
    if (!messages.empty()) out += "\n";
    for (const json::value& message : messages) {
        if (message.is_string()) out += "! " + printable(std::string_view(message.get_string())) + "\n";
    }
    return out;
}

}  // namespace fieldpost::cli
