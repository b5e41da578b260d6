#include "daemon/device/blobs/blob_store.hpp"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <sstream>
#include <thread>

#include "sync/base/file.hpp"
#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::device;

namespace {

// The test as the store's event loop.
class Loop {
  public:
    void post(std::function<void()> event) {
        const std::lock_guard lock(mutex_);
        events_.push_back(std::move(event));
        arrived_.notify_all();
    }
    template <class Done>
    void run_until(Done&& done) {
        while (!done()) {
            std::function<void()> event;
            {
                std::unique_lock lock(mutex_);
                REQUIRE(
                    arrived_.wait_for(lock, std::chrono::seconds(60), [this] { return !events_.empty(); }));
                event = std::move(events_.front());
                events_.pop_front();
            }
            event();
        }
    }

  private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<std::function<void()>> events_;
};

struct Bench {
    explicit Bench(BlobBudget given = {}) : budget(given) {
        budget.keep_free = 0;
        open();
    }

    void open() {
        store.reset();
        store = BlobStore::open(
                    folder.path / "blobs", budget, [this] { return now; },
                    [this](std::function<void()> event) { loop.post(std::move(event)); })
                    .value();
    }
    Status give(ArrivingBlob& arriving, Bytes piece) {
        std::optional<Status> taken;
        arriving.take(std::move(piece), [&](Status status) { taken = std::move(status); });
        loop.run_until([&] { return taken.has_value(); });
        return *taken;
    }
    Result<KeptBlob> finish(ArrivingBlob& arriving) {
        std::optional<Result<KeptBlob>> kept;
        arriving.finish([&](Result<KeptBlob> result) { kept = std::move(result); });
        loop.run_until([&] { return kept.has_value(); });
        return *kept;
    }
    Result<KeptBlob> try_add(const Bytes& content, bool thumbnail = false) {
        auto arriving = store->begin(content.size(), thumbnail);
        if (!arriving) return arriving.error();
        for (std::size_t at = 0; at < content.size(); at += 1'000) {
            if (auto given = give(**arriving, content.substr(at, 1'000)); !given) return given.error();
        }
        return finish(**arriving);
    }
    Bytes add(const Bytes& content, bool thumbnail = false) {
        return try_add(content, thumbnail).value().sha256;
    }
    std::vector<Bytes> waiting(std::size_t limit = 100) {
        std::vector<Bytes> out;
        for (const auto& blob : store->waiting(limit)) out.push_back(blob.sha256);
        return out;
    }
    void delivered(const Bytes& sha256, std::uint64_t number = 0) { store->note({sha256, true, {}, number}); }
    bool has(const Bytes& sha256) const { return store->bytes_of(sha256).has_value(); }

    support::TemporaryFolder folder;
    Loop loop;
    engine::Millis now = 0;
    BlobBudget budget;
    std::unique_ptr<BlobStore> store;
};

}  // namespace

TEST_CASE("what arrived waits for the hub, thumbnails first, then the oldest") {
    Bench bench;
    const Bytes first = bench.add("first photo");
    const Bytes second = bench.add("second photo");
    const Bytes small = bench.add("small", true);
    CHECK(bench.waiting() == std::vector{small, first, second});
    CHECK(bench.waiting(2) == std::vector{small, first});
    bench.open();
    CHECK(bench.waiting() == std::vector{small, first, second});
    CHECK(bench.store->bytes_of(first) == 11U);
    CHECK_FALSE(bench.store->bytes_of(sha256("another")));
    CHECK(bench.store->tally().waiting == 3);
}

TEST_CASE("any part of an attachment can be read, and no more than it has") {
    Bench bench;
    const Bytes sha256 = bench.add("0123456789");
    CHECK(bench.store->read(sha256, 0, 10).value() == "0123456789");
    CHECK(bench.store->read(sha256, 3, 4).value() == "3456");
    CHECK(read_file(bench.store->file_of(sha256).value()).value() == "0123456789");
    CHECK(bench.store->read(Bytes(32, 'x'), 0, 1).error().code == ErrorCode::not_found);
}

TEST_CASE("what the hub has waits no more, also after a start") {
    Bench bench;
    const Bytes first = bench.add("first");
    const Bytes second = bench.add("second");
    bench.delivered(first);
    CHECK(bench.waiting() == std::vector{second});
    CHECK(bench.store->bytes_of(first));
    CHECK(bench.store->is_sent(first) == true);
    CHECK(bench.store->is_sent(second) == false);
    CHECK_FALSE(bench.store->is_sent(Bytes(32, 'x')).has_value());
    bench.open();
    CHECK(bench.waiting() == std::vector{second});
    CHECK_FALSE(bench.store->hub_is({7, {}}));  // the first that is heard
    CHECK(bench.waiting() == std::vector{second});
    CHECK(bench.store->hub_is({8, {}}));
    CHECK(bench.waiting() == std::vector{first, second});
    bench.open();
    CHECK(bench.waiting() == std::vector{first, second});
}

TEST_CASE("two visits that share an attachment keep it once and send it once") {
    Bench bench;
    const Bytes sha256 = bench.add("shared");
    bench.delivered(sha256);
    CHECK(bench.add("shared") == sha256);
    CHECK(bench.waiting().empty());
    CHECK(bench.store->tally().bytes == 6);
}

TEST_CASE("one that the hub refused is told, and offered again after a while") {
    Bench bench;
    const Bytes sha256 = bench.add("refused");
    bench.store->note({sha256, false, "the hub's disk is full"});
    CHECK(bench.waiting().empty());
    CHECK(bench.store->tally().problem.find("the hub's disk is full") != std::string::npos);
    CHECK(bench.store->tally().waiting == 1);
    bench.now += bench.budget.refused_again_after;
    CHECK(bench.waiting() == std::vector{sha256});
    bench.delivered(sha256);
    CHECK(bench.store->tally().problem.empty());
}

TEST_CASE("one that cannot be read is told, and does not wait any more") {
    Bench bench;
    const Bytes sha256 = bench.add("damaged");
    std::filesystem::resize_file(bench.store->file_of(sha256).value(), 3);
    CHECK_FALSE(bench.store->read(sha256, 0, 7));
    CHECK(bench.waiting().empty());
    CHECK_FALSE(bench.store->tally().problem.empty());
}

TEST_CASE("when the budget is full, the oldest that the hub has make room, and only they") {
    BlobBudget budget;
    budget.bytes = 10'000;
    Bench bench(budget);
    const Bytes waits = bench.add(Bytes(3'000, 'a'));
    const Bytes older = bench.add(Bytes(3'000, 'b'));
    const Bytes newer = bench.add(Bytes(3'000, 'c'));
    bench.delivered(older);
    bench.delivered(newer);
    const Bytes added = bench.add(Bytes(3'500, 'd'));
    CHECK_FALSE(bench.store->bytes_of(older));
    CHECK(bench.store->bytes_of(newer));
    CHECK(bench.waiting() == std::vector{waits, added});
    const Bytes last = bench.add(Bytes(3'500, 'e'));
    CHECK_FALSE(bench.store->bytes_of(newer));
    // Nothing may go any more.
    const auto refused = bench.try_add(Bytes(3'500, 'f'));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::full);
    CHECK(refused.error().message.find("connect this vehicle") != std::string::npos);
    CHECK(bench.waiting() == std::vector{waits, added, last});
    bench.open();
    CHECK(bench.waiting() == std::vector{waits, added, last});
    bench.delivered(waits);
    CHECK(bench.try_add(Bytes(2'500, 'f')));
}

namespace {

BlobBudget budget_of(std::uint64_t bytes) {
    BlobBudget budget;
    budget.bytes = bytes;
    return budget;
}

// What is logged while it lives.
class Logged {
  public:
    Logged() : before_(spdlog::default_logger()) {
        const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
        spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink));
    }
    ~Logged() { spdlog::set_default_logger(before_); }
    Logged(const Logged&) = delete;
    Logged& operator=(const Logged&) = delete;
    std::string text() const { return text_.str(); }

  private:
    std::ostringstream text_;
    std::shared_ptr<spdlog::logger> before_;
};

}  // namespace

TEST_CASE("what a backup of the hub holds makes room before what the hub alone has, whatever its age") {
    Bench bench(budget_of(10'000));
    const Bytes oldest = bench.add(Bytes(3'000, 'a'));
    const Bytes older = bench.add(Bytes(3'000, 'b'));
    const Bytes newer = bench.add(Bytes(3'000, 'c'));
    bench.delivered(newer, 1);
    bench.delivered(older, 2);
    bench.delivered(oldest, 3);
    bench.store->hub_is({7, 2});
    const Logged logged;
    bench.add(Bytes(3'000, 'd'));
    CHECK_FALSE(bench.has(older));
    bench.add(Bytes(3'000, 'e'));
    CHECK_FALSE(bench.has(newer));
    CHECK(bench.has(oldest));
    CHECK(logged.text().empty());
    bench.add(Bytes(3'000, 'f'));
    CHECK_FALSE(bench.has(oldest));
    CHECK(logged.text().find("attachments: 1 that the hub has, and that no backup") != std::string::npos);
}

TEST_CASE("what a later backup of the hub holds may go first from then on, also after a start") {
    Bench bench(budget_of(10'000));
    const Bytes first = bench.add(Bytes(3'000, 'a'));
    const Bytes second = bench.add(Bytes(3'000, 'b'));
    const Bytes third = bench.add(Bytes(3'000, 'c'));
    bench.store->hub_is({7, 0});
    bench.delivered(first, 3);
    bench.delivered(second, 1);
    bench.store->hub_is({7, 1});
    bench.open();
    bench.add(Bytes(3'000, 'd'));
    CHECK_FALSE(bench.has(second));
    bench.store->hub_is({7, 3});
    bench.delivered(third, 2);  // its answer was on its way
    bench.open();
    const Logged logged;
    bench.add(Bytes(6'000, 'e'));
    CHECK_FALSE(bench.has(first));
    CHECK_FALSE(bench.has(third));
    CHECK(logged.text().empty());
}

TEST_CASE("numbers of another generation of the hub count for nothing") {
    Bench bench(budget_of(10'000));
    const Bytes first = bench.add(Bytes(3'000, 'a'));
    const Bytes second = bench.add(Bytes(3'000, 'b'));
    const Bytes third = bench.add(Bytes(3'000, 'c'));
    bench.store->hub_is({7, 9});
    for (const Bytes& sha256 : {first, second, third}) bench.delivered(sha256, 9);
    CHECK(bench.store->hub_is({8, 9}));
    CHECK(bench.waiting() == std::vector{first, second, third});
    CHECK_FALSE(bench.try_add(Bytes(3'000, 'd')));
    bench.delivered(first, 10);
    bench.delivered(second, 1);
    bench.add(Bytes(3'000, 'd'));
    CHECK(bench.has(first));
    CHECK_FALSE(bench.has(second));
}

TEST_CASE("of a hub that tells nothing of its backups the oldest go, and nothing is said") {
    Bench bench(budget_of(10'000));
    const Bytes older = bench.add(Bytes(3'000, 'a'));
    const Bytes newer = bench.add(Bytes(3'000, 'b'));
    bench.store->hub_is({7, {}});
    bench.delivered(newer);
    bench.delivered(older);
    const Logged logged;
    bench.add(Bytes(6'000, 'c'));
    CHECK_FALSE(bench.has(older));
    CHECK(bench.has(newer));
    CHECK(logged.text().empty());
}

TEST_CASE("for an attachment that cannot fit none goes") {
    Bench bench(budget_of(10'000));
    const Bytes waits = bench.add(Bytes(5'000, 'a'));
    const Bytes sent = bench.add(Bytes(4'000, 'b'));
    bench.delivered(sent);
    CHECK(bench.try_add(Bytes(6'000, 'c')).error().code == ErrorCode::full);
    CHECK(bench.has(waits));
    CHECK(bench.has(sent));
    CHECK(bench.try_add(Bytes(5'000, 'c')));
    CHECK_FALSE(bench.has(sent));
}

TEST_CASE("a length that was not said is counted as it comes") {
    BlobBudget budget;
    budget.bytes = 2'500;
    Bench bench(budget);
    auto arriving = bench.store->begin(0, false).value();
    CHECK(bench.give(*arriving, Bytes(1'000, 'x')));
    CHECK(bench.give(*arriving, Bytes(1'000, 'x')));
    CHECK(bench.give(*arriving, Bytes(1'000, 'x')).error().code == ErrorCode::full);
    arriving.reset();
    CHECK(bench.try_add(Bytes(2'500, 'y')));
}

TEST_CASE("a nearly full disk refuses attachments with a sentence that says what to do") {
    Bench bench;
    bench.budget.keep_free = ~std::uint64_t{0} / 2;
    bench.open();
    const auto refused = bench.try_add("photo");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::full);
    CHECK(refused.error().message.find("free some space") != std::string::npos);
}

TEST_CASE("an upload that breaks off leaves nothing and gives its room back") {
    BlobBudget budget;
    budget.bytes = 5'000;
    Bench bench(budget);
    {
        auto arriving = bench.store->begin(5'000, false).value();
        CHECK(bench.give(*arriving, Bytes(2'000, 'x')));
        CHECK_FALSE(bench.store->begin(1, false));
    }
    CHECK(bench.try_add(Bytes(5'000, 'y')));
    bench.store.reset();
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(bench.folder.path / "blobs")) {
        files += entry.path().filename().string().starts_with("blobs.db") ? 0 : 1;
    }
    CHECK(files == 1);
}

TEST_CASE("what is no attachment is refused: nothing, too much, too many at once") {
    Bench bench;
    auto empty = bench.store->begin(0, false).value();
    CHECK(bench.finish(*empty).error().code == ErrorCode::invalid_argument);
    CHECK(bench.store->begin(engine::max_blob_bytes + 1, false).error().code == ErrorCode::invalid_argument);
    std::vector<std::unique_ptr<ArrivingBlob>> arriving;
    for (std::size_t i = 1; i < bench.budget.arriving; ++i)
        arriving.push_back(bench.store->begin(1, false).value());
    CHECK(bench.store->begin(1, false).error().code == ErrorCode::unavailable);
}

TEST_CASE("an upload may outlive its store") {
    Bench bench;
    auto arriving = bench.store->begin(5, false).value();
    bench.store.reset();
    std::optional<Status> taken;
    arriving->take("bytes", [&](Status status) { taken = std::move(status); });
    REQUIRE(taken);
    CHECK(taken->error().code == ErrorCode::unavailable);
}

TEST_CASE("a store that does not come to an end with something can be seen") {
    support::TemporaryFolder folder;
    std::promise<void> go;
    const auto held = go.get_future().share();
    const auto store = BlobStore::open(
                           folder.path / "blobs", BlobBudget{}, [] { return engine::Millis{0}; },
                           [held](const std::function<void()>&) { held.wait(); })
                           .value();
    CHECK(store->busy_for() == std::chrono::seconds(0));
    const auto arriving = store->begin(0, false).value();
    arriving->take("bytes", [](const Status&) {});
    while (store->busy_for() < std::chrono::milliseconds(20)) std::this_thread::yield();
    go.set_value();
    while (store->busy_for() != std::chrono::seconds(0)) std::this_thread::yield();
}
