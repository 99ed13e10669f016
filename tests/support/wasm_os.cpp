// SQLite built without an operating system asks its host for one: in the wasm tests that is the memory disk.

#include <sqlite3.h>

#include "tests/support/memory_disk.h"

extern "C" int sqlite3_os_init(void) {
  holdfast::test::MemoryDisk::the();
  return sqlite3_vfs_register(sqlite3_vfs_find(holdfast::test::MemoryDisk::name()), 1);
}
extern "C" int sqlite3_os_end(void) { return SQLITE_OK; }
