#pragma once
// The bytes of attachments, in parts so that a transfer goes on where it stopped. In the same database as the records on both
// sides: one backup has everything, and what is erased leaves no byte. Kept for each record that names them, not once for all who
// know a hash: whoever makes a record of a hash must have the bytes.

#include <optional>
#include <string>
#include <vector>

#include "shared/model/record.h"
#include "shared/store/tables.h"

namespace holdfast {

/// 64 lower-case hexadecimal digits.
bool is_sha256(std::string_view text);

/// The bytes of one attachment: the record, and the SHA-256 it names.
struct BlobKey {
  Id record;
  std::string sha;
  static BlobKey of(const Record& attachment);
  static std::optional<BlobKey> parse(std::string_view text);
  std::string text() const { return record.text() + "/" + sha; }
  friend bool operator==(const BlobKey& a, const BlobKey& b) { return a.record == b.record && a.sha == b.sha; }
  friend bool operator<(const BlobKey& a, const BlobKey& b) { return a.record == b.record ? a.sha < b.sha : a.record < b.record; }
};

class Blobs {
 public:
  explicit Blobs(Tables& tables) : tables_(tables), db_(tables.db()) {}

  static constexpr int64_t part_max = 512 * 1024, size_max = int64_t{25} << 20;
  int64_t part_size = part_max;  ///< Of what keep() takes apart; smaller in tests.
  /// partial: a transfer is under way. unsent: made on this device, not yet on the server; never dropped. leaving: the same, of a
  /// record that its author may not see any more; goes up, then goes. sent: made here and on the server, which may yet come back
  /// from a backup that lacks it.
  enum class State : uint8_t { none, partial, complete, unsent, leaving, sent };
  static bool is_whole(State s) { return s >= State::complete; }
  struct Info {
    State state = State::none;
    int64_t size = 0, have = 0;  ///< Bytes; `have` from the start, without gaps.
  };

  Result<Info> info(const BlobKey& key);
  /// Error kinds conflict: `at` is not where the next part begins; invalid: too large, or more than was announced.
  Status append(const BlobKey& key, int64_t size, int64_t at, std::string_view part, int64_t now_ms);
  Status set_state(const BlobKey& key, State);
  /// A whole one, made here.
  Status keep(const BlobKey& key, std::string_view bytes, int64_t now_ms);
  /// The part that begins at `at`; empty when there is none.
  Result<std::string> part(const BlobKey& key, int64_t at);
  Result<std::string> whole(const BlobKey& key);
  Status used(const BlobKey& key, int64_t now_ms);
  Status drop(const BlobKey& key);
  /// Drops it to the last byte, also of the journal.
  Status erase(const BlobKey& key);
  Result<std::vector<BlobKey>> in_state(State);
  /// Those the server does not have yet.
  Result<std::vector<BlobKey>> to_send();
  /// This record goes from the device; what it has unsent stays until it is sent.
  Status leave(const Id& record);
  /// The changes that wait or were refused and speak of the record, as they are kept.
  Result<std::vector<std::string>> changes_about(const Id& record);
  Result<int64_t> total_bytes();
  /// The server may have lost what it had: every whole one is offered again.
  Status all_unsent();
  /// Drops the longest unused complete ones until those that are left fit. What was made here counts once it was sent up to `sent_ms`.
  Status keep_within(int64_t bytes_max, int64_t sent_ms);
  /// Drops those no attachment speaks of, nor, of unsent ones, a change that waits or was refused; not what was used after `since_ms`.
  Status drop_unreferenced(int64_t since_ms);

 private:
  Tables& tables_;
  Database& db_;
};

}  // namespace holdfast
