#pragma once
// The one door: every read and every write of a workspace's records goes through here, on device and server alike.
//
// A write is validated, put into its typed row, recorded for sync (a device's outbox, a server's log) and announced by
// version(), all in one SQLite transaction. Single-threaded, like all of shared/.

#include <memory>
#include <optional>

#include "shared/store/rows.h"
#include "shared/workspace/edit.h"

namespace holdfast {

/// An op ready to be recorded: everything but its base, and the row it touches.
struct PreparedOp {
  Op op;
  size_t row = 0;  ///< Index into PreparedEdit::rows.
  std::optional<Base> seen;  ///< Instead of what is there now.
};
struct PreparedEdit {
  std::vector<PreparedOp> ops;
  std::vector<Row> rows;  ///< As they are now; Row::row is 0 for a record to be created.
  std::string label;
  std::vector<Change> inverse;
  int64_t op_no = 0;  ///< On a device: the number it got.
};

/// Where writes are recorded: Replica on a device, Authority on a server.
class Journal {
 public:
  virtual ~Journal() = default;
  /// Inside a transaction. Sets the bases, writes rows and record.
  virtual Status write(PreparedEdit&) = 0;
  /// The transaction of the last write was rolled back.
  virtual void forget() {}
};

class Workspace {
 public:
  static Result<std::unique_ptr<Workspace>> open(Database&, const Schema&, Side, Clock&, Random&);

  // Reading.
  Result<std::optional<Record>> get(const Entity&, const Id&);
  Result<std::vector<Record>> list(const Entity&, const Query&, std::optional<PageMark>* next = nullptr);
  Result<int64_t> count(const Entity&, const Query& = {});
  /// The records of `entity` whose `parent` field names `id` or what was merged into it, in the order people gave them or
  /// else were made in.
  Result<std::vector<Record>> children(const Entity&, Field parent, const Id& id);
  /// A record's name for people; empty when there is none, or, of the first, when it cannot be read: for what is shown now and again later.
  std::string title(const Entity&, const Id&);
  Result<std::string> read_title(const Entity&, const Id&);
  /// The record that stands for this one, since others were found to be the same; itself when there are none.
  Result<Id> root(const Id&);
  /// Rises with every change, own or pulled. Views compare it instead of observing.
  uint64_t version() const { return version_; }

  // Writing.
  Id new_id() { return Id::make(clock_, random_); }
  /// All or nothing. `label` says for people what was done ("Anna Berg changed").
  Status commit(const Edit&, std::string label);
  /// Takes the last commit of this session back, as a new commit. Its label, or an error when there is none.
  Result<std::string> undo();
  const std::string& undo_label() const { return undo_label_; }
  bool can_undo() const { return !undo_.empty(); }

  /// The member on whose behalf writes are made.
  void act_as(const Id& member) { acting_ = member; }
  const Id& acting() const { return acting_; }

  const Schema& schema() const { return tables_->schema(); }
  Tables& tables() { return *tables_; }
  Rows& rows(size_t entity) { return *rows_[entity]; }
  Rows& rows(const Entity&);
  Clock& clock() { return clock_; }
  Random& random() { return random_; }
  void set_journal(Journal& journal) { journal_ = &journal; }
  void changed() { version_++; }

  /// Inside a transaction: what `body` does to rows reaches the database once a row, see Rows::hold.
  template <class Body>
  Status holding_rows(Body body) {
    for (const auto& rows : rows_) rows->hold();
    TRY(body());
    for (const auto& rows : rows_) TRY(rows->write_held());
    return {};
  }

  /// Runs `body` in a transaction; afterwards, whatever happened, no cached number is untrue.
  template <class Body>
  auto atomically(Body body) -> decltype(body()) {
    auto result = tables_->db().transaction(body);
    if (!result.ok()) {
      for (const auto& rows : rows_) rows->forget_held();
      undo_.clear();  // It may speak of what was rolled back.
      if (journal_) journal_->forget();
    }
    return result;
  }

 private:
  Workspace(std::unique_ptr<Tables> tables, Clock& clock, Random& random);
  Status prepare(const Change&, PreparedEdit&);
  Status prepare_create(const Change&, PreparedEdit&);
  Status prepare_set(const Change&, PreparedEdit&, size_t row);
  Status commit_changes(const std::vector<Change>&, std::string label, std::vector<Change>* inverse);

  std::unique_ptr<Tables> tables_;
  Clock& clock_;
  Random& random_;
  std::vector<std::unique_ptr<Rows>> rows_;
  Journal* journal_ = nullptr;
  Id acting_;
  uint64_t version_ = 1;
  std::vector<Change> undo_;
  std::string undo_label_;
};

}  // namespace holdfast
