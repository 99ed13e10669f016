#pragma once
// What an entity is: a key, labels, and a list of one-line fields.
//
// Everything loops over these lists: storage, sync, validation, forms, lists, search, import, export, API, tests.
// Keys are for ever; labels may change. A vanished key fails tests/golden/schema.txt.

#include <string>
#include <string_view>
#include <vector>

#include "shared/model/kind.h"

namespace holdfast {

struct FieldOptions {
  bool required = false;    ///< A finding when empty, never a refusal of offline work.
  bool title = false;       ///< Part of the record's name; title fields are joined by a space.
  bool in_list = false;     ///< Shown in the second line of a list row.
  bool searchable = false;  ///< Indexed for full-text search.
  bool sortable = false;    ///< Has an index; may be sorted by.
  bool retired = false;     ///< Kept and synced, no longer shown.
  bool order = false;       ///< Kind::text: a place among the records of the same parent, see order.h.
  bool hidden = false;      ///< Not in forms: set by the program.
  bool parent = false;      ///< Kind::ref: the record is listed under the one pointed to; has an index.
  std::string_view group = {};   ///< Fields with the same group are one register: they merge together.
  std::string_view target = {};  ///< Kind::ref: the entity pointed to; empty means any.
  std::vector<std::string_view> choices = {};
  int length_max = 0;       ///< Bytes; 0 takes the kind's own limit.
  int64_t min = INT64_MIN, max = INT64_MAX;  ///< integer and decimal, in stored units.
  std::string_view autocomplete = {};  ///< The browser's autofill token.
};

struct FieldDef {
  std::string_view key, label;
  Kind kind = Kind::text;
  FieldOptions options;
  uint16_t index = 0;     ///< Position in the entity.
  uint16_t leader = 0;    ///< First field of the group; itself when ungrouped. Names the register.

  /// The name of the register it belongs to, as conflicts say it: the group's, or its own.
  std::string_view register_name() const { return options.group.empty() ? key : options.group; }
  int length_max() const { return options.length_max ? options.length_max : kind_info(kind).length_max; }
};

/// A typed program's handle on a field: its position.
struct Field {
  uint16_t index = 0;
};

class Entity {
 public:
  std::string_view key, label, plural;
  std::vector<FieldDef> fields;
  bool server_owned = false;  ///< Devices read it; only the server writes it, except fields in device_writable.
  std::vector<uint16_t> device_writable;
  bool found_by_parent = false;  ///< Its words are indexed into its parents' search text, not on their own.
  bool mergeable = false;        ///< Two of its records may turn out to be the same, see Alias.
  bool own_access = false;       ///< Its records say themselves who may see them: visibility, team, shared_with.
  /// Refs: otherwise a record is seen by those who see the record it belongs to, the first of these that is set.
  std::vector<uint16_t> seen_with;

  Entity(const Entity&) = delete;
  Entity& operator=(const Entity&) = delete;

  const FieldDef* find(std::string_view field_key) const;
  const FieldDef& at(Field field) const { return fields[field.index]; }
  /// The fields that merge together with `leader`, in order.
  std::vector<uint16_t> register_fields(uint16_t leader) const;
  bool writable_by_device(uint16_t field) const;
  /// Setting it may change who sees the record.
  bool decides_access(uint16_t field) const;

 protected:
  enum class Common { owner_and_source, owner_source_and_access, none };
  Entity(std::string_view key, std::string_view label, std::string_view plural, Common = Common::owner_and_source);

  Field add(Kind, std::string_view key, std::string_view label, FieldOptions);
  Field text(std::string_view k, std::string_view l, FieldOptions o = {}) { return add(Kind::text, k, l, std::move(o)); }
  Field multiline(std::string_view k, std::string_view l, FieldOptions o = {}) { return add(Kind::multiline, k, l, std::move(o)); }
  Field boolean(std::string_view k, std::string_view l, FieldOptions o = {}) { return add(Kind::boolean, k, l, std::move(o)); }
  Field integer(std::string_view k, std::string_view l, FieldOptions o = {}) { return add(Kind::integer, k, l, std::move(o)); }
  Field decimal(std::string_view k, std::string_view l, FieldOptions o = {}) { return add(Kind::decimal, k, l, std::move(o)); }
  Field money(std::string_view k, std::string_view l, FieldOptions o = {}) { return add(Kind::money, k, l, std::move(o)); }
  Field date(std::string_view k, std::string_view l, FieldOptions o = {}) { return add(Kind::date, k, l, std::move(o)); }
  Field instant(std::string_view k, std::string_view l, FieldOptions o = {}) { return add(Kind::instant, k, l, std::move(o)); }
  Field choice(std::string_view k, std::string_view l, FieldOptions o = {}) { return add(Kind::choice, k, l, std::move(o)); }
  Field tags(std::string_view k, std::string_view l, FieldOptions o = {}) { return add(Kind::tags, k, l, std::move(o)); }
  Field ref(std::string_view k, std::string_view l, FieldOptions o = {}) { return add(Kind::ref, k, l, std::move(o)); }
  Field email(std::string_view k, std::string_view l, FieldOptions o = {}) { return add(Kind::email, k, l, std::move(o)); }
  Field phone(std::string_view k, std::string_view l, FieldOptions o = {}) { return add(Kind::phone, k, l, std::move(o)); }
  Field url(std::string_view k, std::string_view l, FieldOptions o = {}) { return add(Kind::url, k, l, std::move(o)); }

 public:
  // Every entity of the product has the first three, some the others; see the constructor.
  Field owner, source, external_ids, visibility, team, shared_with;
};

/// An immutable list of entities. The position of an entity in it is its number inside one process, never sent.
class Schema {
 public:
  explicit Schema(std::vector<const Entity*> entities) : entities_(std::move(entities)) {}
  size_t size() const { return entities_.size(); }
  const Entity& operator[](size_t i) const { return *entities_[i]; }
  int index_of(std::string_view entity_key) const;  ///< −1 when unknown.
  int index_of(const Entity& entity) const;
  auto begin() const { return entities_.begin(); }
  auto end() const { return entities_.end(); }

 private:
  std::vector<const Entity*> entities_;
};

/// Rises whenever a field or entity is added; ops carry it, and a server judges an op by the version it was made under.
inline constexpr int schema_version = 1;

}  // namespace holdfast
