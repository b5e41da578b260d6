#include "daemon/device/link/link_settings.hpp"

#include <algorithm>

namespace fieldpost::device {

namespace {

using engine::SendClass;

// A size such as "2GiB", or "unlimited".
std::optional<std::uint64_t> read_limit(const ConfigTable& table, std::string_view key,
                                        std::optional<std::uint64_t> fallback) {
    if (!table.has(key)) return fallback;
    if (table.text(key, "") == "unlimited") return std::nullopt;
    return table.size(key, 0);
}

engine::SendRights read_rights(const ConfigTable& table, engine::SendRights fallback) {
    if (!table.has("send")) return fallback;
    engine::SendRights rights;
    rights.allow(SendClass::urgent);
    for (const std::string& word : table.texts("send")) {
        const auto found = std::ranges::find_if(
            engine::send_classes, [&](SendClass what) { return engine::to_string(what) == word; });
        if (found == engine::send_classes.end()) {
            table.complain(
                "send", "may hold urgent, work, feed, thumbnails, attachments, telemetry and bulk, not \"" +
                            word + "\"");
            continue;
        }
        rights.allow(*found);
    }
    return rights;
}

}  // namespace

engine::LinkPolicy::Rules read_link_rules(const ConfigTable& link) {
    engine::LinkPolicy::Rules all = engine::LinkPolicy::default_rules_of_all();
    for (const engine::LinkKind kind : engine::link_kinds) {
        const auto table = link.table(to_string(kind));
        engine::LinkRules& rules = all[static_cast<std::size_t>(kind)];
        rules.may = read_rights(table, rules.may);
        rules.paused = table.flag("paused", rules.paused);
        rules.month = read_limit(table, "month", rules.month);
        rules.attachments_month = read_limit(table, "attachments_month", rules.attachments_month);
        rules.month_stops_work = table.flag("month_stops_work", rules.month_stops_work);
        rules.bulk_up_to = read_limit(table, "bulk_up_to", rules.bulk_up_to);
    }
    return all;
}

}  // namespace fieldpost::device
