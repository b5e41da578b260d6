#include "daemon/hub/blobs/blob_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "daemon/hub/blobs/blob_routes.hpp"
#include "sync/base/file.hpp"
#include "sync/engine/blobs.hpp"
#include "tests/unit/support/kill_points.hpp"
#include "tests/unit/support/reply_for_tests.hpp"
#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using support::TemporaryFolder;

namespace {

constexpr std::size_t chunk_bytes = 60'000;

Bytes random_content(std::uint64_t seed, std::size_t bytes) {
    std::mt19937_64 random(seed);
    Bytes out(bytes, '\0');
    std::ranges::generate(out, [&] { return static_cast<char>(random()); });
    return out;
}

engine::RegisteredDevice device(const std::string& id = "truck-1") {
    return {id, {}, "fire", {}, 1};
}

struct Bench {
    Bench() { open(); }
    explicit Bench(BlobStoreLimits given) : limits(given) { open(); }

    void open() {
        store.reset();
        store = BlobStore::open(folder.path / "blobs", limits).value();
    }
    protocol::BlobState offer(const Bytes& content, const std::string& from = "truck-1") {
        protocol::BlobOffer message;
        message.set_sha256(sha256(content));
        message.set_bytes(content.size());
        return noted(message.sha256(), from, store->blob_offered(device(from), message, has(content, from)))
            .value();
    }
    Result<protocol::BlobState> try_chunk(const Bytes& content, std::uint64_t offset,
                                          const std::string& from = "truck-1",
                                          std::size_t bytes = chunk_bytes) {
        protocol::BlobChunk message;
        message.set_sha256(sha256(content));
        message.set_offset(offset);
        message.set_content(content.substr(offset, bytes));
        return noted(message.sha256(), from, store->blob_chunk(device(from), message, has(content, from)));
    }
    protocol::BlobState chunk(const Bytes& content, std::uint64_t offset,
                              const std::string& from = "truck-1") {
        return try_chunk(content, offset, from).value();
    }
    // As a device does it; what is said at last.
    protocol::BlobState send(const Bytes& content, const std::string& from = "truck-1") {
        auto state = offer(content, from);
        for (int i = 0; i < 10'000 && !state.complete() && state.problem().empty(); ++i) {
            state = state.received() < content.size() ? chunk(content, state.received(), from)
                                                      : offer(content, from);
        }
        return state;
    }
    // Comes whole, with other bytes than its hash is of.
    void send_damaged(const Bytes& content, const std::string& from) {
        offer(content, from);
        protocol::BlobChunk message;
        message.set_sha256(sha256(content));
        message.set_content(Bytes(content.size(), '?'));
        REQUIRE_FALSE(store->blob_chunk(device(from), message, false).value().complete());
    }
    bool has(const Bytes& content, const std::string& from) const {
        return delivered.contains({from, sha256(content)});
    }
    // As the hub's table does it.
    Result<protocol::BlobState> noted(const Bytes& hash, const std::string& from,
                                      Result<protocol::BlobState> state) {
        if (state && state->complete()) delivered.insert({from, hash});
        return state;
    }
    std::filesystem::path partial(const Bytes& content, const std::string& from = "truck-1") const {
        return folder.path / "blobs" / "partial" / from / to_hex(sha256(content));
    }
    std::size_t files_below(const std::string& name) const {
        std::size_t count = 0;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(folder.path / "blobs" / name)) {
            count += entry.is_regular_file() ? 1 : 0;
        }
        return count;
    }

    TemporaryFolder folder;
    BlobStoreLimits limits{.keep_free = 0};
    std::unique_ptr<BlobStore> store;
    std::set<std::pair<std::string, Bytes>> delivered;  // device, hash
};

}  // namespace

TEST_CASE("an attachment that came in chunks is there whole, under its hash") {
    Bench bench;
    const Bytes content = random_content(1, 700'001);
    CHECK_FALSE(bench.store->find(sha256(content)));
    const auto first = bench.offer(content);
    CHECK(first.have() == 0);
    CHECK_FALSE(first.complete());
    const auto second = bench.chunk(content, 0);
    CHECK(second.received() == chunk_bytes);
    CHECK(second.have() == 0);
    const auto last = bench.send(content);
    CHECK(last.complete());
    CHECK(last.have() == content.size());
    const auto found = bench.store->find(sha256(content));
    REQUIRE(found);
    CHECK(found->bytes == content.size());
    CHECK(read_file(found->file).value() == content);
    CHECK(bench.files_below("partial") == 0);
}

TEST_CASE("what is synced is told apart from what has only been written") {
    Bench bench;
    const Bytes content = random_content(2, 1'000'000);
    auto state = bench.offer(content);
    while (state.received() < 600'000) {
        state = bench.chunk(content, state.received());
        CHECK(state.have() <= state.received());
        CHECK(state.received() - state.have() < bench.limits.sync_every);
    }
    CHECK(state.have() > 0);
}

TEST_CASE("chunks that come early, late or twice change nothing") {
    Bench bench;
    const Bytes content = random_content(3, 300'000);
    bench.offer(content);
    CHECK(bench.chunk(content, 60'000).received() == 0);
    bench.chunk(content, 0);
    CHECK(bench.chunk(content, 0).received() == 60'000);
    CHECK(bench.chunk(content, 30'000).received() == 90'000);  // half of it is new
    CHECK(bench.chunk(content, 200'000).received() == 90'000);
    CHECK(bench.send(content).complete());
    CHECK(bench.chunk(content, 0).complete());
}

TEST_CASE("what another device has delivered is asked for as if it were not here, and stays as it is") {
    Bench bench;
    const Bytes content = random_content(4, 200'000);
    const Bytes unknown = random_content(5, 200'000);
    REQUIRE(bench.send(content).complete());
    const auto stored = bench.store->find(sha256(content)).value();
    struct stat before {};
    REQUIRE(::stat(stored.file.c_str(), &before) == 0);

    CHECK_FALSE(bench.chunk(content, 0, "truck-2").complete());  // nothing was offered
    // At every step the same answers, but for the hash.
    const auto alike = [](protocol::BlobState one, const protocol::BlobState& other) {
        one.set_sha256(other.sha256());
        return one.SerializeAsString() == other.SerializeAsString();
    };
    CHECK(alike(bench.offer(content, "truck-2"), bench.offer(unknown, "truck-2")));
    for (std::uint64_t at = 0; at < content.size(); at += chunk_bytes) {
        CHECK(alike(bench.chunk(content, at, "truck-2"), bench.chunk(unknown, at, "truck-2")));
    }
    CHECK(bench.offer(content, "truck-2").complete());
    CHECK(bench.files_below("partial") == 0);
    struct stat after {};
    REQUIRE(::stat(stored.file.c_str(), &after) == 0);
    CHECK(after.st_ino == before.st_ino);
    CHECK(read_file(stored.file).value() == content);
}

TEST_CASE("who has another's hash and not its bytes does not learn that it is here, nor harm it") {
    Bench bench;
    const Bytes content = random_content(6, 50'000);
    REQUIRE(bench.send(content).complete());
    bench.send_damaged(content, "truck-2");
    CHECK_FALSE(bench.offer(content, "truck-2").complete());
    CHECK(read_file(bench.store->find(sha256(content))->file).value() == content);
    CHECK(bench.offer(content).complete());
    CHECK(bench.send(content, "truck-2").complete());
}

TEST_CASE("a device sends what it delivered no second time, also after a start") {
    Bench bench;
    const Bytes content = random_content(4, 200'000);
    REQUIRE(bench.send(content).complete());
    bench.open();
    CHECK(bench.chunk(content, 0).complete());
    CHECK(bench.offer(content).complete());
    // Unless the hub has lost it.
    std::filesystem::remove(bench.store->find(sha256(content))->file);
    CHECK_FALSE(bench.offer(content).complete());
    CHECK(bench.send(content).complete());
    CHECK(bench.files_below("partial") == 0);
}

TEST_CASE("after a start the hub goes on nearly where it stood") {
    Bench bench;
    const Bytes content = random_content(5, 3'000'000);
    auto state = bench.offer(content);
    while (state.received() < 2'500'000) state = bench.chunk(content, state.received());
    bench.open();
    CHECK(bench.chunk(content, state.received()).received() == 0);  // nothing was offered in this run
    const auto after = bench.offer(content);
    CHECK(after.have() < state.received());
    CHECK(after.have() + bench.limits.sync_every + engine::max_chunk_bytes >= state.received());
    CHECK(bench.send(content).complete());
    CHECK(read_file(bench.store->find(sha256(content))->file).value() == content);
}

TEST_CASE("a tail that a power cut has spoilt is sent again") {
    Bench bench;
    const Bytes content = random_content(6, 2'000'000);
    auto state = bench.offer(content);
    while (state.received() < 1'500'000) state = bench.chunk(content, state.received());
    bench.store.reset();
    Bytes spoilt = read_file(bench.partial(content)).value();
    std::fill(spoilt.begin() + static_cast<std::ptrdiff_t>(state.have()), spoilt.end(), '\0');
    bench.folder.write("blobs/partial/truck-1/" + to_hex(sha256(content)), spoilt);
    bench.open();
    CHECK(bench.send(content).complete());
}

TEST_CASE("what an earlier run left is hashed in steps, and the device told to wait") {
    Bench bench;
    bench.limits.hash_at_once = 100'000;
    bench.open();
    const Bytes content = random_content(7, 1'600'000);
    auto state = bench.offer(content);
    while (state.received() < 1'550'000) state = bench.chunk(content, state.received());
    bench.open();
    state = bench.offer(content);
    int waits = 0;
    for (int i = 0; i < 100 && !state.complete(); ++i) {
        if (state.received() == content.size()) ++waits;
        state =
            state.received() < content.size() ? bench.chunk(content, state.received()) : bench.offer(content);
    }
    CHECK(state.complete());
    CHECK(waits > 0);
}

TEST_CASE("an attachment with another hash is set aside and begun anew, and refused in the end") {
    Bench bench;
    Bytes content = random_content(8, 150'000);
    protocol::BlobOffer offer;
    offer.set_sha256(sha256("something else"));
    offer.set_bytes(content.size());
    for (unsigned time = 1; time <= bench.limits.damaged; ++time) {
        auto state = bench.store->blob_offered(device(), offer, false).value();
        CHECK(state.problem().empty());
        while (true) {
            protocol::BlobChunk chunk;
            chunk.set_sha256(offer.sha256());
            chunk.set_offset(state.received());
            chunk.set_content(content.substr(state.received(), chunk_bytes));
            const bool is_last = state.received() + chunk_bytes >= content.size();
            state = bench.store->blob_chunk(device(), chunk, false).value();
            if (is_last) break;
        }
        CHECK_FALSE(state.complete());
        CHECK(state.received() == 0);
        CHECK(bench.files_below("damaged") == time);
    }
    CHECK(bench.store->blob_offered(device(), offer, false).value().problem().find("damaged") !=
          std::string::npos);
    CHECK_FALSE(bench.store->find(offer.sha256()));
}

TEST_CASE("what one device sends damaged is not refused to another") {
    Bench bench;
    const Bytes content = random_content(60, 10'000);
    for (unsigned time = 0; time < bench.limits.damaged; ++time) bench.send_damaged(content, "truck");
    CHECK(bench.offer(content, "truck").problem().find("damaged") != std::string::npos);
    CHECK(bench.send(content, "truck-2").complete());
}

TEST_CASE("of what came damaged only so many files are kept, in all and of one device") {
    Bench bench;
    bench.limits.most_damaged = {.files = 4, .files_of_device = 2};
    bench.open();
    const auto content = [](std::uint64_t seed) { return random_content(seed, 1'000); };
    bench.send_damaged(content(70), "truck-1");
    bench.send_damaged(content(71), "truck");
    for (std::uint64_t i = 0; i < 5; ++i) bench.send_damaged(content(80 + i), "truck");
    CHECK(bench.files_below("damaged") == 3);  // one of the other device
    for (std::uint64_t i = 0; i < 2; ++i) bench.send_damaged(content(90 + i), "truck-2");
    CHECK(bench.files_below("damaged") == 4);
}

TEST_CASE("what cannot be an attachment is refused with a sentence") {
    Bench bench;
    protocol::BlobOffer offer;
    offer.set_sha256("short");
    offer.set_bytes(10);
    CHECK_FALSE(bench.store->blob_offered(device(), offer, false).value().problem().empty());
    offer.set_sha256(Bytes(32, 'x'));
    offer.set_bytes(0);
    CHECK_FALSE(bench.store->blob_offered(device(), offer, false).value().problem().empty());
    offer.set_bytes(engine::max_blob_bytes + 1);
    CHECK_FALSE(bench.store->blob_offered(device(), offer, false).value().problem().empty());
    offer.set_bytes(100);
    CHECK(bench.store->blob_offered(device(), offer, false).value().problem().empty());
    protocol::BlobChunk chunk;
    chunk.set_sha256(offer.sha256());
    chunk.set_content(Bytes(101, 'x'));
    CHECK_FALSE(bench.store->blob_chunk(device(), chunk, false).value().problem().empty());
    chunk.set_offset(~std::uint64_t{0});
    CHECK_FALSE(bench.store->blob_chunk(device(), chunk, false).value().problem().empty());
}

TEST_CASE("without room on the disk an attachment is refused, and taken later") {
    Bench bench;
    const Bytes content = random_content(9, 100'000);
    bench.limits.keep_free = ~std::uint64_t{0} / 2;
    bench.open();
    CHECK(bench.offer(content).problem().find("disk") != std::string::npos);
    bench.limits.keep_free = 0;
    bench.open();
    CHECK(bench.send(content).complete());
}

TEST_CASE("of one device only so many are begun; the one written least lately makes room") {
    Bench bench;
    bench.limits.partials = 3;
    bench.open();
    std::vector<Bytes> contents;
    for (std::uint64_t i = 0; i < 4; ++i) contents.push_back(random_content(10 + i, 100'000));
    for (int i = 0; i < 3; ++i) {
        bench.offer(contents[static_cast<std::size_t>(i)]);
        bench.chunk(contents[static_cast<std::size_t>(i)], 0);
        timespec times[2] = {{1'000 + i, 0}, {1'000 + i, 0}};
        ::utimensat(AT_FDCWD, bench.partial(contents[static_cast<std::size_t>(i)]).c_str(), times, 0);
    }
    bench.offer(contents[3]);
    CHECK(bench.files_below("partial") == 3);
    CHECK_FALSE(std::filesystem::exists(bench.partial(contents[0])));
    CHECK(bench.offer(contents[0], "truck-2").problem().empty());  // another device's count for itself
    for (const Bytes& content : contents) CHECK(bench.send(content).complete());
}

TEST_CASE("what nobody has written to for a month is removed, whole ones never") {
    Bench bench;
    const Bytes old = random_content(20, 100'000);
    const Bytes young = random_content(21, 100'000);
    const Bytes whole = random_content(22, 100'000);
    for (const Bytes& content : {old, young}) {
        bench.offer(content);
        bench.chunk(content, 0);
    }
    REQUIRE(bench.send(whole).complete());
    const std::int64_t now = 2'000'000'000;
    const auto date = [](const std::filesystem::path& file, std::int64_t unix_s) {
        const timespec times[2] = {{unix_s, 0}, {unix_s, 0}};
        ::utimensat(AT_FDCWD, file.c_str(), times, 0);
    };
    date(bench.partial(old), now - 31 * 86'400);
    date(bench.partial(young), now - 29 * 86'400);
    date(bench.store->find(sha256(whole))->file, 1'000);
    CHECK(bench.store->remove_old(now) == 1);
    CHECK(bench.store->find(sha256(whole)));
    CHECK(bench.chunk(young, 60'000).complete());
    CHECK(bench.send(old).complete());
}

TEST_CASE("when a sync fails nothing is said to be durable, and the attachment still arrives") {
    Bench bench;
    const Bytes content = random_content(30, 900'000);
    auto state = bench.offer(content);
    testing::fail_sync(1);
    bool failed = false;
    for (int i = 0; i < 100 && !failed; ++i) {
        auto answer = bench.try_chunk(content, state.received());
        failed = !answer;
        if (answer) state = *answer;
    }
    testing::fail_sync(0);
    REQUIRE(failed);
    CHECK(state.have() == 0);
    CHECK(bench.send(content).complete());
    CHECK(read_file(bench.store->find(sha256(content))->file).value() == content);
}

TEST_CASE(
    "killed at any step, the hub has the attachment whole or goes on; what it called complete is there") {
    const Bytes content = random_content(40, 900'000);
    bool killed = true;
    unsigned n = 0;
    while (killed) {
        INFO("killed before call " << ++n);
        REQUIRE(n < 200);
        Bench bench;
        bench.store.reset();
        testing::SharedFlag told;
        killed = testing::killed_before_call(n, [&] {
            bench.open();
            if (bench.send(content).complete()) told.raise();
        });
        CHECK((killed || told.is_raised()));
        bench.open();
        if (told.is_raised()) CHECK(bench.store->find(sha256(content)));
        if (const auto found = bench.store->find(sha256(content)))
            CHECK(read_file(found->file).value() == content);
        CHECK(bench.send(content).complete());
        CHECK(bench.files_below("partial") == 0);
        CHECK(bench.files_below("damaged") == 0);
    }
    CHECK(n > 10);
}

TEST_CASE("the hub's API gives an attachment as it came, to be saved and never run") {
    Bench bench;
    const Bytes content = random_content(50, 100'000);
    REQUIRE(bench.send(content).complete());
    support::Router router;
    add_blob_routes(router, *bench.store);
    const auto get = [&](const std::string& name) {
        support::Request request;
        request.method = "GET";
        request.path = "/api/v1/blobs/" + name;
        const auto answer = std::make_shared<support::ReplyForTests>();
        router.dispatch(request, support::Reply(answer));
        return answer->response.value();
    };
    const auto response = get(to_hex(sha256(content)));
    CHECK(response.status == 200);
    CHECK(read_file(response.file).value() == content);
    CHECK(response.content_type == "application/octet-stream");
    CHECK(get(to_hex(sha256("other"))).status == 404);
    CHECK(get("..").status == 404);
}
