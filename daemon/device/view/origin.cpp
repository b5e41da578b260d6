#include "daemon/device/view/origin.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "sync/snapshot/reader.hpp"

namespace fieldpost::device {

namespace {

constexpr std::int64_t day_s = 86400;

std::optional<std::int64_t> days_of(std::string_view date) {
    int parts[3] = {};
    if (date.size() != 10 || date[4] != '-' || date[7] != '-') return std::nullopt;
    constexpr std::pair<std::size_t, std::size_t> places[] = {{0, 4}, {5, 2}, {8, 2}};
    for (std::size_t i = 0; i < 3; ++i) {
        const char* const first = date.data() + places[i].first;
        const char* const last = first + places[i].second;
        if (std::from_chars(first, last, parts[i]).ptr != last) return std::nullopt;
    }
    if (!is_civil(parts[0], parts[1], parts[2])) return std::nullopt;
    return days_from_civil(parts[0], parts[1], parts[2]);
}

}  // namespace

std::string_view to_string(Staleness staleness) {
    constexpr std::string_view names[] = {"current", "late", "stale", "unknown"};
    return names[static_cast<std::size_t>(staleness)];
}

Now::Now(const TimeZone& city, UnixSeconds utc) : city_(city), utc_(utc), today_(day_of(utc)) {}

std::string Now::day_of(UnixSeconds at) const {
    return at == 0 ? std::string() : format_date(city_.to_wall(at));
}

std::optional<int> days_between(std::string_view from, std::string_view to) {
    const auto begin = days_of(from);
    const auto end = days_of(to);
    if (!begin || !end) return std::nullopt;
    return static_cast<int>(*end - *begin);
}

Origins::Origins(const std::vector<snapshot::Source>& sources, const Now& now) : now_(now.utc()) {
    for (const auto& source : sources) sources_.emplace(source.id, source);
}

std::string Origins::title(const std::string& source) const {
    if (source == engine::field_source) return "Field crews";
    const auto known = sources_.find(source);
    return known == sources_.end() || known->second.title.empty() ? source : known->second.title;
}

Staleness Origins::staleness(const std::string& source, std::int64_t as_of) const {
    const auto known = sources_.find(source);
    if (known == sources_.end() || known->second.refresh_s <= 0 || now_ == 0) return Staleness::unknown;
    // A delivery vouches for all that it leaves as it was. A date in the future (an inspection that is to be)
    // vouches for nothing; a date alone may mean its last hour.
    std::int64_t vouched = known->second.delivered_at;
    if (vouched > now_ + day_s) vouched = 0;  // one of the two clocks was wrong
    const std::int64_t as_of_end = as_of % day_s == 0 ? as_of + day_s - 1 : as_of;
    if (as_of != 0 && as_of <= now_) vouched = std::max(vouched, std::min(as_of_end, now_));
    if (vouched == 0) return Staleness::unknown;
    const std::int64_t age = now_ - vouched;
    if (2 * age <= 3 * known->second.refresh_s) return Staleness::current;
    return age <= 3 * known->second.refresh_s ? Staleness::late : Staleness::stale;
}

Origin Origins::of(const std::vector<records::LayerRow>& layers, engine::OwnState state) const {
    Origin out;
    if (layers.empty()) return out;
    const records::LayerRow& first = layers.front();
    out.record = first.record;
    out.kind = first.kind;
    out.source = first.source;
    out.source_title = title(first.source);
    for (const auto& layer : layers) out.as_of = std::max(out.as_of, layer.as_of);
    out.staleness = staleness(out.source, out.as_of);
    out.link_method = first.link_method;
    out.link_confidence = first.link_confidence;
    // A crew stood before the place that it names; what is linked to no property has nothing to doubt.
    out.doubtful = first.property != 0 && first.link_method != records::LinkMethod::none &&
                   first.source != engine::field_source && first.link_confidence < doubtful_below;
    out.state = state;
    return out;
}

std::vector<HeldRecord> held_records(const engine::Overlay& overlay, const Origins& origins) {
    std::vector<HeldRecord> out;
    out.reserve(overlay.order().size());
    for (const auto id : overlay.order()) {
        const engine::OverlaidRecord& record = overlay.at(id);
        auto message = snapshot::merge(record.layers);
        if (!message) continue;
        out.push_back(
            {record.layers.front().kind, std::move(*message), origins.of(record.layers, record.state)});
    }
    return out;
}

}  // namespace fieldpost::device
