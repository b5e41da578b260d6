#include "daemon/hub/artifacts/rebuild.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "daemon/hub/store/catalog.hpp"
#include "sync/base/file.hpp"
#include "tests/unit/engine/key_signer.hpp"
#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;

namespace {

struct Bench {
    Bench() {
        store = Store::open(folder.path / "hub").value();
        City city{"testville", "Testville", {}, {{"city", "All"}}, {}};
        for (const auto& name : profiles)
            city.profiles.push_back({name, "", {"city"}, {{records::INTERNAL, "general"}}});
        REQUIRE(Catalog(*store).put_city(city));
    }
    void build(const std::string& profile) {
        REQUIRE(build_snapshot(store->folder(), profile, signer, [](const std::string&) {}));
    }
    void new_generation() {
        SQLite::Transaction transaction(store->database());
        REQUIRE(store->begin_generation());
        transaction.commit();
    }
    std::uint64_t offered(const std::string& profile) { return artifacts.offered(profile, generation()); }
    std::uint64_t generation() const { return static_cast<std::uint64_t>(store->generation()); }
    void look(std::chrono::seconds after_start = {}) {
        rebuilder->look(profiles, generation(), SnapshotRebuilder::Time() + after_start);
    }
    // Until nothing is built any more.
    void wait() {
        while (rebuilder->waiting() > 0) {
            std::function<void()> event;
            {
                std::unique_lock lock(mutex);
                REQUIRE(came.wait_for(lock, std::chrono::seconds(60), [this] { return !events.empty(); }));
                event = std::move(events.front());
                events.pop_front();
            }
            event();
        }
    }

    const std::vector<std::string> profiles{"inspector", "fire"};
    support::TemporaryFolder folder;
    engine::testing::KeySigner signer{"hub"};
    std::unique_ptr<Store> store;
    std::mutex mutex;
    std::condition_variable came;
    std::deque<std::function<void()>> events;
    std::vector<std::string> built;
    Artifacts artifacts{folder.path / "hub"};
    std::unique_ptr<SnapshotRebuilder> rebuilder = std::make_unique<SnapshotRebuilder>(
        folder.path / "hub", artifacts, signer,
        [this](std::function<void()> event) {
            const std::lock_guard lock(mutex);
            events.push_back(std::move(event));
            came.notify_all();
        },
        [this](const std::string& profile, const Result<SnapshotReport>& report) {
            built.push_back(report ? profile : profile + ": " + report.error().message);
        });
};

}  // namespace

TEST_CASE("A new generation of the hub builds every snapshot anew that was offered before", "[artifacts]") {
    Bench bench;
    bench.build("inspector");
    bench.build("fire");
    bench.look();
    CHECK(bench.rebuilder->waiting() == 0);
    bench.new_generation();
    CHECK(bench.offered("inspector") == 0);
    bench.look();
    CHECK(bench.rebuilder->waiting() == 2);
    bench.look();  // while they are built
    CHECK(bench.rebuilder->waiting() == 2);
    bench.wait();
    CHECK(bench.built == std::vector<std::string>{"inspector", "fire"});
    CHECK(bench.offered("inspector") != 0);
    CHECK(bench.offered("fire") != 0);
    bench.look();
    CHECK(bench.rebuilder->waiting() == 0);
}

TEST_CASE("A build that failed is tried again later, not at once", "[artifacts]") {
    Bench bench;
    bench.build("inspector");
    bench.build("fire");
    bench.look();
    bench.new_generation();
    bench.build("inspector");
    {
        const auto other = FolderLock::take(bench.store->folder() / "artifacts" / "fire");
        REQUIRE(other);
        bench.look();
        bench.wait();
    }
    REQUIRE(bench.built.size() == 1);
    CHECK(bench.built[0].starts_with("fire: "));
    bench.look(std::chrono::seconds(60));
    CHECK(bench.rebuilder->waiting() == 0);
    bench.look(std::chrono::seconds(601));
    bench.wait();
    CHECK(bench.built.back() == "fire");
    CHECK(bench.offered("fire") != 0);
}

TEST_CASE("A hub that was restored without its snapshots builds them", "[artifacts]") {
    Bench bench;
    bench.look();
    bench.wait();
    CHECK(bench.offered("inspector") != 0);
    CHECK(bench.offered("fire") != 0);
}

TEST_CASE("A build that is stopped leaves what was offered", "[artifacts]") {
    Bench bench;
    bench.build("fire");
    const auto before = bench.offered("fire");
    std::stop_source stop;
    stop.request_stop();
    const auto report = build_snapshot(
        bench.store->folder(), "fire", bench.signer, [](const std::string&) {}, stop.get_token());
    REQUIRE(report.has_error());
    CHECK(report.error().code == ErrorCode::unavailable);
    CHECK(bench.offered("fire") == before);
}

TEST_CASE("However often what is offered is withdrawn, a profile's builds begin ten minutes apart",
          "[artifacts]") {
    Bench bench;
    bench.build("inspector");
    bench.build("fire");
    // Whatever is built of this feed is withdrawn.
    bench.store->database().exec(
        "INSERT INTO feed (id, area, classification, compartment, checksum, purged) "
        "VALUES ('city/public/general', 'city', " +
        std::to_string(records::PUBLIC) + ", 'general', 0, 9)");
    const auto withdraw = [&] {
        for (const auto& profile : bench.profiles)
            bench.artifacts.withdraw(profile, offerable(*bench.store, profile).value());
    };
    withdraw();
    bench.look();  // whether or not their files are gone
    CHECK(bench.rebuilder->waiting() == 2);
    bench.wait();
    withdraw();
    CHECK(bench.offered("fire") == 0);
    bench.look(std::chrono::seconds(599));
    CHECK(bench.rebuilder->waiting() == 0);
    bench.look(std::chrono::seconds(600));
    CHECK(bench.rebuilder->waiting() == 2);
    bench.wait();
    withdraw();
    bench.new_generation();  // does not wait
    bench.look(std::chrono::seconds(601));
    CHECK(bench.rebuilder->waiting() == 2);
    bench.wait();
}

TEST_CASE("Another snapshot is built when the newest is damaged, though an older one is offered",
          "[artifacts]") {
    Bench bench;
    bench.build("fire");
    bench.build("inspector");
    const auto older = bench.offered("inspector");
    bench.build("inspector");
    const auto newer = bench.offered("inspector");
    std::filesystem::resize_file(
        bench.store->folder() / "artifacts" / "inspector" / std::to_string(newer) / "blocks.zst", 10);
    CHECK_FALSE(bench.artifacts.block("inspector", newer, 0));
    CHECK(bench.offered("inspector") == older);
    bench.look();
    CHECK(bench.rebuilder->waiting() == 1);
    bench.wait();
    CHECK(bench.offered("inspector") > newer);
    bench.look(std::chrono::seconds(700));
    CHECK(bench.rebuilder->waiting() == 0);
}

TEST_CASE("A disk that damages one snapshot after the other is given ever more time, up to a day",
          "[artifacts]") {
    Bench bench;
    bench.build("fire");
    bench.build("inspector");
    const auto damage = [&] {
        const auto newest = bench.artifacts.newest("inspector");
        std::filesystem::resize_file(
            bench.store->folder() / "artifacts" / "inspector" / std::to_string(newest) / "blocks.zst", 10);
        REQUIRE_FALSE(bench.artifacts.block("inspector", newest, 0));
        bench.artifacts.tidy("inspector");
    };
    const auto is_built = [&](std::chrono::seconds at) {
        bench.look(at);
        const bool built = bench.rebuilder->waiting() == 1;
        bench.wait();
        return built;
    };
    constexpr std::chrono::seconds day{24 * 3600};
    std::chrono::seconds at{0};
    damage();
    CHECK(is_built(at));
    for (std::chrono::seconds pause{600}; pause < 4 * day; pause *= 2) {
        damage();
        CHECK_FALSE(is_built(at + std::min(pause, day) - std::chrono::seconds(1)));
        at += std::min(pause, day);
        CHECK(is_built(at));
    }
    // One that stayed sound for long.
    at += 3 * day;
    damage();
    CHECK(is_built(at));
    damage();
    CHECK(is_built(at + std::chrono::seconds(600)));
}
