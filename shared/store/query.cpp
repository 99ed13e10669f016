// Rows::list and Rows::count: a Query becomes SQL here and nowhere else.

#include <algorithm>
#include <map>

#include "shared/base/text.h"
#include "shared/store/rows.h"
#include "shared/store/search.h"

namespace holdfast {

static std::string quoted(std::string_view name) { return "\"" + std::string(name) + "\""; }

static std::string_view sql_operator(Compare compare) {
  switch (compare) {
    case Compare::eq: return "=";
    case Compare::ne: return "IS NOT";
    case Compare::lt: return "<";
    case Compare::le: return "<=";
    case Compare::gt: return ">";
    case Compare::ge: return ">=";
    case Compare::empty: case Compare::not_empty: break;
  }
  return "=";
}

static std::string order_expression(const Entity& entity, const Query& query) {
  switch (query.sort_by) {
    case SortBy::updated_at: return "updated_at";
    case SortBy::created_at: return "created_at";
    case SortBy::field: break;
  }
  return sort_expression(entity.fields[query.sort_field]);
}

Result<std::string> Rows::where(const Query& query, std::vector<Value>& bindings) {
  std::string sql = " WHERE life=?";
  bindings.emplace_back(static_cast<int64_t>(query.life));
  if (entity_.mergeable) {
    std::string list = "[";
    for (const Aliases::Hidden& h : TRY(tables_.aliases().hidden_rows(index_))) {
      // Who does not see the root sees the other as it is.
      if (query.scopes) {
        const std::optional<Row> root = TRY(read_head(h.root));
        if (!root || (root->scope != 0 && std::find(query.scopes->begin(), query.scopes->end(), root->scope) == query.scopes->end())) continue;
      }
      list += (list.size() > 1 ? "," : "") + std::to_string(h.row);
    }
    if (list.size() > 1) {
      sql += " AND row NOT IN (SELECT value FROM json_each(?))";
      bindings.emplace_back(list + "]");
    }
  }
  if (query.scopes) {
    std::string list = "[0";
    for (int64_t scope : *query.scopes) list += "," + std::to_string(scope);
    sql += " AND scope IN (SELECT value FROM json_each(?))";
    bindings.emplace_back(list + "]");
  }
  for (const Condition& c : query.where) {
    if (c.field >= entity_.fields.size()) return Error{ErrorKind::invalid, "The filter names a field that does not exist."};
    const FieldDef& f = entity_.fields[c.field];
    const std::string column = quoted(f.key);
    if (c.compare == Compare::empty) sql += " AND " + column + " IS NULL";
    else if (c.compare == Compare::not_empty) sql += " AND " + column + " IS NOT NULL";
    else if (f.kind == Kind::tags && c.compare == Compare::eq) {
      // One element of the sorted, line-feed separated copy.
      sql += " AND instr(char(10)||" + column + "||char(10), ?)>0";
      bindings.emplace_back("\n" + std::string(as_text(c.value)) + "\n");
    } else if (f.kind == Kind::boolean && c.compare == Compare::eq && as_int(c.value) == 0) {
      sql += " AND ifnull(" + column + ",0)=0";
    } else {
      sql += " AND " + column + " " + std::string(sql_operator(c.compare)) + " ?";
      bindings.push_back(c.value);
    }
  }
  if (!query.search.empty()) {
    const std::string match = search_expression(query.search);
    if (match.empty()) sql += " AND 0";
    else {
      sql += " AND row IN (SELECT rowid FROM " + quoted(std::string(entity_.key) + "_search") + " WHERE " +
             quoted(std::string(entity_.key) + "_search") + " MATCH ?)";
      bindings.emplace_back(match);
    }
  }
  return sql;
}

static void bind_all(Statement& s, const std::vector<Value>& values) {
  for (const Value& v : values) switch (v.index()) {
      case 0: s.bind_null(); break;
      case 1: s.bind(std::get<1>(v)); break;
      case 2: s.bind(std::string_view(std::get<2>(v))); break;
      case 3: s.bind(std::get<3>(v)); break;
      case 4: s.bind(std::get<4>(v).minor); break;
    }
}

Result<std::vector<Record>> Rows::list(const Query& query, std::optional<PageMark>* next) {
  TRY(settle());
  if (query.sort_by == SortBy::field && (query.sort_field >= entity_.fields.size() || !entity_.fields[query.sort_field].options.sortable))
    return Error{ErrorKind::invalid, "This list cannot be sorted by that field."};
  if (!query.search.empty()) {
    if (entity_.found_by_parent) return Error{ErrorKind::invalid, "This kind of record is found through its parent."};
    TRY(Search(tables_).flush(*this));
  }
  std::vector<Value> bindings;
  std::string conditions = TRY(where(query, bindings));
  const std::string order = order_expression(entity_, query);
  if (query.after) {
    conditions += std::string(" AND (") + order + ", row) " + (query.descending ? "<" : ">") + " (?,?)";
    bindings.push_back(query.after->key);
    bindings.emplace_back(query.after->row);
  }
  const std::string direction = query.descending ? " DESC" : "";
  bindings.emplace_back(int64_t{query.limit} + 1);
  Statement s = TRY(db_.prepare_once("SELECT " + columns_ + ", " + order + " FROM " + quoted(entity_.key) + conditions + " ORDER BY " + order +
                                     direction + ", row" + direction + " LIMIT ?"));
  bind_all(s, bindings);
  int order_column = head_column_count;
  for (const FieldDef& f : entity_.fields) order_column += column_count(f.kind);
  std::vector<Record> out;
  PageMark mark;
  if (next) next->reset();
  while (s.step()) {
    if (static_cast<int>(out.size()) == query.limit) {
      if (next) *next = mark;
      break;
    }
    Row row = from(s);
    mark.row = row.row;
    if (query.sort_by == SortBy::field && has_sort_column(entity_.fields[query.sort_field])) mark.key = std::string(s.text(order_column));
    else mark.key = s.integer(order_column);
    out.push_back(std::move(row.record));
  }
  TRY(s.status());
  return out;
}

Result<std::vector<int64_t>> Rows::row_numbers(const Query& query) {
  TRY(settle());
  if (!query.search.empty()) TRY(Search(tables_).flush(*this));
  std::vector<Value> bindings;
  const std::string conditions = TRY(where(query, bindings)), order = order_expression(entity_, query);
  const std::string direction = query.descending ? " DESC" : "";
  Statement s = TRY(db_.prepare_once("SELECT row FROM " + quoted(entity_.key) + conditions + " ORDER BY " + order + direction + ", row" + direction));
  bind_all(s, bindings);
  std::vector<int64_t> out;
  while (s.step()) out.push_back(s.integer(0));
  TRY(s.status());
  return out;
}

Result<std::vector<std::string>> Rows::distinct(uint16_t field, size_t count_max) {
  TRY(settle());
  const FieldDef& f = entity_.fields[field];
  const std::string column = quoted(f.key);
  Statement s = db_.prepare("SELECT " + column + ", count(*) FROM " + quoted(entity_.key) + " WHERE life=0 AND " + column + " IS NOT NULL GROUP BY 1");
  std::map<std::string, int64_t> counts;
  while (s.step()) {
    if (f.kind == Kind::tags)
      for (std::string& element : tag_elements(std::string(s.text(0)))) counts[std::move(element)] += s.integer(1);
    else counts[std::string(s.text(0))] += s.integer(1);
  }
  TRY(s.status());
  std::vector<std::pair<int64_t, std::string>> ranked;
  for (auto& [text, count] : counts) ranked.emplace_back(-count, text);
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> out;
  for (size_t i = 0; i < ranked.size() && i < count_max; i++) out.push_back(std::move(ranked[i].second));
  return out;
}

Result<int64_t> Rows::count(const Query& query) {
  TRY(settle());
  if (!query.search.empty()) TRY(Search(tables_).flush(*this));
  std::vector<Value> bindings;
  const std::string conditions = TRY(where(query, bindings));
  Statement s = TRY(db_.prepare_once("SELECT count(*) FROM " + quoted(entity_.key) + conditions));
  bind_all(s, bindings);
  const int64_t n = s.step() ? s.integer(0) : 0;
  TRY(s.status());
  return n;
}

Result<int64_t> Rows::count_changed(int64_t seq) {
  TRY(settle());
  Statement s = db_.prepare("SELECT count(*) FROM " + quoted(entity_.key) + " WHERE seq>?");
  s.bind(seq);
  const int64_t n = s.step() ? s.integer(0) : 0;
  TRY(s.status());
  return n;
}

Result<int64_t> Rows::count_seen(const std::optional<std::vector<int64_t>>& scopes) {
  TRY(settle());
  std::string list = "[0";
  if (scopes)
    for (int64_t scope : *scopes) list += "," + std::to_string(scope);
  list += "]";
  Statement s = db_.prepare("SELECT count(*) FROM " + quoted(entity_.key) + (scopes ? " WHERE scope IN (SELECT value FROM json_each(?))" : ""));
  if (scopes) s.bind(std::string_view(list));
  const int64_t n = s.step() ? s.integer(0) : 0;
  TRY(s.status());
  return n;
}

}  // namespace holdfast
