#include "shared/workspace/workspace.h"

#include <algorithm>

namespace holdfast {

Workspace::Workspace(std::unique_ptr<Tables> tables, Clock& clock, Random& random)
    : tables_(std::move(tables)), clock_(clock), random_(random) {
  for (size_t e = 0; e < tables_->schema().size(); e++) rows_.push_back(std::make_unique<Rows>(*tables_, e));
}

Result<std::unique_ptr<Workspace>> Workspace::open(Database& db, const Schema& schema, Side side, Clock& clock, Random& random) {
  auto tables = TRY(Tables::open(db, schema, side));
  return std::unique_ptr<Workspace>(new Workspace(std::move(tables), clock, random));
}

Rows& Workspace::rows(const Entity& entity) {
  const int e = schema().index_of(entity);
  HOLDFAST_ASSERT(e >= 0);
  return *rows_[static_cast<size_t>(e)];
}

Result<std::optional<Record>> Workspace::get(const Entity& entity, const Id& id) {
  std::optional<Row> row = TRY(rows(entity).read(id));
  if (!row || row->record.meta.life == Life::purged) return std::optional<Record>();
  return std::optional<Record>(std::move(row->record));
}

Result<std::vector<Record>> Workspace::list(const Entity& entity, const Query& query, std::optional<PageMark>* next) {
  return rows(entity).list(query, next);
}

Result<int64_t> Workspace::count(const Entity& entity, const Query& query) { return rows(entity).count(query); }

Result<std::vector<Record>> Workspace::children(const Entity& entity, Field parent, const Id& id) {
  std::vector<Record> out = TRY(rows(entity).children(parent.index, id));
  const std::vector<Id> merged = TRY(tables_->aliases().merged_into(id));
  for (const Id& other : merged)
    for (Record& r : TRY(rows(entity).children(parent.index, other))) out.push_back(std::move(r));
  if (!merged.empty()) std::sort(out.begin(), out.end(), [](const Record& a, const Record& b) { return a.id < b.id; });
  for (const FieldDef& f : entity.fields)
    if (f.options.order)
      std::stable_sort(out.begin(), out.end(), [&](const Record& a, const Record& b) {
        const Value &x = a.values[f.index], &y = b.values[f.index];
        if (is_empty(x) || is_empty(y)) return !is_empty(x) && is_empty(y);
        return as_text(x) != as_text(y) ? as_text(x) < as_text(y) : a.id < b.id;
      });
  return out;
}

Result<Id> Workspace::root(const Id& id) { return tables_->aliases().root(id); }

std::string Workspace::title(const Entity& entity, const Id& id) {
  Result<std::string> read = read_title(entity, id);
  return read.ok() ? read.take() : std::string();
}

Result<std::string> Workspace::read_title(const Entity& entity, const Id& id) {
  if (id.is_nil()) return std::string();
  const std::optional<Row> row = TRY(rows(entity).read(entity.mergeable ? TRY(root(id)) : id));
  return row ? record_title(row->record) : std::string();
}

// ---- writing

static Error no_such(const Entity& entity) {
  return {ErrorKind::not_found, "This " + std::string(entity.label) + " does not exist any more."};
}

Status Workspace::prepare_create(const Change& change, PreparedEdit& edit) {
  const Entity& entity = *change.entity;
  if (change.record.is_nil() || TRY(rows(entity).find(change.record))) return Error{ErrorKind::conflict, "A record with this identifier exists already."};
  PreparedOp op{{OpKind::create, static_cast<uint16_t>(schema().index_of(entity)), change.record, 0, {}, {}, Life::live}, edit.rows.size(), {}};
  Row row{0, Record(entity), {}};
  row.record.id = change.record;
  for (const FieldValue& v : change.values)
    if (!is_empty(v.value)) {
      row.record.values[v.field] = v.value;
      op.op.values.push_back(v);
    }
  edit.rows.push_back(std::move(row));
  edit.ops.push_back(std::move(op));
  edit.inverse.push_back({OpKind::life, &entity, change.record, {}, Life::trashed, {}});
  return {};
}

/// The ops that turn a row's registers into the wanted values; nothing for those that already have them.
Status Workspace::prepare_set(const Change& change, PreparedEdit& edit, size_t row_index) {
  const Entity& entity = *change.entity;
  const auto e = static_cast<uint16_t>(schema().index_of(entity));
  const Record& now = edit.rows[row_index].record;
  Change inverse{OpKind::set, &entity, change.record, {}, Life::live, {}};
  std::vector<uint16_t> leaders;
  std::vector<Change::Element> elements;
  for (const Change::Element& c : change.elements) {
    const auto there = tag_elements(now.values[c.field]);
    if (std::binary_search(there.begin(), there.end(), c.element) != c.adds) elements.push_back(c);
  }
  for (const FieldValue& v : change.values) {
    if (now.values[v.field] == v.value) continue;
    const FieldDef& f = entity.fields[v.field];
    if (f.kind == Kind::tags) {
      const auto before = tag_elements(now.values[v.field]), after = tag_elements(v.value);
      for (const std::string& tag : before)
        if (!std::binary_search(after.begin(), after.end(), tag)) elements.push_back({v.field, tag, false});
      for (const std::string& tag : after)
        if (!std::binary_search(before.begin(), before.end(), tag)) elements.push_back({v.field, tag, true});
      continue;
    }
    inverse.values.push_back({v.field, now.values[v.field]});
    if (std::find(leaders.begin(), leaders.end(), f.leader) == leaders.end()) leaders.push_back(f.leader);
  }
  for (const Change::Element& c : elements) {
    edit.ops.push_back({{c.adds ? OpKind::add : OpKind::remove, e, change.record, 0, {{c.field, {}}}, c.element, Life::live}, row_index, {}});
    inverse.elements.push_back({c.field, c.element, !c.adds});  // About this element alone: what others do to the rest stays.
  }
  for (uint16_t leader : leaders) {
    PreparedOp op{{OpKind::set, e, change.record, 0, {}, {}, Life::live}, row_index, {}};
    if (const auto seen = change.seen.find(leader); seen != change.seen.end() && !MUTANT(form_sees_what_came_in)) op.seen = seen->second;
    for (uint16_t field : entity.register_fields(leader)) {
      const auto wanted = std::find_if(change.values.begin(), change.values.end(), [&](const FieldValue& v) { return v.field == field; });
      op.op.values.push_back({field, wanted == change.values.end() ? now.values[field] : wanted->value});
    }
    edit.ops.push_back(std::move(op));
  }
  if (!inverse.values.empty() || !inverse.elements.empty()) edit.inverse.push_back(std::move(inverse));
  return {};
}

Status Workspace::prepare(const Change& change, PreparedEdit& edit) {
  const Entity& entity = *change.entity;
  for (const FieldValue& v : change.values) {
    HOLDFAST_ASSERT(v.field < entity.fields.size());
    TRY(check_value(entity.fields[v.field], v.value));
    if (tables_->side() == Side::device && !entity.writable_by_device(v.field))
      return Error{ErrorKind::forbidden, std::string(entity.fields[v.field].label) + " can only be changed by the server."};
  }
  if (change.kind == OpKind::create) return prepare_create(change, edit);
  std::optional<Row> row = TRY(rows(entity).read(change.record));
  if (!row || row->record.meta.life == Life::purged) return no_such(entity);
  const size_t row_index = edit.rows.size(), first_op = edit.ops.size();
  const bool trashed = row->record.meta.life == Life::trashed;
  edit.rows.push_back(std::move(*row));
  if (change.kind == OpKind::set) {
    TRY(prepare_set(change, edit, row_index));
    for (size_t i = first_op; i < edit.ops.size(); i++) edit.ops[i].op.saw_trashed = trashed;
    return {};
  }
  const Life before = edit.rows[row_index].record.meta.life;
  if (before == change.life) return {};
  edit.ops.push_back({{OpKind::life, static_cast<uint16_t>(schema().index_of(entity)), change.record, 0, {}, {}, change.life}, row_index, {}});
  edit.inverse.push_back({OpKind::life, &entity, change.record, {}, before, {}});
  return {};
}

Status Workspace::commit_changes(const std::vector<Change>& changes, std::string label, std::vector<Change>* inverse) {
  HOLDFAST_ASSERT(journal_);
  PreparedEdit edit;
  edit.label = std::move(label);
  TRY(atomically([&]() -> Status {
    for (const Change& change : changes) TRY(prepare(change, edit));
    if (edit.ops.empty()) return {};
    if (edit.ops.size() > ops_per_transaction_max || bytes_of(changes) > bytes_per_transaction_max) return Error{ErrorKind::invalid, "This is too much to change at once. Do it in parts."};
    return journal_->write(edit);
  }));
  if (edit.ops.empty()) return {};
  // Taking it back, one has this change before oneself: what somebody else writes until then is not overruled unseen.
  for (Change& change : edit.inverse)
    for (const FieldValue& v : change.values)
      if (edit.op_no) change.seen[change.entity->fields[v.field].leader] = -edit.op_no;
  std::reverse(edit.inverse.begin(), edit.inverse.end());
  *inverse = std::move(edit.inverse);
  changed();
  return {};
}

Status Workspace::commit(const Edit& edit, std::string label) {
  std::vector<Change> inverse;
  TRY(commit_changes(edit.changes(), label, &inverse));
  undo_ = std::move(inverse);  // Nothing, if nothing changed: what was before is not what this one offers to take back.
  undo_label_ = std::move(label);
  return {};
}

Result<std::string> Workspace::undo() {
  if (undo_.empty()) return Error{ErrorKind::not_found, "There is nothing to undo."};
  std::vector<Change> unused;
  TRY(commit_changes(undo_, undo_label_, &unused));
  undo_.clear();
  return std::move(undo_label_);
}

}  // namespace holdfast
