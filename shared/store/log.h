#pragma once
// The server's own tables beside the typed rows: the log of accepted transactions, devices, refusals, tag elements.
//
// The log gives every accepted transaction its sequence number and stamp. Its bodies are history, undo and audit only;
// cutting them does not hurt sync.

#include <optional>

#include "shared/model/op.h"
#include "shared/store/tables.h"

namespace holdfast {

struct LogEntry {
  int64_t seq = 0;
  Stamp stamp;
  int64_t op_no = 0;
  Id member;
  int64_t at_ms = 0;  ///< Receipt.
  std::string body;
};

struct Device {
  uint32_t ordinal = 0;
  Id install, member;
  std::string name;
  int64_t last_op_no = 0;  ///< −1 after a restore: the next number is taken as it comes.
  int64_t last_hlc = 0;
  int64_t drained_at = 0;  ///< Receipt of the last push that left nothing behind.
  int64_t last_seen = 0;
};

struct StoredRefusal {
  int64_t op_no = 0;
  std::string code, reason, body;
};

struct TagElement {
  bool present = false;
  int64_t seq = 0;
};

class Log {
 public:
  explicit Log(Tables& tables) : tables_(tables), db_(tables.db()) {}

  Result<int64_t> head();
  Status append(const LogEntry&);
  Result<std::optional<Stamp>> stamp_of(int64_t seq);
  Result<std::optional<LogEntry>> find(int64_t seq);
  Result<int64_t> seq_of(uint32_t device, int64_t op_no);  ///< 0 when it was not accepted.
  /// Gaps, if any, in the sequence: 0 or the first missing number.
  Result<int64_t> first_gap();

  Result<std::optional<TagElement>> element(size_t entity, int64_t row, uint32_t field, std::string_view element);
  Status put_element(size_t entity, int64_t row, uint32_t field, std::string_view element, const TagElement&);
  Result<std::vector<std::string>> present_elements(size_t entity, int64_t row, uint32_t field);

  Result<std::optional<Device>> device(uint32_t ordinal);
  Result<std::optional<Device>> device_of(const Id& install);
  Result<std::vector<Device>> devices();
  Result<uint32_t> add_device(const Device&);  ///< Gives the ordinal, 1 upwards.
  Status put_device(const Device&);

  Status refuse(uint32_t device, const StoredRefusal&);
  Result<std::vector<StoredRefusal>> refusals_after(uint32_t device, int64_t op_no);
  Result<std::optional<StoredRefusal>> refusal(uint32_t device, int64_t op_no);
  Status forget_refusals(uint32_t device, int64_t up_to_op_no);

 private:
  Tables& tables_;
  Database& db_;
};

}  // namespace holdfast
