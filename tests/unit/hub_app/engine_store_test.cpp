// Attachments at the hub, over its tables and its files.
#include "daemon/hub/app/engine_store.hpp"

#include <catch2/catch.hpp>

#include "daemon/hub/store/imports.hpp"
#include "sync/base/crypto.hpp"
#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;

namespace {

const Bytes photo = "the bytes of a photo";

struct Bench {
    Bench() {
        open();
        Catalog catalog(*store);
        City city{"testville", "Testville", {}, {{"east", "East"}}, {}};
        city.profiles.push_back({"fire", "Fire", {"east"}, {{records::INTERNAL, "general"}}});
        REQUIRE(catalog.put_city(city).has_value());
        REQUIRE(engine_store->prepare().has_value());
        for (const char* id : {"truck-1", "truck-2"})
            REQUIRE(engine_store->registry().add(id, Bytes(32, 'k'), "fire").has_value());
    }
    // As a start of the program does it.
    void open() {
        engine_store.reset();
        store = Store::open(folder.path).value();
        blobs = BlobStore::open(folder.path / "blobs", {.keep_free = 0}).value();
        engine_store = std::make_unique<EngineStore>(*store, blobs.get());
    }
    engine::RegisteredDevice device(const std::string& id) {
        return engine_store->device(id).value().value();
    }
    protocol::BlobState offer(const Bytes& content, const std::string& from = "truck-1") {
        protocol::BlobOffer message;
        message.set_sha256(sha256(content));
        message.set_bytes(content.size());
        return engine_store->blob_offered(device(from), message).value();
    }
    protocol::BlobState send(const Bytes& content, const std::string& from = "truck-1") {
        if (auto state = offer(content, from); state.complete()) return state;
        protocol::BlobChunk message;
        message.set_sha256(sha256(content));
        message.set_content(content);
        return engine_store->blob_chunk(device(from), message).value();
    }

    support::TemporaryFolder folder;
    std::unique_ptr<Store> store;
    std::unique_ptr<BlobStore> blobs;
    std::unique_ptr<EngineStore> engine_store;
};

}  // namespace

TEST_CASE("a device is told that the hub has an attachment only when it delivered it itself") {
    Bench bench;
    CHECK_FALSE(bench.offer(photo).complete());
    REQUIRE(bench.send(photo).complete());
    CHECK(bench.offer(photo).complete());
    CHECK_FALSE(bench.offer(photo, "truck-2").complete());
    bench.open();
    CHECK(bench.offer(photo).complete());
    CHECK_FALSE(bench.offer(photo, "truck-2").complete());
    CHECK(bench.send(photo, "truck-2").complete());
    bench.open();
    CHECK(bench.offer(photo, "truck-2").complete());
}

TEST_CASE("each device's deliveries are numbered by themselves, and keep their numbers") {
    Bench bench;
    CHECK(bench.offer(photo).number() == 0);
    CHECK(bench.send(photo).number() == 1);
    CHECK(bench.send("a sketch", "truck-2").number() == 1);
    CHECK(bench.send("another photo").number() == 2);
    CHECK(bench.send(photo, "truck-2").number() == 2);
    bench.open();
    CHECK(bench.offer(photo).number() == 1);
    CHECK(bench.offer(photo, "truck-2").number() == 2);
}

TEST_CASE("an attachment that the hub has lost is asked for, and counts as delivered anew") {
    Bench bench;
    REQUIRE(bench.send(photo).number() == 1);
    std::filesystem::remove(bench.blobs->find(sha256(photo))->file);
    const auto asked = bench.offer(photo);
    CHECK_FALSE(asked.complete());
    CHECK(asked.number() == 0);
    CHECK(bench.send(photo).number() == 2);  // a backup of before may lack it
}

TEST_CASE("an operation that names an attachment is no proof that its device has it") {
    Bench bench;
    REQUIRE(bench.send(photo).complete());
    protocol::Operation operation;
    operation.set_id("b52ea0b8-6a3c-4a08-9d3b-5a4a5f3a3c11");
    operation.mutable_observation_made()->set_kind("condition");
    auto& attachment = *operation.mutable_observation_made()->add_attachments();
    attachment.set_sha256(sha256(photo));
    attachment.set_bytes(photo.size());
    const Bytes body = operation.SerializeAsString();
    const Bytes before = protocol::chain_start("truck-2", 77, protocol::WORK);
    const engine::OperationPlace place{77, protocol::WORK, 1, protocol::chain_next(before, body), {}};
    REQUIRE(bench.engine_store->apply(bench.device("truck-2"), place, body)->outcome == protocol::ACCEPTED);
    CHECK_FALSE(bench.offer(photo, "truck-2").complete());
}

TEST_CASE("what a round delivered that was rolled back is asked for again") {
    Bench bench;
    {
        SQLite::Transaction round(bench.store->database());
        REQUIRE(bench.send(photo).complete());
    }
    CHECK_FALSE(bench.offer(photo).complete());
    CHECK(bench.send(photo).complete());
    CHECK(bench.blobs->find(sha256(photo)));
}

TEST_CASE("a profile hears of the sources that it clears something of, as soon as their labels are known") {
    Bench bench;
    Catalog catalog(*bench.store);
    Imports imports(*bench.store);
    const auto run = imports.begin_run(1000).value();
    const auto import = [&](const std::string& source, records::Kind kind, bool with_labels) {
        const auto row = catalog.put_source({source, "Title of " + source, "Clerk", "", 3600}).value();
        const auto dataset = imports.dataset(row, source, kind).value();
        if (with_labels) REQUIRE(imports.put_labels(dataset, {}));
        REQUIRE(imports.mark_imported(dataset, run));
    };
    import("lpi", records::PERMIT, true);
    import("fire", records::PREPLAN, true);
    import("of an older hub", records::PERMIT, false);
    CHECK(bench.engine_store->deliveries("fire").value() ==
          engine::Deliveries{{"field", {0, "Field crews", "Fleet", 0}},
                             {"lpi", {1000, "Title of lpi", "Clerk", 3600}}});
    CHECK(bench.engine_store->deliveries("gone").value().empty());
}
