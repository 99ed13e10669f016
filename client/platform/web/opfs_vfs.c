/* SQLite on the browser's origin-private files: a VFS over a fixed set of access handles that are open already.
 *
 * A file exists when it has bytes; deleting it empties it. The handle itself is the lock: nobody else can have it.
 * The handles live in JavaScript (host.js) under the names SQLite uses. */
#include <sqlite3.h>
#include <string.h>

extern int host_file(const char* name);                                      /* slot, or -1 */
extern int host_read(int slot, void* out, int n, double offset);             /* bytes read, or -1 */
extern int host_write(int slot, const void* in, int n, double offset);       /* bytes written, -1, or -2 when the quota is used up */
extern int host_truncate(int slot, double size);
extern int host_flush(int slot);
extern double host_size(int slot);
extern double host_wall_ms(void);
extern void host_random(void* out, int n);

typedef struct { sqlite3_file base; int slot; int temporary; } OpfsFile;
#define SLOT(file) (((OpfsFile*)(file))->slot)

static int file_close(sqlite3_file* f) { return ((OpfsFile*)f)->temporary && host_truncate(SLOT(f), 0) ? SQLITE_IOERR_CLOSE : SQLITE_OK; }
static int file_read(sqlite3_file* f, void* out, int n, sqlite3_int64 at) {
  const int got = host_read(SLOT(f), out, n, (double)at);
  if (got == n) return SQLITE_OK;
  if (got < 0) return SQLITE_IOERR_READ;
  memset((char*)out + got, 0, (size_t)(n - got));
  return SQLITE_IOERR_SHORT_READ;
}
static int file_write(sqlite3_file* f, const void* in, int n, sqlite3_int64 at) {
  const int put = host_write(SLOT(f), in, n, (double)at);
  return put == n ? SQLITE_OK : put == -1 ? SQLITE_IOERR_WRITE : SQLITE_FULL;
}
static int file_truncate(sqlite3_file* f, sqlite3_int64 size) { return host_truncate(SLOT(f), (double)size) ? SQLITE_IOERR_TRUNCATE : SQLITE_OK; }
static int file_sync(sqlite3_file* f, int flags) { (void)flags; return host_flush(SLOT(f)) ? SQLITE_IOERR_FSYNC : SQLITE_OK; }
static int file_size(sqlite3_file* f, sqlite3_int64* out) {
  const double size = host_size(SLOT(f));
  if (size < 0) return SQLITE_IOERR_FSTAT;
  *out = (sqlite3_int64)size;
  return SQLITE_OK;
}
static int file_lock(sqlite3_file* f, int level) { (void)f; (void)level; return SQLITE_OK; }
static int file_reserved(sqlite3_file* f, int* out) { (void)f; *out = 0; return SQLITE_OK; }
static int file_control(sqlite3_file* f, int op, void* arg) { (void)f; (void)op; (void)arg; return SQLITE_NOTFOUND; }
static int file_sector(sqlite3_file* f) { (void)f; return 4096; }
static int file_traits(sqlite3_file* f) { (void)f; return SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN; }

static const sqlite3_io_methods methods = {1, file_close, file_read, file_write, file_truncate, file_sync, file_size, file_lock, file_lock,
                                           file_reserved, file_control, file_sector, file_traits, 0, 0, 0, 0, 0, 0};

static int vfs_open(sqlite3_vfs* v, const char* name, sqlite3_file* f, int flags, int* out_flags) {
  const int slot = name ? host_file(name) : -1;
  OpfsFile* file = (OpfsFile*)f;
  (void)v;
  file->base.pMethods = 0;
  if (slot < 0) return SQLITE_CANTOPEN;
  file->slot = slot;
  file->temporary = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  file->base.pMethods = &methods;
  if (out_flags) *out_flags = flags;
  return SQLITE_OK;
}
static int vfs_delete(sqlite3_vfs* v, const char* name, int sync) {
  const int slot = host_file(name);
  (void)v;
  if (slot < 0) return SQLITE_IOERR_DELETE;
  if (host_size(slot) > 0 && (host_truncate(slot, 0) || (sync && host_flush(slot)))) return SQLITE_IOERR_DELETE;
  return SQLITE_OK;
}
static int vfs_access(sqlite3_vfs* v, const char* name, int flags, int* out) {
  const int slot = host_file(name);
  (void)v; (void)flags;
  *out = slot >= 0 && host_size(slot) > 0;
  return SQLITE_OK;
}
static int vfs_full_path(sqlite3_vfs* v, const char* name, int n, char* out) { (void)v; sqlite3_snprintf(n, out, "%s", name); return SQLITE_OK; }
static int vfs_random(sqlite3_vfs* v, int n, char* out) { (void)v; host_random(out, n); return n; }
static int vfs_sleep(sqlite3_vfs* v, int us) { (void)v; return us; }
static int vfs_time64(sqlite3_vfs* v, sqlite3_int64* out) { (void)v; *out = (sqlite3_int64)host_wall_ms() + 210866760000000LL; return SQLITE_OK; }
static int vfs_time(sqlite3_vfs* v, double* out) { sqlite3_int64 ms; vfs_time64(v, &ms); *out = (double)ms / 86400000.0; return SQLITE_OK; }
static int vfs_error(sqlite3_vfs* v, int n, char* out) { (void)v; (void)n; (void)out; return 0; }

static sqlite3_vfs vfs = {2, sizeof(OpfsFile), 512, 0, "opfs", 0, vfs_open, vfs_delete, vfs_access, vfs_full_path, 0, 0, 0, 0,
                          vfs_random, vfs_sleep, vfs_time, vfs_error, vfs_time64, 0, 0, 0};

int sqlite3_os_init(void) { return sqlite3_vfs_register(&vfs, 1); }
int sqlite3_os_end(void) { return SQLITE_OK; }
