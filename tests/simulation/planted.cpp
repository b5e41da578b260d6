#include "tests/simulation/planted.hpp"

namespace fieldpost::simulation {

const std::array<PlantedFault, 48>& planted_faults() {
    static const std::array<PlantedFault, 48> faults{{
        {Planted::ack_before_commit, "ack-before-commit", "the hub acknowledges inside its transaction", 5},
        {Planted::publish_before_commit, "publish-before-commit",
         "the hub publishes changes inside its transaction", 20},
        {Planted::skip_deduplication, "skip-deduplication", "the hub ignores where an operation first stood",
         5},
        {Planted::cursor_without_effects, "cursor-without-effects",
         "the hub moves its cursor past operations that it did not store", 5},
        {Planted::effects_without_cursor, "effects-without-cursor",
         "the hub acknowledges operations whose cursor it did not store", 5},
        {Planted::drop_when_quarantined, "drop-when-quarantined",
         "the hub does not keep what it cannot understand", 5},
        {Planted::drop_on_conflict, "drop-on-conflict", "the hub does not keep what is in conflict", 5},
        {Planted::ack_beyond_applied, "ack-beyond-applied", "the hub acknowledges one more than it has", 5},
        {Planted::ack_of_another_lane, "ack-of-another-lane", "the hub mixes up lanes in what it says", 5},
        {Planted::results_untrue, "results-untrue", "the hub says accepted of everything", 5},
        {Planted::forget_lanes_at_start, "forget-lanes", "the hub at times forgets where a lane stands", 20},
        {Planted::reuse_feed_cursor, "reuse-feed-cursor", "two changes of a feed have one number", 5},
        {Planted::forget_removal, "forget-removal", "removals do not reach the feeds", 5},
        {Planted::skip_feed_entry, "skip-feed-entry", "a change is missing in a range", 5},
        {Planted::foreign_row_in_feed, "foreign-row", "a row of one feed is sent in another", 5},
        {Planted::stale_feed_head, "stale-feed-head", "the hub's heads lag one behind", 5},
        {Planted::snapshot_cursor_too_high, "snapshot-cursor-too-high",
         "a snapshot's cursors are newer than its rows", 5},
        {Planted::snapshot_of_too_much, "snapshot-of-too-much", "snapshots hold every feed there is", 5},
        {Planted::keep_generation_after_restore, "keep-generation",
         "a restored hub goes on counting where its backup ended", 20},
        {Planted::lose_conflicting_value, "lose-conflicting-value",
         "the hub does not keep the value that is in conflict", 20},
        {Planted::overwrite_silently, "overwrite-silently", "an edit goes over what its author had not seen",
         20},
        {Planted::ignore_predecessor, "ignore-predecessor", "operations do not wait for what they need", 20},
        {Planted::forget_parked, "forget-parked", "what waits is not looked at again", 20},
        {Planted::forget_earlier_stamps, "forget-earlier-stamps",
         "a time correction does not move what was recorded before", 20},
        {Planted::complete_before_durable, "complete-before-durable",
         "the hub says that it has an attachment before it is synced", 50},
        {Planted::wrong_offset_resume, "wrong-offset-resume",
         "the hub says that it stands further in an attachment than it does", 50},
        {Planted::skip_hash_check, "skip-hash-check", "the hub does not hash an attachment", 50},
        {Planted::serve_revoked, "serve-revoked", "the hub serves a revoked device", 50},
        {Planted::saved_before_commit, "saved-before-commit", "a crew is told 'saved' before the commit", 5},
        {Planted::journal_without_sync, "journal-without-sync", "the journal's commits are not synced", 5},
        {Planted::forget_origin, "forget-origin", "a new epoch's operations travel without their first place",
         5},
        {Planted::lose_operations_at_epoch, "lose-operations-at-epoch",
         "a new epoch leaves operations behind that the hub does not hold", 5},
        {Planted::forget_new_epoch, "forget-new-epoch", "a new epoch is not written", 5},
        {Planted::swap_lanes, "swap-lanes", "some operations are recorded in another lane", 5},
        {Planted::encode_again, "encode-again", "operations are encoded anew when they are sent", 5},
        {Planted::record_repeated_requests, "record-repeated-requests",
         "a request that is made again is recorded again", 5},
        {Planted::note_without_ack, "note-without-exceptions",
         "the device takes all that is acknowledged for accepted", 5},
        {Planted::apply_with_gap, "apply-with-gap", "the device skips the first change of a segment", 5},
        {Planted::city_cursor_without_rows, "city-cursor-without-rows",
         "the device commits a cursor without its rows", 5},
        {Planted::city_rows_without_cursor, "city-rows-without-cursor",
         "the device commits rows without their cursor", 5},
        {Planted::ignore_older_removal_rule, "keep-removed-rows", "the device keeps rows that were removed",
         5},
        {Planted::keep_lost_feed, "keep-lost-feed", "the device keeps feeds that its profile lost", 20},
        {Planted::forget_the_overlay, "forget-the-overlay", "a crew does not see its own edits", 20},
        {Planted::keep_sent_after_restore, "keep-sent-after-restore",
         "the device does not offer its attachments again to a hub that was restored", 50},
        {Planted::ignore_checksum, "ignore-checksum", "a row that the disk lost is not noticed", 50},
        {Planted::ignore_link_rights, "ignore-link-rights", "the device sends what its link may not carry",
         20},
        {Planted::trim_unsafe, "trim-unsafe",
         "the device lets go of operations that no backup of the hub holds", 5},
        {Planted::forget_gaps, "forget-gaps", "the hub does not name what is lost", 50},
    }};
    return faults;
}

std::optional<Planted> find_planted(std::string_view name) {
    for (const PlantedFault& fault : planted_faults()) {
        if (fault.name == name) return fault.fault;
    }
    return std::nullopt;
}

}  // namespace fieldpost::simulation
