#pragma once
// One data directory, open: the database, the workspace on it, and the lock that keeps a second process out.

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "server/auth/accounts.h"
#include "shared/model/entities.h"
#include "shared/workspace/authority.h"

namespace holdfast {

class SystemClock final : public Clock {
 public:
  int64_t wall_ms() override;
  int64_t mono_ms() override;
};

/// From the operating system's generator, in blocks.
class SystemRandom final : public Random {
 public:
  uint64_t next() override;

 private:
  uint64_t block_[64];
  size_t left_ = 0;
};

/// Of a data folder, which is made if need be: while it is held no other process uses it.
class FolderLock {
 public:
  FolderLock() = default;
  FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept { return std::swap(file_, other.file_), *this; }
  ~FolderLock();
  static Result<FolderLock> take(const std::string& data_dir);

 private:
  int file_ = -1;
};

struct Node {
  static Result<std::unique_ptr<Node>> open(const std::string& data_dir);
  ~Node();

  /// Everything below is used by one thread at a time, the one that holds this.
  std::mutex mutex;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<Database> db;
  std::unique_ptr<Workspace> ws;
  std::unique_ptr<Authority> authority;
  std::unique_ptr<Accounts> accounts;

  static std::string database_path(const std::string& data_dir) { return data_dir + "/holdfast.db"; }

 private:
  FolderLock lock_;
};

}  // namespace holdfast
