#pragma once
// A disk in memory, as a SQLite VFS, that fails as real ones do: full, with an error, or by losing power, when writes that
// were not synced are there, missing, or torn.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "shared/base/clock.h"

namespace holdfast::test {

class MemoryDisk {
 public:
  /// The one disk, registered with SQLite under name(). Files are told apart by their paths.
  static MemoryDisk& the();
  static const char* name() { return "memory-disk"; }

  /// Power is lost under the files below `path_prefix`: each write since the last sync is kept, dropped or torn at a sector,
  /// as `chance` has it; without it all are dropped. Close the databases first.
  void crash(const std::string& path_prefix, Random* chance = nullptr);
  void copy(const std::string& from, const std::string& to);
  void remove(const std::string& path_prefix);

  /// After this many more writes every write fails as on a full disk; −1 for never.
  int64_t writes_until_full = -1;
  /// After this many more operations of this kind one of them fails with an input/output error; −1 for never. What a failed sync
  /// was to make safe is not made so by the next one either, as on Linux: it is there until power is lost.
  enum class Failing : uint8_t { write, sync, read } failing = Failing::write;
  int64_t operations_until_error = -1;
  /// While one of these lives the disk makes no errors: those who watch read it too.
  struct Spared {
    Spared() { the().spared_++; }
    ~Spared() { the().spared_--; }
    Spared(const Spared&) = delete;
  };
  bool spared() const { return spared_ > 0; }

  /// After this many more writes and syncs nothing works any more, until power_on(); −1 for never.
  int64_t steps_until_dead = -1;
  bool dead = false;
  void power_on() { dead = false, steps_until_dead = writes_until_full = operations_until_error = -1; }

  struct File {
    std::string now, synced;
    struct Write {
      int64_t at;
      std::string bytes;
      int64_t size;  ///< Not −1: a truncation to this many bytes.
    };
    std::vector<Write> unsynced;
  };
  std::map<std::string, File> files;

 private:
  int spared_ = 0;
};

}  // namespace holdfast::test
