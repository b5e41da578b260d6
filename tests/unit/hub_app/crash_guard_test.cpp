// What crashes the hub, in child processes that do crash.
#include "daemon/hub/app/crash_guard.hpp"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>

#include "daemon/hub/app/engine_store.hpp"
#include "sync/base/file.hpp"
#include "tests/unit/engine/key_signer.hpp"
#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using fieldpost::engine::testing::KeySigner;
using protocol::WORK;

namespace {

// How the child ended: its exit code, or minus the signal.
int end_of(const std::function<void()>& work) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        // Without the test runner's own handlers, which would tell of a failed test.
        for (const int one : {SIGABRT, SIGSEGV}) ::signal(one, SIG_DFL);
        work();
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

struct Guarded {
    std::unique_ptr<CrashGuard> open() const { return CrashGuard::open(folder.path).value(); }
    // A round over these operations, in which the program ends at the last.
    int crash_over(std::vector<std::uint64_t> seqs, int how) const {
        return end_of([&] {
            const auto guard = open();
            const CrashGuard::Round round(*guard);
            if (!guard->handling(topic, "a batch")) ::_exit(3);
            for (const auto seq : seqs) {
                if (!guard->applying("truck-1", 77, WORK, seq)) ::_exit(4);
            }
            ::kill(::getpid(), how);
        });
    }
    bool is_taken(std::uint64_t seq) const {
        const auto guard = open();
        CrashGuard::Round round(*guard);
        return guard->handling(topic, "a batch") && guard->applying("truck-1", 77, WORK, seq);
    }

    support::TemporaryFolder folder;
    const std::string topic = protocol::topic::up("truck-1");
};

}  // namespace

TEST_CASE("An operation that crashed the hub twice is not read again, others are", "[crashes]") {
    const Guarded hub;
    CHECK(hub.is_taken(3));
    CHECK(hub.crash_over({1, 2, 3}, SIGABRT) == -SIGABRT);
    CHECK(hub.is_taken(3));
    CHECK(hub.crash_over({2, 3}, SIGABRT) == -SIGABRT);
    CHECK_FALSE(hub.is_taken(3));
    CHECK(hub.is_taken(1));
    CHECK(hub.is_taken(2));
}

TEST_CASE("That somebody killed the hub, or the power went, is no operation's fault", "[crashes]") {
    const Guarded hub;
    for (int i = 0; i < 4; ++i) CHECK(hub.crash_over({1, 2, 3}, SIGKILL) == -SIGKILL);
    CHECK(hub.is_taken(3));
    CHECK_FALSE(hub.open()->one_by_one());
}

TEST_CASE("An exception that nobody catches counts as a crash", "[crashes]") {
    const Guarded hub;
    for (int i = 0; i < 2; ++i) {
        const auto guard = hub.open();
        CHECK_THROWS_AS(([&] {
                            const CrashGuard::Round round(*guard);
                            guard->handling(hub.topic, "a batch");
                            guard->applying("truck-1", 77, WORK, 5);
                            throw std::logic_error("planted");
                        }()),
                        std::logic_error);
    }
    CHECK_FALSE(hub.is_taken(5));
}

TEST_CASE("What was committed after one crash is not suspected any more", "[crashes]") {
    const Guarded hub;
    CHECK(hub.crash_over({3}, SIGABRT) == -SIGABRT);
    {
        const auto guard = hub.open();
        CrashGuard::Round round(*guard);
        REQUIRE(guard->applying("truck-1", 77, WORK, 3));
        guard->committing();
        round.committed();
    }
    CHECK(hub.crash_over({3}, SIGABRT) == -SIGABRT);
    CHECK(hub.is_taken(3));
}

TEST_CASE("A crash between rounds is nobody's fault", "[crashes]") {
    const Guarded hub;
    for (int i = 0; i < 2; ++i) {
        CHECK(end_of([&] {
                  const auto guard = hub.open();
                  {
                      const CrashGuard::Round round(*guard);
                      guard->applying("truck-1", 77, WORK, 3);
                  }
                  std::abort();
              }) == -SIGABRT);
    }
    CHECK(hub.is_taken(3));
}

TEST_CASE("A message that crashes the hub outside of its operations is put aside", "[crashes]") {
    const Guarded hub;
    for (int i = 0; i < 2; ++i) CHECK(hub.crash_over({}, SIGSEGV) == -SIGSEGV);
    const auto guard = hub.open();
    CHECK_FALSE(guard->handling(hub.topic, "a batch"));
    CHECK(guard->handling(hub.topic, "another batch"));
    CHECK(read_file(hub.folder.path / "poison" / to_hex(sha256("a batch"))).value() == "a batch");
}

TEST_CASE("After a crash at the commit of several messages they are taken one by one, to find which it was",
          "[crashes]") {
    const Guarded hub;
    const auto crash = [&](const std::vector<std::string>& messages) {
        return end_of([&] {
            const auto guard = hub.open();
            const CrashGuard::Round round(*guard);
            for (const auto& message : messages) guard->handling(hub.topic, message);
            guard->committing();
            std::abort();
        });
    };
    CHECK(crash({"one", "two"}) == -SIGABRT);
    CHECK(hub.open()->one_by_one());
    CHECK_FALSE(hub.open()->one_by_one());  // there was no crash before this start
    for (int i = 0; i < 2; ++i) CHECK(crash({"two"}) == -SIGABRT);
    CHECK(hub.open()->handling(hub.topic, "one"));
    CHECK_FALSE(hub.open()->handling(hub.topic, "two"));
}

TEST_CASE("A poisonous operation is kept raw and acknowledged, and what came with it is applied",
          "[crashes]") {
    const support::TemporaryFolder folder;
    KeySigner device("truck-1");
    KeySigner hub_key("hub");
    {
        const auto store = Store::open(folder.path).value();
        City city{"testville", "Testville", {}, {{"east", "East"}}, {}};
        city.profiles.push_back({"fire", "Fire", {"east"}, {{records::INTERNAL, "general"}}});
        REQUIRE(Catalog(*store).put_city(city).has_value());
        EngineStore engine_store(*store);
        REQUIRE(engine_store.prepare().has_value());
        REQUIRE(engine_store.registry().add("truck-1", device.public_key(), "fire").has_value());
    }
    const auto observation = [](const std::string& id) {
        protocol::Operation operation;
        operation.set_id(id);
        operation.mutable_observation_made()->set_kind("hazard");
        return operation.SerializeAsString();
    };
    protocol::Batch batch;
    batch.set_protocol(protocol::version);
    batch.set_device("truck-1");
    batch.set_epoch(77);
    batch.set_lane(WORK);
    batch.set_first_seq(1);
    batch.set_hash_before(protocol::chain_start("truck-1", 77, WORK));
    for (const char* id : {"obs-1", "poison", "obs-3"}) batch.add_entries()->set_operation(observation(id));
    protocol::Up up;
    *up.mutable_batch() = protocol::seal(batch, device, protocol::packed).value();
    const Bytes payload = up.SerializeAsString();

    // As the server does it, with a store in which that operation crashes whoever reads it.
    const auto serve = [&](engine::HubActions& actions) {
        const auto store = Store::open(folder.path).value();
        sqlite3_create_function(
            store->database().getHandle(), "crash", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, nullptr,
            [](sqlite3_context*, int, sqlite3_value**) { std::abort(); }, nullptr, nullptr);
        store->database().exec(
            "CREATE TEMP TRIGGER planted BEFORE INSERT ON operation WHEN new.id = 'poison' "
            "BEGIN SELECT crash(); END");
        const auto guard = CrashGuard::open(folder.path).value();
        EngineStore engine_store(*store, nullptr, guard.get());
        engine::HubEngine engine(engine_store, hub_key);
        CrashGuard::Round round(*guard);
        SQLite::Transaction transaction(store->database());
        if (!guard->handling(protocol::topic::up("truck-1"), payload)) return false;
        if (!engine.message(protocol::topic::up("truck-1"), payload, actions)) return false;
        guard->committing();
        transaction.commit();
        round.committed();
        return true;
    };
    for (int i = 0; i < 2; ++i) {
        CHECK(end_of([&] {
                  engine::HubActions actions;
                  serve(actions);
              }) == -SIGABRT);
    }
    engine::HubActions actions;
    REQUIRE(serve(actions));

    const auto store = Store::open(folder.path).value();
    Operations operations(*store);
    const auto results = operations.results("truck-1", 77, WORK, 1, 3).value();
    CHECK(results[0].outcome == protocol::ACCEPTED);
    CHECK(results[1].outcome == protocol::QUARANTINED);
    CHECK(results[1].reason.find("crashed") != std::string::npos);
    CHECK(results[2].outcome == protocol::ACCEPTED);
    CHECK(operations.lane_position("truck-1", 77, WORK)->seq() == 3);
    CHECK(store->database().execAndGet("SELECT body FROM operation WHERE seq = 2").getString() ==
          observation("poison"));
    REQUIRE(actions.publishes.size() == 1);
    protocol::Down down;
    REQUIRE(down.ParseFromString(actions.publishes[0].payload));
    const auto ack = protocol::open_as<protocol::Ack>(down.ack(), hub_key.public_key(), "ack").value();
    CHECK(ack.applied().seq() == 3);
    REQUIRE(ack.exceptions_size() == 1);
    CHECK(ack.exceptions(0).seq() == 2);
    CHECK(ack.exceptions(0).outcome() == protocol::QUARANTINED);
}
