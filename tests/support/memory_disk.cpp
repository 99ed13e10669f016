#include "tests/support/memory_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

namespace holdfast::test {

namespace {

struct OpenFile {
  sqlite3_file base;
  MemoryDisk::File* file;
  std::string* name;
  bool temporary;
};

OpenFile& of(sqlite3_file* f) { return *reinterpret_cast<OpenFile*>(f); }

int close(sqlite3_file* f) {
  if (of(f).temporary) MemoryDisk::the().files.erase(*of(f).name);
  delete of(f).name;
  return SQLITE_OK;
}
/// Whether it is this operation that fails.
bool fails(MemoryDisk::Failing kind) {
  MemoryDisk& disk = MemoryDisk::the();
  if (disk.failing != kind || disk.operations_until_error < 0 || disk.spared()) return false;
  return disk.operations_until_error-- == 0;
}
int read(sqlite3_file* f, void* out, int n, sqlite3_int64 at) {
  if (fails(MemoryDisk::Failing::read)) return SQLITE_IOERR_READ;
  const std::string& bytes = of(f).file->now;
  const auto size = static_cast<sqlite3_int64>(bytes.size());
  const int have = at >= size ? 0 : static_cast<int>(std::min<sqlite3_int64>(n, size - at));
  std::memcpy(out, bytes.data() + (have ? at : 0), static_cast<size_t>(have));
  if (have == n) return SQLITE_OK;
  std::memset(static_cast<char*>(out) + have, 0, static_cast<size_t>(n - have));
  return SQLITE_IOERR_SHORT_READ;
}
/// One more step of the machine; false when it has lost power.
bool alive() {
  MemoryDisk& disk = MemoryDisk::the();
  if (disk.steps_until_dead == 0) disk.dead = true;
  else if (disk.steps_until_dead > 0) disk.steps_until_dead--;
  return !disk.dead;
}

void perform(std::string& bytes, const MemoryDisk::File::Write& w) {
  if (w.size >= 0) return bytes.resize(static_cast<size_t>(w.size));
  const auto end = static_cast<size_t>(w.at) + w.bytes.size();
  if (bytes.size() < end) bytes.resize(end);
  std::memcpy(bytes.data() + w.at, w.bytes.data(), w.bytes.size());
}

int write(sqlite3_file* f, const void* in, int n, sqlite3_int64 at) {
  MemoryDisk& disk = MemoryDisk::the();
  if (!alive()) return SQLITE_IOERR_WRITE;
  if (disk.writes_until_full == 0) return SQLITE_FULL;
  if (disk.writes_until_full > 0) disk.writes_until_full--;
  if (fails(MemoryDisk::Failing::write)) return SQLITE_IOERR_WRITE;
  MemoryDisk::File& file = *of(f).file;
  file.unsynced.push_back({at, std::string(static_cast<const char*>(in), static_cast<size_t>(n)), -1});
  perform(file.now, file.unsynced.back());
  return SQLITE_OK;
}
int truncate(sqlite3_file* f, sqlite3_int64 size) {
  if (!alive()) return SQLITE_IOERR_TRUNCATE;
  MemoryDisk::File& file = *of(f).file;
  file.unsynced.push_back({0, {}, size});
  perform(file.now, file.unsynced.back());
  return SQLITE_OK;
}
int sync(sqlite3_file* f, int) {
  if (!alive()) return SQLITE_IOERR_FSYNC;
  MemoryDisk::File& file = *of(f).file;
  const bool failed = fails(MemoryDisk::Failing::sync);
  if (!failed)
    for (const MemoryDisk::File::Write& w : file.unsynced) perform(file.synced, w);
  file.unsynced.clear();
  return failed ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}
int file_size(sqlite3_file* f, sqlite3_int64* out) {
  *out = static_cast<sqlite3_int64>(of(f).file->now.size());
  return SQLITE_OK;
}
int lock(sqlite3_file*, int) { return SQLITE_OK; }
int check_lock(sqlite3_file*, int* out) {
  *out = 0;
  return SQLITE_OK;
}
int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector(sqlite3_file*) { return 4096; }
int characteristics(sqlite3_file*) { return SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN; }

const sqlite3_io_methods methods = {1,    close, read,       write,   truncate, sync,           file_size,
                                    lock, lock,  check_lock, control, sector,   characteristics, nullptr,
                                    nullptr, nullptr, nullptr, nullptr, nullptr};

int open(sqlite3_vfs*, const char* name, sqlite3_file* f, int flags, int* out_flags) {
  of(f).base.pMethods = nullptr;
  if (MemoryDisk::the().dead) return SQLITE_CANTOPEN;
  static int temporary = 0;
  OpenFile& o = of(f);
  o.temporary = !name || (flags & SQLITE_OPEN_DELETEONCLOSE);
  o.name = new std::string(name ? name : "temporary-" + std::to_string(temporary++));
  o.file = &MemoryDisk::the().files[*o.name];
  o.base.pMethods = &methods;
  if (out_flags) *out_flags = flags;
  return SQLITE_OK;
}
int remove_file(sqlite3_vfs*, const char* name, int) {
  if (!alive()) return SQLITE_IOERR_DELETE;
  MemoryDisk::the().files.erase(name);
  return SQLITE_OK;
}
int access(sqlite3_vfs*, const char* name, int, int* out) {
  const auto found = MemoryDisk::the().files.find(name);
  *out = found != MemoryDisk::the().files.end() && !found->second.now.empty();
  return SQLITE_OK;
}
int full_path(sqlite3_vfs*, const char* name, int n, char* out) {
  sqlite3_snprintf(n, out, "%s", name);
  return SQLITE_OK;
}
int randomness(sqlite3_vfs*, int n, char* out) {  // Repeatable: nothing that depends on it may leave the database.
  std::memset(out, 7, static_cast<size_t>(n));
  return n;
}
int sleep(sqlite3_vfs*, int us) { return us; }
int now(sqlite3_vfs*, double* out) {
  *out = 2461000.5;
  return SQLITE_OK;
}

sqlite3_vfs vfs = {1,       sizeof(OpenFile), 512,     nullptr, "memory-disk", nullptr, open,    remove_file, access, full_path,
                   nullptr, nullptr,          nullptr, nullptr, randomness,    sleep,   now,     nullptr,     nullptr, nullptr,
                   nullptr, nullptr};

}  // namespace

MemoryDisk& MemoryDisk::the() {
  static MemoryDisk disk;
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  (void)registered;
  return disk;
}

void MemoryDisk::crash(const std::string& prefix, Random* chance) {
  constexpr int64_t sector_bytes = 512;
  for (auto& [name, file] : files) {
    if (name.rfind(prefix, 0) != 0) continue;
    for (File::Write& w : file.unsynced) {
      const uint64_t fate = chance ? chance->below(3) : 0;
      if (fate == 0) continue;
      if (fate == 2 && w.size < 0) w.bytes.resize(static_cast<size_t>(static_cast<int64_t>(chance->below(w.bytes.size() / sector_bytes + 1)) * sector_bytes));
      perform(file.synced, w);
    }
    file.unsynced.clear();
    file.now = file.synced;
  }
}

void MemoryDisk::copy(const std::string& from, const std::string& to) {
  for (const auto& [name, file] : std::map<std::string, File>(files))
    if (name.rfind(from, 0) == 0) files[to + name.substr(from.size())] = file;
}

void MemoryDisk::remove(const std::string& prefix) {
  std::erase_if(files, [&](const auto& entry) { return entry.first.rfind(prefix, 0) == 0; });
}

}  // namespace holdfast::test
