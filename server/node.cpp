#include "server/node.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

namespace holdfast {

int64_t SystemClock::wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

int64_t SystemClock::mono_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

uint64_t SystemRandom::next() {
  if (left_ == 0) {
    HOLDFAST_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(block_), sizeof block_) == 1);
    left_ = 64;
  }
  return block_[--left_];
}

Result<FolderLock> FolderLock::take(const std::string& dir) {
  std::error_code failed;
  std::filesystem::create_directories(dir, failed);
  if (failed) return Error{ErrorKind::storage, "The data folder " + dir + " cannot be made: " + failed.message() + "."};
  std::filesystem::permissions(dir, std::filesystem::perms::owner_all, failed);
  FolderLock lock;
  lock.file_ = ::open((dir + "/lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock.file_ < 0) return Error{ErrorKind::storage, "The data folder " + dir + " cannot be written to."};
  if (flock(lock.file_, LOCK_EX | LOCK_NB) != 0)
    return Error{ErrorKind::conflict, "Another Holdfast process is using " + dir + ". Stop it first, or use its web pages."};
  return lock;
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

Result<std::unique_ptr<Node>> Node::open(const std::string& dir) {
  auto node = std::make_unique<Node>();
  node->lock_ = TRY(FolderLock::take(dir));
  node->db = TRY(Database::open(database_path(dir), nullptr, true));
  node->ws = TRY(Workspace::open(*node->db, product_schema(), Side::server, node->clock, node->random));
  node->authority = TRY(Authority::open(*node->ws));
  node->accounts = TRY(Accounts::open(*node->db));
  return node;
}

Node::~Node() {
  accounts.reset();
  authority.reset();
  ws.reset();
  db.reset();
}

}  // namespace holdfast
