#include "daemon/device/journal/budget.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost::device;

namespace {

constexpr std::uint64_t mib = 1U << 20U;

const StorageLimits limits{1024 * mib, 16 * mib, 256 * mib};

StorageState well() {
    StorageState state;
    state.journal_used = 100 * mib;
    state.disk_free = 4096 * mib;
    state.reserve_held = true;
    return state;
}

StoragePlan with_free(std::uint64_t bytes) {
    StorageState state = well();
    state.disk_free = bytes;
    return plan_storage(limits, state);
}

}  // namespace

TEST_CASE("With room enough nothing goes and nobody is told anything") {
    const auto plan = plan_storage(limits, well());
    CHECK_FALSE(plan.make_room);
    CHECK(plan.accept_telemetry);
    CHECK_FALSE(plan.drop_older_city);
    CHECK_FALSE(plan.renew_reserve);
    CHECK(plan.attachment_room == 4096 * mib - 64 * mib);
    CHECK(plan.message.empty());
}

TEST_CASE("A journal beyond its budget makes room down to nine tenths of it") {
    StorageState state = well();
    state.journal_used = 1024 * mib;
    CHECK_FALSE(plan_storage(limits, state).make_room);
    state.journal_used += 1;
    const auto plan = plan_storage(limits, state);
    CHECK(plan.make_room);
    CHECK(plan.journal_goal == 1024 * mib - 1024 * mib / 10);
    CHECK(plan.accept_telemetry);
    CHECK(plan.message.empty());
}

TEST_CASE(
    "A journal full of what the hub does not hold takes no telemetry, and the person is sent to the hub") {
    StorageState state = well();
    state.journal_used = 2000 * mib;
    state.nothing_to_trim = true;
    const auto plan = plan_storage(limits, state);
    CHECK_FALSE(plan.accept_telemetry);
    CHECK(plan.attachment_room > 0);
    CHECK(
        plan.message ==
        "The journal has passed its limit of 1024 MiB with records that the hub does not hold yet. They are "
        "kept and new ones are saved, positions are not: connect this vehicle to the hub.");
}

TEST_CASE(
    "As the disk fills, telemetry makes room first, then the older city goes, then attachments are refused") {
    StoragePlan plan = with_free(256 * mib);
    CHECK_FALSE(plan.make_room);
    CHECK(plan.message.empty());

    plan = with_free(255 * mib);
    CHECK(plan.make_room);
    CHECK(plan.journal_goal == 92 * mib);
    CHECK_FALSE(plan.drop_older_city);
    CHECK(plan.attachment_room > 0);
    CHECK(plan.message.find("255 MiB are free") != std::string::npos);

    plan = with_free(127 * mib);
    CHECK(plan.make_room);
    CHECK(plan.drop_older_city);
    CHECK(plan.attachment_room == 63 * mib);

    plan = with_free(64 * mib);
    CHECK(plan.drop_older_city);
    CHECK(plan.attachment_room == 0);
    CHECK(plan.accept_telemetry);
    CHECK(plan.message.find("attachments are refused, records are saved") != std::string::npos);
}

TEST_CASE("A journal with room in its file need not make more when the disk is low") {
    StorageState state = well();
    state.disk_free = 100 * mib;
    state.journal_spare = 8 * mib;
    CHECK_FALSE(plan_storage(limits, state).make_room);
    state.journal_spare = 7 * mib;
    CHECK(plan_storage(limits, state).journal_goal == 99 * mib);
}

TEST_CASE("When the reserve is given up, only records are saved until there is room for it twice over") {
    StorageState state = well();
    state.reserve_held = false;
    state.disk_free = 32 * mib;
    auto plan = plan_storage(limits, state);
    CHECK_FALSE(plan.renew_reserve);
    CHECK_FALSE(plan.accept_telemetry);
    CHECK(plan.attachment_room == 0);
    CHECK(plan.message.find("last reserve") != std::string::npos);
    state.disk_free = 33 * mib;
    plan = plan_storage(limits, state);
    CHECK(plan.renew_reserve);
    CHECK(plan.accept_telemetry);
}

TEST_CASE("Without a reserve in the settings none is made, and none is missed") {
    StorageState state = well();
    state.reserve_held = false;
    StorageLimits none = limits;
    none.reserve = 0;
    const auto plan = plan_storage(none, state);
    CHECK_FALSE(plan.renew_reserve);
    CHECK(plan.accept_telemetry);
    CHECK(plan.message.empty());
}
