#include "sync/engine/blobs.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <random>
#include <set>

#include "sync/base/crypto.hpp"
#include "sync/protocol/codec.hpp"
#include "tests/unit/engine/memory_blobs.hpp"

using namespace fieldpost;
using namespace fieldpost::engine;
using namespace fieldpost::engine::testing;

namespace {

// A hub as PROTOCOL and wire.proto have it.
class ModelHub {
  public:
    protocol::BlobState answer(const protocol::Up& up) {
        return up.has_blob_offer() ? offered(up.blob_offer()) : chunk(up.blob_chunk());
    }
    // What was not synced may be gone, and nobody remembers offers.
    void restart() {
        for (auto& [sha256, partial] : partials) {
            partial.content.resize(partial.content.size() / sync_every * sync_every);
            partial.offered = false;
        }
    }

    struct Partial {
        Bytes content;
        std::uint64_t total = 0;
        bool offered = false;
        unsigned checks_left = 0;
    };
    std::map<Bytes, Partial> partials;
    std::map<Bytes, Bytes> whole;
    std::map<Bytes, std::string> refused;
    std::size_t sync_every = 10'000;
    unsigned checks = 0;  // offers that it takes until a hash is checked
    std::uint64_t content_bytes = 0;

  private:
    protocol::BlobState offered(const protocol::BlobOffer& offer) {
        auto& partial = partials[offer.sha256()];
        if (!partial.offered) partial.checks_left = checks;
        partial.offered = true;
        partial.total = offer.bytes();
        return state_of(offer.sha256());
    }
    protocol::BlobState chunk(const protocol::BlobChunk& chunk) {
        content_bytes += chunk.content().size();
        auto& partial = partials[chunk.sha256()];
        const std::size_t have = partial.content.size();
        if (partial.offered && chunk.offset() <= have && chunk.offset() + chunk.content().size() > have) {
            partial.content.append(chunk.content(), have - chunk.offset());
            REQUIRE(partial.content.size() <= partial.total);
        }
        return state_of(chunk.sha256());
    }
    protocol::BlobState state_of(const Bytes& sha256) {
        protocol::BlobState state;
        state.set_sha256(sha256);
        auto& partial = partials[sha256];
        if (const auto why = refused.find(sha256); why != refused.end()) {
            state.set_problem(why->second);
            return state;
        }
        if (!whole.contains(sha256) && partial.offered && partial.content.size() == partial.total) {
            if (partial.checks_left > 0) {
                --partial.checks_left;
            } else if (fieldpost::sha256(partial.content) == sha256) {
                whole[sha256] = partial.content;
            } else {
                partial.content.clear();
            }
        }
        if (const auto done = whole.find(sha256); done != whole.end()) {
            state.set_have(done->second.size());
            state.set_received(done->second.size());
            state.set_complete(true);
        } else if (partial.offered) {
            state.set_have(partial.content.size() / sync_every * sync_every);
            state.set_received(partial.content.size());
        }
        return state;
    }
};

struct Bench {
    Bench() : sender("truck-1", blobs) {}

    // The next message, within `bytes`.
    std::optional<protocol::Up> next(bool thumbnails = false, std::size_t bytes = 4096) {
        auto publish = sender.next(now, thumbnails, bytes);
        if (!publish) return std::nullopt;
        CHECK(publish->topic == protocol::topic::up("truck-1"));
        CHECK(publish->payload.size() <= bytes);
        on_its_way += publish->payload.size();
        CHECK(sender.outstanding() == on_its_way);
        return protocol::parse<protocol::Up>(publish->payload, "message").value();
    }
    BlobReceipt give(const protocol::BlobState& state) {
        Actions actions;
        const auto receipt = sender.state(now, state, actions);
        CHECK(receipt.confirmed + receipt.lost <= on_its_way);
        on_its_way -= receipt.confirmed + receipt.lost;
        blobs.carry_out(actions);
        return receipt;
    }
    // Everything there is to send, each message answered at once.
    void run() {
        for (int i = 0; i < 100'000; ++i) {
            auto up = next(true);
            if (!up) up = next(false);
            if (!up) {
                if (sender.sending() == 0) return;
                now += 100;
                continue;
            }
            give(hub.answer(*up));
        }
        FAIL("it does not end");
    }

    MemoryBlobs blobs;
    ModelHub hub;
    BlobSender sender;
    Millis now = 1'000;
    std::size_t on_its_way = 0;
};

protocol::BlobState standing(const Bytes& sha256, std::uint64_t received) {
    protocol::BlobState state;
    state.set_sha256(sha256);
    state.set_have(received);
    state.set_received(received);
    return state;
}

}  // namespace

TEST_CASE("an attachment is offered before any of it is sent, and sent from where the hub stands") {
    Bench bench;
    const Bytes sha256 = bench.blobs.add(10'000);
    bench.sender.resume(bench.now);
    const auto offer = bench.next();
    REQUIRE((offer && offer->has_blob_offer()));
    CHECK(offer->blob_offer().sha256() == sha256);
    CHECK(offer->blob_offer().bytes() == 10'000);
    CHECK_FALSE(bench.next());
    bench.give(standing(sha256, 6'000));
    const auto chunk = bench.next();
    REQUIRE((chunk && chunk->has_blob_chunk()));
    CHECK(chunk->blob_chunk().offset() == 6'000);
    CHECK(chunk->blob_chunk().content() ==
          bench.blobs.blobs[sha256].first.substr(6'000, chunk->blob_chunk().content().size()));
}

TEST_CASE("everything that waits arrives whole, and is noted once") {
    Bench bench;
    for (int i = 0; i < 40; ++i) bench.blobs.add(static_cast<std::size_t>(1 + i * 997), i % 3 == 0);
    bench.sender.resume(bench.now);
    bench.run();
    CHECK(bench.hub.whole.size() == 40);
    CHECK(bench.blobs.notes.size() == 40);
    CHECK(bench.on_its_way == 0);
    for (const auto& [sha256, content] : bench.hub.whole) CHECK(content == bench.blobs.blobs[sha256].first);
}

TEST_CASE("thumbnails are asked for by themselves, whatever else waits") {
    Bench bench;
    bench.blobs.add(50'000);
    const Bytes small = bench.blobs.add(2'000, true);
    bench.sender.resume(bench.now);
    const auto offer = bench.next(true);
    REQUIRE(offer);
    CHECK(offer->blob_offer().sha256() == small);
    CHECK(offer->blob_offer().thumbnail());
    CHECK_FALSE(bench.next(true));
    const auto other = bench.next(false);
    REQUIRE(other);
    CHECK_FALSE(other->blob_offer().thumbnail());
}

TEST_CASE(
    "several are offered at once, so that small ones do not wait out a round trip each; but only so many") {
    Bench bench;
    for (int i = 0; i < 20; ++i) bench.blobs.add(2'000, true);
    bench.sender.resume(bench.now);
    std::size_t offers = 0;
    while (bench.next(true)) ++offers;
    CHECK(offers == BlobLimits().at_once);
}

TEST_CASE("what the hub has already is not sent") {
    Bench bench;
    const Bytes sha256 = bench.blobs.add(100'000);
    bench.hub.whole[sha256] = bench.blobs.blobs[sha256].first;
    bench.sender.resume(bench.now);
    bench.run();
    CHECK(bench.hub.content_bytes == 0);
    REQUIRE(bench.blobs.notes.size() == 1);
    CHECK(bench.blobs.notes[0].complete);
}

TEST_CASE("an attachment that the hub refuses is given up with its reason, and the others go on") {
    Bench bench;
    const Bytes refused = bench.blobs.add(30'000);
    const Bytes taken = bench.blobs.add(30'000);
    bench.hub.refused[refused] = "the disk is full";
    bench.sender.resume(bench.now);
    bench.run();
    REQUIRE(bench.blobs.notes.size() == 2);
    CHECK(bench.blobs.notes[0].sha256 == refused);
    CHECK_FALSE(bench.blobs.notes[0].complete);
    CHECK(bench.blobs.notes[0].problem == "the disk is full");
    CHECK(bench.hub.whole.contains(taken));
}

TEST_CASE("one that was given up is left alone until the store offers it again") {
    Bench bench;
    const Bytes sha256 = bench.blobs.add(3'000);
    bench.hub.refused[sha256] = "not now";
    bench.sender.resume(bench.now);
    const auto offer = bench.next();
    REQUIRE(offer);
    Actions unheard;  // the store has not carried it out yet, and still names it
    bench.on_its_way -= bench.sender.state(bench.now, bench.hub.answer(*offer), unheard).confirmed;
    bench.sender.added();
    CHECK_FALSE(bench.next());
    bench.blobs.carry_out(unheard);
    bench.sender.added();
    CHECK_FALSE(bench.next());
    bench.hub.refused.clear();
    bench.blobs.done.clear();
    bench.sender.added();
    bench.run();
    CHECK(bench.hub.whole.contains(sha256));
}

TEST_CASE("one that the store still has long after the hub was done with it is offered again") {
    Bench bench;
    const Bytes sha256 = bench.blobs.add(3'000);
    bench.hub.refused[sha256] = "not now";
    bench.sender.resume(bench.now);
    const auto offer = bench.next();
    REQUIRE(offer);
    // No look falls into the time for which the store kept it back.
    Actions unheard;
    bench.on_its_way -= bench.sender.state(bench.now, bench.hub.answer(*offer), unheard).confirmed;
    bench.hub.refused.clear();
    bench.now += BlobLimits().look_again;
    CHECK_FALSE(bench.next());
    bench.now += BlobLimits().longest_timeout;
    bench.run();
    CHECK(bench.hub.whole.contains(sha256));
}

TEST_CASE("a lost chunk is sent again as soon as the answers show that it is missing") {
    Bench bench;
    const Bytes sha256 = bench.blobs.add(40'000);
    bench.sender.resume(bench.now);
    bench.give(bench.hub.answer(*bench.next()));
    std::vector<protocol::Up> sent;
    for (int i = 0; i < 4; ++i) sent.push_back(*bench.next());
    bench.give(bench.hub.answer(sent[0]));
    bench.give(bench.hub.answer(sent[2]));
    const auto receipt = bench.give(bench.hub.answer(sent[3]));
    CHECK(receipt.lost > 0);
    const auto again = bench.next();
    REQUIRE(again);
    CHECK(again->blob_chunk().offset() == sent[1].blob_chunk().offset());
    bench.give(bench.hub.answer(*again));
    bench.run();
    CHECK(bench.hub.whole.contains(sha256));
    // Sent twice: what was lost and what came too early because of that.
    CHECK(bench.hub.content_bytes <= 40'000 + 3 * 4'096);
}

TEST_CASE("what was taken for lost and is not is sent twice, and nothing behind it") {
    constexpr std::size_t window = 8 * 4'096;
    Bench bench;
    const Bytes sha256 = bench.blobs.add(400'000);
    bench.sender.resume(bench.now);
    bench.give(bench.hub.answer(*bench.next()));
    std::deque<protocol::BlobState> answers;  // on their way
    const auto fill = [&] {
        while (bench.sender.outstanding() < window) {
            const auto up = bench.next();
            if (!up) return;
            answers.push_back(bench.hub.answer(*up));
        }
    };
    fill();
    for (int late = 0; late < 3; ++late) bench.give(standing(sha256, 0));
    while (!answers.empty()) {
        bench.give(answers.front());
        answers.pop_front();
        fill();
    }
    CHECK(bench.hub.whole.contains(sha256));
    CHECK(bench.hub.content_bytes > 400'000);
    CHECK(bench.hub.content_bytes <= 400'000 + window);
}

TEST_CASE("a hub that is silent is asked again, with more and more patience") {
    Bench bench;
    bench.blobs.add(40'000);
    bench.sender.resume(bench.now);
    Millis last = bench.now;
    std::vector<Millis> pauses;
    for (int i = 0; i < 8; ++i) {
        REQUIRE(bench.next());
        while (!bench.sender.stalled(bench.now)) bench.now += 100;
        const std::size_t lost = bench.sender.ask_again(bench.now);
        CHECK(lost == bench.on_its_way);
        bench.on_its_way -= lost;
        CHECK_FALSE(bench.sender.stalled(bench.now));
        pauses.push_back(bench.now - last);
        last = bench.now;
    }
    CHECK(std::ranges::is_sorted(pauses));
    CHECK(pauses.front() < 16'000);
    CHECK(pauses.back() > 500'000);
    CHECK(pauses.back() < 700'000);
    bench.run();
    CHECK(bench.hub.whole.size() == 1);
}

TEST_CASE("a hub that was started again is asked where it stands") {
    Bench bench;
    const Bytes sha256 = bench.blobs.add(100'000);
    bench.sender.resume(bench.now);
    bench.give(bench.hub.answer(*bench.next()));
    for (int i = 0; i < 8; ++i) bench.give(bench.hub.answer(*bench.next()));
    bench.hub.restart();
    bench.run();
    CHECK(bench.hub.whole[sha256] == bench.blobs.blobs[sha256].first);
    CHECK(bench.hub.content_bytes < 130'000);
}

TEST_CASE("after a new connection, days later, it goes on where the hub stands") {
    Bench bench;
    const Bytes sha256 = bench.blobs.add(100'000);
    bench.sender.resume(bench.now);
    bench.give(bench.hub.answer(*bench.next()));
    for (int i = 0; i < 12; ++i) bench.give(bench.hub.answer(*bench.next()));
    bench.sender.pause();
    bench.on_its_way = 0;
    CHECK_FALSE(bench.next());
    bench.now += 5LL * 86'400'000;
    bench.sender.resume(bench.now);
    bench.run();
    CHECK(bench.hub.whole.contains(sha256));
    CHECK(bench.hub.content_bytes == 100'000);
}

TEST_CASE("an attachment that the hub has whole and not checked yet is asked about until it is") {
    Bench bench;
    bench.hub.checks = 5;
    const Bytes sha256 = bench.blobs.add(9'000);
    bench.sender.resume(bench.now);
    bench.run();
    CHECK(bench.hub.whole.contains(sha256));
    CHECK(bench.hub.content_bytes == 9'000);
}

TEST_CASE("an attachment that came damaged is begun anew") {
    Bench bench;
    const Bytes sha256 = bench.blobs.add(9'000);
    bench.sender.resume(bench.now);
    bench.give(bench.hub.answer(*bench.next()));
    auto chunk = *bench.next();
    chunk.mutable_blob_chunk()->mutable_content()->front() ^= 1;
    bench.give(bench.hub.answer(chunk));
    bench.run();
    CHECK(bench.hub.whole[sha256] == bench.blobs.blobs[sha256].first);
}

TEST_CASE("an attachment that cannot be read is left alone, and its bytes do not stay on their way") {
    Bench bench;
    const Bytes damaged = bench.blobs.add(30'000);
    const Bytes sound = bench.blobs.add(30'000);
    bench.sender.resume(bench.now);
    bench.give(bench.hub.answer(*bench.next()));
    const auto offer = bench.next();
    const auto unanswered = bench.next();
    REQUIRE((offer && unanswered && unanswered->has_blob_chunk()));
    bench.blobs.unreadable.insert(damaged);
    bench.give(bench.hub.answer(*offer));
    while (!bench.hub.whole.contains(sound)) bench.give(bench.hub.answer(*bench.next()));
    if (bench.sender.stalled(bench.now)) bench.on_its_way -= bench.sender.ask_again(bench.now);
    CHECK(bench.on_its_way == 0);
    CHECK_FALSE(bench.hub.whole.contains(damaged));
    CHECK(bench.blobs.notes.size() == 1);
}

TEST_CASE("answers to what nobody asked change nothing") {
    Bench bench;
    const Bytes sha256 = bench.blobs.add(10'000);
    bench.give(standing(sha256, 10));
    bench.sender.resume(bench.now);
    bench.give(standing(Bytes(32, 'x'), 10));
    bench.give(standing("", 10));
    REQUIRE(bench.next());
    bench.give(standing(sha256, 10'001));  // more than there is
    CHECK_FALSE(bench.next());
    CHECK(bench.blobs.notes.empty());
}

TEST_CASE(
    "over a network that loses, repeats and reorders, and through restarts of both ends, all arrives whole") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        std::mt19937_64 random(seed);
        const auto one_in = [&](std::uint64_t n) { return random() % n == 0; };
        Bench bench;
        const std::size_t count = 1 + random() % 12;
        for (std::size_t i = 0; i < count; ++i) bench.blobs.add(100 + random() % 60'000, one_in(3));
        bench.hub.checks = static_cast<unsigned>(random() % 3);
        std::deque<protocol::Up> up;
        std::deque<protocol::BlobState> down;
        const auto carry = [&](auto& queue, bool faults, auto&& to) {
            if (queue.empty()) return;
            const std::size_t index = faults && one_in(4) ? random() % queue.size() : 0;
            const auto message = queue[index];
            const bool lost = faults && one_in(8);
            if (!faults || !one_in(10)) queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(index));
            if (!lost) to(message);
        };
        bench.sender.resume(bench.now);
        int rounds = 0;
        for (; bench.hub.whole.size() < count || bench.sender.sending() > 0; ++rounds) {
            REQUIRE(rounds < 60'000);
            const bool faults = rounds < 3'000;
            bench.now += 20;
            for (const bool thumbnails : {true, false}) {
                if (bench.on_its_way > 30'000) continue;
                if (auto message = bench.next(thumbnails, 1'000 + random() % 3'000))
                    up.push_back(std::move(*message));
            }
            for (int i = 0; i < 2; ++i) {
                carry(up, faults,
                      [&](const protocol::Up& message) { down.push_back(bench.hub.answer(message)); });
                carry(down, faults, [&](const protocol::BlobState& state) { bench.give(state); });
            }
            if (bench.sender.stalled(bench.now)) bench.on_its_way -= bench.sender.ask_again(bench.now);
            if (faults && one_in(400)) bench.hub.restart();
            if (faults && one_in(400)) {
                bench.sender.pause();
                up.clear();
                down.clear();
                bench.on_its_way = 0;
                bench.sender.resume(bench.now);
            }
        }
        CHECK(bench.on_its_way == bench.sender.outstanding());
        for (const auto& [sha256, blob] : bench.blobs.blobs) REQUIRE(bench.hub.whole[sha256] == blob.first);
        CHECK(std::ranges::all_of(bench.blobs.notes, &NoteBlob::complete));
    }
}
