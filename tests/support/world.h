#pragma once
// A server and devices in one process, with virtual time: what unit tests and the simulator are built on.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "shared/base/clock.h"
#include "shared/model/entities.h"
#include "shared/sync/blob_session.h"
#include "shared/sync/session.h"
#include "shared/workspace/authority.h"
#include "tests/support/memory_disk.h"

namespace holdfast::test {

struct TestClock : Clock {
  int64_t now = 1'790'000'000'000;
  int64_t offset = 0;       ///< How wrong this clock is.
  int64_t drift = 0;        ///< So many thousandths too fast, since `drifts_from` of true time.
  int64_t drifts_from = 0;
  int64_t grain = 1;        ///< It moves by so many milliseconds at once.
  std::optional<int64_t> stopped_at;  ///< It shows this.
  const TestClock* base = nullptr;
  int64_t wall_ms() override {
    if (stopped_at) return *stopped_at;
    const int64_t shown = mono_ms() + offset + (mono_ms() - drifts_from) * drift / 1000;
    return shown - shown % grain;
  }
  int64_t mono_ms() override { return base ? base->now : now; }
};

/// The value of a Result that must be there; prints the error and stops otherwise.
template <class T>
T must(Result<T> r) {
  if (!r.ok()) assertion_failed(r.error().message.c_str(), __FILE__, __LINE__);
  return r.take();
}
inline void must(Status s) {
  if (!s.ok()) assertion_failed(s.error().message.c_str(), __FILE__, __LINE__);
}

struct ServerNode {
  std::string path;
  TestClock clock;
  SeededRandom random;
  std::unique_ptr<Database> db;
  std::unique_ptr<Workspace> ws;
  std::unique_ptr<Authority> authority;
  int offline_days = 0;  ///< Takes effect when opened.

  ServerNode(std::string path, uint64_t seed, const TestClock* time, const Schema& schema = product_schema());
  void open() { must(try_open()); }
  Status try_open();
  void close();
  /// The same files under another build of the server. Closed before.
  void use(const Schema& schema) { schema_ = &schema; }
  const Schema& schema() const { return *schema_; }
  /// Process and power: unsynced writes are gone, or torn as `chance` has it. Open again afterwards.
  void crash(Random* chance = nullptr);
  /// What the HTTP layer would do with a request of `device`; of attachments, without their sums.
  std::pair<int, std::string> answer(uint32_t device, const SyncRequest&);

 private:
  Result<std::pair<int, std::string>> answer_blob(uint32_t device, const SyncRequest&);
  const Schema* schema_;
};

struct DeviceNode {
  std::string path;
  TestClock clock;
  SeededRandom random;
  std::unique_ptr<Database> db;
  std::unique_ptr<Workspace> ws;
  std::unique_ptr<Replica> replica;
  std::unique_ptr<SyncSession> session;
  std::unique_ptr<Blobs> blobs;
  std::unique_ptr<BlobSession> files;
  size_t page_bytes = SyncSession::page_bytes_usual, push_bytes = SyncSession::push_bytes_usual;  ///< Take effect when opened; so does the next.
  size_t hold_bytes = size_t{4} << 20;
  int64_t part_bytes = Blobs::part_max;

  DeviceNode(std::string path, uint64_t seed, const TestClock* time, const Schema& schema = product_schema());
  void open() { must(try_open()); }
  Status try_open();
  void close();
  void crash(Random* chance = nullptr);
  /// The same files under another build of the app. Closed before.
  void use(const Schema& schema) { schema_ = &schema; }
  const Schema& schema() const { return *schema_; }
  void sign_in(ServerNode&, const Id& member, const std::string& name);
  /// Whole cycles over a perfect network until nothing is left to send.
  void sync(ServerNode&);

  Id make_person(const std::string& first, const std::string& last);
  void set(const Entity&, const Id&, Field, const std::string& text);
  std::string get(const Entity&, const Id&, Field);

 private:
  const Schema* schema_;
};

/// Every live and trashed record with all its values, in order of id: equal on replicas that have converged. With `known`,
/// only what that schema knows; with `seen`, only those rows.
std::string digest(Workspace&, const Schema* known = nullptr, const std::function<bool(const Record&)>& seen = {});

}  // namespace holdfast::test
