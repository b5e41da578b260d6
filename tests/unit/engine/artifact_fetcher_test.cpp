#include "sync/engine/artifact_fetcher.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <limits>
#include <numeric>

#include "sync/base/compress.hpp"
#include "tests/unit/engine/actions.hpp"

using namespace fieldpost;
using namespace fieldpost::engine;
using namespace fieldpost::engine::testing;

namespace {

constexpr std::uint32_t block_bytes = 100;
constexpr Millis long_after = 61'000;

// A hub that offers generation 7 in `count` blocks, and a device without a city.
struct Bench {
    explicit Bench(std::uint32_t count = 10, std::uint32_t packed_bytes = 0) {
        manifest.set_kind("snapshot");
        manifest.set_generation(7);
        manifest.set_block_bytes(block_bytes);
        manifest.set_bytes(count * block_bytes - 40);
        for (std::uint32_t block = 0; block < count; ++block) {
            auto& entry = *manifest.add_blocks();
            entry.set_sha256(sha256(content(block)));
            entry.set_packed_bytes(packed_bytes != 0
                                       ? packed_bytes
                                       : static_cast<std::uint32_t>(compress(content(block)).size()));
        }
    }
    Bytes content(std::uint32_t block) const {
        const bool last = block + 1 == static_cast<std::uint32_t>(manifest.bytes() / block_bytes + 1);
        return ("block " + std::to_string(block) + " " + Bytes(block_bytes, 'c'))
            .substr(0, last ? 60 : block_bytes);
    }
    Actions resume(std::uint64_t offered = 7, bool needed = true, Millis now = 0) {
        Actions out;
        fetcher.resume(now, offered, needed, out);
        return out;
    }
    Actions give_manifest(protocol::Signer& signer) {
        Actions out;
        fetcher.manifest(0, protocol::seal(manifest, signer, protocol::packed).value(), out);
        return out;
    }
    Actions prepared(std::vector<std::uint32_t> missing) {
        Actions out;
        fetcher.prepared(0, std::move(missing), out);
        return out;
    }
    // Up to where blocks are asked for, all of them missing.
    Actions begin() {
        resume();
        give_manifest(hub);
        std::vector<std::uint32_t> missing(static_cast<std::size_t>(manifest.blocks_size()));
        std::iota(missing.begin(), missing.end(), 0U);
        return prepared(missing);
    }
    Actions give(std::uint32_t block, const Bytes& packed, Millis now = 0) {
        protocol::BlockReply reply;
        reply.set_generation(7);
        reply.set_block(block);
        reply.set_packed(packed);
        Actions out;
        fetcher.block(now, reply, out);
        return out;
    }
    Actions give(std::uint32_t block, Millis now = 0) { return give(block, compress(content(block)), now); }
    Actions written(std::uint32_t block, Millis now = 0) {
        Actions out;
        fetcher.written(now, block, out);
        return out;
    }
    Actions tick(Millis now) {
        Actions out;
        fetcher.tick(now, out);
        return out;
    }

    KeySigner hub{"hub"};
    protocol::Manifest manifest;
    std::uint64_t allowance = std::numeric_limits<std::uint64_t>::max();  // bytes that the link may carry
    bool bulk = true;
    ArtifactFetcher fetcher{"truck-1", hub.public_key(),
                            [this](std::uint64_t bytes) { return bulk && bytes <= allowance; }};
};

bool asks_for_manifest(const Actions& actions) {
    return ups(actions).size() == 1 && ups(actions)[0].has_manifest_request();
}

}  // namespace

TEST_CASE("Nothing is fetched that is not needed, not offered, or older than what is mounted",
          "[engine][fetch]") {
    Bench bench;
    CHECK(bench.resume(7, false).empty());
    CHECK(bench.resume(0, true).empty());
    bench.fetcher.mounted(7);
    CHECK(bench.resume(7, true).empty());
    CHECK_FALSE(bench.fetcher.fetching());
    CHECK(asks_for_manifest(bench.resume(8, true)));
    CHECK(bench.fetcher.fetching());
}

TEST_CASE("A fetch asks for the manifest, then the blocks, writes each and ends with the whole",
          "[engine][fetch]") {
    Bench bench;
    CHECK(asks_for_manifest(bench.resume()));
    auto actions = bench.give_manifest(bench.hub);
    REQUIRE(all<PrepareArtifact>(actions).size() == 1);
    CHECK(all<PrepareArtifact>(actions)[0].manifest.generation() == 7);
    actions = bench.prepared({0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(blocks_asked(actions).size() == 10);
    CHECK(bench.fetcher.blocks_total() == 10);
    CHECK(bench.fetcher.blocks_done() == 0);
    for (std::uint32_t block = 0; block < 10; ++block) {
        const auto writes = all<WriteBlock>(bench.give(block));
        REQUIRE(writes.size() == 1);
        CHECK(writes[0].block == block);
        CHECK(writes[0].content == bench.content(block));
        const auto after = all<FinishArtifact>(bench.written(block));
        CHECK(bench.fetcher.blocks_done() == block + 1);
        CHECK(after.size() == (block == 9 ? 1 : 0));
    }
    Actions end;
    bench.fetcher.finished(true, end);
    CHECK(end.empty());
    CHECK_FALSE(bench.fetcher.fetching());
    CHECK(bench.resume(7, true).empty());
}

TEST_CASE("Only the blocks that the draft lacks are asked for", "[engine][fetch]") {
    Bench bench;
    bench.resume();
    bench.give_manifest(bench.hub);
    CHECK(blocks_asked(bench.prepared({3, 5})) == std::vector<std::uint32_t>{3, 5});
    CHECK(bench.fetcher.blocks_done() == 8);
}

TEST_CASE("A draft that lacks nothing is finished without asking", "[engine][fetch]") {
    Bench bench;
    bench.resume();
    bench.give_manifest(bench.hub);
    const auto actions = bench.prepared({});
    CHECK(all<FinishArtifact>(actions).size() == 1);
    CHECK(ups(actions).empty());
}

TEST_CASE("Blocks may come in any order and more than once", "[engine][fetch]") {
    Bench bench;
    bench.begin();
    for (const std::uint32_t block : {9U, 0U, 9U, 5U, 0U}) bench.give(block);
    CHECK(bench.fetcher.blocks_done() == 0);
    CHECK(all<WriteBlock>(bench.give(5)).empty());
    for (const std::uint32_t block : {9U, 0U, 5U}) bench.written(block);
    CHECK(bench.fetcher.blocks_done() == 3);
    CHECK(all<WriteBlock>(bench.give(9)).empty());
}

TEST_CASE("The whole is not finished while a block is still being written", "[engine][fetch]") {
    Bench bench(2);
    bench.begin();
    CHECK(all<FinishArtifact>(bench.give(0)).empty());
    CHECK(all<FinishArtifact>(bench.give(1)).empty());
    CHECK(all<FinishArtifact>(bench.written(1)).empty());
    CHECK(all<FinishArtifact>(bench.written(0)).size() == 1);
    CHECK(bench.tick(long_after).empty());
}

TEST_CASE("A manifest that is not the hub's, or does not add up, is refused and asked for again",
          "[engine][fetch]") {
    Bench bench;
    bench.resume();
    KeySigner thief("thief");
    CHECK(all<PrepareArtifact>(bench.give_manifest(thief)).empty());
    const protocol::Manifest sound = bench.manifest;
    std::vector<protocol::Manifest> wrong(7, sound);
    wrong[0].set_kind("firmware");
    wrong[1].set_bytes(0);
    wrong[2].set_bytes(sound.bytes() + block_bytes);
    wrong[3].set_block_bytes(0);
    wrong[4].set_block_bytes(64U << 20U);
    wrong[5].mutable_blocks()->RemoveLast();
    wrong[6].set_bytes(std::numeric_limits<std::uint64_t>::max());
    wrong[6].clear_blocks();
    for (const auto& manifest : wrong) {
        bench.manifest = manifest;
        const auto actions = bench.give_manifest(bench.hub);
        CHECK(all<PrepareArtifact>(actions).empty());
        CHECK(all<Notice>(actions).size() == 1);
    }
    CHECK(bench.tick(1'000).empty());
    CHECK(asks_for_manifest(bench.tick(long_after)));
    bench.manifest = sound;
    CHECK(all<PrepareArtifact>(bench.give_manifest(bench.hub)).size() == 1);
    CHECK(bench.give_manifest(bench.hub).empty());  // a repeat
}

namespace {

bool asks_for(const Actions& actions, std::uint32_t block) {
    const auto asked = blocks_asked(actions);
    return std::find(asked.begin(), asked.end(), block) != asked.end();
}

}  // namespace

TEST_CASE("A damaged block is not written, and asked for again after a while", "[engine][fetch]") {
    Bench bench;
    bench.begin();
    std::size_t notices = 0;
    for (const Bytes& wrong : {Bytes("no zstd"), compress("other content"), compress(bench.content(4)),
                               Bytes(), compress(Bytes(10U << 20U, '\0'))}) {
        const auto actions = bench.give(3, wrong);
        CHECK(all<WriteBlock>(actions).empty());
        notices += all<Notice>(actions).size();
        CHECK(blocks_asked(actions).empty());
    }
    CHECK(notices == 1);  // it was asked for once
    CHECK(blocks_asked(bench.tick(1'000)).empty());
    CHECK(asks_for(bench.tick(long_after), 3));
    CHECK(all<WriteBlock>(bench.give(3)).size() == 1);
}

TEST_CASE("A snapshot of which one block comes damaged three times is given up", "[engine][fetch]") {
    Bench bench;
    bench.begin();
    for (std::uint32_t block = 0; block < 10; ++block) {
        if (block == 3) continue;
        bench.give(block);
        bench.written(block);
    }
    Millis now = 0;
    for (int copy = 1; copy <= 3; ++copy) {
        CHECK(all<Notice>(bench.give(3, "no zstd", now)).size() == 1);
        const auto actions = bench.tick(now += long_after);
        CHECK(asks_for(actions, 3) == (copy < 3));
        CHECK(all<Notice>(actions).size() == (copy < 3 ? 0 : 1));
    }
    CHECK_FALSE(bench.fetcher.fetching());
    CHECK(bench.resume(7, true, now).empty());
    CHECK(asks_for_manifest(bench.resume(8, true, now)));
}

TEST_CASE("A block that comes sound after two damaged copies is taken, also over another connection",
          "[engine][fetch]") {
    Bench bench(1);
    bench.begin();
    Millis now = 0;
    bench.give(0, "no zstd", now);
    bench.tick(now += long_after);
    bench.give(0, "no zstd", now);
    bench.fetcher.pause();
    CHECK(asks_for(bench.resume(7, true, now), 0));
    CHECK(all<WriteBlock>(bench.give(0, now)).size() == 1);
    CHECK(all<FinishArtifact>(bench.written(0, now)).size() == 1);
}

TEST_CASE("What is asked for and not yet written is bounded, in blocks and in bytes", "[engine][fetch]") {
    Bench small(200);
    CHECK(blocks_asked(small.begin()).size() == 32);
    for (std::uint32_t block = 0; block < 10; ++block) CHECK(blocks_asked(small.give(block)).empty());
    CHECK(blocks_asked(small.written(0)).size() == 1);
}

// What is outstanding in the end of a fetch over a link that carries so many bytes a millisecond and takes
// `round_trip` beside.
std::size_t most_at_once(double rate, Millis round_trip) {
    constexpr std::uint32_t count = 200;
    constexpr std::uint32_t packed_bytes = 100U << 10U;
    Bench bench(count, packed_bytes);
    std::deque<std::pair<std::uint32_t, Millis>> outstanding;  // with when the hub has the request
    double now = 0;
    const auto take = [&](const Actions& actions) {
        for (const std::uint32_t block : blocks_asked(actions))
            outstanding.emplace_back(block, static_cast<Millis>(now) + round_trip);
    };
    take(bench.begin());
    std::size_t most = 0;
    for (std::uint32_t came = 0; came < count; ++came) {
        REQUIRE_FALSE(outstanding.empty());
        if (came > count / 2) most = std::max(most, outstanding.size());
        const auto [block, at_hub] = outstanding.front();
        outstanding.pop_front();
        now = std::max(now, static_cast<double>(at_hub)) + packed_bytes / rate;
        take(bench.give(block, static_cast<Millis>(now)));
        take(bench.written(block, static_cast<Millis>(now)));
    }
    return most;
}

TEST_CASE("What is outstanding is what the link carries in a second, and a block", "[engine][fetch]") {
    CHECK(most_at_once(8, 600) == 1);       // 64 kbit/s
    CHECK(most_at_once(125, 50) == 2);      // 1 Mbit/s
    CHECK(most_at_once(1'250, 50) == 11);   // 10 Mbit/s: 1 MiB
    CHECK(most_at_once(1'250, 600) == 11);  // and far
    CHECK(most_at_once(100'000, 0) == 11);  // beside the hub
}

TEST_CASE("Blocks that do not come are asked for again, and a slow link is no loss", "[engine][fetch]") {
    Bench bench(4);
    bench.begin();
    CHECK(bench.tick(20'000).empty());
    bench.give(0, 25'000);
    bench.written(0, 25'000);
    CHECK(bench.tick(50'000).empty());
    bench.give(1, 50'000);
    bench.written(1, 50'000);
    auto again = blocks_asked(bench.tick(50'000 + long_after));
    std::sort(again.begin(), again.end());
    CHECK(again == std::vector<std::uint32_t>{2, 3});
}

TEST_CASE("After an interruption only what is missing is asked for", "[engine][fetch]") {
    Bench bench;
    bench.begin();
    bench.give(2);
    bench.written(2);
    bench.give(6);  // is being written
    bench.fetcher.pause();
    CHECK(bench.tick(long_after).empty());
    CHECK(all<WriteBlock>(bench.give(1)).empty());
    auto asked = blocks_asked(bench.resume());
    std::sort(asked.begin(), asked.end());
    CHECK(asked == std::vector<std::uint32_t>{0, 1, 3, 4, 5, 7, 8, 9});
    CHECK(bench.fetcher.blocks_done() == 1);
}

TEST_CASE("When the hub no longer offers it the fetch starts anew at the next contact", "[engine][fetch]") {
    Bench bench;
    bench.begin();
    protocol::BlockReply reply;
    reply.set_generation(6);
    reply.set_problem("gone");
    Actions actions;
    bench.fetcher.block(0, reply, actions);
    CHECK(bench.fetcher.fetching());  // of another generation
    reply.set_generation(7);
    bench.fetcher.block(0, reply, actions);
    CHECK_FALSE(bench.fetcher.fetching());
    CHECK(all<Notice>(actions).size() == 1);
    CHECK(bench.written(3).empty());
    CHECK(asks_for_manifest(bench.resume(8)));
}

TEST_CASE("It starts anew at once when another is offered meanwhile", "[engine][fetch]") {
    Bench bench;
    bench.begin();
    bench.fetcher.pause();
    CHECK_FALSE(asks_for_manifest(bench.resume(8)));  // goes on with what it has begun
    protocol::BlockReply reply;
    reply.set_generation(7);
    reply.set_problem("gone");
    Actions actions;
    bench.fetcher.block(0, reply, actions);
    CHECK(asks_for_manifest(actions));
    Actions more;
    bench.fetcher.block(0, reply, more);  // of the next block that was asked for
    CHECK(more.empty());
    // The hub does not say the same of its manifest and of its blocks: no faster than it is asked.
    CHECK(all<PrepareArtifact>(bench.give_manifest(bench.hub)).size() == 1);
    CHECK(blocks_asked(bench.prepared({0})).size() == 1);
    bench.fetcher.block(0, reply, more);
    CHECK_FALSE(asks_for_manifest(more));
    CHECK_FALSE(bench.fetcher.fetching());
    CHECK(asks_for_manifest(bench.resume(8)));
}

TEST_CASE("What cannot be used although it is what the hub offers is not fetched again", "[engine][fetch]") {
    Bench bench(1);
    bench.begin();
    bench.give(0);
    bench.written(0);
    Actions actions;
    bench.fetcher.finished(false, actions);
    CHECK(all<Notice>(actions).size() == 1);
    CHECK_FALSE(bench.fetcher.fetching());
    for (Millis minute = 1; minute <= 60; ++minute) {
        CHECK(bench.resume(7, true, minute * 60'000).empty());
        CHECK(bench.tick(minute * 60'000 + 30'000).empty());
    }
    // Another one is offered, and the hub's answer of before comes late.
    CHECK(asks_for_manifest(bench.resume(8)));
    CHECK(bench.give_manifest(bench.hub).empty());
    bench.manifest.set_generation(8);
    CHECK(all<PrepareArtifact>(bench.give_manifest(bench.hub)).size() == 1);
}

TEST_CASE("When the disk has no room a fetch is tried at each contact, without fetching anything",
          "[engine][fetch]") {
    Bench bench(1);
    bench.resume();
    bench.give_manifest(bench.hub);
    for (Millis minute = 1; minute <= 5; ++minute) {
        bench.fetcher.failed(minute * 60'000 - 1);
        CHECK_FALSE(bench.fetcher.fetching());
        CHECK(bench.fetcher.blocks_total() == 0);
        CHECK(bench.tick(minute * 60'000 - 1).empty());
        const auto actions = bench.resume(7, true, minute * 60'000);
        CHECK(ups(actions).empty());
        const auto prepares = all<PrepareArtifact>(actions);
        REQUIRE(prepares.size() == 1);
        CHECK(prepares[0].manifest.generation() == 7);
        CHECK_FALSE(prepares[0].signed_manifest.empty());
    }
    bench.fetcher.failed(300'000);
    CHECK(bench.prepared({0}).empty());
    CHECK(asks_for_manifest(bench.resume(8, true, 360'000)));  // of another it knows nothing yet
}

TEST_CASE("A disk that refuses what was fetched is tried ever less often, every hour at last",
          "[engine][fetch]") {
    Bench bench(2);
    bench.begin();
    Millis now = 0;
    for (Millis wait = 30'000; wait < 20'000'000; wait *= 2) {
        CHECK(all<WriteBlock>(bench.give(0, now)).size() == 1);
        bench.fetcher.failed(now);
        const Millis again = now + std::min<Millis>(wait, 3'600'000);
        CHECK(bench.tick(again - 1).empty());
        CHECK(bench.resume(7, true, again - 1).empty());
        REQUIRE(all<PrepareArtifact>(bench.resume(7, true, again)).size() == 1);
        CHECK(asks_for(bench.prepared({0, 1}), 0));
        now = again;
    }
    // A block that was written is progress.
    bench.give(0, now);
    bench.written(0, now);
    bench.give(1, now);
    bench.fetcher.failed(now);
    CHECK(all<PrepareArtifact>(bench.resume(7, true, now + 30'000)).size() == 1);
}

TEST_CASE("Over a link that may not carry what is missing a fetch waits, and goes on over another",
          "[engine][artifacts]") {
    Bench bench(40, 10'000);
    const auto first = blocks_asked(bench.begin());
    REQUIRE(first.size() > 1);
    const std::uint64_t missing = bench.fetcher.bytes_missing();
    CHECK(missing == 40U * 10'000U);
    bench.allowance = missing - 10'001;
    CHECK(bench.fetcher.waits_for_link());
    for (const std::uint32_t block : first) {  // what is on its way is taken
        bench.give(block);
        CHECK(blocks_asked(bench.written(block)).empty());
        if (block == first.front()) bench.allowance = 1;
    }
    CHECK(bench.tick(long_after).empty());
    CHECK(bench.fetcher.fetching());
    CHECK(bench.fetcher.blocks_done() == first.size());
    bench.allowance = bench.fetcher.bytes_missing();
    CHECK_FALSE(bench.fetcher.waits_for_link());
    CHECK_FALSE(blocks_asked(bench.tick(long_after + 1)).empty());
}

TEST_CASE("Over a link that carries nothing in bulk not even the manifest is asked for",
          "[engine][artifacts]") {
    Bench bench;
    bench.bulk = false;
    CHECK(bench.resume().empty());
    CHECK_FALSE(bench.fetcher.fetching());
    bench.bulk = true;
    bench.allowance = protocol::max_message_bytes - 1;
    CHECK(bench.resume().empty());  // it may be as large as a message
    bench.allowance = protocol::max_message_bytes;
    CHECK(bench.resume().size() == 1);
    bench.bulk = false;
    CHECK(bench.tick(long_after).empty());
    bench.bulk = true;
    CHECK(bench.tick(long_after + 1).size() == 1);
}
