#include <catch2/catch.hpp>
#include <map>

#include "daemon/device/record/recorder.hpp"
#include "hal/clock/sim.hpp"
#include "sync/base/crypto.hpp"
#include "tests/unit/device_journal/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::device;

namespace {

class SomeBlobs final : public KeptBlobs {
  public:
    std::optional<std::uint64_t> bytes_of(BytesView sha256) const override {
        const auto found = sizes.find(Bytes(sha256));
        return found == sizes.end() ? std::nullopt : std::optional(found->second);
    }
    std::map<Bytes, std::uint64_t> sizes;
};

struct RecorderBench {
    Result<Recorded> observe(NewObservation observation) {
        observation.kind = "condition";
        std::optional<Result<Recorded>> answer;
        recorder.observe(std::move(observation), [&](Result<Recorded> saved) { answer = std::move(saved); });
        bench.loop.run_until([&] { return answer.has_value(); });
        return *answer;
    }
    NewObservation with(NewAttachment attachment) const {
        NewObservation observation;
        observation.id = "00000000-0000-4000-8000-00000000000a";
        observation.attachments.push_back(std::move(attachment));
        return observation;
    }

    testing::Bench bench;
    hal::SimClock clock;
    SomeBlobs blobs;
    Recorder recorder{*bench.journal, clock, blobs};
    const Bytes photo = sha256("photo");
    const Bytes small = sha256("small");
};

}  // namespace

TEST_CASE("an observation may be nothing but a photo, named with its size and thumbnail") {
    RecorderBench bench;
    bench.blobs.sizes = {{bench.photo, 1'234}, {bench.small, 56}};
    const auto recorded = bench.observe(bench.with({bench.photo, "image/jpeg", "door.jpg", bench.small}));
    REQUIRE(recorded);
    const auto& made = recorded->operation.observation_made();
    REQUIRE(made.attachments_size() == 1);
    CHECK(made.attachments(0).sha256() == bench.photo);
    CHECK(made.attachments(0).bytes() == 1'234);
    CHECK(made.attachments(0).media_type() == "image/jpeg");
    CHECK(made.attachments(0).name() == "door.jpg");
    CHECK(made.attachments(0).thumbnail() == bench.small);
}

TEST_CASE("an attachment that is not on this device is refused, and so is its thumbnail") {
    RecorderBench bench;
    const auto missing = bench.observe(bench.with({bench.photo, "image/jpeg", "", {}}));
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ErrorCode::invalid_argument);
    CHECK(missing.error().message.find("send it first") != std::string::npos);
    bench.blobs.sizes[bench.photo] = 1;
    CHECK_FALSE(bench.observe(bench.with({bench.photo, "image/jpeg", "", bench.small})));
    CHECK(bench.observe(bench.with({bench.photo, "image/jpeg", "", {}})));
}

TEST_CASE("a repeated request is answered as the first, also when the photo has left this device since") {
    RecorderBench bench;
    bench.blobs.sizes = {{bench.photo, 1'234}, {bench.small, 56}};
    const auto observation = bench.with({bench.photo, "image/jpeg", "door.jpg", bench.small});
    REQUIRE(bench.observe(observation));
    bench.blobs.sizes.clear();
    const auto again = bench.observe(observation);
    REQUIRE(again);
    CHECK(again->repeated);
}

TEST_CASE("a photo that a correction leaves out stays with the observation as it was recorded") {
    RecorderBench bench;
    bench.blobs.sizes = {{bench.photo, 1'234}, {bench.small, 56}};
    const auto observation = bench.with({bench.photo, "image/jpeg", "door.jpg", bench.small});
    REQUIRE(bench.observe(observation));
    NewCorrection correction;
    correction.observation = observation.id;
    correction.reason = "the wrong photo";
    correction.said.id = "00000000-0000-4000-8000-00000000000b";
    correction.said.kind = "condition";
    correction.said.note = "the door is locked";
    std::optional<Result<Recorded>> corrected;
    bench.recorder.correct(std::move(correction), [&](Result<Recorded> saved) { corrected = saved; });
    bench.bench.loop.run_until([&] { return corrected.has_value(); });
    REQUIRE(*corrected);
    const auto first = bench.bench.journal->by_id(observation.id).value();
    REQUIRE(first.has_value());
    REQUIRE(first->operation.observation_made().attachments_size() == 1);
    CHECK(first->operation.observation_made().attachments(0).sha256() == bench.photo);
    const auto second = bench.bench.journal->by_id("00000000-0000-4000-8000-00000000000b").value();
    REQUIRE(second.has_value());
    CHECK(second->operation.observation_corrected().made().attachments_size() == 0);
}

TEST_CASE("an attachment's media type and name are looked at") {
    RecorderBench bench;
    bench.blobs.sizes[bench.photo] = 1;
    for (const char* type : {"", "image", "/jpeg", "image/", "image/jpeg/x", "image/jpeg; q=1", "text/\n"}) {
        INFO(type);
        CHECK_FALSE(bench.observe(bench.with({bench.photo, type, "", {}})));
    }
    CHECK_FALSE(bench.observe(bench.with({bench.photo, "image/jpeg", std::string(256, 'n'), {}})));
    auto many = bench.with({bench.photo, "image/jpeg", "", {}});
    many.attachments.resize(51, many.attachments.front());
    CHECK_FALSE(bench.observe(many));
}
