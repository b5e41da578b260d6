#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

#include "bench.hpp"
#include "daemon/device/view/place_view.hpp"
#include "sync/lookup/describe.hpp"
#include "sync/lookup/search.hpp"
#include "sync/snapshot/reader.hpp"

namespace fieldpost::bench {

namespace {

using Clock = std::chrono::steady_clock;

struct Place {
    records::RecordId id;
    snapshot::Point position;
    std::string title;
    std::string parcel;
};

// Properties from all over the city: those nearest to random points.
Result<std::vector<Place>> pick_places(snapshot::Reader& reader, std::size_t count, std::mt19937_64& random) {
    auto all = reader.box({-180, -90, 180, 90}, {"property"}, snapshot::box_limit);
    if (!all) return all.error();
    if (all->empty()) return fail(ErrorCode::not_found, "the city has no property");
    snapshot::Bounds bounds{180, 90, -180, -90};
    for (const auto& spot : *all) {
        bounds.west = std::min(bounds.west, spot.position.lon);
        bounds.east = std::max(bounds.east, spot.position.lon);
        bounds.south = std::min(bounds.south, spot.position.lat);
        bounds.north = std::max(bounds.north, spot.position.lat);
    }
    std::uniform_real_distribution<double> lat(bounds.south, bounds.north);
    std::uniform_real_distribution<double> lon(bounds.west, bounds.east);
    std::vector<Place> places;
    while (places.size() < count) {
        auto spots = reader.near("property", {lat(random), lon(random)}, 1);
        if (!spots) return spots.error();
        const auto message = records::parse_body(records::PROPERTY, spots->at(0).row.body);
        if (!message) return message.error();
        places.push_back({spots->at(0).row.record, spots->at(0).position,
                          lookup::describe(records::PROPERTY, **message).title,
                          static_cast<const records::Property&>(**message).parcel_id()});
    }
    return places;
}

template <class F>
double microseconds(F&& call) {
    const auto began = Clock::now();
    call();
    return std::chrono::duration<double, std::micro>(Clock::now() - began).count();
}

}  // namespace

double quantile(std::vector<double> samples, double q) {
    if (samples.empty()) return 0;
    std::ranges::sort(samples);
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(samples.size())));
    return samples[std::clamp<std::size_t>(rank, 1, samples.size()) - 1];
}

Result<boost::json::object> lookup(const std::filesystem::path& city, std::size_t queries,
                                   std::uint64_t seed) {
    const auto began = Clock::now();
    auto reader = snapshot::Reader::open(city);
    if (!reader) return reader.error();
    auto search = lookup::Search::open(**reader);
    if (!search) return search.error();
    auto first = (*search)->search("1 main st");
    if (!first) return first.error();
    const double cold_ms = std::chrono::duration<double, std::milli>(Clock::now() - began).count();

    std::mt19937_64 random(seed);
    auto places = pick_places(**reader, queries, random);
    if (!places) return places.error();
    std::vector<std::string> texts;
    for (std::size_t i = 0; texts.size() < queries; ++i) {
        const Place& place = (*places)[i % places->size()];
        if (i % 4 == 0) {
            for (std::size_t length = 3; length <= place.title.size(); ++length) {
                texts.push_back(place.title.substr(0, length));
            }
        } else if (i % 4 == 3 && !place.parcel.empty()) {
            texts.push_back(place.parcel);
        } else {
            texts.push_back(place.title);
        }
    }
    std::ranges::shuffle(texts, random);
    std::vector<double> search_us;
    std::size_t answered = 0;
    for (const auto& text : texts) {
        search_us.push_back(microseconds([&] {
            auto answer = (*search)->search(text);
            answered += answer && !answer->hits.empty();
        }));
    }
    std::vector<double> view_us;
    std::vector<double> near_us;
    std::size_t viewed = 0;
    auto meta = (*reader)->meta();
    if (!meta) return meta.error();
    auto zone = TimeZone::parse(meta->time_zone);
    if (!zone) return zone.error();
    const device::Now now(*zone, meta->built_at);
    for (const auto& place : *places) {
        view_us.push_back(microseconds([&] {
            auto view = device::view_place(**reader, place.id, engine::Overlay("bench", {}), {}, now);
            viewed += view.has_value();
        }));
        near_us.push_back(microseconds([&] {
            static_cast<void>(
                (*reader)->near("hydrant", place.position, 10, snapshot::Wanted::working).has_value());
        }));
    }
    if (viewed != places->size()) return fail(ErrorCode::not_found, "a property has no view");
    return boost::json::object{{"search_p50_us", quantile(search_us, 0.5)},
                               {"search_p99_us", quantile(search_us, 0.99)},
                               {"view_p50_us", quantile(view_us, 0.5)},
                               {"view_p99_us", quantile(view_us, 0.99)},
                               {"nearest_p50_us", quantile(near_us, 0.5)},
                               {"nearest_p99_us", quantile(near_us, 0.99)},
                               {"open_and_first_answer_ms", cold_ms},
                               {"queries", texts.size()},
                               {"answered", answered}};
}

}  // namespace fieldpost::bench
