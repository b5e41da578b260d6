// Links Cambridge's 311 requests and special permits to its lots. The requests carry a point of their own,
// which the outlines of the lots can judge; the permits carry lot numbers beside their addresses.
#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <iterator>
#include <set>

#include "sync/records/address_words.hpp"
#include "tests/unit/hub_link/csv.hpp"
#include "tests/unit/hub_link/parcel_shapes.hpp"
#include "tests/unit/hub_link/tally.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using test::Csv;
using test::Tally;

namespace {

PointE7 point(double lat, double lon) {
    return {static_cast<std::int32_t>(std::lround(lat * 1e7)),
            static_cast<std::int32_t>(std::lround(lon * 1e7))};
}

// Lots with every address that either register gives them.
struct Lots {
    std::map<std::string, std::vector<records::Address>> addresses;
    std::vector<std::string> names;  // by property id - 1

    explicit Lots(const std::string& folder) {
        std::set<std::string> seen;
        auto add = [&](std::string lot, records::Address address) {
            if (lot.empty()) return;
            if (auto mended = records::undo_spreadsheet_date(lot)) lot = *mended;
            address.clear_unit();
            address.clear_unit_type();
            if (seen.insert(lot + "|" + records::address_key(address)).second)
                addresses[lot].push_back(std::move(address));
        };
        Csv master(folder + "master_address_2014-02.csv");
        for (std::size_t i = 0; i < master.size(); ++i) {
            add(master.at(i, "MapLot"),
                records::from_parts({.number = master.at(i, "street_number"),
                                     .number_suffix = master.at(i, "street_number_suffix"),
                                     .street = master.at(i, "street_name"),
                                     .type = master.at(i, "street_suffix"),
                                     .post_direction = master.at(i, "dir_suffix")}));
        }
        Csv tax(folder + "tax_fy2014.csv");
        for (std::size_t i = 0; i < tax.size(); ++i) {
            add(tax.at(i, "ML"), records::parse_address(tax.at(i, "Location")));
        }
    }

    void fill(Linker& linker, const std::map<std::string, test::ParcelShape>* shapes) {
        names.clear();
        for (const auto& [lot, all] : addresses) {
            names.push_back(lot);
            std::optional<PointE7> position;
            if (shapes != nullptr) {
                if (auto shape = shapes->find(lot); shape != shapes->end()) position = shape->second.center;
            }
            linker.add_property(static_cast<records::RecordId>(names.size()), lot, all.front(),
                                std::span(all).subspan(1), position);
        }
    }
    const std::string& of(const Link& link) const {
        return names.at(static_cast<std::size_t>(link.property) - 1);
    }
};

// How far the points of linked rows lie from the outline of their lot.
struct Distances {
    std::vector<double> all;

    void add(double metres) { all.push_back(metres); }
    std::size_t beyond(double limit) const {
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [&](double d) { return d > limit; }));
    }
};

}  // namespace

TEST_CASE("Cambridge's 311 requests link better than plain equality does, and to where they happened") {
    auto data = test::shared_data();
    if (!data) return;
    std::string folder = *data + "cambridge-ma/";
    auto shapes = test::read_parcel_shapes(folder + "parcels_fy2014.topojson", "ML");
    REQUIRE(shapes.size() > 12'000);
    Csv requests(folder + "rodent_sightings_311.csv");
    Lots lots(folder);

    // Requests whose place the caller's device did not know all carry one of a few points; it says nothing.
    std::map<std::pair<std::int32_t, std::int32_t>, std::set<std::string>> texts_at;
    auto point_of = [&](std::size_t row) {
        return point(std::strtod(requests.at(row, "lat").c_str(), nullptr),
                     std::strtod(requests.at(row, "long").c_str(), nullptr));
    };
    for (std::size_t i = 0; i < requests.size(); ++i) {
        PointE7 at = point_of(i);
        texts_at[{at.lat_e7, at.lon_e7}].insert(requests.at(i, "address"));
    }

    for (bool with_positions : {false, true}) {
        Linker linker(LinkOptions{{"Cambridge"}, 30});
        lots.fill(linker, with_positions ? &shapes : nullptr);
        Tally tally(with_positions ? "311, with positions" : "311, by address alone");
        Distances away;
        for (std::size_t i = 0; i < requests.size(); ++i) {
            PointE7 at = point_of(i);
            LinkInput input;
            input.text = requests.at(i, "address");
            if (with_positions) input.position = at;
            Link link = linker.link(input);
            tally.add(link);
            bool known = texts_at[{at.lat_e7, at.lon_e7}].size() < 5;
            // A link that the point itself decided cannot be judged by it.
            if (link.property == 0 || link.method == records::LinkMethod::position || !known) continue;
            if (!shapes.contains(lots.of(link))) continue;
            away.add(test::distance_to(shapes.at(lots.of(link)), at));
        }
        tally.print();
        std::printf("    point to lot: %zu compared, over 50 m %zu, over 100 m %zu, over 250 m %zu\n",
                    away.all.size(), away.beyond(50), away.beyond(100), away.beyond(250));
        CHECK(tally.linked_share() >= (with_positions ? 0.825 : 0.80));
        CHECK(away.all.size() > 2'800);
        CHECK(away.beyond(250) * 500 <= away.all.size());
        CHECK(away.beyond(50) * 100 <= away.all.size());
    }
}

TEST_CASE(
    "Cambridge's special permits link by address to the lot that they name, or one that holds their point") {
    auto data = test::shared_data();
    if (!data) return;
    std::string folder = *data + "cambridge-ma/";
    auto shapes = test::read_parcel_shapes(folder + "parcels_fy2014.topojson", "ML");
    Lots lots(folder);
    Linker linker(LinkOptions{{"Cambridge"}, 30});
    lots.fill(linker, nullptr);

    std::ifstream file(folder + "CDD_SpecialPermits.geojson", std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    boost::json::value permits = boost::json::parse(text);
    Tally by_address("special permits, by address");
    Tally by_both("special permits, by lot and address");
    std::size_t named = 0;
    std::size_t beside = 0;
    std::size_t elsewhere = 0;
    for (const boost::json::value& feature : permits.as_object().at("features").as_array()) {
        const boost::json::object& properties = feature.as_object().at("properties").as_object();
        auto text_of = [&](const char* key) {
            const boost::json::value& value = properties.at(key);
            return value.is_string() ? std::string(value.as_string()) : std::string();
        };
        std::string address = text_of("ProjectAddress");
        std::string lot = text_of("MapLots");
        LinkInput input;
        input.text = address;
        Link link = linker.link(input);
        by_address.add(link);
        input.parcel_id = lot;
        by_both.add(linker.link(input));
        if (link.property == 0 || !shapes.contains(lots.of(link))) continue;
        const boost::json::array& where = feature.at("geometry").at("coordinates").as_array();
        double away = test::distance_to(
            shapes.at(lots.of(link)),
            point(boost::json::value_to<double>(where.at(1)), boost::json::value_to<double>(where.at(0))));
        if (lots.of(link) == lot) {
            ++named;
        } else if (away < 60) {
            ++beside;
        } else {
            ++elsewhere;
        }
    }
    by_address.print();
    by_both.print();
    std::printf(
        "    by address: the lot that is named %zu, another at the permit's point %zu, elsewhere %zu\n",
        named, beside, elsewhere);
    CHECK(by_both.linked_share() >= 0.90);
    CHECK(named > 200);
    CHECK(elsewhere * 50 <= named + beside);
}
