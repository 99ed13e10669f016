#pragma once
// Planted faults. They exist only in a build with HOLDFAST_MUTANTS, where the simulator is started with one of them and must
// notice; everywhere else MUTANT(x) is the constant false.

namespace holdfast {

enum class Mutant {
  none,
  stamp_not_bounded,        ///< A device's own clock decides.
  smaller_stamp_wins,       ///< Last writer wins, the wrong way round.
  base_ignored,             ///< A change that has seen the value is judged as if it had not.
  own_base_unresolved,      ///< A base that names an own earlier transaction is not looked up.
  stamp_order_forgotten,    ///< The last stamp of a device is not kept with its transaction.
  sequence_with_gaps,       ///< Numbers are given as a sequence gives them.
  op_applied_twice,         ///< What was judged before is judged again.
  gap_accepted,             ///< A transaction is taken although an earlier one is missing.
  group_torn,               ///< Only the first field of a group is set.
  transaction_half,         ///< The last change of a transaction is left out.
  refusal_not_whole,        ///< What comes before the refused change is applied.
  conflict_dropped,         ///< The loser is not kept.
  removal_wins,             ///< Of a concurrent addition and removal the removal stands.
  clocks_dropped_on_trash,  ///< Deleting forgets the versions of the fields.
  unseen_edit_not_asked,    ///< Deleting what another changed asks nobody.
  note_overwritten,         ///< A merged text is not written.
  purge_leaves_history,     ///< The log keeps what was erased.
  purge_not_told,           ///< Devices are not told of erased records.
  acknowledged_unsynced,    ///< The disk is not waited for.
  cursor_before_rows,       ///< The place in the history is kept before what was read up to it.
  ack_before_rows,          ///< Acknowledgements of a page count before the last page has come.
  page_since_last_page,     ///< A later page brings what changed since the page before, not since the published state.
  outbox_dropped_on_reply,  ///< What was pushed is forgotten with the reply.
  sent_not_kept,            ///< What was acknowledged is gone, also when the server forgets it.
  base_kept_after_restore,  ///< Versions of a lost history keep their meaning.
  pending_not_restored,     ///< A refused edit stays visible.
  pending_overwritten,      ///< A pulled row covers an unacknowledged edit.
  quarantine_dropped,       ///< What waits for a record is forgotten.
  waited_not_told,          ///< A change that waited stays in the inbox when it is accepted.
  overruled_life_untold,    ///< Of two decisions about a deletion one counts, and nobody is told.
  joined_untold,            ///< What a second merger of one record joins is not told.
  alias_without_find,       ///< An edge joins the records it names, not their classes.
  merged_edit_not_told,     ///< A change in a record that was merged away tells nobody.
  unknown_not_kept,         ///< A newer app does not have what its older self did not know.
  snapshot_unfiltered,      ///< A first load brings what the member may not see.
  load_not_begun_again,     ///< A first load goes on although its member is something else by now.
  changes_unfiltered,       ///< A pull brings what the member may not see.
  evict_not_told,           ///< What a member may not see any more stays on their devices.
  evict_leaves_bytes,       ///< What goes from a device stays in what it had sent.
  evict_drops_outbox,       ///< With a record its unsent changes go.
  regrant_at_old_cursor,    ///< What a member may see again comes only with its next change.
  entered_sent_in_part,     ///< A record that came to an audience is sent as if it had been there.
  children_left_behind,     ///< What belongs to a record does not follow it.
  rights_not_checked,       ///< A member changes what they may not see.
  photos_not_sent_again,    ///< What the server lost of attachments is not offered again.
  bytes_left_behind,        ///< With a record the bytes it named do not go.
  copy_not_noticed,         ///< Two devices under one number are taken for one.
  answer_beyond_push,       ///< A push's answer counts for numbers that were not in it.
  reset_by_number,          ///< After a restore a copy's change counts for the one that had its number.
  load_of_any_history,      ///< A device loads a history without learning that it is another.
  load_seen_half,           ///< What is loaded anew is seen page by page.
  copy_judged_anew,         ///< What a copy has in common with its original is judged twice.
  unknown_left_behind,      ///< With a record what was kept of it aside does not go.
  rights_before_only,       ///< A member puts a record where they may not see it.
  kept_pages_taken_for_new,  ///< A load from kept pages misses what changed since they were read.
  kept_pages_outlive_exit,   ///< A page kept for others brings what has left their audience.
  kept_pages_outlive_purge,  ///< A page kept for others brings what was erased.
  unsent_photo_evicted,      ///< A photo goes with its author's sight of the record, before it is sent.
  unseen_taken_for_erased,   ///< With a new record that its author lost sight of go their unsent changes of it.
  held_rows_not_written,     ///< What a push has changed so far is not written before somebody asks for it.
  life_not_written,          ///< A row is written without its life when that was set.
  run_not_lengthened,        ///< Of transactions accepted one after another only the first is found by its device's number.
  held_log_dropped,          ///< The last transaction of a push is not in the log.
  kept_changes_outlive_head, ///< A page of changes kept for others lacks those that came since.
  evict_taken_for_erased,    ///< With what a member may not see any more go their unsent changes, as if it had been erased.
  conflict_for_each_step,    ///< Of one author's steps on the way to a value that loses each is kept.
  conflict_outlived,         ///< Two who disagreed on the way and agree in the end are still asked.
  failed_read_taken_for_end, ///< What the disk does not give is taken for what is not there.
  server_clock_believed,     ///< The server serves whatever its clock shows.
  removed_device_served,     ///< A device that was removed goes on.
  form_sees_what_came_in,    ///< What is saved from a form counts as decided over what has come in since it was opened.
  load_in_schema_order,      ///< A first load goes through the kinds of records as they stand in the schema, and goes on by their numbers.
  lock_outlives_sync,        ///< A device that was too long without contact stays locked.
  pull_seen_half,            ///< What is pulled in several pages is seen page by page.
  waited_overtakes,          ///< What had to wait overtakes what its author did after it.
  refused_base_forgotten,    ///< What builds on a refused change counts as if its author had seen nothing.
  count
};
const char* mutant_name(Mutant);

#ifdef HOLDFAST_MUTANTS
extern Mutant active_mutant;
#define MUTANT(name) (::holdfast::active_mutant == ::holdfast::Mutant::name)
#else
#define MUTANT(name) false
#endif

}  // namespace holdfast
