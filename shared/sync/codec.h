#pragma once
// The bytes on the wire and in the log. docs/sync.md has their grammar and tells the protocol.
//
// Decoders are total: any bytes give a value or an Error of kind corrupt, never undefined behaviour.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "shared/model/op.h"
#include "shared/store/tables.h"
#include "shared/store/unknown.h"
#include "shared/store/versions.h"

namespace holdfast {

inline constexpr int protocol_version = 1;

/// How a peer numbers entities and fields. Frames open with one, so numbers need not agree.
class KeyTable {
 public:
  /// This database's own numbering of its whole schema.
  static KeyTable own(const Tables&);
  /// Only the named entities; all of them when `only` is null.
  void encode(std::string& out, const std::set<uint32_t>* only = nullptr) const;
  static Result<KeyTable> decode(class ByteReader&, const Schema&);

  struct Peer {
    std::string key;
    Kind kind = Kind::text;
    int field = -1;  ///< In our schema; −1 when this build does not know it.
  };
  struct PeerEntity {
    std::string key;
    int entity = -1;
    std::vector<std::pair<uint32_t, Peer>> fields;  ///< By the peer's number, ascending.
    const Peer* find(uint32_t no) const;
  };
  const PeerEntity* find(uint32_t entity_no) const;
  const std::map<uint32_t, PeerEntity>& entities() const { return entities_; }

 private:
  std::map<uint32_t, PeerEntity> entities_;
};

/// A transaction in this database's own numbers: what the outbox and the log keep.
std::string encode_transaction(const Transaction&, const Tables&);
/// The number it begins with, which can be read where the rest cannot.
Result<int64_t> transaction_number(std::string_view);
/// `unknown` is set when it names an entity or field this build does not have; but for creations, changes that do are left out.
Result<Transaction> decode_transaction(std::string_view, const KeyTable&, std::string* unknown);
/// The records it makes, as far as it can be read.
std::vector<Id> creations_in(std::string_view, const KeyTable&);

/// A device that got a number of its own: who it was, and the last transaction it had written by then.
struct Former {
  Id install;
  int64_t written = 0;
};

struct PushRequest {
  Id workspace, install;
  Id epoch;                  ///< The history its bases speak of; nil before anything was loaded.
  uint32_t device = 0;
  int64_t wall_ms = 0;       ///< The device's clock as the request is made.
  uint32_t mono_epoch = 0;
  bool drained = false;      ///< Nothing is left in the outbox after this.
  /// What the device knows to be judged. Numbers between it and the first transaction will not come: a server that has
  /// forgotten so refused them, or they are too old to be kept. A server that has not judged that far takes nothing.
  int64_t judged = 0;
  int schema = schema_version;
  std::vector<std::string> bodies;  ///< Transactions in the sender's numbers.
  int64_t last = 0;                 ///< The number of the last of them; not sent.
  /// What some of them first were (number: sum), before words about erased records went from them: see sum_of_body.
  std::map<int64_t, uint32_t> sums;
  std::vector<Former> formers;  ///< Of a copy of another device, newest first: at most formers_max.
  static constexpr size_t formers_max = 20;
};
std::string encode_push(const PushRequest&, const KeyTable& senders);
Result<std::pair<PushRequest, KeyTable>> decode_push(std::string_view, const Schema&);

struct PushReply {
  int64_t last_op_no = 0;  ///< The last transaction of this device the server has judged.
  int64_t head = 0;
};
std::string encode_push_reply(const PushReply&);
Result<PushReply> decode_push_reply(std::string_view);

struct Refusal {
  int64_t op_no = 0;
  std::string code, reason;
};

/// The opening of a page of rows.
struct PageHeader {
  Id epoch;
  int64_t head = 0;         ///< The server's last sequence number when the page was read; of a reset, when its history parted.
  int64_t server_ms = 0;
  int64_t acked_op_no = 0;  ///< Read in the same snapshot as the rows.
  bool more = false;
  bool begins_again = false;  ///< Pages of the same pull that came before this one do not count.
  bool reset = false;       ///< The server's history is another one: nothing but this header counts. See Replica::reset.
  int offline_days = 0;     ///< After so many days without a sync the device locks itself; 0: never.
  int64_t total = 0;        ///< A snapshot's first page: about how many rows it has in all.
  std::string cursor;       ///< Where to go on; opaque. A snapshot's begins with 's'.
  std::vector<Refusal> refusals;
  /// Of a reset: what was judged under the device's numbers from `judged_from` on, by number the sum of its bytes, 0 where that is
  /// not known. None from a server that does not say.
  std::optional<std::map<int64_t, uint32_t>> judged;
  int64_t judged_from = 0;
  static constexpr int judged_max = 20'000;
};

/// One row of a page: whole, or only the registers changed since the cursor.
struct RowChange {
  int entity = -1;  ///< −1: this build does not know it, and `record` has no fields.
  bool whole = false;
  bool evicted = false;  ///< The device's member may not see it any more; of the rest only record.id and its seq count.
  Record record;         ///< Of a row that is not whole only the values of `fields`.
  std::vector<uint16_t> fields;
  int64_t base_version = 0;
  std::vector<std::pair<uint16_t, int64_t>> versions;  ///< Leader field, version; only those that differ from the base.
  int64_t life_version = 0;
  std::string_view entity_key;        ///< As the server calls it; of the reader.
  std::vector<UnknownField> unknown;  ///< What this build does not know of the record, or of a record it does not know.
};

class PageWriter {
 public:
  explicit PageWriter(Tables&);
  /// Registers newer than `from_seq`; all of them when the row itself is newer, or `whole` is asked for.
  void add(size_t entity, const Record&, const Versions&, int64_t from_seq, bool whole);
  /// Only that the row goes from the device.
  void evict(size_t entity, const Id&, int64_t seq);
  size_t size() const { return rows_.size(); }
  size_t count() const { return count_; }
  std::string finish(const PageHeader&) const;

 private:
  Tables& tables_;
  KeyTable keys_;
  std::set<uint32_t> used_;
  std::vector<Id> members_;
  std::string rows_;
  size_t count_ = 0;
  int64_t last_seq_ = 0, last_created_ = 0, last_updated_ = 0;
  uint64_t member_index(const Id&);
};

class PageReader {
 public:
  enum class Sum { check, checked };  ///< Whether these bytes have been through here before.
  /// Reads from `page`, which must outlive the reader.
  static Result<PageReader> open(std::string_view page, const Schema&, Sum = Sum::check);
  std::string_view bytes() const { return bytes_; }
  const PageHeader& header() const { return header_; }
  size_t count() const { return count_; }
  /// False at the end; status() tells whether that was the proper one. The same RowChange should serve for all rows of a page:
  /// its memory does.
  bool next(RowChange&);
  Status status() const { return status_; }

 private:
  std::string_view bytes_;
  const Schema* schema_ = nullptr;
  PageHeader header_;
  KeyTable keys_;
  std::vector<Id> members_;
  std::string_view rows_;
  size_t count_ = 0, read_ = 0;
  int64_t last_seq_ = 0, last_created_ = 0, last_updated_ = 0;
  Status status_;
};

}  // namespace holdfast
