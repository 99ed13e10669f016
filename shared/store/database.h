#pragma once
// SQLite with errors as values. Statements are prepared once per text and kept.
//
// Single-threaded: one Database, one thread at a time. A failing call leaves a sentence in error().

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "shared/base/id.h"
#include "shared/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace holdfast {

class Database;

/// A prepared statement with its bindings; reset when the handle goes out of scope.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3_stmt* statement, Database& db, bool owned = false) : statement_(statement), db_(&db), owned_(owned) {}
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  Statement& bind(int64_t value);
  Statement& bind(std::string_view text);
  Statement& bind_blob(std::string_view bytes);
  Statement& bind(const Id& id) { return bind_blob(id.view()); }
  Statement& bind_null() { return skip(1); }
  Statement& skip(int count);  ///< What is not bound is null.

  /// True while there is a row. An error looks like the end: ask status() after the last step.
  bool step();
  /// Runs to the end; for statements without rows.
  Status run();
  void reset();

  int64_t integer(int column) const;
  std::string_view text(int column) const;   ///< Valid until the next step.
  std::string_view blob(int column) const;   ///< Valid until the next step.
  bool is_null(int column) const;
  Id id(int column) const;                   ///< Nil unless the column holds 16 bytes.
  Status status() const { return failed_ ? Status(error_) : Status(); }
  /// What was read is not fit for use, or what belongs to it could not be read: as if the step had failed.
  void fail(Error);
  explicit operator bool() const { return statement_ != nullptr; }

 private:
  sqlite3_stmt* statement_ = nullptr;
  Database* db_ = nullptr;
  bool owned_ = false;  ///< Finalized with the handle, not kept by the Database.
  int next_ = 1;
  bool stepped_ = false;
  bool failed_ = false;
  Error error_;
};

/// Told how a transaction ends: for what is gathered in memory while it runs.
class TransactionEnd {
 public:
  virtual Status before_commit() = 0;  ///< Still in the transaction; an error rolls it back.
  virtual void rolled_back() = 0;

 protected:
  ~TransactionEnd() = default;
};

class Database {
 public:
  enum class Open { read_write, read_only };
  /// `vfs` may be null for the platform's own. WAL, synchronous = FULL, one exclusive user unless shared is asked for.
  static Result<std::unique_ptr<Database>> open(const std::string& path, const char* vfs = nullptr, bool shared = false,
                                                Open mode = Open::read_write);
  ~Database();

  /// Prepared once, kept. Stops the program on a statement that does not compile: that is never bad input.
  Statement prepare(std::string_view sql);
  /// Kept for a while, beside a few hundred of its like: for statements of which there are as many as there are sets of fields.
  Statement prepare_variant(std::string_view sql);
  /// Not kept: for statements put together from conditions.
  Result<Statement> prepare_once(const std::string& sql);
  Status execute(const std::string& sql);
  /// Moves what the write-ahead log holds into the database's file, if that is much: for when nobody waits. Else a commit does it once
  /// the log is several times as long.
  void tidy();
  int journal_pages() const { return journal_pages_; }  ///< In the log as of the last commit; 0 after tidy() has moved them.
  int64_t last_row() const;
  int changes() const;
  sqlite3* handle() { return db_; }

  /// begin immediate … commit; rolls back when `body` fails. Nested calls join the outer one, unless SQLite has ended that by itself
  /// after an error that nobody looked at. A statement that failed unnoticed fails the whole: what could not be read must not be taken for
  /// what is not there.
  template <class Body>
  auto transaction(Body body) -> decltype(body()) {
    if (depth_ > 0 && !in_transaction()) return Error{ErrorKind::storage, "An earlier error has ended this change. Nothing of it is kept."};
    if (depth_ > 0) return body();
    if (Status s = begin(); !s.ok()) return s.take_error();
    depth_++;
    auto result = body();
    Status ready = result.ok() && end_ ? end_->before_commit() : Status();
    if (ready.ok()) ready = failed();
    depth_--;
    if (!result.ok()) {
      rollback();
      return result;
    }
    if (Status s = ready.ok() ? commit() : std::move(ready); !s.ok()) {
      rollback();
      return s.take_error();
    }
    return result;
  }
  bool in_transaction() const;
  void note_failed(const Error&);  ///< Of a statement of this database.
  /// One at a time; null for none.
  void set_end(TransactionEnd* end) {
    HOLDFAST_ASSERT(!end || !end_);
    end_ = end;
  }
  Error error(const char* what) const;

 private:
  explicit Database(sqlite3* db) : db_(db) {}
  Status begin();
  Status commit();
  void rollback();
  Status failed() const;

  sqlite3* db_;
  int depth_ = 0;
  Status failed_;  ///< The first failure of a statement in the transaction that is open.
  TransactionEnd* end_ = nullptr;
  int journal_pages_ = 0;
  static int committed(void* self, sqlite3* db, const char* name, int pages);
  /// Statements differ in their length, beginning, middle or end: looking at these is enough, and they are asked for often.
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const {
      uint64_t h = s.size();
      const auto mix = [&](size_t at) {
        uint64_t word = 0;
        std::memcpy(&word, s.data() + at, 8);
        h = (h ^ word) * 0x9E3779B97F4A7C15ull;
        h ^= h >> 29;
      };
      if (s.size() < 64) return std::hash<std::string_view>()(s);
      for (size_t at : {size_t{0}, size_t{8}, size_t{16}, s.size() / 2, s.size() / 2 + 8, s.size() - 48, s.size() - 40, s.size() - 32, s.size() - 24, s.size() - 16, s.size() - 8}) mix(at);
      return static_cast<size_t>(h);
    }
  };
  using Kept = std::unordered_map<std::string, sqlite3_stmt*, Hash, std::equal_to<>>;
  Statement prepare_in(Kept&, std::string_view sql);
  static void finalize(Kept&);
  Kept kept_, variants_;
};

}  // namespace holdfast
