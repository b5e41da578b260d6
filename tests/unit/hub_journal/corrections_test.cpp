// Corrections of observations and of times.
#include "tests/unit/hub_journal/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using namespace fieldpost::hub::testing;

namespace {

protocol::Operation correction(const Bench& bench, const std::string& id, const std::string& of,
                               const std::string& note) {
    auto out = bench.operation(id);
    auto& corrected = *out.mutable_observation_corrected();
    corrected.set_observation(of);
    corrected.set_reason("looked again");
    corrected.mutable_made()->set_kind("hazard");
    corrected.mutable_made()->set_note(note);
    return out;
}

records::Observation observation(Bench& bench, const std::string& id) {
    return bench.message<records::Observation>(observation_id(id));
}

protocol::Operation stamped(protocol::Operation operation, std::int64_t utc_s, std::int64_t boottime_s,
                            protocol::TimeQuality quality, const Bytes& boot = "boot-1") {
    auto& time = *operation.mutable_time();
    time.set_boot_id(boot);
    time.set_boottime_us(boottime_s * 1'000'000);
    time.set_utc_us(utc_s * 1'000'000);
    time.set_quality(quality);
    return operation;
}

protocol::Operation time_correction(const Bench& bench, const std::string& id, std::int64_t utc_s,
                                    std::int64_t boottime_s, std::int64_t offset_s) {
    auto out = stamped(bench.operation(id), utc_s, boottime_s, protocol::TIME_GNSS);
    out.set_property(0);
    out.mutable_time_corrected()->set_boot_id("boot-1");
    out.mutable_time_corrected()->set_offset_us(offset_s * 1'000'000);
    out.mutable_time_corrected()->set_quality(protocol::TIME_GNSS);
    return out;
}

constexpr std::int64_t booted_at = 1'772'366'000;

}  // namespace

TEST_CASE("A correction is an observation of its own that takes the place of what stands", "[corrections]") {
    Bench bench;
    bench.apply(bench.observation("obs-1", "gas smell"));
    const auto result = bench.apply(correction(bench, "cor-1", "obs-1", "no gas smell"), "truck-2");
    CHECK(result.outcome == protocol::ACCEPTED);
    CHECK(result.version == 1);
    bench.apply(correction(bench, "cor-2", "obs-1", "sewer smell"));

    const auto first = observation(bench, "obs-1");
    CHECK(first.note() == "gas smell");
    CHECK(first.device() == "truck-1");
    CHECK(first.corrected_by() == "cor-1");
    CHECK(first.corrects().empty());
    const auto second = observation(bench, "cor-1");
    CHECK(second.note() == "no gas smell");
    CHECK(second.device() == "truck-2");
    CHECK(second.corrects() == "obs-1");
    CHECK(second.correction_reason() == "looked again");
    CHECK(second.corrected_by() == "cor-2");
    const auto third = observation(bench, "cor-2");
    CHECK(third.corrects() == "obs-1");
    CHECK(third.corrected_by().empty());
    CHECK(third.recorded_at() == 1'772'366'400);
}

TEST_CASE("An observation under a used id is a repetition by the same words, and else a conflict",
          "[corrections]") {
    Bench bench;
    bench.apply(bench.observation("obs-1", "gas smell"));
    bench.apply(correction(bench, "cor-1", "obs-1", "sewer smell"));
    CHECK(bench.apply(bench.observation("obs-1", "gas smell")).outcome == protocol::ACCEPTED);
    CHECK(bench.apply(bench.observation("obs-1", "sewer smell")).outcome == protocol::CONFLICT);
    CHECK(bench.apply(correction(bench, "cor-1", "obs-1", "sewer smell")).outcome == protocol::ACCEPTED);
    CHECK(bench.apply(correction(bench, "cor-1", "obs-1", "no smell")).outcome == protocol::CONFLICT);
    CHECK(bench.apply(correction(bench, "obs-1", "obs-1", "itself")).outcome == protocol::CONFLICT);
    CHECK(observation(bench, "obs-1").corrected_by() == "cor-1");
    CHECK(observation(bench, "cor-1").corrected_by().empty());
    CHECK(observation(bench, "cor-1").note() == "sewer smell");
}

TEST_CASE("A correction stands at the place of what it corrects, unless it names another", "[corrections]") {
    Bench bench;
    bench.apply(bench.observation("obs-1"));
    auto placeless = correction(bench, "cor-1", "obs-1", "corrected");
    placeless.set_property(0);
    bench.apply(placeless, "truck-2");
    CHECK(bench.stored().head(observation_id("cor-1")).value().value().property == bench.place);
    CHECK(bench.areas(observation_id("cor-1")) == std::set<std::string>{"east"});
    const auto other = bench.put_property("012.-05-09.0", "west");
    auto elsewhere = correction(bench, "cor-2", "obs-1", "next door");
    elsewhere.set_property(static_cast<std::uint64_t>(other));
    bench.apply(elsewhere);
    CHECK(bench.stored().head(observation_id("cor-2")).value().value().property == other);
    CHECK(bench.stored().head(observation_id("obs-1")).value().value().property == bench.place);
}

TEST_CASE("An observation is corrected so often and no more", "[corrections]") {
    Bench bench;
    bench.apply(bench.observation("obs-1"));
    for (int i = 1; i <= engine::max_corrections; ++i) {
        const auto id = "cor-" + std::to_string(i);
        REQUIRE(bench.apply(correction(bench, id, "obs-1", id)).outcome == protocol::ACCEPTED);
    }
    const auto refused = bench.apply(correction(bench, "one more", "obs-1", "x"));
    CHECK(refused.outcome == protocol::QUARANTINED);
    CHECK(refused.reason.find("too often") != std::string::npos);
}

TEST_CASE("Attachments are fields of the record of the observation, and of its correction", "[corrections]") {
    Bench bench;
    auto made = bench.observation("obs-1");
    auto& photo = *made.mutable_observation_made()->add_attachments();
    photo.set_sha256(sha256("photo"));
    photo.set_bytes(123'456);
    photo.set_media_type("image/jpeg");
    photo.set_name("door.jpg");
    photo.set_thumbnail(sha256("small"));
    bench.apply(made);
    auto corrected = correction(bench, "cor-1", "obs-1", "another door");
    *corrected.mutable_observation_corrected()->mutable_made()->add_attachments() = photo;
    bench.apply(corrected);
    for (const char* id : {"obs-1", "cor-1"}) {
        const auto record = observation(bench, id);
        REQUIRE(record.attachments_size() == 1);
        CHECK(record.attachments(0).SerializeAsString() == photo.SerializeAsString());
        CHECK(record.values().empty());
    }
}

TEST_CASE("A correction waits for an observation that is not here yet, and another for that",
          "[corrections]") {
    Bench bench;
    const auto of_correction = bench.apply(correction(bench, "cor-2", "cor-1", "sewer smell"), "truck-3");
    const auto parked = bench.apply(correction(bench, "cor-1", "obs-1", "no gas smell"), "truck-2");
    CHECK(of_correction.outcome == protocol::PARKED);
    CHECK(parked.outcome == protocol::PARKED);
    CHECK(bench.count("parked") == 2);
    bench.apply(bench.observation("obs-1", "gas smell"));
    CHECK(bench.count("parked") == 0);
    CHECK(observation(bench, "obs-1").corrected_by() == "cor-1");
    CHECK(observation(bench, "cor-1").corrected_by() == "cor-2");
    CHECK(observation(bench, "cor-2").note() == "sewer smell");
    CHECK(bench.store->database().execAndGet("SELECT outcome FROM operation WHERE id = 'cor-1'").getInt() ==
          protocol::ACCEPTED);
}

TEST_CASE("When a box learns the time, what it recorded before gets it", "[corrections]") {
    Bench bench;
    bench.apply(stamped(bench.observation("early"), 100, 100, protocol::TIME_NONE));
    bench.apply(stamped(bench.visit_started("visit-1"), 110, 110, protocol::TIME_NONE));
    bench.apply(stamped(bench.visit_finished("visit-1"), 120, 120, protocol::TIME_NONE));
    bench.apply(stamped(bench.observation("other boot"), 90, 90, protocol::TIME_NONE, "boot-0"));
    CHECK(bench.apply(time_correction(bench, "time-1", booted_at + 200, 200, booted_at)).outcome ==
          protocol::ACCEPTED);
    // What comes late, over another lane, is corrected when it comes.
    bench.apply(stamped(bench.observation("late"), 130, 130, protocol::TIME_NONE));
    bench.apply(stamped(bench.observation("after"), booted_at + 300, 300, protocol::TIME_GNSS));

    const auto early = bench.message<records::Observation>(observation_id("early"));
    CHECK(early.recorded_at() == booted_at + 100);
    CHECK(early.time_quality() == "gnss");
    CHECK(early.clock_showed() == "1970-01-01T00:01:40Z, none");
    const auto visit = bench.message<records::Visit>(visit_id("visit-1"));
    CHECK(visit.started_at() == booted_at + 110);
    CHECK(visit.finished_at() == booted_at + 120);
    CHECK(visit.result() == "passed");
    CHECK(bench.message<records::Observation>(observation_id("late")).recorded_at() == booted_at + 130);
    CHECK(bench.message<records::Observation>(observation_id("after")).recorded_at() == booted_at + 300);
    CHECK(bench.message<records::Observation>(observation_id("other boot")).recorded_at() == 90);
    // The operation itself stays as it was written.
    CHECK(bench.store->database()
              .execAndGet("SELECT recorded_at FROM operation WHERE id = 'early'")
              .getInt64() == 100'000'000);
}

TEST_CASE("A time correction is its own device's alone", "[corrections]") {
    Bench bench;
    bench.apply(stamped(bench.observation("early"), 100, 100, protocol::TIME_NONE));
    bench.apply(time_correction(bench, "time-1", booted_at + 200, 200, booted_at), "truck-2");
    CHECK(bench.message<records::Observation>(observation_id("early")).recorded_at() == 100);
}

TEST_CASE("The time of a correction is corrected, too", "[corrections]") {
    Bench bench;
    bench.apply(bench.observation("obs-1"), "truck-2");
    bench.apply(stamped(correction(bench, "cor-1", "obs-1", "corrected"), 100, 100, protocol::TIME_NONE));
    bench.apply(time_correction(bench, "time-1", booted_at + 200, 200, booted_at));
    CHECK(observation(bench, "cor-1").recorded_at() == booted_at + 100);
    CHECK(observation(bench, "cor-1").clock_showed() == "1970-01-01T00:01:40Z, none");
    CHECK(observation(bench, "obs-1").recorded_at() == 1'772'366'400);
    CHECK(observation(bench, "obs-1").corrected_by() == "cor-1");
}

TEST_CASE("All that a boot recorded gets its time, however much it is", "[corrections]") {
    Bench bench;
    constexpr int count = 450;  // more than two pages
    {
        SQLite::Transaction round(bench.store->database());
        for (int i = 1; i <= count; ++i) {
            bench.apply(stamped(bench.observation("obs-" + std::to_string(i)), i, i, protocol::TIME_NONE));
        }
        bench.apply(time_correction(bench, "time-1", booted_at + 500, 500, booted_at));
        round.commit();
    }
    for (int i = 1; i <= count; ++i) {
        INFO(i);
        CHECK(observation(bench, "obs-" + std::to_string(i)).recorded_at() == booted_at + i);
    }
}

TEST_CASE("The time of a boot is corrected so often and no more", "[corrections]") {
    Bench bench;
    bench.apply(stamped(bench.observation("early"), 100, 100, protocol::TIME_NONE));
    for (std::size_t i = 0; i < max_time_corrections; ++i) {
        const auto id = "time-" + std::to_string(i);
        REQUIRE(bench.apply(time_correction(bench, id, booted_at + 200, 200, booted_at)).outcome ==
                protocol::ACCEPTED);
    }
    const auto refused = bench.apply(time_correction(bench, "one more", booted_at + 900, 150, booted_at));
    CHECK(refused.outcome == protocol::QUARANTINED);
    CHECK(refused.reason.find("too often") != std::string::npos);
    CHECK(bench.count("time_correction") == static_cast<std::int64_t>(max_time_corrections));
    CHECK(observation(bench, "early").recorded_at() == booted_at + 100);
    // Another device's boot of the same name is another boot.
    CHECK(bench.apply(time_correction(bench, "time-2", booted_at + 200, 200, booted_at), "truck-2").outcome ==
          protocol::ACCEPTED);
}
