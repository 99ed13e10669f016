#pragma once
// The database's shape, projected from the schema: one typed table an entity, and the small numbers this database
// gives to keys and members. Additive only: a column is never dropped or retyped.

#include <map>
#include <string>
#include <vector>

#include "shared/model/schema.h"
#include "shared/store/aliases.h"
#include "shared/store/database.h"
#include "shared/store/search_marks.h"

namespace holdfast {

/// Which end of the sync a database belongs to.
enum class Side : uint8_t { device, server };

class Tables : private TransactionEnd {
 public:
  ~Tables() { db_.set_end(nullptr); }
  static Result<std::unique_ptr<Tables>> open(Database&, const Schema&, Side);

  Database& db() { return db_; }
  const Schema& schema() const { return schema_; }
  Side side() const { return side_; }

  /// The numbers of an entity and of its fields, persistent in this database, 1 upwards.
  uint32_t entity_no(size_t entity) const { return entity_no_[entity]; }
  int entity_of(uint32_t entity_no) const;
  uint32_t key_no(size_t entity, uint16_t field) const { return key_no_[entity][field]; }
  /// The field of a key number; −1 when this build does not know it.
  int field_of(size_t entity, uint32_t key_no) const;

  /// A member's small number (0 for nil), made on first use.
  Result<int64_t> member_no(const Id&);
  Result<Id> member_of(int64_t no);
  Aliases& aliases() { return aliases_; }
  SearchMarks& search_marks() { return search_marks_; }

  Result<std::string> meta(std::string_view key);            ///< Empty when not set.
  Status set_meta(std::string_view key, std::string_view value);
  Result<int64_t> meta_int(std::string_view key);
  Status set_meta_int(std::string_view key, int64_t value) { return set_meta(key, std::to_string(value)); }

  /// Notes, in the transaction that erases something, that the journal still has it.
  Status note_erased() { return set_meta_int("erased", 1); }
  /// Outside a transaction: empties the journal if something was erased since, also before a crash.
  Status clean_journal();

  /// Secondary indexes may be dropped before a bulk load and built after it.
  Status drop_indexes();
  Status create_indexes();

 private:
  Tables(Database& db, const Schema& schema, Side side) : db_(db), schema_(schema), side_(side) { db.set_end(this); }
  Status before_commit() override { return search_marks_.write(); }
  /// What was learnt in the transaction is no longer true.
  void rolled_back() override { member_no_.clear(), member_of_.clear(), aliases_.changed(), search_marks_.forget(); }
  Status create();
  Status move_blobs();
  Status project(size_t entity);
  Status fill_sort_column(const std::string& table, const FieldDef&);
  Status refuse_newer();
  Status number_keys();

  Database& db_;
  const Schema& schema_;
  Side side_;
  bool grew_ = false;
  std::vector<uint32_t> entity_no_;
  std::vector<std::vector<uint32_t>> key_no_;
  std::vector<std::map<uint32_t, uint16_t>> field_of_;
  std::map<Id, int64_t> member_no_;
  std::map<int64_t, Id> member_of_;
  Aliases aliases_{*this};
  SearchMarks search_marks_{db_, schema_};
};

/// The column holding a sortable text field's folded key.
std::string sort_column(const FieldDef&);
/// The expression a sortable field is ordered by, the same in index and query; empties come last.
std::string sort_expression(const FieldDef&);
bool has_sort_column(const FieldDef&);

}  // namespace holdfast
