#include "tools/bench/query_meter.hpp"

#include <algorithm>
#include <chrono>
#include <map>

#include "tools/bench/bench.hpp"

namespace fieldpost::bench {

namespace {

struct Tally {
    std::vector<double> us;
    std::size_t clear = 0;
    std::size_t first = 0;
    std::size_t in_five = 0;
};

double percent(std::size_t part, std::size_t whole) {
    return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void judge(const Query& query, const std::vector<records::RecordId>& found, Tally& tally) {
    if (query.rival) return;
    const auto right = std::ranges::find_if(found, [&](records::RecordId id) {
        return std::ranges::find(query.wanted, id) != query.wanted.end();
    });
    const auto place = right - found.begin();
    const bool is_found = right != found.end();
    ++tally.clear;
    tally.first += is_found && place == 0 ? 1 : 0;
    tally.in_five += is_found && place < 5 ? 1 : 0;
}

boost::json::object figures(const Tally& tally) {
    return {{"asked", tally.us.size()},
            {"p50_us", quantile(tally.us, 0.5)},
            {"p99_us", quantile(tally.us, 0.99)},
            {"clear", tally.clear},
            {"first", percent(tally.first, tally.clear)},
            {"in_five", percent(tally.in_five, tally.clear)}};
}

}  // namespace

Result<boost::json::object> measure(std::vector<AskedQuery> queries, Searcher& searcher) {
    std::mt19937_64 random(1);
    std::ranges::shuffle(queries, random);
    for (const AskedQuery& asked : queries) {
        if (auto done = searcher.ask(asked); !done) return done.error();
    }
    std::map<std::string, Tally> tallies;
    std::vector<double> all;
    for (const AskedQuery& asked : queries) {
        const auto began = std::chrono::steady_clock::now();
        auto done = searcher.ask(asked);
        const auto ended = std::chrono::steady_clock::now();
        if (!done) return done.error();
        Tally& tally = tallies[asked.sort];
        all.push_back(std::chrono::duration<double, std::micro>(ended - began).count());
        tally.us.push_back(all.back());
        judge(asked.query, searcher.found(), tally);
    }
    boost::json::object sorts;
    for (const auto& [sort, tally] : tallies) sorts[sort] = figures(tally);
    // Street searches with letters wrong, one or two: one figure for both.
    std::vector<double> typos = tallies["typo1"].us;
    typos.insert(typos.end(), tallies["typo2"].us.begin(), tallies["typo2"].us.end());
    return boost::json::object{
        {"sorts", std::move(sorts)},
        {"typo", {{"p50_us", quantile(typos, 0.5)}, {"p99_us", quantile(typos, 0.99)}}},
        {"mixed", {{"p50_us", quantile(all, 0.5)}, {"p99_us", quantile(all, 0.99)}, {"asked", all.size()}}}};
}

}  // namespace fieldpost::bench
