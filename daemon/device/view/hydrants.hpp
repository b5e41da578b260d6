// Hydrants as a crew needs them: what they give by NFPA 291, how far, and when that was last tested. Pure.
#pragma once

#include <string>
#include <vector>

#include "daemon/device/view/origin.hpp"
#include "sync/snapshot/reader.hpp"

namespace fieldpost::device {

// NFPA 291: the colour of bonnet and caps, by the flow at 20 psi residual. Exactly 1,500 gpm counts as blue.
enum class FlowClass { unknown, red, orange, green, blue };
std::string_view to_string(FlowClass flow);
// "1,500 gpm or more", "" for unknown.
std::string_view gpm_range(FlowClass flow);

// By the tested flow; without one by the colour that the source says; black (out of service) says nothing.
FlowClass flow_class(const records::Asset& hydrant);

struct Hydrant {
    records::RecordId record = 0;
    std::string title;  // "Hydrant H-101"
    FlowClass flow = FlowClass::unknown;
    double flow_gpm = 0;    // 0: not tested
    std::string tested_on;  // date of the flow test; empty: none is known
    std::string inspected_on;
    bool status_known = false;  // in service, as its source says; otherwise nobody knows
    double distance_m = 0;      // straight line, not along streets
    double bearing_deg = 0;     // from the asking point, clockwise from north
    snapshot::Point position;
    int main_size_in = 0;  // 0 unknown
    bool private_owned = false;
    Origin origin;
};

// Of these spots the hydrants that work, nearest first.
std::vector<Hydrant> hydrants_of(const std::vector<snapshot::Spot>& spots, const Origins& origins);

}  // namespace fieldpost::device
