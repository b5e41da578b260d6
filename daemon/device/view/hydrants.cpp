#include "daemon/device/view/hydrants.hpp"

#include "daemon/device/view/text.hpp"
#include "sync/lookup/describe.hpp"

namespace fieldpost::device {

std::string_view to_string(FlowClass flow) {
    constexpr std::string_view names[] = {"unknown", "red", "orange", "green", "blue"};
    return names[static_cast<std::size_t>(flow)];
}

std::string_view gpm_range(FlowClass flow) {
    constexpr std::string_view ranges[] = {"", "under 500 gpm", "500 to 999 gpm", "1,000 to 1,499 gpm",
                                           "1,500 gpm or more"};
    return ranges[static_cast<std::size_t>(flow)];
}

FlowClass flow_class(const records::Asset& hydrant) {
    const double gpm = hydrant.flow_gpm();
    if (gpm >= 1500) return FlowClass::blue;
    if (gpm >= 1000) return FlowClass::green;
    if (gpm >= 500) return FlowClass::orange;
    if (gpm > 0) return FlowClass::red;
    for (const auto flow : {FlowClass::red, FlowClass::orange, FlowClass::green, FlowClass::blue}) {
        if (same_word(hydrant.color(), to_string(flow))) return flow;
    }
    return FlowClass::unknown;
}

std::vector<Hydrant> hydrants_of(const std::vector<snapshot::Spot>& spots, const Origins& origins) {
    std::vector<Hydrant> out;
    for (const auto& spot : spots) {
        if (spot.out_of_service || spot.row.kind != records::ASSET) continue;
        const auto message = records::parse_body(spot.row.kind, spot.row.body);
        if (!message) continue;
        const auto& asset = static_cast<const records::Asset&>(**message);
        Hydrant hydrant;
        hydrant.record = spot.row.record;
        hydrant.title = lookup::describe(records::ASSET, asset).title;
        hydrant.flow = flow_class(asset);
        hydrant.flow_gpm = asset.flow_gpm();
        hydrant.tested_on = asset.flow_test_on();
        hydrant.inspected_on = asset.last_inspected_on();
        hydrant.status_known = !asset.status().empty() && asset.status() != "unknown";
        hydrant.distance_m = spot.distance_m;
        hydrant.bearing_deg = spot.bearing_deg;
        hydrant.position = spot.position;
        hydrant.main_size_in = static_cast<int>(asset.main_size_in());
        hydrant.private_owned = asset.private_owned();
        hydrant.origin = origins.of({spot.row});
        out.push_back(std::move(hydrant));
    }
    return out;
}

}  // namespace fieldpost::device
