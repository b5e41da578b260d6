#include <algorithm>
#include <chrono>
#include <unordered_map>

#include "daemon/device/view/place_view.hpp"
#include "sync/base/sqlite.hpp"
#include "sync/lookup/search.hpp"
#include "sync/snapshot/reader.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/bench_keys.hpp"
#include "tools/bench/lookup_files.hpp"
#include "tools/bench/query_meter.hpp"

namespace fieldpost::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t hydrants_wanted = 10;

template <class F>
double microseconds(F&& call) {
    const auto began = Clock::now();
    call();
    return std::chrono::duration<double, std::micro>(Clock::now() - began).count();
}

class OurSearch : public Searcher {
  public:
    OurSearch(lookup::Search& search, const std::vector<TextRow>& properties) : search_(search) {
        for (const TextRow& row : properties) by_text_.emplace(row.text, row.id);
    }

    Status ask(const AskedQuery& asked) override {
        auto answer = search_.search(asked.query.text);
        if (!answer) return answer.error();
        answer_ = std::move(*answer);
        return {};
    }

    // Hits, and below them the suggestions that are addresses.
    std::vector<records::RecordId> found() override {
        std::vector<records::RecordId> out;
        for (const lookup::Hit& hit : answer_.hits) {
            out.push_back(hit.kind == records::PROPERTY || hit.kind == records::PARTY ? hit.record
                                                                                      : hit.property);
        }
        for (const lookup::Suggestion& suggestion : answer_.suggestions) {
            const auto known = by_text_.find(suggestion.text);
            out.push_back(known == by_text_.end() ? 0 : known->second);
        }
        return out;
    }

  private:
    lookup::Search& search_;
    lookup::Answer answer_;
    std::unordered_map<std::string, records::RecordId> by_text_;
};

// Percent of addresses that do not exist for which something is shown as if it were the answer.
Result<double> false_confident(lookup::Search& search, snapshot::Reader& reader, std::size_t each) {
    const auto properties = read_properties(reader);
    if (!properties) return properties.error();
    std::vector<KnownAddress> known;
    for (const PropertyRow& row : *properties) known.push_back({row.property, row.address});
    AddressQueries queries(known, 5);
    std::size_t confident = 0;
    for (std::size_t n = 0; n < each; ++n) {
        const Query query = n % 2 == 0 ? queries.no_such_number() : queries.no_such_street();
        auto answer = search.search(query.text);
        if (!answer) return answer.error();
        confident += !answer->hits.empty() && answer->hits.front().score >= confident_score ? 1 : 0;
    }
    return 100.0 * static_cast<double>(confident) / static_cast<double>(each);
}

Result<boost::json::object> measure_places(snapshot::Reader& reader, const std::vector<TextRow>& places) {
    auto meta = reader.meta();
    if (!meta) return meta.error();
    auto zone = TimeZone::parse(meta->time_zone);
    if (!zone) return zone.error();
    const device::Now now(*zone, meta->built_at);
    const engine::Overlay nothing_pending("bench", {});
    std::vector<double> view_us;
    std::vector<double> near_us;
    std::size_t viewed = 0;
    std::size_t short_of_hydrants = 0;
    for (int round = 0; round < 2; ++round) {  // the first warms up
        view_us.clear();
        near_us.clear();
        viewed = short_of_hydrants = 0;
        for (const TextRow& place : places) {
            view_us.push_back(microseconds([&] {
                viewed += device::view_place(reader, place.id, nothing_pending, {}, now).has_value() ? 1 : 0;
            }));
            std::size_t working = 0;
            near_us.push_back(microseconds([&] {
                const auto spots =
                    reader.near("hydrant", place.position, hydrants_wanted, snapshot::Wanted::working);
                if (spots) working = spots->size();
            }));
            short_of_hydrants += working < hydrants_wanted ? 1 : 0;
        }
    }
    if (viewed != places.size()) return fail(ErrorCode::not_found, "a property has no view");
    return boost::json::object{{"view_p50_us", quantile(view_us, 0.5)},
                               {"view_p99_us", quantile(view_us, 0.99)},
                               {"nearest_p50_us", quantile(near_us, 0.5)},
                               {"nearest_p99_us", quantile(near_us, 0.99)},
                               {"nearest_short", short_of_hydrants}};
}

}  // namespace

Result<boost::json::object> lookup(const std::filesystem::path& city, const std::filesystem::path& folder,
                                   std::size_t each) {
    const auto began = Clock::now();
    auto reader = snapshot::Reader::open(city, bench_keys());
    if (!reader) return reader.error();
    auto search = lookup::Search::open(**reader);
    if (!search) return search.error();
    auto first = (*search)->search("1 main st");
    if (!first) return first.error();
    const double open_ms = std::chrono::duration<double, std::milli>(Clock::now() - began).count();
    const auto queries = read_queries(folder, each);
    if (!queries) return queries.error();
    const auto properties = read_property_rows(folder);
    if (!properties) return properties.error();
    const auto places = read_places(folder);
    if (!places) return places.error();
    OurSearch ours(**search, *properties);
    auto figures = measure(*queries, ours);
    if (!figures) return figures.error();
    auto near = measure_places(**reader, *places);
    if (!near) return near.error();
    figures->insert(near->begin(), near->end());
    const auto confident = false_confident(**search, **reader, std::min<std::size_t>(each, 2000));
    if (!confident) return confident.error();
    (*figures)["false_confident_share"] = *confident;
    (*figures)["open_and_first_answer_ms"] = open_ms;
    return figures;
}

Result<boost::json::object> city_bytes(const std::filesystem::path& city) {
    auto database = open_database(city, Durability::read_only);
    if (!database) return database.error();
    return sql([&]() -> Result<boost::json::object> {
        boost::json::object tables;
        SQLite::Statement rows(**database, "SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE");
        while (rows.executeStep()) tables[rows.getColumn(0).getString()] = rows.getColumn(1).getInt64();
        return tables;
    });
}

}  // namespace fieldpost::bench
