#include "shared/store/database.h"

#include <sqlite3.h>

#include <cstdio>

#include "shared/base/mutant.h"

namespace holdfast {

static Error storage_error(sqlite3* db, const char* what) {
  const int code = db ? sqlite3_errcode(db) : SQLITE_NOMEM;
  if (code == SQLITE_FULL) return {ErrorKind::storage, "The disk is full, so nothing was saved. Free some space and try again."};
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) return {ErrorKind::corrupt, "The database file is damaged. Restore it from a backup."};
  if (code == SQLITE_BUSY) return {ErrorKind::storage, "Another process is using this data. Stop it first."};
  return {ErrorKind::storage, std::string(what) + ": " + (db ? sqlite3_errmsg(db) : "out of memory")};
}

Statement::Statement(Statement&& other) noexcept
    : statement_(other.statement_), db_(other.db_), owned_(other.owned_), next_(other.next_), stepped_(other.stepped_), failed_(other.failed_), error_(std::move(other.error_)) {
  other.statement_ = nullptr;
}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  std::swap(db_, other.db_);
  std::swap(owned_, other.owned_);
  std::swap(next_, other.next_);
  std::swap(stepped_, other.stepped_);
  std::swap(failed_, other.failed_);
  std::swap(error_, other.error_);
  return *this;
}

Statement::~Statement() {
  if (owned_) sqlite3_finalize(statement_);
  else reset();
}

Statement& Statement::bind(int64_t value) {
  sqlite3_bind_int64(statement_, next_++, value);
  return *this;
}
// Static binding: the caller's bytes outlive the step, which spares a copy of every value.
Statement& Statement::bind(std::string_view text) {
  sqlite3_bind_text(statement_, next_++, text.data() ? text.data() : "", static_cast<int>(text.size()), SQLITE_STATIC);
  return *this;
}
Statement& Statement::bind_blob(std::string_view bytes) {
  sqlite3_bind_blob(statement_, next_++, bytes.data() ? bytes.data() : "", static_cast<int>(bytes.size()), SQLITE_STATIC);
  return *this;
}
Statement& Statement::skip(int count) {
  next_ += count;  // reset() leaves nothing bound.
  return *this;
}

bool Statement::step() {
  stepped_ = true;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE && !(MUTANT(failed_read_taken_for_end) && sqlite3_stmt_readonly(statement_))) fail(storage_error(sqlite3_db_handle(statement_), "The database could not be read or written"));
  return false;
}

void Statement::fail(Error error) {
  failed_ = true;
  error_ = std::move(error);
  db_->note_failed(error_);
}

Status Statement::run() {
  while (step()) {
  }
  const Status result = status();
  reset();
  return result;
}

void Statement::reset() {
  if (statement_ && stepped_) sqlite3_reset(statement_);
  if (statement_ && next_ > 1) sqlite3_clear_bindings(statement_);
  stepped_ = false;
  next_ = 1;
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }
std::string_view Statement::text(int column) const {
  const auto* p = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return p ? std::string_view(p, static_cast<size_t>(sqlite3_column_bytes(statement_, column))) : std::string_view();
}
std::string_view Statement::blob(int column) const {
  const auto* p = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return p ? std::string_view(p, static_cast<size_t>(sqlite3_column_bytes(statement_, column))) : std::string_view();
}
bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
Id Statement::id(int column) const {
  const std::string_view bytes = blob(column);
  return bytes.size() == 16 ? Id::from_bytes(bytes.data()) : Id{};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const char* vfs, bool shared, Open mode) {
  sqlite3* handle = nullptr;
  const int flags = mode == Open::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  // Used by one thread at a time everywhere, see Node::mutex: SQLite need not see to that at each step.
  if (sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, vfs) != SQLITE_OK) {
    Error error = storage_error(handle, "The database could not be opened");
    sqlite3_close_v2(handle);
    return error;
  }
  std::unique_ptr<Database> db(new Database(handle));
  sqlite3_busy_timeout(handle, shared ? 5000 : 0);
  // Exclusive first: without shared memory a WAL file cannot be opened any other way.
  if (!shared) TRY(db->execute("PRAGMA locking_mode=EXCLUSIVE;"));
  TRY(db->execute("PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;"));
  if (mode == Open::read_write) {
    TRY(db->execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA journal_size_limit=20971520;"));
    sqlite3_wal_hook(handle, committed, db.get());
  }
  if (MUTANT(acknowledged_unsynced)) TRY(db->execute("PRAGMA synchronous=OFF"));
  return db;
}

static constexpr int worth_moving_pages = 1000, journal_pages_max = 4000;

/// The commit stands whatever becomes of this: what cannot be moved now stays in the log.
int Database::committed(void* self, sqlite3* db, const char* name, int pages) {
  static_cast<Database*>(self)->journal_pages_ = pages;
  if (pages >= journal_pages_max) (void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return SQLITE_OK;
}

void Database::tidy() {
  if (depth_ > 0 || journal_pages_ < worth_moving_pages) return;
  int in_log = 0, moved = 0;
  if (sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved) == SQLITE_OK && in_log == moved) journal_pages_ = 0;
}

Database::~Database() {
  finalize(kept_);
  finalize(variants_);
  sqlite3_close_v2(db_);
}

void Database::finalize(Kept& kept) {
  for (auto& [text, statement] : kept) sqlite3_finalize(statement);
  kept.clear();
}

Statement Database::prepare(std::string_view sql) { return prepare_in(kept_, sql); }

Statement Database::prepare_variant(std::string_view sql) {
  constexpr size_t variants_max = 300;
  if (variants_.size() >= variants_max && !variants_.contains(sql)) finalize(variants_);
  return prepare_in(variants_, sql);
}

Statement Database::prepare_in(Kept& kept, std::string_view sql) {
  auto found = kept.find(sql);
  if (found == kept.end()) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
      std::fprintf(stderr, "%s\n  in: %.*s\n", sqlite3_errmsg(db_), static_cast<int>(sql.size()), sql.data());
      HOLDFAST_ASSERT(!"a statement that compiles");
    }
    found = kept.emplace(std::string(sql), statement).first;
  }
  // A statement still being read must not be taken over by a second user.
  HOLDFAST_ASSERT(!sqlite3_stmt_busy(found->second));
  return Statement(found->second, *this);
}

Result<Statement> Database::prepare_once(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) != SQLITE_OK) return error("The query is wrong");
  return Statement(statement, *this, true);
}

Status Database::execute(const std::string& sql) {
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return error("The database refused");
  return {};
}

int64_t Database::last_row() const { return sqlite3_last_insert_rowid(db_); }
int Database::changes() const { return sqlite3_changes(db_); }
Error Database::error(const char* what) const { return storage_error(db_, what); }

bool Database::in_transaction() const { return !sqlite3_get_autocommit(db_); }
Status Database::begin() {
  failed_ = Status();
  return prepare("BEGIN IMMEDIATE").run();
}
void Database::note_failed(const Error& error) {
  if (failed_.ok()) failed_ = error;
}
Status Database::failed() const { return failed_; }
Status Database::commit() { return prepare("COMMIT").run(); }
void Database::rollback() {
  if (in_transaction()) (void)prepare("ROLLBACK").run();
  if (end_) end_->rolled_back();
}

}  // namespace holdfast
