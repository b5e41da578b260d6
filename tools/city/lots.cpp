#include "tools/city/lots.hpp"

#include <algorithm>

#include "tools/city/random.hpp"

namespace fieldpost::city {
namespace {

constexpr std::int64_t kSetback = 16'000;
constexpr std::int64_t kRadialClearance = 45'000;
constexpr int kMaxLots = 98;  // two digits of the parcel number

// In the order of Use.
constexpr int kDowntown[] = {6, 4, 16, 3, 22, 17, 10, 16, 1, 0, 0, 0, 0, 0, 4};
constexpr int kArterial[] = {22, 10, 10, 1, 24, 10, 8, 10, 1, 0, 0, 1, 0, 1, 4};
constexpr int kMixed[] = {40, 21, 10, 1, 6, 4, 3, 8, 1, 1, 0, 1, 0, 0, 4};
constexpr int kResidential[] = {68, 18, 4, 1, 1, 1, 0, 2, 0, 0, 0, 1, 0, 0, 4};
constexpr int kSuburban[] = {88, 3, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5};
constexpr int kIndustrial[] = {8, 3, 1, 0, 4, 8, 2, 1, 38, 23, 0, 0, 0, 0, 12};

Use draw_use(Zone zone, StreetClass street, Random& random) {
    const bool busy = street == StreetClass::arterial || street == StreetClass::radial;
    std::size_t drawn = 0;
    if (zone == Zone::downtown) {
        drawn = random.weighted(kDowntown);
    } else if (zone == Zone::industrial) {
        drawn = random.weighted(kIndustrial);
    } else if (busy) {
        drawn = random.weighted(kArterial);
    } else if (zone == Zone::mixed) {
        drawn = random.weighted(kMixed);
    } else if (zone == Zone::suburban) {
        drawn = random.weighted(kSuburban);
    } else {
        drawn = random.weighted(kResidential);
    }
    return static_cast<Use>(drawn);
}

std::int64_t frontage_mm(Zone zone, Random& random) {
    switch (zone) {
        case Zone::downtown:
            return random.between(12'000, 16'000);
        case Zone::mixed:
            return random.between(12'000, 15'000);
        case Zone::residential:
            return random.between(12'500, 17'000);
        case Zone::suburban:
            return random.between(18'000, 24'000);
        case Zone::industrial:
            return random.between(30'000, 45'000);
    }
    return 15'000;
}

void furnish(Lot& lot, Zone zone, Random& random) {
    switch (lot.use) {
        case Use::single_family:
            lot.units = 1;
            if (random.permille(15))
                lot.second = Second::half;
            else if (random.permille(8))
                lot.second = Second::letter;
            break;
        case Use::two_family:
            lot.units = 2;
            break;
        case Use::apartments:
            lot.units = zone == Zone::downtown ? random.between(6, 30) : random.between(3, 12);
            lot.units_listed = random.percent(28);
            break;
        case Use::condominium:
            lot.units = zone == Zone::downtown ? random.between(8, 40) : random.between(4, 14);
            lot.units_listed = true;
            break;
        case Use::mixed_use:
            lot.units = random.between(2, 6);
            lot.units_listed = random.percent(35);
            break;
        case Use::office:
            lot.units = random.between(1, 9);
            lot.units_listed = lot.units > 2 && random.percent(25);
            break;
        default:
            break;
    }
    lot.unit_style = lot.units > 12 || lot.use == Use::office ? UnitStyle::floors
                     : lot.units <= 8 && random.percent(35)   ? UnitStyle::letters
                                                              : UnitStyle::numbers;
}

}  // namespace

std::vector<Lot> lots_of(const Plan& plan, const Segment& segment) {
    Random random(hash(plan.seed(), 0x107, segment.tile, segment.number_in_tile));
    const Zone zone = plan.tile(segment).zone;
    const StreetClass kind = plan.street(segment).kind;
    const Point from = plan.at(segment.from);
    const Point to = plan.at(segment.to);
    const std::int64_t dx = to.x - from.x;
    const std::int64_t dy = to.y - from.y;
    const std::int64_t length = root(dx * dx + dy * dy);
    const std::int64_t usable = length - 2 * segment.margin_mm;
    const std::int64_t span = segment.last_number - segment.first_number;
    std::vector<Lot> lots;
    if (usable < 8'000) return lots;

    for (const int side : {1, -1}) {  // left, right of the direction of growing numbers
        const std::int64_t offset_x = -dy * side * kSetback / length;
        const std::int64_t offset_y = dx * side * kSetback / length;
        // Even numbers stand on the north and east sides of a street, whichever way its numbers grow.
        const bool even = (std::abs(dx) > std::abs(dy) ? offset_y : offset_x) > 0;
        // At most one lot to four numbers, so that every lot has its own.
        const int count =
            static_cast<int>(std::clamp<std::int64_t>(usable / frontage_mm(zone, random), 1, span / 4));
        const auto number_at = [&](int slot, int jitter) {
            const int near = segment.first_number + static_cast<int>(span * slot / count) + jitter;
            return std::max(near / 2 * 2 + (even ? 0 : 1), even ? 2 : 1);
        };
        const bool institution = kind != StreetClass::court && count > 3 && random.permille(22);
        for (int slot = 0; slot < count && static_cast<int>(lots.size()) < kMaxLots; ++slot) {
            Lot lot;
            int width = 1;
            if (institution) {
                constexpr Use kUses[] = {Use::school, Use::church, Use::church, Use::hospital,
                                         Use::nursing_home};
                lot.use = random.pick(kUses);
                width = count;
            } else {
                lot.use = draw_use(zone, kind, random);
                const bool large = lot.use == Use::apartments || lot.use == Use::condominium ||
                                   lot.use == Use::retail || lot.use == Use::office ||
                                   lot.use == Use::mixed_use || lot.use == Use::warehouse ||
                                   lot.use == Use::manufacturing;
                if (large && random.percent(35)) width = std::min(random.between(2, 4), count - slot);
            }
            furnish(lot, zone, random);
            lot.number = number_at(slot, static_cast<int>(random.below(2)));
            const bool range =
                width > 1 || (lot.use == Use::two_family && span / count >= 6 && random.percent(30));
            if (range) lot.number_to = std::max(number_at(slot + width - 1, 1), lot.number + 2);
            const std::int64_t wander = static_cast<std::int64_t>(random.below(3'000)) - 1'500;
            const std::int64_t along =
                segment.margin_mm + usable * (2 * slot + width) / (2 * count) + (width > 1 ? 0 : wander);
            slot += width - 1;
            const Point unbent{from.x + dx * along / length + offset_x,
                               from.y + dy * along / length + offset_y};
            if (kind != StreetClass::radial && plan.near_radial(unbent, kRadialClearance)) continue;
            lot.at = plan.bent(unbent);
            lot.index = static_cast<int>(lots.size()) + 1;
            lots.push_back(lot);
        }
    }
    return lots;
}

}  // namespace fieldpost::city
