#include "sync/engine/link_policy.hpp"

#include <algorithm>

namespace fieldpost::engine {

namespace {

std::optional<std::uint64_t> rest(std::optional<std::uint64_t> limit, std::uint64_t used) {
    if (!limit) return std::nullopt;
    return *limit - std::min(*limit, used);
}

// As a person says it.
std::string_view spoken(LinkKind kind) {
    switch (kind) {
        case LinkKind::unknown:
            return "this link";
        case LinkKind::wifi_depot:
            return "the depot's Wi-Fi";
        case LinkKind::wifi:
            return "Wi-Fi";
        case LinkKind::ethernet:
            return "the cable";
        case LinkKind::lte:
            return "the mobile network";
        case LinkKind::satellite:
            return "satellite";
    }
    return "this link";
}

std::string_view spoken(SendClass what) {
    switch (what) {
        case SendClass::urgent:
            return "Urgent messages";
        case SendClass::work:
            return "Records";
        case SendClass::feed:
            return "Changes to the city's data";
        case SendClass::thumbnails:
            return "Small pictures";
        case SendClass::attachments:
            return "Photos and other attachments";
        case SendClass::telemetry:
            return "Positions and measurements";
        case SendClass::bulk:
            return "New city data";
    }
    return "Records";
}

}  // namespace

std::string_view to_string(LinkKind kind) {
    switch (kind) {
        case LinkKind::unknown:
            return "unknown";
        case LinkKind::wifi_depot:
            return "wifi_depot";
        case LinkKind::wifi:
            return "wifi";
        case LinkKind::ethernet:
            return "ethernet";
        case LinkKind::lte:
            return "lte";
        case LinkKind::satellite:
            return "satellite";
    }
    return "unknown";
}

std::optional<LinkKind> parse_link_kind(std::string_view name) {
    const auto found = std::ranges::find(link_kinds, name, [](LinkKind kind) { return to_string(kind); });
    return found == link_kinds.end() ? std::nullopt : std::optional(*found);
}

std::string_view to_string(LinkPolicy::Hold hold) {
    switch (hold) {
        case LinkPolicy::Hold::none:
            return "none";
        case LinkPolicy::Hold::no_link:
            return "no_link";
        case LinkPolicy::Hold::kind:
            return "kind";
        case LinkPolicy::Hold::paused:
            return "paused";
        case LinkPolicy::Hold::month:
            return "month";
        case LinkPolicy::Hold::attachments_month:
            return "attachments_month";
    }
    return "none";
}

LinkRules default_rules(LinkKind kind) {
    LinkRules rules;
    if (kind == LinkKind::lte) {
        rules.attachments_month = std::uint64_t{2} << 30U;
        rules.bulk_up_to = std::uint64_t{64} << 20U;
    } else if (kind == LinkKind::satellite) {
        rules.may = SendRights();
        rules.may.allow(SendClass::urgent);
        rules.may.allow(SendClass::work);
    }
    return rules;
}

LinkPolicy::Rules LinkPolicy::default_rules_of_all() {
    Rules rules;
    for (const LinkKind kind : link_kinds) rules[static_cast<std::size_t>(kind)] = default_rules(kind);
    return rules;
}

void LinkPolicy::set_link(std::optional<LinkKind> kind, bool metered) {
    kind_ = kind;
    if (kind_ && metered && *kind_ != LinkKind::satellite) kind_ = LinkKind::lte;
}

LinkPolicy::Hold LinkPolicy::hold(SendClass what) const {
    if (what == SendClass::urgent) return Hold::none;
    if (!kind_) return what == SendClass::work ? Hold::none : Hold::no_link;
    const LinkRules& now = rules(*kind_);
    if (now.paused) return Hold::paused;
    if (!now.may.allows(what)) return Hold::kind;
    const bool spent = left() == 0U;
    if (what == SendClass::work) return spent && now.month_stops_work ? Hold::month : Hold::none;
    if (spent) return Hold::month;
    if (what == SendClass::attachments && attachments_left() == 0U) return Hold::attachments_month;
    return Hold::none;
}

bool LinkPolicy::allows_positions() const {
    return sos_ || !kind_ || (!rules(*kind_).paused && left() != 0U);
}

SendRights LinkPolicy::rights() const {
    SendRights rights;
    if (!allows_positions()) rights.hold_positions();
    for (const SendClass what : send_classes) {
        if (allows(what)) rights.allow(what);
    }
    return rights;
}

bool LinkPolicy::allows_bulk(std::uint64_t bytes) const {
    if (!allows(SendClass::bulk)) return false;
    const auto up_to = rules(*kind_).bulk_up_to;
    const auto month = left();
    return (!up_to || bytes <= *up_to) && (!month || bytes <= *month);
}

std::string LinkPolicy::why_bulk_held(std::uint64_t bytes) const {
    if (allows_bulk(bytes)) return {};
    if (!allows(SendClass::bulk)) return why_held(SendClass::bulk);
    const auto up_to = rules(*kind_).bulk_up_to;
    const std::string limit = up_to && bytes > *up_to
                                  ? "goes at once over " + std::string(spoken(*kind_))
                                  : "is left of this month's data for " + std::string(spoken(*kind_));
    return "New city data wait: " + std::to_string((bytes >> 20U) + 1) + " MiB are missing, more than " +
           limit + ". They go over another link, such as the depot's.";
}

std::optional<std::uint64_t> LinkPolicy::left() const {
    return kind_ ? rest(rules(*kind_).month, used_.all) : std::nullopt;
}

std::optional<std::uint64_t> LinkPolicy::attachments_left() const {
    return kind_ ? rest(rules(*kind_).attachments_month, used_.attachments) : std::nullopt;
}

std::string LinkPolicy::why_held(SendClass what) const {
    const std::string things(spoken(what));
    switch (hold(what)) {
        case Hold::none:
            return {};
        case Hold::no_link:
            return things + " wait until a link is up.";
        case Hold::paused:
            return things + " wait: " + std::string(spoken(*kind_)) + " is paused, only urgent messages go.";
        case Hold::kind:
            return things + " do not go over " + std::string(spoken(*kind_)) +
                   ": they wait for another link, such as the depot's.";
        case Hold::month:
            return things + " wait: this month's data for " + std::string(spoken(*kind_)) +
                   " is used up. They go over another link, such as the depot's, or next month.";
        case Hold::attachments_month:
            return things + " wait: their part of this month's data for " + std::string(spoken(*kind_)) +
                   " is used up. They go over another link, such as the depot's, or next month.";
    }
    return {};
}

}  // namespace fieldpost::engine
