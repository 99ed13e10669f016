#pragma once
// What the server sent and this build does not know: fields of records it has, and whole records of kinds it has never heard of.
// Kept beside the rows, by the names the server gave, until an update of the app teaches it what they are.

#include "shared/model/record.h"
#include "shared/model/schema.h"
#include "shared/store/tables.h"

namespace holdfast {

struct UnknownField {
  std::string key;
  Kind kind = Kind::text;
  Value value;
  int64_t version = 0;  ///< Of its register, where that is not the record's base; else 0.
};

/// A record of an unknown kind but for its fields.
struct UnknownRecord {
  Id id;
  RowMeta meta;
  int64_t base_version = 0, life_version = 0;
};

class UnknownTable {
 public:
  explicit UnknownTable(Tables& tables) : db_(tables.db()) {}

  Result<bool> any();
  Status put(std::string_view entity, const Id&, const UnknownField&);
  Status put(std::string_view entity, const UnknownRecord&);
  Result<std::optional<UnknownRecord>> record(const Id&);
  Result<std::vector<UnknownRecord>> records(std::string_view entity);
  Result<std::vector<UnknownField>> fields(const Id&);
  /// The records that have something under this name.
  Result<std::vector<Id>> having(std::string_view entity, std::string_view field);
  Status drop(const Id&);
  Status drop(const Id&, std::string_view field);
  Status clear();
  /// The kinds of records something is kept of, with the names of the fields; an empty name stands for records of an unknown kind.
  Result<std::vector<std::pair<std::string, std::string>>> names();
  /// Records of known kinds of which something is kept and that are not there: none, if all is well.
  Result<std::vector<Id>> without_row(const Entity&);

 private:
  Database& db_;
};

}  // namespace holdfast
