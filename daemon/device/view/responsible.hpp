// "Who do I call?": the agencies that answer for a point, from the city's boundary layers. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/device/view/origin.hpp"

namespace fieldpost::device {

struct Responsible {
    std::vector<std::string> topics;  // "fire", "water"; empty: the layer does not say for what
    std::string agency;
    std::string phone;              // may be empty
    std::string after_hours_phone;  // may be empty
    std::string district;           // "Ward 3"
    std::string layer;              // "ward"
    Origin origin;
};

// Of the boundaries that hold a point, those with an agency that answers for the topic (empty: for any), the
// smallest district first: it knows best. `boundaries`: as Reader::boundaries_at() gives them.
std::vector<Responsible> responsible_for(const std::vector<records::LayerRow>& boundaries,
                                         std::string_view topic, const Origins& origins);

}  // namespace fieldpost::device
