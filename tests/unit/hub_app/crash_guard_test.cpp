// What crashes the hub, in child processes that do crash.
#include "daemon/hub/app/crash_guard.hpp"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <iterator>

#include "daemon/hub/app/engine_store.hpp"
#include "sync/base/file.hpp"
#include "sync/engine/hub_engine.hpp"
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

TEST_CASE("A batch that crashed the hub while it was unpacked is not unpacked again, whatever its bytes",
          "[crashes]") {
    const Guarded hub;
    int sent = 0;
    const auto may_unpack = [&](bool with_dictionary) {
        const auto guard = hub.open();
        const Bytes payload = "sent at " + std::to_string(++sent);
        CrashGuard::Round round(*guard);
        const bool may = guard->handling(hub.topic, payload) && guard->unpacking("truck-1", with_dictionary);
        guard->committing();
        round.committed();
        return may;
    };
    const auto crash = [&] {
        return end_of([&] {
            const auto guard = hub.open();
            const Bytes payload = "sent at " + std::to_string(sent);
            const CrashGuard::Round round(*guard);
            if (guard->handling(hub.topic, payload) && guard->unpacking("truck-1", true)) std::abort();
        });
    };
    for (sent = 100; sent < 102; ++sent) CHECK(crash() == -SIGABRT);
    {
        const auto guard = hub.open();
        const CrashGuard::Round round(*guard);
        REQUIRE(guard->handling(hub.topic, "sent at 102"));
        CHECK_FALSE(guard->unpacking("truck-1", true));
        CHECK(guard->unpacking("truck-1", false));
        CHECK(guard->unpacking("truck-2", true));
        CHECK(read_file(hub.folder.path / "poison" / to_hex(sha256("sent at 102"))).value() == "sent at 102");
    }
    // This start was after no crash: it may be another version.
    CHECK(may_unpack(true));
    CHECK(crash() == -SIGABRT);
    CHECK(may_unpack(true));
}

TEST_CASE("A batch that crashes the hub outside of its operations is known by where it begins", "[crashes]") {
    using engine::BatchUse;
    const Guarded hub;
    int sent = 0;
    Bytes payload;
    const auto use = [&](CrashGuard& guard, std::uint64_t first) {
        payload = "sent at " + std::to_string(++sent);
        REQUIRE(guard.handling(hub.topic, payload));
        REQUIRE(guard.unpacking("truck-1", true));
        return guard.reading("truck-1", 77, WORK, first);
    };
    const auto crash = [&](BatchUse as) {
        ++sent;
        return end_of([&] {
            const auto guard = hub.open();
            const CrashGuard::Round round(*guard);
            if (use(*guard, 51) != as) ::_exit(3);
            if (!guard->applying("truck-1", 77, WORK, 51)) ::_exit(4);
            guard->applied();
            std::abort();
        });
    };
    for (int i = 0; i < 2; ++i) CHECK(crash(BatchUse::read) == -SIGABRT);
    for (int i = 0; i < 2; ++i) CHECK(crash(BatchUse::keep_unread) == -SIGABRT);
    {
        const auto guard = hub.open();
        {
            CrashGuard::Round round(*guard);
            CHECK(use(*guard, 51) == BatchUse::leave);
            CHECK(use(*guard, 1) == BatchUse::read);
            guard->committing();
            round.committed();
        }
        CrashGuard::Round round(*guard);
        CHECK(use(*guard, 51) == BatchUse::leave);
    }
    const auto guard = hub.open();
    CrashGuard::Round round(*guard);
    CHECK(use(*guard, 51) == BatchUse::read);
}

TEST_CASE("What crashed the hub fills no disk", "[crashes]") {
    const Guarded hub;
    for (int i = 0; i < 2; ++i) {
        CHECK(end_of([&] {
                  const auto guard = hub.open();
                  const CrashGuard::Round round(*guard);
                  guard->unpacking("truck-1", false);
                  std::abort();
              }) == -SIGABRT);
    }
    const auto guard = hub.open();
    const CrashGuard::Round round(*guard);
    for (int sent = 0; sent < 120; ++sent) {
        const Bytes payload = "sent at " + std::to_string(sent);
        REQUIRE(guard->handling(hub.topic, payload));
        CHECK_FALSE(guard->unpacking("truck-1", false));
    }
    const std::filesystem::directory_iterator kept(hub.folder.path / "poison");
    CHECK(std::distance(begin(kept), end(kept)) == 100);
}

namespace {

// A hub with one device, which sends the same three observations until they are acknowledged.
struct Poisoned {
    Poisoned() {
        const auto store = Store::open(folder.path).value();
        City city{"testville", "Testville", {}, {{"east", "East"}}, {}};
        city.profiles.push_back({"fire", "Fire", {"east"}, {{records::INTERNAL, "general"}}});
        REQUIRE(Catalog(*store).put_city(city).has_value());
        EngineStore engine_store(*store);
        REQUIRE(engine_store.prepare().has_value());
        REQUIRE(engine_store.registry().add("truck-1", device.public_key(), "fire").has_value());
    }
    static Bytes observation(const std::string& id) {
        protocol::Operation operation;
        operation.set_id(id);
        operation.mutable_observation_made()->set_kind("hazard");
        return operation.SerializeAsString();
    }
    Bytes send(protocol::Packing packing) {
        protocol::Batch batch;
        batch.set_protocol(protocol::version);
        batch.set_device("truck-1");
        batch.set_epoch(77);
        batch.set_lane(WORK);
        batch.set_first_seq(1);
        batch.set_hash_before(protocol::chain_start("truck-1", 77, WORK));
        batch.set_sent_at_us(++sent);
        for (const char* id : {"obs-1", "poison", "obs-3"})
            batch.add_entries()->set_operation(observation(id));
        protocol::Up up;
        *up.mutable_batch() = protocol::seal(batch, device, packing).value();
        return up.SerializeAsString();
    }
    // As the server does it, with a store that can crash(), and may because of `planted`.
    bool serve(const std::string& planted, engine::HubActions& actions,
               protocol::Packing packing = protocol::packed) {
        const auto payload = send(packing);
        const auto store = Store::open(folder.path).value();
        sqlite3_create_function(
            store->database().getHandle(), "crash", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, nullptr,
            [](sqlite3_context*, int, sqlite3_value**) { std::abort(); }, nullptr, nullptr);
        if (!planted.empty()) store->database().exec("CREATE TEMP TRIGGER planted " + planted);
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
    }
    int crash(const std::string& planted) {
        ++sent;
        return end_of([&] {
            engine::HubActions actions;
            serve(planted, actions);
        });
    }
    protocol::Down answer(const engine::HubActions& actions) const {
        REQUIRE(actions.publishes.size() == 1);
        protocol::Down down;
        REQUIRE(down.ParseFromString(actions.publishes[0].payload));
        return down;
    }
    protocol::Ack ack(const engine::HubActions& actions) const {
        return protocol::open_as<protocol::Ack>(answer(actions).ack(), hub_key.public_key(), "ack").value();
    }

    support::TemporaryFolder folder;
    KeySigner device{"truck-1"};
    KeySigner hub_key{"hub"};
    std::int64_t sent = 0;
};

}  // namespace

TEST_CASE("A poisonous operation is kept raw and acknowledged, and what came with it is applied",
          "[crashes]") {
    Poisoned hub;
    const std::string planted = "BEFORE INSERT ON operation WHEN new.id = 'poison' BEGIN SELECT crash(); END";
    for (int i = 0; i < 2; ++i) CHECK(hub.crash(planted) == -SIGABRT);
    engine::HubActions actions;
    REQUIRE(hub.serve(planted, actions));

    const auto store = Store::open(hub.folder.path).value();
    Operations operations(*store);
    const auto results = operations.results("truck-1", 77, WORK, 1, 3).value();
    CHECK(results[0].outcome == protocol::ACCEPTED);
    CHECK(results[1].outcome == protocol::QUARANTINED);
    CHECK(results[1].reason.find("crashed") != std::string::npos);
    CHECK(results[2].outcome == protocol::ACCEPTED);
    CHECK(operations.lane_position("truck-1", 77, WORK)->seq() == 3);
    CHECK(store->database().execAndGet("SELECT body FROM operation WHERE seq = 2").getString() ==
          Poisoned::observation("poison"));
    const auto ack = hub.ack(actions);
    CHECK(ack.applied().seq() == 3);
    REQUIRE(ack.exceptions_size() == 1);
    CHECK(ack.exceptions(0).seq() == 2);
    CHECK(ack.exceptions(0).outcome() == protocol::QUARANTINED);
}

TEST_CASE(
    "A batch that crashes the hub behind its operations is kept raw and acknowledged, and its lane goes on",
    "[crashes]") {
    Poisoned hub;
    // Once it is read, what notes how far the lane is applied crashes.
    const std::string planted =
        "BEFORE INSERT ON device_lane WHEN EXISTS (SELECT 1 FROM operation WHERE id = 'poison') "
        "BEGIN SELECT crash(); END";
    for (int i = 0; i < 2; ++i) CHECK(hub.crash(planted) == -SIGABRT);
    engine::HubActions actions;
    REQUIRE(hub.serve(planted, actions));
    const auto ack = hub.ack(actions);
    CHECK(ack.applied().seq() == 3);
    REQUIRE(ack.exceptions_size() == 3);
    CHECK(ack.exceptions(0).outcome() == protocol::QUARANTINED);
    CHECK(ack.exceptions(0).reason().find("crashed") != std::string::npos);
    REQUIRE(actions.notices.size() == 4);  // the batch, and each operation
    CHECK(actions.notices[0].alarm);

    const auto store = Store::open(hub.folder.path).value();
    const auto listed = Operations(*store).list(10).value();
    REQUIRE(listed.size() == 3);
    CHECK(listed[0].at("outcome").as_string() == "quarantined");
    CHECK(store->database().execAndGet("SELECT body FROM operation WHERE seq = 2").getString() ==
          Poisoned::observation("poison"));
    const std::filesystem::directory_iterator kept(hub.folder.path / "poison");
    CHECK(std::distance(begin(kept), end(kept)) == 1);
}

TEST_CASE("A batch that crashes the hub also when it is kept unread is left alone, and the hub lives",
          "[crashes]") {
    Poisoned hub;
    const std::string planted = "BEFORE INSERT ON device_lane BEGIN SELECT crash(); END";
    for (int i = 0; i < 4; ++i) CHECK(hub.crash(planted) == -SIGABRT);
    engine::HubActions actions;
    REQUIRE(hub.serve(planted, actions));
    CHECK(actions.publishes.empty());
    REQUIRE(actions.notices.size() == 1);
    CHECK(actions.notices[0].alarm);
    // With a hub that is mended.
    engine::HubActions mended;
    REQUIRE(hub.serve({}, mended));
    CHECK(hub.ack(mended).applied().seq() == 3);
    CHECK(hub.ack(mended).exceptions_size() == 0);
}

TEST_CASE("What cannot be unpacked with a dictionary is asked for without one", "[crashes]") {
    Poisoned hub;
    const protocol::Packing with_dictionary{false, protocol::dictionaries.front()};
    for (int i = 0; i < 2; ++i) {
        CHECK(end_of([&] {
                  const auto guard = CrashGuard::open(hub.folder.path).value();
                  const CrashGuard::Round round(*guard);
                  guard->unpacking("truck-1", true);
                  std::abort();
              }) == -SIGABRT);
    }
    engine::HubActions actions;
    REQUIRE(hub.serve({}, actions, with_dictionary));
    CHECK(hub.answer(actions).has_resend_plain());
    CHECK(Operations(*Store::open(hub.folder.path).value()).count().value() == 0);
    engine::HubActions plain;
    REQUIRE(hub.serve({}, plain));
    CHECK(hub.ack(plain).applied().seq() == 3);
}
