#pragma once
// Reading and writing the typed rows of one entity. What they mean (pending, confirmed, merged) is decided above.
//
// Every write marks the row for the search index; see search.h.

#include <deque>
#include <functional>
#include <optional>

#include "shared/base/mutant.h"
#include "shared/model/filter.h"
#include "shared/store/tables.h"
#include "shared/store/versions.h"

namespace holdfast {

/// A stored row: its number in this database, the record, and its packed versions.
struct Row {
  int64_t row = 0;
  Record record;
  Versions versions;
  int64_t scope = 0;    ///< Server: who may see it, see scopes.h.
  int64_t entered = 0;  ///< Server: the sequence number at which it came to that scope.
};

/// How many columns of a selected row come before its fields.
inline constexpr int head_column_count = 11;

class Rows {
 public:
  Rows(Tables&, size_t entity_index);

  const Entity& entity() const { return entity_; }
  size_t entity_index() const { return index_; }

  Result<int64_t> find(const Id&);                  ///< Row number; 0 when there is none.
  Result<int64_t> last_row();                       ///< The largest row number.
  Result<std::optional<Row>> read(const Id&);
  Result<std::optional<Row>> read_row(int64_t row);
  /// Only the versions and the row's own times: what judging a change needs.
  Result<std::optional<Row>> read_head(const Id&);

  Result<int64_t> insert(const Record&, const Versions&);
  /// The same, unless the record is there already: then 0.
  Result<int64_t> insert_if_new(const Record&, const Versions&);
  /// Whether a record's life is written too. Every index to sort by has it: all of them are written with it.
  enum class WithLife : bool { no, yes };
  /// Writes the named fields, the versions and the meta of `record`.
  Status update(int64_t row, const Record&, const std::vector<uint16_t>& fields, const Versions&, WithLife = WithLife::yes);
  /// Writes fields and updated_at/by only: a device's unconfirmed edit.
  Status update_visible(int64_t row, const Record&, const std::vector<uint16_t>& fields, WithLife = WithLife::yes);
  /// From now on what read_head() finds and update() changes is kept, and each row is written once: at write_held(), or as soon as
  /// anything else is asked for. For whoever changes the same rows again and again in one transaction.
  void hold() { holding_ = !entity_.found_by_parent && entity_.key != "alias"; }
  Status write_held();
  /// What is held is written, and holding goes on: before anything but a held head is read or written.
  Status settle() { return held_.empty() || (holding_ && MUTANT(held_rows_not_written)) ? Status() : write_out(); }
  void forget_held() { held_.clear(), held_at_.clear(), holding_ = false; }  ///< The transaction is rolled back.
  Status remove(int64_t row);
  /// Nothing stays but the id: a purged record's row on the server.
  Status erase(int64_t row, int64_t seq);
  /// Server: from `seq` on the row belongs to `scope`.
  Status place(int64_t row, int64_t scope, int64_t seq);
  /// A row whose creation the server has forgotten is unconfirmed again.
  Status unconfirm(int64_t row);
  Result<Value> read_field(const Row&, uint16_t field);
  /// Before the server's rows are loaded anew: every confirmed row is older than anything to come.
  Status forget_confirmed();
  /// Versions of a lost history mean nothing: what is edited before new ones come has seen none.
  Status forget_versions();
  /// Afterwards: rows that did not come again.
  Result<std::vector<Id>> forgotten_rows();

  Result<std::vector<Record>> list(const Query&, std::optional<PageMark>* next = nullptr);
  Result<int64_t> count(const Query&);
  /// How many rows there are in these scopes, whatever their life; in all without them.
  Result<int64_t> count_seen(const std::optional<std::vector<int64_t>>& scopes);
  /// The row numbers of everything a query finds, in its order, without limit: what a list scrolls through.
  Result<std::vector<int64_t>> row_numbers(const Query&);

  /// The texts a text or choice field has, or the elements of a tags field, most frequent first.
  Result<std::vector<std::string>> distinct(uint16_t field, size_t count_max);

  /// Says from the row's scope, sequence number and life alone whether it is wanted.
  using Wanted = std::function<Result<bool>(const Row& head)>;
  /// A walk over rows in the order of their sequence number or id. One of each order at a time.
  class Scan {
   public:
    Scan(Rows& rows, Statement statement, Wanted wanted, Status settled) : rows_(&rows), statement_(std::move(statement)), wanted_(std::move(wanted)), failed_(std::move(settled)), row_{0, Record(rows.entity_), {}} {
      if (failed_.ok()) advance();
    }
    const Row* row() const { return at_end_ ? nullptr : &row_; }  ///< Null at the end; the same one, changed, after each step.
    void advance();
    Status status() const { return failed_.ok() ? statement_.status() : failed_; }

   private:
    Rows* rows_;
    Statement statement_;
    Wanted wanted_;
    Status failed_;
    Row row_;
    bool at_end_ = true;
  };
  Scan after_seq(int64_t seq, Wanted = {});
  Scan after_id(const Id&, Wanted = {});
  /// How many rows changed after a sequence number.
  Result<int64_t> count_changed(int64_t seq);
  /// What is left of erased records, up to a sequence number.
  Result<std::vector<Row>> erased_up_to(int64_t seq);

  /// The rows whose `field` points to `id`.
  Result<std::vector<Record>> children(uint16_t field, const Id& id, Life life = Life::live);
  /// The same, whatever their life, as rows.
  Result<std::vector<Row>> child_rows(uint16_t field, const Id& id);
  /// Of those the ones whose field `other`, a number, is `value`.
  Result<std::vector<Row>> child_rows(uint16_t field, const Id& id, uint16_t other, int64_t value);

  /// The next rows after a number, with nothing but what people search for: for the search index.
  Result<std::vector<Row>> words_after(int64_t row, size_t count_max);
  /// The same of the rows whose `field` points to `id`.
  Result<std::vector<Row>> child_words(uint16_t field, const Id& id);

 private:
  enum class Part { head, words, whole };  ///< Which fields a selected row brings.
  Row from(Statement&, Part = Part::whole);
  void whole_into(Row&, Statement&);  ///< The same into a row of this entity, whose texts keep their memory.
  void head_into(Row&, Statement&);
  Row words_from(Statement&);
  Result<std::vector<Row>> collect(Statement&, Part);
  Result<int64_t> insert_with(const std::string& sql, const Record&, const Versions&);
  void bind_value(Statement&, const FieldDef&, const Value&);
  void column_into(Value&, Statement&, int& column, const FieldDef&);
  Status mark_dirty(int64_t row, const Record&);
  Status mark_dirty_by_id(size_t entity, const Id&);
  Status write(const char* head, const std::function<void(Statement&)>& bind_head, int64_t row, const Record&, const std::vector<uint16_t>& fields, WithLife);
  Status mark_written(int64_t row, const Record&, const std::vector<uint16_t>& fields);
  Status mark_left_parent(int64_t row, const std::vector<uint16_t>& fields);
  Status note_aliases(const Record&);
  Result<int64_t> indexed();
  /// A row while it is held: its head, whose record has no values, and those that are to be written.
  struct Held {
    Row head;
    std::vector<std::pair<uint16_t, Value>> values;
    bool changed = false, life = false;
    Value* value(uint16_t field) {
      for (auto& [f, value] : values)
        if (f == field) return &value;
      return nullptr;
    }
  };
  Held* held(const Id& id) {
    if (held_.empty()) return nullptr;
    if (held_last_ < held_.size() && held_[held_last_].head.record.id == id) return &held_[held_last_];  // Mostly asked for again.
    const uint32_t place = held_at_[held_slot(id)];
    return place ? &held_[held_last_ = place - 1] : nullptr;
  }
  size_t held_slot(const Id&) const;  ///< Of held_at_: where it is or would be.
  Row copy_of(const Row& head) const;
  Status keep_held(const Row& head);
  static void change_held(Held&, const Record&, const std::vector<uint16_t>& fields, const Versions&, WithLife);
  Status write_out();
  Status write_row(int64_t row, const Record&, const std::vector<uint16_t>& fields, const Versions&, WithLife);
  Result<std::string> where(const Query&, std::vector<Value>& bindings);

  Tables& tables_;
  Database& db_;
  const Entity& entity_;
  size_t index_;
  std::string columns_;       ///< Row's own columns and the fields', comma separated, for SELECT.
  std::string head_columns_, words_columns_;
  std::string insert_sql_, insert_if_new_sql_, by_id_sql_, by_row_sql_, head_sql_, find_sql_, after_seq_sql_, after_id_sql_;
  std::vector<std::string> field_sql_;  ///< "col=?" or "col=?, col_sort=?" per field.
  std::vector<std::string> read_field_sql_;  ///< Of a row, that field alone.
  std::string update_sql_;              ///< "UPDATE … SET ".
  std::string any_fields_sql_;          ///< The same and every field that is in no index, each "col=iif(?,?,col)": whether, and to what.
  int64_t indexed_ = -1;  ///< No lower than the last row the search index has; −1: not known.
  bool holding_ = false;
  std::deque<Held> held_;               ///< In the order they were asked for.
  std::vector<uint32_t> held_at_;       ///< By hash, then the next free one: 1 + the place in held_; 0: free. At most half full.
  size_t held_last_ = 0;                ///< The one asked for last.
  std::vector<std::string> bound_;      ///< Folded keys that must live until the step.
};

}  // namespace holdfast
