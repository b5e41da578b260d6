// Links a real, dirty city: Syracuse's registers against its parcels. The parcels carry neither coordinates
// nor the parcel number that the registers use, so the address is the only bridge, and both can judge it
// independently.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "tests/unit/hub_link/csv.hpp"
#include "tests/unit/hub_link/tally.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using test::Csv;
using test::Tally;

namespace {

std::optional<PointE7> point(const std::string& lat, const std::string& lon) {
    double y = std::strtod(lat.c_str(), nullptr);
    double x = std::strtod(lon.c_str(), nullptr);
    if (y < 42 || y > 44 || x < -77 || x > -75) return std::nullopt;
    return PointE7{static_cast<std::int32_t>(std::lround(y * 1e7)),
                   static_cast<std::int32_t>(std::lround(x * 1e7))};
}

// A parcel number of the form "021.-05-66.0"; broken rows have anything there.
bool is_sbl(const std::string& text) {
    return text.size() >= 12 && text.size() <= 18 && text[3] == '.' && text.find('-') != std::string::npos;
}

struct Dataset {
    const char* name;
    const char* file;
    const char* address;
    const char* parcel;  // nullptr: none
    const char* lat;
    const char* lon;
    double baseline;  // what plain normalised equality links
};

// The columns of the potholes' latitude and longitude are swapped in the source.
constexpr Dataset datasets[] = {
    {"rental registry", "rental_registry_2025.csv", "PropertyAddress", "SBL", "Latitude", "Longitude", 0.990},
    {"vacant properties", "vacant_properties_2025.csv", "PropertyAddress", "SBL", "Latitude", "Longitude",
     0.987},
    {"potholes", "potholes_2016.csv", "strLocation", nullptr, "Longitude", "Latitude", 0.968},
    {"permits", "permits_2012-2016_raw.csv", "Location", "SBL#", nullptr, nullptr, 0.789},
};

struct Row {
    const Dataset* dataset;
    std::string text;
    std::string parcel;
    std::optional<PointE7> point;
    Link link;
};

// What the links of all data sets say of each other.
class Evidence {
  public:
    explicit Evidence(const std::vector<Row>& rows) : rows_(rows) {}

    // Rows of one parcel number that link to another property than most of its rows do.
    std::pair<std::size_t, std::size_t> contradictions() const {
        std::map<std::string, std::map<records::RecordId, std::size_t>> by_parcel;
        for (const Row& row : rows_) {
            if (row.link.property != 0 && is_sbl(row.parcel)) ++by_parcel[row.parcel][row.link.property];
        }
        std::size_t wrong = 0;
        std::size_t all = 0;
        for (const auto& [parcel, properties] : by_parcel) {
            std::size_t total = 0;
            std::size_t most = 0;
            for (const auto& [property, count] : properties) {
                total += count;
                most = std::max(most, count);
            }
            if (total < 2) continue;
            all += total;
            wrong += total - most;
        }
        return {wrong, all};
    }

    // Rows that link to a property to which most rows link with another lot of the tax map. "092.-26-34.2"
    // and "092.-26-34.0" are the same lot.
    std::pair<std::size_t, std::size_t> mixed_lots() const {
        std::map<records::RecordId, std::map<std::string, std::size_t>> lots;
        for (const Row& row : rows_) {
            if (row.link.property == 0 || !is_sbl(row.parcel)) continue;
            ++lots[row.link.property][row.parcel.substr(0, row.parcel.rfind('.'))];
        }
        std::size_t mixed = 0;
        std::size_t all = 0;
        for (const auto& [property, counts] : lots) {
            std::size_t total = 0;
            std::size_t most = 0;
            for (const auto& [lot, count] : counts) {
                total += count;
                most = std::max(most, count);
            }
            all += total;
            mixed += total - most;
        }
        return {mixed, all};
    }

    // How far the potholes lie from where the registers say that their property is, or one at most 20 numbers
    // from it on its street; metres, sorted.
    std::vector<double> pothole_distances() const {
        std::map<std::string, std::multimap<std::uint32_t, PointE7>> streets;
        auto each = [&](bool registers, auto&& use) {
            for (const Row& row : rows_) {
                if (row.link.property == 0 || !row.point || (row.dataset->parcel != nullptr) != registers)
                    continue;
                auto address = records::parse_address(row.text, {{"Syracuse"}});
                use(streets[records::street_key(address)], address.number(), *row.point);
            }
        };
        each(true, [](auto& street, std::uint32_t number, PointE7 point) { street.emplace(number, point); });
        std::vector<double> distances;
        each(false, [&](auto& street, std::uint32_t number, PointE7 point) {
            double nearest = 1e9;
            auto from = street.lower_bound(number > 20 ? number - 20 : 0);
            for (auto at = from; at != street.end() && at->first <= number + 20; ++at) {
                nearest = std::min(nearest, distance_m(point, at->second));
            }
            if (nearest < 1e9) distances.push_back(nearest);
        });
        std::sort(distances.begin(), distances.end());
        return distances;
    }

  private:
    const std::vector<Row>& rows_;
};

}  // namespace

TEST_CASE("Syracuse's registers link better than plain equality does, and not wrongly") {
    auto data = test::shared_data();
    if (!data) return;
    std::string folder = *data + "syracuse-ny/";
    Linker linker(LinkOptions{{"Syracuse"}, 30});
    Csv parcels(folder + "parcels_2015.csv");
    std::set<std::string> seen;
    for (std::size_t i = 0; i < parcels.size(); ++i) {
        if (!seen.insert(parcels.at(i, "tax_id")).second) continue;
        auto address =
            records::from_parts({.number = parcels.at(i, "stnum"), .street = parcels.at(i, "stname")});
        linker.add_property(static_cast<records::RecordId>(seen.size()), parcels.at(i, "tax_id"), address);
    }

    std::vector<Row> rows;
    for (const Dataset& dataset : datasets) {
        Csv csv(folder + dataset.file);
        Tally tally(dataset.name);
        for (std::size_t i = 0; i < csv.size(); ++i) {
            Row row{&dataset,
                    csv.at(i, dataset.address),
                    dataset.parcel ? csv.at(i, dataset.parcel) : "",
                    {},
                    {}};
            if (dataset.lat != nullptr) row.point = point(csv.at(i, dataset.lat), csv.at(i, dataset.lon));
            LinkInput input;
            input.text = row.text;
            row.link = linker.link(input);
            tally.add(row.link);
            rows.push_back(std::move(row));
        }
        tally.print();
        INFO(dataset.name);
        CHECK(tally.linked_share() >= dataset.baseline);
    }

    Evidence evidence(rows);
    auto [wrong, compared] = evidence.contradictions();
    std::printf("rows of one SBL that link elsewhere than most of its rows: %zu of %zu\n", wrong, compared);
    CHECK(compared > 15'000);
    CHECK(wrong * 5'000 <= compared);

    auto [mixed, judged] = evidence.mixed_lots();
    std::printf("rows that link to a property of another lot: %zu of %zu\n", mixed, judged);
    CHECK(judged > 25'000);
    CHECK(mixed * 1'000 <= judged);

    std::vector<double> away = evidence.pothole_distances();
    auto beyond = [&](double limit) {
        return away.end() - std::upper_bound(away.begin(), away.end(), limit);
    };
    std::printf(
        "potholes beside a known place of their street: %zu; median %.0f m, over 200 m %td, over 400 m "
        "%td\n",
        away.size(), away[away.size() / 2], beyond(200), beyond(400));
    CHECK(away.size() > 2'000);
    CHECK(away[away.size() / 2] < 60);
    CHECK(beyond(400) * 200 <= static_cast<std::ptrdiff_t>(away.size()));

    // The registers' own parcel number, learnt from what linked well, carries rows with renamed or missing
    // streets.
    for (const Row& row : rows) {
        if (is_sbl(row.parcel)) linker.learn_parcel(row.parcel, row.link);
    }
    std::map<const Dataset*, Tally> learnt;
    for (const Row& row : rows) {
        LinkInput input;
        input.text = row.text;
        if (is_sbl(row.parcel)) input.parcel_id = row.parcel;
        learnt.try_emplace(row.dataset, std::string(row.dataset->name) + ", SBL learnt")
            .first->second.add(linker.link(input));
    }
    for (const Dataset& dataset : datasets) learnt.at(&dataset).print();
    CHECK(learnt.at(&datasets[0]).linked_share() >= 0.995);
    CHECK(learnt.at(&datasets[1]).linked_share() >= 0.992);
    CHECK(learnt.at(&datasets[2]).linked_share() >= 0.968);
    CHECK(learnt.at(&datasets[3]).linked_share() >= 0.89);
    CHECK(linker.memory_bytes() / linker.property_count() < 300);
}

TEST_CASE("Syracuse's links stay right when its streets are searched for what does not exist") {
    auto data = test::shared_data();
    if (!data) return;
    Linker linker;
    Csv parcels(*data + "syracuse-ny/parcels_2015.csv");
    std::map<std::string, records::Address> doors;  // by key, of parcels with a single number
    for (std::size_t i = 0; i < parcels.size(); ++i) {
        auto address =
            records::from_parts({.number = parcels.at(i, "stnum"), .street = parcels.at(i, "stname")});
        linker.add_property(static_cast<records::RecordId>(i) + 1, parcels.at(i, "tax_id"), address);
        if (address.number() > 0) doors.emplace(records::address_key(address), address);
    }
    // Every door again with a number that no street has.
    std::size_t asked = 0;
    std::size_t confident = 0;
    for (const auto& [key, door] : doors) {
        records::Address other = door;
        other.set_number(door.number() + 20'000);
        other.set_number_high(0);
        other.clear_text();
        LinkInput input;
        input.address = &other;
        ++asked;
        if (linker.link(input).property != 0) ++confident;
    }
    std::printf("numbers that do not exist: %zu asked, %zu linked\n", asked, confident);
    CHECK(asked > 30'000);
    CHECK(confident == 0);
}
