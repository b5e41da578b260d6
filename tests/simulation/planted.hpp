// The faults that can be planted into a simulated program, to show that the checker would find them in a real
// one. They exist only here: no production class knows of them.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace fieldpost::simulation {

enum class Planted {
    none,
    // The hub.
    ack_before_commit,
    publish_before_commit,
    skip_deduplication,
    cursor_without_effects,
    effects_without_cursor,
    drop_when_quarantined,
    drop_on_conflict,
    ack_beyond_applied,
    ack_of_another_lane,
    results_untrue,
    forget_lanes_at_start,
    reuse_feed_cursor,
    forget_removal,
    skip_feed_entry,
    foreign_row_in_feed,
    stale_feed_head,
    snapshot_cursor_too_high,
    snapshot_of_too_much,
    keep_generation_after_restore,
    lose_conflicting_value,
    overwrite_silently,
    ignore_predecessor,
    forget_parked,
    forget_earlier_stamps,
    complete_before_durable,
    wrong_offset_resume,
    skip_hash_check,
    serve_revoked,
    // The device.
    saved_before_commit,
    journal_without_sync,
    forget_origin,
    lose_operations_at_epoch,
    forget_new_epoch,
    swap_lanes,
    encode_again,
    record_repeated_requests,
    note_without_ack,
    apply_with_gap,
    city_cursor_without_rows,
    city_rows_without_cursor,
    ignore_older_removal_rule,
    keep_lost_feed,
    forget_deliveries,
    deliveries_before_rows,
    tell_of_uncleared,
    forget_the_overlay,
    keep_sent_after_restore,
    ignore_checksum,
    ignore_link_rights,
    trim_unsafe,
    forget_gaps,
    // Lanes.
    urgent_behind_work,
    void_without_name,
    void_too_little,
    void_observations,
    keep_first_report,
    forget_visit_end,
    // The hub's files.
    name_without_sync,
    tell_of_others,
    // Restores.
    lose_revocations,
    tell_otherwise,
};

struct PlantedFault {
    Planted fault;
    std::string_view name;  // as --fault takes it
    std::string_view what;
    int seeds;  // caught within so many, from seed 1 on; README.md has the same table. 0: not yet, see there
    bool over_production = false;  // planted over the production stores: the model has nothing like it
};

// All but `none`.
const std::array<PlantedFault, 61>& planted_faults();
std::optional<Planted> find_planted(std::string_view name);

}  // namespace fieldpost::simulation
