#include "shared/base/mutant.h"

#include <cstddef>

#ifdef HOLDFAST_MUTANTS

namespace holdfast {

Mutant active_mutant = Mutant::none;

const char* mutant_name(Mutant mutant) {
  static const char* const names[] = {
      "none", "stamp_not_bounded", "smaller_stamp_wins", "base_ignored", "own_base_unresolved", "stamp_order_forgotten", "sequence_with_gaps",
      "op_applied_twice", "gap_accepted", "group_torn", "transaction_half", "refusal_not_whole", "conflict_dropped", "removal_wins",
      "clocks_dropped_on_trash", "unseen_edit_not_asked", "note_overwritten", "purge_leaves_history", "purge_not_told", "acknowledged_unsynced",
      "cursor_before_rows", "ack_before_rows", "page_since_last_page", "outbox_dropped_on_reply", "sent_not_kept", "base_kept_after_restore",
      "pending_not_restored", "pending_overwritten", "quarantine_dropped", "waited_not_told", "overruled_life_untold", "joined_untold", "alias_without_find", "merged_edit_not_told", "unknown_not_kept",
      "snapshot_unfiltered", "load_not_begun_again", "changes_unfiltered", "evict_not_told", "evict_leaves_bytes", "evict_drops_outbox", "regrant_at_old_cursor", "entered_sent_in_part",
      "children_left_behind", "rights_not_checked", "photos_not_sent_again", "bytes_left_behind", "copy_not_noticed", "answer_beyond_push", "reset_by_number", "load_of_any_history", "load_seen_half", "copy_judged_anew", "unknown_left_behind", "rights_before_only", "kept_pages_taken_for_new", "kept_pages_outlive_exit", "kept_pages_outlive_purge", "unsent_photo_evicted", "unseen_taken_for_erased", "held_rows_not_written", "life_not_written", "run_not_lengthened", "held_log_dropped", "kept_changes_outlive_head", "evict_taken_for_erased", "conflict_for_each_step", "conflict_outlived", "failed_read_taken_for_end", "server_clock_believed", "removed_device_served", "form_sees_what_came_in", "load_in_schema_order", "lock_outlives_sync", "pull_seen_half", "waited_overtakes", "refused_base_forgotten"};
  static_assert(sizeof names / sizeof *names == static_cast<size_t>(Mutant::count));
  return names[static_cast<int>(mutant)];
}

}  // namespace holdfast

#endif
