#include "daemon/device/journal/budget.hpp"

#include <algorithm>

namespace fieldpost::device {

namespace {

// Room for some thousand records.
constexpr std::uint64_t wanted_spare = 8U << 20U;

std::string mebibytes(std::uint64_t bytes) {
    return std::to_string(bytes >> 20U) + " MiB";
}

std::uint64_t less(std::uint64_t from, std::uint64_t amount) {
    return from - std::min(from, amount);
}

}  // namespace

StoragePlan plan_storage(const StorageLimits& limits, const StorageState& state) {
    StoragePlan plan;
    const bool over_budget = state.journal_used > limits.journal;
    const bool low_disk = state.disk_free < limits.low_disk;
    // Below the budget by a tenth, so that it need not be done again at once.
    if (over_budget) plan.journal_goal = limits.journal - limits.journal / 10;
    if (low_disk && state.journal_spare < wanted_spare) {
        const std::uint64_t goal = less(state.journal_used, wanted_spare - state.journal_spare);
        plan.journal_goal = over_budget ? std::min(plan.journal_goal, goal) : goal;
    }
    plan.make_room = over_budget || (low_disk && state.journal_spare < wanted_spare);
    plan.drop_older_city = state.disk_free < limits.low_disk / 2;
    plan.attachment_room = less(state.disk_free, limits.low_disk / 4);
    // Twice as much as it takes: what was given up is not taken back at once.
    plan.renew_reserve = limits.reserve > 0 && !state.reserve_held && state.disk_free > 2 * limits.reserve;
    const bool in_reserve = limits.reserve > 0 && !state.reserve_held && !plan.renew_reserve;
    plan.accept_telemetry = !(plan.make_room && state.nothing_to_trim) && !in_reserve;

    if (in_reserve) {
        plan.message =
            "The disk is full: records are saved in the last reserve, photos and positions are not. "
            "Connect this vehicle to the hub or free some space now.";
    } else if (plan.attachment_room == 0) {
        plan.message = "The disk is almost full (" + mebibytes(state.disk_free) +
                       " are free): new photos and other attachments are refused, records are saved. Connect "
                       "this vehicle to the hub or free some space.";
    } else if (over_budget && state.nothing_to_trim) {
        plan.message = "The journal has passed its limit of " + mebibytes(limits.journal) +
                       " with records that the hub does not hold yet. They are kept and new ones are saved, "
                       "positions are not: connect this vehicle to the hub.";
    } else if (low_disk) {
        plan.message = "The disk is nearly full: " + mebibytes(state.disk_free) +
                       " are free. Connect this vehicle to the hub or free some space.";
    }
    return plan;
}

}  // namespace fieldpost::device
