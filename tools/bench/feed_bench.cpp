#include <sched.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "sync/lookup/search.hpp"
#include "sync/snapshot/reader.hpp"
#include "sync/snapshot/writer.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/bench_keys.hpp"
#include "tools/bench/lookup_files.hpp"

namespace fieldpost::bench {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int changes_per_s = 1000;
constexpr int changes_per_commit = 50;
constexpr std::size_t properties_changed = 500;

double ms_since(Clock::time_point began) {
    return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

// Rows that a feed may change: those of some properties.
struct Changeable {
    std::vector<records::LayerRow> rows;
    std::map<records::LayerKey, records::FeedId> feeds;
};

Result<Changeable> pick_rows(const std::filesystem::path& city, const std::vector<TextRow>& places) {
    auto reader = snapshot::Reader::open(city, bench_keys());
    if (!reader) return reader.error();
    Changeable out;
    const auto feeds = (*reader)->feeds();
    if (!feeds) return feeds.error();
    for (const snapshot::FeedCursor& feed : *feeds) out.feeds.emplace(feed.feed.layer, feed.feed);
    for (std::size_t at = 0; at < std::min(places.size(), properties_changed); ++at) {
        auto view = (*reader)->view(places[at].id);
        if (!view) return view.error();
        for (records::LayerRow& row : view->rows) out.rows.push_back(std::move(row));
    }
    if (out.rows.empty()) return fail(ErrorCode::not_found, "nothing to change in the city");
    return out;
}

// A newer version of the row. Parties change their names, so that search entries go and come; permits their
// state.
void renew(records::LayerRow& row) {
    ++row.version;
    auto message = records::parse_body(row.kind, row.body);
    if (!message) return;
    if (row.kind == records::PARTY) {
        auto& party = static_cast<records::Party&>(**message);
        if (!party.name().empty()) party.set_name(party.name() + (row.version % 2 == 0 ? " Jr" : " Sr"));
        if (party.name().size() > 60) party.set_name("Jordan " + std::to_string(row.version));
    } else if (row.kind == records::PERMIT) {
        auto& permit = static_cast<records::Permit&>(**message);
        if (!permit.status().empty()) permit.set_status(row.version % 2 == 0 ? "Issued" : "Closed");
    }
    auto layers = records::split(**message, {{"name", row.layer}});  // where the name was, sealed or not
    if (const auto same = layers.find(row.layer); same != layers.end()) row.body = std::move(same->second);
}

// Applies changes at their pace until told to stop; what it could not do in time it does later.
Status follow_feed(const std::filesystem::path& city, Changeable& changeable, const std::atomic<bool>& stop,
                   std::atomic<std::int64_t>& applied) {
    auto writer = snapshot::Writer::open(city, bench_keys());
    if (!writer) return writer.error();
    const auto began = Clock::now();
    std::size_t at = 0;
    while (!stop) {
        const auto due = began + milliseconds(applied * 1000 / changes_per_s);
        std::this_thread::sleep_until(due);
        if (auto begun = (*writer)->begin(); !begun) return begun;
        for (int n = 0; n < changes_per_commit; ++n) {
            records::LayerRow& row = changeable.rows[at++ % changeable.rows.size()];
            renew(row);
            if (auto put = (*writer)->put(changeable.feeds.at(row.layer), row); !put) return put;
        }
        if (auto committed = (*writer)->commit(); !committed) return committed;
        applied += changes_per_commit;
    }
    return {};
}

// How late the machine wakes a thread that has nothing to do but look at the clock.
void watch_stalls(const std::atomic<bool>& stop, std::vector<double>& late_ms) {
    while (!stop) {
        const auto began = Clock::now();
        std::this_thread::sleep_for(milliseconds(1));
        late_ms.push_back(ms_since(began) - 1);
    }
}

void stay_on_one_core() {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(0, &cores);
    // Where this is not allowed, one thread uses one core at a time all the same.
    static_cast<void>(sched_setaffinity(0, sizeof(cores), &cores));
}

// What this thread has used of a core: other programs do not count.
double cpu_seconds() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

struct Queried {
    std::vector<double> ms;
    double seconds = 0;
    double cpu_seconds = 0;
};

Result<Queried> query_for(const std::filesystem::path& city, const std::vector<AskedQuery>& queries,
                          int seconds) {
    auto reader = snapshot::Reader::open(city, bench_keys());
    if (!reader) return reader.error();
    auto search = lookup::Search::open(**reader);
    if (!search) return search.error();
    stay_on_one_core();
    Queried out;
    const double used_before = cpu_seconds();
    const auto began = Clock::now();
    for (std::size_t at = 0; ms_since(began) < seconds * 1000.0; ++at) {
        const auto asked = Clock::now();
        auto answer = (*search)->search(queries[at % queries.size()].query.text);
        if (!answer) return answer.error();
        out.ms.push_back(ms_since(asked));
    }
    out.seconds = ms_since(began) / 1000;
    out.cpu_seconds = cpu_seconds() - used_before;
    return out;
}

}  // namespace

Result<boost::json::object> lookup_under_feed(const std::filesystem::path& city,
                                              const std::filesystem::path& folder, int seconds) {
    auto queries = read_queries(folder, 2000);
    if (!queries) return queries.error();
    std::mt19937_64 random(1);
    std::ranges::shuffle(*queries, random);
    const auto places = read_places(folder);
    if (!places) return places.error();
    auto changeable = pick_rows(city, *places);
    if (!changeable) return changeable.error();

    std::atomic<bool> stop = false;
    std::atomic<std::int64_t> applied = 0;
    std::vector<double> late_ms;
    Status fed;
    std::thread feed([&] { fed = follow_feed(city, *changeable, stop, applied); });
    std::thread control([&] { watch_stalls(stop, late_ms); });
    Result<Queried> queried = fail(ErrorCode::internal, "not run");
    std::thread asking([&] { queried = query_for(city, *queries, seconds); });
    asking.join();
    stop = true;
    feed.join();
    control.join();
    if (!fed) return fed.error();
    if (!queried) return queried.error();
    return boost::json::object{
        {"queries_per_s", static_cast<double>(queried->ms.size()) / queried->seconds},
        {"changes_per_s", static_cast<double>(applied) / queried->seconds},
        {"cpu_us", queried->cpu_seconds * 1e6 / static_cast<double>(queried->ms.size())},
        {"p50_us", quantile(queried->ms, 0.5) * 1000},
        {"p99_us", quantile(queried->ms, 0.99) * 1000},
        {"p999_ms", quantile(queried->ms, 0.999)},
        {"control_p999_ms", quantile(late_ms, 0.999)}};
}

}  // namespace fieldpost::bench
