#include "shared/store/search.h"

#include "shared/base/text.h"

namespace holdfast {

std::string search_expression(std::string_view typed) {
  std::string out;
  for (const std::string& word : search_words(typed)) out += (out.empty() ? "\"" : " \"") + word + "\"*";
  return out;
}

static void add_words(std::string& document, const Record& record) {
  for (const FieldDef& f : record.entity->fields) {
    const Value& value = record.values[f.index];
    if (!f.options.searchable || is_empty(value)) continue;
    const std::string text = format_value(f, value);
    document += search_text(text) + "\n";
    if (f.kind == Kind::phone) {  // Also in one piece, as people type it.
      for (char c : text)
        if (c >= '0' && c <= '9') document += c;
      document += "\n";
    }
  }
}

Result<std::string> Search::document(Rows& rows, const Row& row) {
  std::string document;
  TRY(add_document(document, rows, row, row.scope));
  if (rows.entity().mergeable)
    for (const Id& id : TRY(tables_.aliases().merged_into(row.record.id)))
      if (const std::optional<Row> other = TRY(rows.read(id)); other && other->scope == row.scope) TRY(add_document(document, rows, *other, row.scope));
  return document;
}

Status Search::add_document(std::string& document, Rows& rows, const Row& row, int64_t scope) {
  const Record& record = row.record;
  add_words(document, record);
  const Schema& schema = tables_.schema();
  for (size_t e = 0; e < schema.size(); e++) {
    const Entity& part = schema[e];
    if (!part.found_by_parent) continue;
    for (const FieldDef& f : part.fields) {
      if (!f.options.parent || f.options.target != rows.entity().key) continue;
      for (const Row& child : TRY(Rows(tables_, e).child_rows(f.index, record.id)))
        if (child.record.meta.life == Life::live && child.scope == scope) add_words(document, child.record);
    }
  }
  return {};
}

Status Search::flush(Rows& rows) {
  Database& db = tables_.db();
  const std::string key(rows.entity().key), table = "\"" + key + "\"", index = "\"" + key + "_search\"";
  return db.transaction([&]() -> Status {
    int64_t mark = 0;
    {
      Statement s = db.prepare("SELECT row FROM search_mark WHERE entity=?");
      s.bind(rows.entity().key);
      if (s.step()) mark = s.integer(0);
      TRY(s.status());
    }
    auto index_row = [&](const Row& row) -> Status {
      if (row.record.meta.life == Life::purged) return {};
      const std::string document = TRY(this->document(rows, row));
      Statement add = db.prepare("INSERT INTO " + index + "(rowid, text) VALUES(?,?)");
      return add.bind(row.row).bind(document).run();
    };
    std::vector<int64_t> dirty;
    {
      Statement s = db.prepare("SELECT row FROM search_dirty WHERE entity=?");
      s.bind(rows.entity().key);
      while (s.step()) dirty.push_back(s.integer(0));
      TRY(s.status());
    }
    for (int64_t number : dirty) {
      if (number > mark) continue;
      Statement remove = db.prepare("DELETE FROM " + index + " WHERE rowid=?");
      TRY(remove.bind(number).run());
      if (std::optional<Row> row = TRY(rows.read_row(number))) TRY(index_row(*row));
    }
    if (!dirty.empty()) {
      Statement clean = db.prepare("DELETE FROM search_dirty WHERE entity=?");
      TRY(clean.bind(rows.entity().key).run());
    }
    int64_t last = mark;
    for (;;) {
      std::vector<Row> batch;
      {
        Statement s = db.prepare("SELECT " + rows.columns_ + " FROM " + table + " WHERE row>? ORDER BY row LIMIT 500");
        s.bind(last);
        while (s.step()) batch.push_back(rows.from(s));
        TRY(s.status());
      }
      if (batch.empty()) break;
      for (const Row& row : batch) TRY(index_row(row));
      last = batch.back().row;
    }
    if (last == mark) return {};
    Statement s = db.prepare("INSERT INTO search_mark(entity, row) VALUES(?,?) ON CONFLICT(entity) DO UPDATE SET row=excluded.row");
    return s.bind(rows.entity().key).bind(last).run();
  });
}

Status Search::forget_removed(Rows& rows) {
  // A removed row is only marked in the index, its words stay until the index is written anew.
  const std::string index = "\"" + std::string(rows.entity().key) + "_search\"";
  TRY(tables_.db().execute("INSERT INTO " + index + "(" + index + ") VALUES('delete-all')"));
  for (const char* table : {"search_mark", "search_dirty"}) {
    Statement clean = tables_.db().prepare("DELETE FROM " + std::string(table) + " WHERE entity=?");
    TRY(clean.bind(rows.entity().key).run());
  }
  return flush(rows);
}

}  // namespace holdfast
