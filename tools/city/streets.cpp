#include "tools/city/streets.hpp"

#include <algorithm>
#include <cstdlib>

#include "tools/city/property.hpp"

namespace fieldpost::city {
namespace {

std::string_view class_name(StreetClass kind) {
    switch (kind) {
        case StreetClass::arterial:
            return "arterial";
        case StreetClass::radial:
            return "radial";
        case StreetClass::local:
            return "local";
        case StreetClass::court:
            return "court";
    }
    return "";
}

int speed_mph(StreetClass kind) {
    switch (kind) {
        case StreetClass::arterial:
            return 35;
        case StreetClass::radial:
            return 40;
        case StreetClass::local:
            return 25;
        case StreetClass::court:
            return 20;
    }
    return 25;
}

struct Range {
    int from = 0, to = 0;
    void take(const Lot& lot) {
        if (from == 0 || lot.number < from) from = lot.number;
        to = std::max({to, lot.number, lot.number_to});
    }
};

}  // namespace

std::unique_ptr<Layer> write_centerlines(const Plan& plan, const std::string& folder) {
    const LayerSpec spec{.source = "streets",
                         .file = "centerlines.geojson",
                         .number = 20,
                         .key = "SEGMENT_ID",
                         .spoilt = false};
    auto layer = std::make_unique<Layer>(spec, plan.seed(), 0, folder);
    std::int64_t number = 0;
    for (const Segment& segment : plan.segments()) {
        const Street& street = plan.street(segment);
        const Point from = plan.at(segment.from);
        const Point to = plan.at(segment.to);
        const bool east_west = std::llabs(to.x - from.x) > std::llabs(to.y - from.y);
        // Even numbers stand north and east: left of an eastward or southward line, right of the others.
        const bool even_left = east_west ? to.x > from.x : to.y < from.y;
        Range left, right;
        for (const Lot& lot : lots_of(plan, segment))
            ((lot.number % 2 == 0) == even_left ? left : right).take(lot);
        std::string street_id = "ST";
        append_padded(street_id, segment.side.street + 1, 5);
        if (segment.side.direction != 0) street_id += segment.side.direction;
        std::string segment_id = "SG";
        append_padded(segment_id, ++number, 6);
        const char letter[] = {segment.side.direction, '\0'};
        layer->text("SEGMENT_ID", segment_id)
            .text("STREET_ID", street_id)
            .text("PRE_DIR", street.direction_after ? "" : letter)
            .text("NAME", street.name)
            .text("TYPE", street.type)
            .text("POST_DIR", street.direction_after ? letter : "")
            .text("FULL_NAME", plan.name(segment.side))
            .text("CLASS", class_name(street.kind))
            .number("L_FROM", left.from)
            .number("L_TO", left.to)
            .number("R_FROM", right.from)
            .number("R_TO", right.to)
            .text("CROSS_FROM", segment.cross_from.known() ? plan.name(segment.cross_from) : std::string())
            .text("CROSS_TO", segment.cross_to.known() ? plan.name(segment.cross_to) : std::string())
            .text("ZIP", postal_code(plan, plan.tile(segment).district))
            .text("DISTRICT", district_id(plan.tile(segment).district))
            .number("SPEED_MPH", speed_mph(street.kind));
        layer->put_line(plan.line(segment));
    }
    return layer;
}

}  // namespace fieldpost::city
