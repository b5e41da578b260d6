#include "daemon/device/view/responsible.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "daemon/device/view/text.hpp"
#include "sync/lookup/describe.hpp"
#include "sync/lookup/terms.hpp"

namespace fieldpost::device {

namespace {

// Of the box around the outline, in square degrees: good enough to tell a ward from a city.
double extent(const records::Boundary& boundary) {
    const auto box = lookup::extract(records::BOUNDARY, boundary).spot;
    if (!box) return HUGE_VAL;
    return (static_cast<double>(box->north) - box->south) * (static_cast<double>(box->east) - box->west);
}

bool answers_for(const records::Boundary& boundary, std::string_view topic) {
    return topic.empty() || std::ranges::any_of(boundary.topics(), [&](const std::string& one) {
               return same_word(one, topic);
           });
}

}  // namespace

std::vector<Responsible> responsible_for(const std::vector<records::LayerRow>& boundaries,
                                         std::string_view topic, const Origins& origins) {
    std::vector<std::pair<double, Responsible>> found;
    for (const auto& row : boundaries) {
        const auto message = records::parse_body(row.kind, row.body);
        if (!message || row.kind != records::BOUNDARY) continue;
        const auto& boundary = static_cast<const records::Boundary&>(**message);
        if (boundary.agency().empty() || !answers_for(boundary, topic)) continue;
        Responsible out;
        out.topics.assign(boundary.topics().begin(), boundary.topics().end());
        out.agency = boundary.agency();
        out.phone = boundary.phone();
        out.after_hours_phone = boundary.after_hours_phone();
        out.district = lookup::describe(records::BOUNDARY, boundary).title;
        out.layer = boundary.layer();
        out.origin = origins.of({row});
        found.emplace_back(extent(boundary), std::move(out));
    }
    std::ranges::stable_sort(found, {},
                             [](const auto& one) { return std::tie(one.first, one.second.agency); });
    std::vector<Responsible> out;
    for (auto& one : found) out.push_back(std::move(one.second));
    return out;
}

}  // namespace fieldpost::device
