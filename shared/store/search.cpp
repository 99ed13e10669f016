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
    std::string formatted;
    if (value.index() != 2) formatted = format_value(f, value);
    const std::string_view text = formatted.empty() ? as_text(value) : formatted;
    append_search_text(document, text);
    document += '\n';
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

Search::Search(Tables& tables) : tables_(tables) {
  for (size_t e = 0; e < tables.schema().size(); e++)
    if (tables.schema()[e].found_by_parent) parts_.push_back(std::make_unique<Rows>(tables, e));
}

Status Search::add_document(std::string& document, Rows& rows, const Row& row, int64_t scope) {
  const Record& record = row.record;
  add_words(document, record);
  for (const std::unique_ptr<Rows>& part : parts_)
    for (const FieldDef& f : part->entity().fields) {
      if (!f.options.parent || f.options.target != rows.entity().key) continue;
      for (const Row& child : TRY(part->child_words(f.index, record.id)))
        if (child.scope == scope) add_words(document, child.record);
    }
  return {};
}

static constexpr size_t batch_max = 500;

Status Search::flush(Rows& rows) {
  Database& db = tables_.db();
  const std::string index = "\"" + std::string(rows.entity().key) + "_search\"";
  return db.transaction([&]() -> Status {
    TRY(rows.settle());  // It marks what it writes.
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
    const std::vector<int64_t> dirty = TRY(tables_.search_marks().marked(rows.entity_index()));
    // Taking a row's words out costs many times what putting them in does.
    if (dirty.size() > batch_max && static_cast<int64_t>(dirty.size()) > mark / 16) {
      TRY(db.execute("INSERT INTO " + index + "(" + index + ") VALUES('delete-all')"));
      mark = 0;
    }
    for (int64_t number : dirty) {
      if (number > mark) continue;
      Statement remove = db.prepare("DELETE FROM " + index + " WHERE rowid=?");
      TRY(remove.bind(number).run());
      if (std::optional<Row> row = TRY(rows.read_row(number))) TRY(index_row(*row));
    }
    if (!dirty.empty()) TRY(tables_.search_marks().clear(rows.entity_index()));
    int64_t last = mark;
    bool merging = true;
    auto merge = [&](bool on) {
      merging = on;
      return db.execute("INSERT INTO " + index + "(" + index + ", rank) VALUES('automerge', " + (on ? "4" : "0") + ")");
    };
    for (;;) {
      const std::vector<Row> batch = TRY(rows.words_after(last, batch_max));
      if (batch.empty()) break;
      if (merging && batch.size() == batch_max) TRY(merge(false));  // So many rows that merging as they come costs more than it saves.
      for (const Row& row : batch) TRY(index_row(row));
      last = batch.back().row;
    }
    if (last == mark) return {};
    if (!merging) TRY(merge(true));
    Statement s = db.prepare("INSERT INTO search_mark(entity, row) VALUES(?,?) ON CONFLICT(entity) DO UPDATE SET row=excluded.row");
    return s.bind(rows.entity().key).bind(last).run();
  });
}

Status Search::forget_removed(Rows& rows) {
  // A removed row is only marked in the index, its words stay until the index is written anew.
  const std::string index = "\"" + std::string(rows.entity().key) + "_search\"";
  TRY(tables_.db().execute("INSERT INTO " + index + "(" + index + ") VALUES('delete-all')"));
  TRY(tables_.search_marks().clear(rows.entity_index()));
  Statement unmark = tables_.db().prepare("DELETE FROM search_mark WHERE entity=?");
  TRY(unmark.bind(rows.entity().key).run());
  return flush(rows);
}

}  // namespace holdfast
