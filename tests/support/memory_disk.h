#pragma once
// A disk in memory, as a SQLite VFS, that can lose power: a crash forgets every write that was not synced.

#include <map>
#include <string>

namespace holdfast::test {

class MemoryDisk {
 public:
  /// The one disk, registered with SQLite under name(). Files are told apart by their paths.
  static MemoryDisk& the();
  static const char* name() { return "memory-disk"; }

  void crash(const std::string& path_prefix);   ///< Back to what was synced. Close the databases first.
  void copy(const std::string& from, const std::string& to);
  void remove(const std::string& path_prefix);
  /// After this many more writes every write fails as on a full disk; −1 for never.
  int64_t writes_until_full = -1;

  struct File {
    std::string now, synced;
  };
  std::map<std::string, File> files;
};

}  // namespace holdfast::test
