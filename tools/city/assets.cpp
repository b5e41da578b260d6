#include "tools/city/assets.hpp"

#include <algorithm>
#include <cstdlib>

namespace fieldpost::city {
namespace {

constexpr std::uint64_t kRowsPerSegment = 64;

struct Class {
    char letter;
    std::string_view file, owner;
};

// In the order of layers().
constexpr Class kClasses[] = {
    {'H', "hydrants.geojson", "Water"},         {'V', "valves.geojson", "Water"},
    {'P', "poles.geojson", "Prairie Electric"}, {'L', "lights.geojson", "Public Works"},
    {'S', "signals.geojson", "Traffic"},        {'T', "trees.geojson", "Forestry"},
    {'M', "manholes.geojson", "Sewer"},
};
constexpr std::uint64_t kFirstNumber = 30;  // table numbers of the layers

const Class& class_of(char letter) {
    return *std::find_if(std::begin(kClasses), std::end(kClasses),
                         [letter](const Class& c) { return c.letter == letter; });
}

}  // namespace

Assets::Assets(const Sources& sources, const std::string& folder) : sources_(sources) {
    std::uint64_t number = kFirstNumber;
    for (const Class& each : kClasses) {
        const LayerSpec spec{.source = "assets",
                             .file = each.file,
                             .number = number++,
                             .key = "ASSET_ID",
                             .date = "LAST_INSPECTED",
                             .drift = {.changed = 500, .removed = 100, .added = 200}};
        layers_.push_back(std::make_unique<Layer>(spec, sources.seed(), sources.calendar.day(), folder));
    }
}

void Assets::segment(const Segment& segment, std::uint64_t number) {
    Random random(hash(sources_.seed(), 0xA55E7, number));
    const Plan& plan = sources_.plan;
    const int lines = std::max(std::abs(segment.to.column - segment.from.column),
                               std::abs(segment.to.row - segment.from.row));
    const bool busy = plan.street(segment).kind == StreetClass::arterial;
    const auto chance = [&](std::uint32_t share) { return random.percent(share) ? 1 : 0; };
    const int counts[] = {lines > 2 ? 1 + chance(30) : chance(60),
                          chance(45),
                          chance(30) + chance(30),
                          chance(45) + chance(25),
                          busy && segment.cross_from.known() ? chance(45) : 0,
                          plan.tile(segment).zone == Zone::industrial ? 0 : chance(60) + chance(40),
                          chance(40)};
    for (std::size_t i = 0; i < layers_.size(); ++i)
        several(*layers_[i], kClasses[i].letter, segment, number, counts[i]);
}

void Assets::several(Layer& layer, char letter, const Segment& segment, std::uint64_t number, int count) {
    for (int k = 0; k < count; ++k) place(layer, letter, segment, number, k, 0);
    for (int on = 1; on <= sources_.calendar.day(); ++on) {
        if (sources_.calendar.adds(layer.spec().drift, layer.spec().number, number, on)) {
            place(layer, letter, segment, number, 32 + on, on);
        }
    }
}

void Assets::place(Layer& layer, char letter, const Segment& segment, std::uint64_t number, int k, int born) {
    const std::uint64_t row = number * kRowsPerSegment + static_cast<std::uint64_t>(k);
    const Fate fate = sources_.calendar.fate(layer.spec().drift, layer.spec().number, row, born, 0);
    if (!fate.present()) {
        layer.skip(fate);
        return;
    }
    Random random(hash(sources_.seed(), layer.spec().number, row));
    const Plan& plan = sources_.plan;
    const Point from = plan.at(segment.from);
    const Point to = plan.at(segment.to);
    const std::int64_t length = root((to.x - from.x) * (to.x - from.x) + (to.y - from.y) * (to.y - from.y));
    // Signals stand at the crossing, manholes in the carriageway, the rest behind the kerb.
    const std::int64_t along = letter == 'S' ? 6'000 : std::int64_t{random.between(8, 92)} * length / 100;
    const std::int64_t aside = letter == 'M' ? 1'500 : letter == 'V' ? 3'500 : 6'500;
    const std::int64_t side = random.percent(50) ? 1 : -1;
    const Point unbent{from.x + (to.x - from.x) * along / length - (to.y - from.y) * side * aside / length,
                       from.y + (to.y - from.y) * along / length + (to.x - from.x) * side * aside / length};
    const std::uint32_t state = random.below(100);
    bool working = state >= 5;
    if (fate.changed_on > 0) working = !working;
    const Day inspected = fate.changed_on > 0 ? changed_day(fate) : happened(fate, random, 4 * 365);
    std::string location;
    if (letter == 'S' || random.percent(25)) location = write_crossing(plan, segment);
    if (location.empty()) {
        const std::int64_t span = segment.last_number - segment.first_number;
        append_int(location, segment.first_number + span * along / length);
        location += ' ' + plan.name(segment.side);
    }
    layer.text("ASSET_ID", std::string(1, letter) + "-" + shuffled_number(row, layer.spec().number))
        .text("STATUS", !working      ? "Out of Service"
                        : state >= 97 ? "Unknown"
                                      : "In Service")
        .text("OWNER", letter == 'H' && random.percent(3) ? "Private" : class_of(letter).owner)
        .date("INSTALL_DATE", kDayZero - random.between(400, 33'000))
        .date("LAST_INSPECTED", inspected)
        .text("LOCATION", location);
    describe(layer, letter, working, fate, inspected, random);
    layer.put_point(row, fate, position_of(plan.bent(unbent)));
}

void Assets::hydrant(Layer& layer, bool working, const Fate& fate, Day inspected, Random& random) {
    constexpr std::string_view kReasons[] = {"BROKEN_STEM", "LEAKING", "OBSTRUCTION", "FROZEN",
                                             "DRAIN_DEFECTIVE"};
    constexpr std::string_view kMakers[] = {"Mueller", "Kennedy", "Clow", "Darling", "American"};
    constexpr int kMains[] = {4, 6, 6, 8, 8, 8, 12};
    const int main = random.pick(kMains);
    const int flow = (main * random.between(70, 190) + random.between(0, 9)) / 10 * 10;
    const int still = random.between(42, 95);
    const bool tested = random.percent(88);
    const Day since = fate.changed_on > 0 ? changed_day(fate) : kDayZero - random.between(1, 300);
    const std::string_view color = !working       ? "BLACK"
                                   : !tested      ? ""
                                   : flow >= 1500 ? "BLUE"
                                   : flow >= 1000 ? "GREEN"
                                   : flow >= 500  ? "ORANGE"
                                                  : "RED";
    const std::string_view reason = random.pick(kReasons);
    layer.date("OUT_SINCE", working ? kUnknownDay : since)
        .text("OUT_REASON", working ? std::string_view{} : reason)
        .known_number("FLOW_GPM", tested ? flow : 0)
        .known_number("STATIC_PSI", tested ? still : 0)
        .known_number("RESIDUAL_PSI", tested ? still - random.between(5, 22) : 0)
        .date("FLOW_TEST_DATE", tested ? inspected - random.between(0, 700) : kUnknownDay)
        .text("COLOR", color)
        .number("MAIN_SIZE_IN", main)
        .number("OUTLETS", random.between(2, 3))
        .text("MANUFACTURER", random.pick(kMakers));
}

void Assets::describe(Layer& layer, char letter, bool working, const Fate& fate, Day inspected,
                      Random& random) {
    constexpr std::string_view kValves[] = {"Gate", "Butterfly", "Air release", "Pressure reducing"};
    constexpr std::string_view kPoles[] = {"Wood", "Wood", "Steel", "Concrete"};
    constexpr std::string_view kLamps[] = {"LED", "LED", "LED", "HPS", "Metal halide"};
    constexpr std::string_view kSignals[] = {"Traffic signal", "Traffic signal", "Pedestrian beacon",
                                             "Flasher"};
    struct Tree {
        std::string_view species, name;
    };
    constexpr Tree kTrees[] = {
        {"Acer platanoides", "Norway maple"}, {"Gleditsia triacanthos", "Honeylocust"},
        {"Quercus rubra", "Red oak"},         {"Tilia cordata", "Littleleaf linden"},
        {"Fraxinus americana", "White ash"},  {"Ulmus americana", "American elm"},
        {"Pyrus calleryana", "Callery pear"}, {"Platanus × acerifolia", "London plane"}};
    constexpr std::string_view kConditions[] = {"Good", "Good", "Fair", "Poor", "Dead"};
    constexpr std::string_view kSystems[] = {"sanitary", "sanitary", "storm", "electric", "telecom"};
    switch (letter) {
        case 'H':
            hydrant(layer, working, fate, inspected, random);
            break;
        case 'V':
            layer.text("VALVE_TYPE", random.pick(kValves))
                .number("SIZE_IN", 4 + 2 * random.between(0, 4))
                .text("NORMAL_POSITION", random.percent(95) ? "Open" : "Closed")
                .number("TURNS", random.between(10, 40));
            break;
        case 'P':
            layer.text("MATERIAL", random.pick(kPoles)).number("HEIGHT_FT", 5 * random.between(6, 10));
            break;
        case 'L':
            layer.text("LAMP", random.pick(kLamps)).number("WATTS", 10 * random.between(4, 25));
            break;
        case 'S':
            layer.text("SIGNAL_TYPE", random.pick(kSignals));
            break;
        case 'T': {
            const Tree& tree = random.pick(kTrees);
            layer.text("SPECIES", tree.species)
                .text("COMMON_NAME", tree.name)
                .number("DBH_IN", random.between(2, 40))
                .text("CONDITION", random.pick(kConditions));
            break;
        }
        default:
            layer.text("SYSTEM", random.pick(kSystems))
                .number("DEPTH_FT", random.between(4, 22))
                .text("COVER", random.percent(90) ? "Round" : "Square");
            break;
    }
}

}  // namespace fieldpost::city
