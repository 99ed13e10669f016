#pragma once
// What must hold when everything has arrived. Each check says which promise was broken.

#include <functional>
#include <map>
#include <set>

#include "tests/support/world.h"

namespace holdfast::test {

using Fault = std::function<void(const std::string&)>;

/// Said from the fields alone, a second time: whether a member may see a record of this server.
bool may_see(Workspace&, const Id& member, const Record&);
/// A word of a note that occurs nowhere else.
inline std::string note_word(uint64_t seed, int number) { return "note" + std::to_string(seed) + "x" + std::to_string(number) + "x"; }
/// Those in a text.
std::set<std::string> note_words(std::string_view text);
/// Secrecy: a page has nothing its reader may not see at that moment.
void check_page(ServerNode&, const Id& member, const std::string& page, const Fault&);
/// Secrecy: no byte of what a member may not see is in their device's files, but for what they wrote themselves and had refused.
void check_nothing_hidden_left(ServerNode&, DeviceNode&, const Fault&);
/// Convergence: a device shows what the server has, as far as its member may see it and its build knows it.
void check_convergence(ServerNode&, DeviceNode&, const std::string& name, const Fault&);
/// The same for a member's devices that begin one after another, while the office changes, hides and erases customers.
void check_newcomers(ServerNode&, const TestClock&, const std::vector<Id>& members, uint64_t seed, const Fault&);
/// No lost write, once more: a device's copy sends something, the server loses it to a backup, and the device sends something else under
/// the same number before the copy comes again; and once more, lost twice. Events as they fall hardly ever come to that.
void check_lost_history(ServerNode&, const TestClock&, const Id& member, uint64_t seed, const Fault&);
/// What a device wrote under its number, since it has that: transaction → checksum of its bytes.
using Written = std::map<int64_t, uint32_t>;
/// Adds what waits in a device's outbox.
void note_written(DeviceNode&, Written&);
/// No lost write, exactly once: each of these was accepted as it was written, or stands refused in the device's inbox.
/// `forged` are numbers of transactions that are to be refused; a server that was older than its apps may have refused what it did not know.
void check_accounted(ServerNode&, DeviceNode&, const std::string& name, const std::set<int64_t>& forged, const Written&, bool older_server, const Fault&);
/// Model, sequence, stamps: the server's rows are the fold of its log, numbers have no gaps, no stamp lies beyond its receipt,
/// and the changes of one device keep their order.
void check_server(ServerNode&, const Fault&);
/// Own order: a register or tag that only one device ever changed has that device's last value.
void check_own_order(ServerNode&, const Fault&);
/// What a device has confirmed so far, in one history of the server.
struct Confirmed {
  std::string history;
  std::map<Id, Versions> rows;
};
/// Monotonic reads: no register of a confirmed row goes back to an earlier version.
void check_monotonic(DeviceNode&, const std::string& name, Confirmed&, const Fault&);
/// Atomicity: what one transaction made together is there together; and what a device has confirmed is what the server had when it had
/// said `base` of its cursor, in every register that has not changed since, so that no transaction is ever there in part.
void check_atomicity(ServerNode&, DeviceNode&, const std::string& name, const Fault&);
/// Deletion: whoever deleted a record that another had changed unseen is asked about it.
void check_deletions_asked(ServerNode&, const Fault&);
/// Attachments: the bytes of every accepted one are on the server, and all that see it have them, as they were taken; and no node has
/// those of one it does not show, but for its author's own that were not accepted. `photos`: what each was. Not of those somebody
/// hostile has changed.
void check_photos(ServerNode&, const std::vector<std::unique_ptr<DeviceNode>>&, const std::map<Id, std::string>& photos, const std::set<Id>& hostile, const Fault&);
constexpr size_t photo_part = 32;  ///< Bytes that travel in one request.
/// Erasure: no byte of these values is in any file.
void check_erased(const std::set<std::string>& values, const Fault&);
/// Merging: each class of merged records has one root, the one the edges in their order lead to; what somebody wrote into a merged
/// record not knowing so is shown or told at its root.
void check_merged(ServerNode&, const Fault&);
/// Notes: every word that an accepted change wrote into a note, and none took out, is in it. Not in those somebody hostile has changed.
void check_notes(ServerNode&, const std::set<Id>& hostile, const Fault&);

}  // namespace holdfast::test
