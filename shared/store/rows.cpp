#include "shared/store/rows.h"

#include <algorithm>

#include "shared/base/text.h"

namespace holdfast {

static constexpr int words_column_count = 4;

static std::string quoted(std::string_view name) { return "\"" + std::string(name) + "\""; }
static bool is_indexed(const FieldDef& f) { return f.options.sortable || f.options.parent; }

Rows::Rows(Tables& tables, size_t entity_index)
    : tables_(tables), db_(tables.db()), entity_(tables.schema()[entity_index]), index_(entity_index) {
  const std::string t = quoted(entity_.key);
  head_columns_ = "row, id, seq, ver, life, created_at, created_by, updated_at, updated_by";
  head_columns_ += tables.side() == Side::server ? ", scope, entered" : ", 0, 0";
  columns_ = head_columns_;
  words_columns_ = tables.side() == Side::server ? "row, id, life, scope" : "row, id, life, 0";
  int parameter = 0;
  std::string names = "id, seq, ver, life, created_at, created_by, updated_at, updated_by", marks = "?,?,?,?,?,?,?,?";
  for (const FieldDef& f : entity_.fields) {
    const std::string selected = ", " + quoted(f.key) + (f.kind == Kind::money ? ", " + quoted(std::string(f.key) + "_currency") : "");
    columns_ += selected;
    if (f.options.searchable) words_columns_ += selected;
    names += ", " + quoted(f.key);
    marks += ",?";
    std::string assign = quoted(f.key) + "=?";
    if (f.kind == Kind::money) {
      names += ", " + quoted(std::string(f.key) + "_currency");
      marks += ",?";
      assign += ", " + quoted(std::string(f.key) + "_currency") + "=?";
    }
    if (has_sort_column(f)) {
      names += ", " + quoted(sort_column(f));
      marks += ",?";
      assign += ", " + quoted(sort_column(f)) + "=?";
    }
    field_sql_.push_back(assign);
    read_field_sql_.push_back("SELECT " + selected.substr(2) + " FROM " + t + " WHERE row=?");
    if (is_indexed(f)) continue;
    const std::string whether = "=iif(?" + std::to_string(++parameter) + ",?";
    for (const std::string& column : f.kind == Kind::money ? std::vector{quoted(f.key), quoted(std::string(f.key) + "_currency")} : std::vector{quoted(f.key)})
      any_fields_sql_ += column + whether + std::to_string(++parameter) + "," + column + "), ";
  }
  update_sql_ = "UPDATE " + t + " SET ";
  any_fields_sql_.insert(0, update_sql_);
  insert_sql_ = "INSERT INTO " + t + "(" + names + ") VALUES(" + marks + ")";
  insert_if_new_sql_ = insert_sql_ + " ON CONFLICT(id) DO NOTHING";
  by_id_sql_ = "SELECT " + columns_ + " FROM " + t + " WHERE id=?";
  by_row_sql_ = "SELECT " + columns_ + " FROM " + t + " WHERE row=?";
  head_sql_ = "SELECT " + head_columns_ + " FROM " + t + " WHERE id=?";
  find_sql_ = "SELECT row FROM " + t + " WHERE id=?";
  after_seq_sql_ = "SELECT " + columns_ + " FROM " + t + " WHERE seq>? ORDER BY seq, row";
  after_id_sql_ = "SELECT " + columns_ + " FROM " + t + " WHERE id>? ORDER BY id";
}

void Rows::bind_value(Statement& s, const FieldDef& f, const Value& value) {
  switch (value.index()) {
    case 0: s.bind_null(); break;
    case 1: s.bind(std::get<1>(value)); break;
    case 2: s.bind(std::string_view(std::get<2>(value))); break;
    case 3: s.bind_blob(std::get<3>(value).view()); break;
    case 4: s.bind(std::get<4>(value).minor); break;
  }
  if (f.kind == Kind::money) {
    if (const Money* money = std::get_if<Money>(&value)) s.bind(std::string_view(money->currency));
    else s.bind_null();
  }
  if (has_sort_column(f)) {
    bound_.push_back(fold(format_value(f, value)));
    s.bind(std::string_view(bound_.back()));
  }
}

void Rows::column_into(Value& value, Statement& s, int& column, const FieldDef& f) {
  const int c = column;
  column += column_count(f.kind);
  if (s.is_null(c)) {
    value = {};
  } else if (f.kind == Kind::money) {
    value = Money{s.integer(c), s.text(c + 1)};
  } else {
    switch (kind_info(f.kind).storage) {
      case Storage::integer: value = s.integer(c); break;
      case Storage::text:
        if (std::string* text = std::get_if<std::string>(&value)) *text = s.text(c);
        else value = std::string(s.text(c));
        break;
      case Storage::blob: value = s.id(c); break;
    }
  }
}

Row Rows::from(Statement& s, Part part) {
  if (part == Part::words) return words_from(s);
  Row row{0, Record(entity_), {}};
  if (part == Part::whole) whole_into(row, s);
  else head_into(row, s);
  return row;
}

void Rows::whole_into(Row& row, Statement& s) {
  head_into(row, s);
  int column = head_column_count;
  for (const FieldDef& f : entity_.fields) column_into(row.record.values[f.index], s, column, f);
}

void Rows::head_into(Row& row, Statement& s) {
  row.row = s.integer(0);
  row.record.id = s.id(1);
  RowMeta& meta = row.record.meta;
  meta.seq = s.integer(2);
  Result<Versions> versions = Versions::parse(s.blob(3));
  row.versions = versions.ok() ? versions.take() : Versions();
  meta.life = static_cast<Life>(s.integer(4));
  meta.created_at = s.integer(5);
  const int64_t created_by = s.integer(6), updated_by = s.integer(8);
  meta.updated_at = s.integer(7);
  row.scope = s.integer(9);
  row.entered = s.integer(10);
  const auto member = [&](int64_t no) {
    Result<Id> id = tables_.member_of(no);
    if (!id.ok()) s.fail(id.take_error());
    return id.ok() ? *id : Id{};
  };
  meta.created_by = member(created_by);
  meta.updated_by = member(updated_by);
}

Row Rows::words_from(Statement& s) {
  Row row{s.integer(0), Record(entity_), {}};
  row.record.id = s.id(1);
  row.record.meta.life = static_cast<Life>(s.integer(2));
  row.scope = s.integer(3);
  int column = words_column_count;
  for (const FieldDef& f : entity_.fields)
    if (f.options.searchable) column_into(row.record.values[f.index], s, column, f);
  return row;
}

Result<int64_t> Rows::find(const Id& id) {
  Statement s = db_.prepare(find_sql_);
  s.bind(id);
  const int64_t row = s.step() ? s.integer(0) : 0;
  TRY(s.status());
  return row;
}

Result<int64_t> Rows::last_row() {
  Statement s = db_.prepare("SELECT coalesce(max(row), 0) FROM " + quoted(entity_.key));
  const int64_t row = s.step() ? s.integer(0) : 0;
  TRY(s.status());
  return row;
}

Result<std::optional<Row>> Rows::read(const Id& id) {
  TRY(settle());
  Statement s = db_.prepare(by_id_sql_);
  s.bind(id);
  std::optional<Row> row;
  if (s.step()) row = from(s);
  TRY(s.status());
  return row;
}

Result<std::optional<Row>> Rows::read_row(int64_t number) {
  TRY(settle());
  Statement s = db_.prepare(by_row_sql_);
  s.bind(number);
  std::optional<Row> row;
  if (s.step()) row = from(s);
  TRY(s.status());
  return row;
}

Result<std::optional<Row>> Rows::read_head(const Id& id) {
  if (const Held* h = held(id)) return std::optional(copy_of(h->head));
  Statement s = db_.prepare(head_sql_);
  s.bind(id);
  std::optional<Row> row;
  if (s.step()) row = from(s, Part::head);
  TRY(s.status());
  if (row && holding_) TRY(keep_held(*row));
  return row;
}

Result<Value> Rows::read_field(const Row& row, uint16_t field) {
  if (Held* h = held(row.record.id))
    if (const Value* written = h->value(field)) return *written;
  Statement s = db_.prepare(read_field_sql_[field]);
  s.bind(row.row);
  int column = 0;
  Value value;
  if (s.step()) column_into(value, s, column, entity_.fields[field]);
  TRY(s.status());
  return value;
}

static void bind_meta(Statement& s, const RowMeta& meta, std::string_view versions, int64_t created_by, int64_t updated_by) {
  s.bind(meta.seq).bind_blob(versions).bind(static_cast<int64_t>(meta.life)).bind(meta.created_at).bind(created_by);
  s.bind(meta.updated_at).bind(updated_by);
}

Result<int64_t> Rows::insert(const Record& record, const Versions& versions) { return insert_with(insert_sql_, record, versions); }
Result<int64_t> Rows::insert_if_new(const Record& record, const Versions& versions) { return insert_with(insert_if_new_sql_, record, versions); }

Result<int64_t> Rows::insert_with(const std::string& sql, const Record& record, const Versions& versions) {
  const int64_t created_by = TRY(tables_.member_no(record.meta.created_by));
  const int64_t updated_by = TRY(tables_.member_no(record.meta.updated_by));
  const std::string blob = versions.blob();
  bound_.clear();
  bound_.reserve(entity_.fields.size());
  Statement s = db_.prepare(sql);
  s.bind(record.id);
  bind_meta(s, record.meta, blob, created_by, updated_by);
  for (const FieldDef& f : entity_.fields) bind_value(s, f, record.values[f.index]);
  TRY(s.run());
  if (!db_.changes()) return int64_t{0};
  const int64_t row = db_.last_row();
  TRY(note_aliases(record));
  if (entity_.mergeable && !tables_.aliases().none()) tables_.aliases().changed();
  // A new row is past the search mark anyway, unless it has the number of one that was removed.
  if (entity_.found_by_parent || row <= TRY(indexed())) TRY(mark_dirty(row, record));
  return row;
}

Status Rows::update(int64_t row, const Record& record, const std::vector<uint16_t>& fields, const Versions& versions, WithLife life) {
  if (Held* h = held(record.id)) {
    change_held(*h, record, fields, versions, life);
    return {};
  }
  TRY(settle());
  return write_row(row, record, fields, versions, life);
}

Status Rows::write_row(int64_t row, const Record& record, const std::vector<uint16_t>& fields, const Versions& versions, WithLife life) {
  TRY(mark_left_parent(row, fields));
  const int64_t created_by = TRY(tables_.member_no(record.meta.created_by));
  const int64_t updated_by = TRY(tables_.member_no(record.meta.updated_by));
  const std::string blob = versions.blob();
  TRY(write("seq=?, ver=?, created_at=?, created_by=?, updated_at=?, updated_by=?", [&](Statement& s) {
    s.bind(record.meta.seq).bind_blob(blob).bind(record.meta.created_at).bind(created_by).bind(record.meta.updated_at).bind(updated_by);
  }, row, record, fields, life));
  TRY(note_aliases(record));
  return mark_written(row, record, fields);
}

Status Rows::update_visible(int64_t row, const Record& record, const std::vector<uint16_t>& fields, WithLife life) {
  TRY(mark_left_parent(row, fields));
  const int64_t updated_by = TRY(tables_.member_no(record.meta.updated_by));
  TRY(write("updated_at=?, updated_by=?", [&](Statement& s) { s.bind(record.meta.updated_at).bind(updated_by); }, row, record, fields, life));
  TRY(note_aliases(record));
  return mark_written(row, record, fields);
}

/// There are as many sets of fields as one likes, and a statement takes ten times as long to make as to run: more than two of
/// them that are in no index go by one statement for all such sets.
Status Rows::write(const char* head, const std::function<void(Statement&)>& bind_head, int64_t row, const Record& record, const std::vector<uint16_t>& fields, WithLife life) {
  const bool many = std::count_if(fields.begin(), fields.end(), [&](uint16_t f) { return !is_indexed(entity_.fields[f]); }) > 2;
  std::vector<bool> wanted;
  if (many) wanted.resize(entity_.fields.size());
  std::string sql = many ? any_fields_sql_ : update_sql_;
  for (uint16_t f : fields)
    if (many && !is_indexed(entity_.fields[f])) wanted[f] = true;
    else (sql += field_sql_[f]) += ", ";
  if (MUTANT(life_not_written)) life = WithLife::no;
  if (life == WithLife::yes) sql += "life=?, ";
  sql += head;
  sql += " WHERE row=?";
  bound_.clear();
  bound_.reserve(fields.size());
  Statement s = db_.prepare_variant(sql);
  for (const FieldDef& f : entity_.fields) {
    if (!many || is_indexed(f)) continue;
    if (wanted[f.index]) bind_value(s.bind(int64_t{1}), f, record.values[f.index]);
    else s.skip(1 + column_count(f.kind));
  }
  for (uint16_t f : fields)
    if (!many || !wanted[f]) bind_value(s, entity_.fields[f], record.values[f]);
  if (life == WithLife::yes) s.bind(static_cast<int64_t>(record.meta.life));
  bind_head(s);
  return s.bind(row).run();
}

/// Whoever is found by what this row says, or by its being there.
Status Rows::mark_written(int64_t row, const Record& record, const std::vector<uint16_t>& fields) {
  if (entity_.found_by_parent) return mark_dirty(row, record);
  for (uint16_t field : fields)
    if (entity_.fields[field].options.searchable) return mark_dirty(row, record);
  return {};
}

/// A row that goes from one parent to another is no longer found by the first.
Status Rows::mark_left_parent(int64_t row, const std::vector<uint16_t>& fields) {
  if (!entity_.found_by_parent || std::none_of(fields.begin(), fields.end(), [&](uint16_t f) { return entity_.fields[f].options.parent; })) return {};
  const std::optional<Row> before = TRY(read_row(row));
  return before ? mark_dirty(row, before->record) : Status();
}

/// The search mark, looked up once: it only ever moves up to rows that are there, and whoever removes one looks again.
Result<int64_t> Rows::indexed() {
  if (indexed_ >= 0 || entity_.found_by_parent) return indexed_;
  Statement s = db_.prepare("SELECT row FROM search_mark WHERE entity=?");
  s.bind(entity_.key);
  const int64_t mark = s.step() ? s.integer(0) : 0;
  TRY(s.status());
  return indexed_ = mark;
}

Status Rows::remove(int64_t row) {
  indexed_ = -1;
  if (std::optional<Row> old = TRY(read_row(row))) {
    TRY(mark_dirty(row, old->record));
    TRY(note_aliases(old->record));
    if (entity_.mergeable) tables_.aliases().changed();
  }
  Statement s = db_.prepare("DELETE FROM " + quoted(entity_.key) + " WHERE row=?");
  return s.bind(row).run();
}

Status Rows::erase(int64_t row, int64_t seq) {
  if (std::optional<Row> old = TRY(read_row(row))) {
    TRY(mark_dirty(row, old->record));
    TRY(note_aliases(old->record));
    if (entity_.mergeable) tables_.aliases().changed();
  }
  Versions versions;
  versions.base = seq;
  std::string sql = "UPDATE " + quoted(entity_.key) + " SET seq=?, ver=?, life=2, " + std::string(tables_.side() == Side::server ? "scope=0, entered=0, " : "") + "created_at=0, created_by=0, updated_at=0, updated_by=0";
  for (const FieldDef& f : entity_.fields) {
    sql += ", " + quoted(f.key) + "=NULL";
    if (f.kind == Kind::money) sql += ", " + quoted(std::string(f.key) + "_currency") + "=NULL";
    if (has_sort_column(f)) sql += ", " + quoted(sort_column(f)) + "=''";
  }
  const std::string blob = versions.blob();
  Statement s = db_.prepare(sql + " WHERE row=?");
  return s.bind(seq).bind_blob(blob).bind(row).run();
}

Status Rows::place(int64_t row, int64_t scope, int64_t seq) {
  if (std::optional<Row> moved = TRY(read_row(row))) TRY(mark_dirty(row, moved->record));  // What is found by whom changes.
  Statement s = db_.prepare("UPDATE " + quoted(entity_.key) + " SET scope=?, entered=?, seq=? WHERE row=?");
  return s.bind(scope).bind(seq).bind(seq).bind(row).run();
}

Status Rows::unconfirm(int64_t row) {
  TRY(settle());
  const std::string blob = Versions().blob();
  Statement s = db_.prepare("UPDATE " + quoted(entity_.key) + " SET seq=0, ver=? WHERE row=?");
  return s.bind_blob(blob).bind(row).run();
}

static constexpr int64_t forgotten = -1;

Status Rows::forget_confirmed() {
  TRY(settle());
  Statement s = db_.prepare("UPDATE " + quoted(entity_.key) + " SET seq=? WHERE seq>0");
  return s.bind(forgotten).run();
}

Status Rows::forget_versions() {
  TRY(settle());
  const std::string none = Versions().blob();
  Statement s = db_.prepare("UPDATE " + quoted(entity_.key) + " SET ver=?");
  return s.bind_blob(none).run();
}

Result<std::vector<Id>> Rows::forgotten_rows() {
  TRY(settle());
  std::vector<Id> out;
  Statement s = db_.prepare("SELECT id FROM " + quoted(entity_.key) + " WHERE seq=?");
  s.bind(forgotten);
  while (s.step()) out.push_back(s.id(0));
  TRY(s.status());
  return out;
}

Status Rows::mark_dirty_by_id(size_t entity, const Id& id) {
  for (const Id& one : {id, TRY(tables_.aliases().root(id))}) {
    int64_t number = 0;
    {
      Statement s = db_.prepare("SELECT row FROM " + quoted(tables_.schema()[entity].key) + " WHERE id=?");
      s.bind(one);
      if (s.step()) number = s.integer(0);
      TRY(s.status());
    }
    if (number) TRY(tables_.search_marks().mark(entity, number));
    if (tables_.aliases().none()) break;
  }
  return {};
}

Status Rows::mark_dirty(int64_t row, const Record& record) {
  if (!entity_.found_by_parent) {
    TRY(tables_.search_marks().mark(index_, row));
    return entity_.mergeable && !tables_.aliases().none() ? mark_dirty_by_id(index_, record.id) : Status();
  }
  for (const FieldDef& f : entity_.fields)
    if (f.options.parent && !is_empty(record.values[f.index])) {
      const int target = tables_.schema().index_of(f.options.target);
      HOLDFAST_ASSERT(target >= 0);
      TRY(mark_dirty_by_id(static_cast<size_t>(target), as_id(record.values[f.index])));
    }
  return {};
}

/// A root is found by the words of what was merged into it; and who the roots are is to be looked up again.
Status Rows::note_aliases(const Record& record) {
  if (entity_.key != "alias") return {};
  const std::optional<Row> whole = TRY(read(record.id));
  const Record& edge = whole ? whole->record : record;
  for (const char* key : {"loser", "winner"}) {
    const Value& id = edge.values[entity_.find(key)->index];
    const int e = tables_.schema().index_of(ref_target(edge, *entity_.find(key)));
    if (!is_empty(id) && e >= 0 && tables_.schema()[static_cast<size_t>(e)].mergeable) TRY(mark_dirty_by_id(static_cast<size_t>(e), as_id(id)));
  }
  tables_.aliases().changed();
  return {};
}

void Rows::Scan::advance() {
  at_end_ = true;
  while (statement_.step()) {
    if (wanted_) {
      Row head{0, Record(), {}};
      head.record.meta.seq = statement_.integer(2);
      head.record.meta.life = static_cast<Life>(statement_.integer(4));
      head.scope = statement_.integer(9);
      head.entered = statement_.integer(10);
      Result<bool> wanted = wanted_(head);
      if (!wanted.ok()) {
        failed_ = wanted.take_error();
        return;
      }
      if (!*wanted) continue;
    }
    rows_->whole_into(row_, statement_);
    at_end_ = false;
    return;
  }
}

Rows::Scan Rows::after_seq(int64_t seq, Wanted wanted) {
  Status settled = settle();
  Statement s = db_.prepare(after_seq_sql_);
  s.bind(seq);
  return Scan(*this, std::move(s), std::move(wanted), std::move(settled));
}

Rows::Scan Rows::after_id(const Id& id, Wanted wanted) {
  Status settled = settle();
  Statement s = db_.prepare(after_id_sql_);
  s.bind(id);  // Bound statically; the first step happens here, while `id` lives, and later ones keep their position.
  return Scan(*this, std::move(s), std::move(wanted), std::move(settled));
}

Result<std::vector<Row>> Rows::erased_up_to(int64_t seq) {
  TRY(settle());
  Statement s = db_.prepare("SELECT " + head_columns_ + " FROM " + quoted(entity_.key) + " WHERE life=2 AND seq<=? ORDER BY seq");
  s.bind(seq);
  return collect(s, Part::head);
}

Result<std::vector<Record>> Rows::children(uint16_t field, const Id& id, Life life) {
  TRY(settle());
  Statement s = db_.prepare("SELECT " + columns_ + " FROM " + quoted(entity_.key) + " WHERE " + quoted(entity_.fields[field].key) +
                            "=? AND life=? ORDER BY row");
  s.bind(id).bind(static_cast<int64_t>(life));
  std::vector<Record> out;
  while (s.step()) out.push_back(from(s).record);
  TRY(s.status());
  return out;
}

Result<std::vector<Row>> Rows::collect(Statement& s, Part part) {
  std::vector<Row> out;
  while (s.step()) out.push_back(from(s, part));
  TRY(s.status());
  return out;
}

Result<std::vector<Row>> Rows::child_rows(uint16_t field, const Id& id) {
  TRY(settle());
  Statement s = db_.prepare("SELECT " + columns_ + " FROM " + quoted(entity_.key) + " WHERE " + quoted(entity_.fields[field].key) + "=? AND life<2 ORDER BY row");
  s.bind(id);
  return collect(s, Part::whole);
}

Result<std::vector<Row>> Rows::child_rows(uint16_t field, const Id& id, uint16_t other, int64_t value) {
  TRY(settle());
  Statement s = db_.prepare("SELECT " + columns_ + " FROM " + quoted(entity_.key) + " WHERE " + quoted(entity_.fields[field].key) + "=? AND life<2 AND " + quoted(entity_.fields[other].key) + "=? ORDER BY row");
  s.bind(id).bind(value);
  return collect(s, Part::whole);
}

Result<std::vector<Row>> Rows::child_words(uint16_t field, const Id& id) {
  TRY(settle());
  Statement s = db_.prepare("SELECT " + words_columns_ + " FROM " + quoted(entity_.key) + " WHERE " + quoted(entity_.fields[field].key) + "=? AND life=0 ORDER BY row");
  s.bind(id);
  return collect(s, Part::words);
}

Result<std::vector<Row>> Rows::words_after(int64_t row, size_t count_max) {
  TRY(settle());
  Statement s = db_.prepare("SELECT " + words_columns_ + " FROM " + quoted(entity_.key) + " WHERE row>? ORDER BY row LIMIT ?");
  s.bind(row).bind(static_cast<int64_t>(count_max));
  return collect(s, Part::words);
}

}  // namespace holdfast
