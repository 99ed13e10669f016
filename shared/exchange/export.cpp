#include "shared/exchange/export.h"

#include "shared/model/entities.h"

namespace holdfast {

static const Entity* target_of(const Schema& schema, const FieldDef& f) {
  const int e = schema.index_of(f.options.target);
  return e < 0 ? nullptr : &schema[static_cast<size_t>(e)];
}

/// Columns of contact details, by the words the importer knows them by.
static const std::pair<const char*, const char*> point_columns[] = {{"E-mail", "email"}, {"Phone", "phone.work"}, {"Mobile", "phone.mobile"}, {"Home phone", "phone.home"},
                                                                    {"Fax", "phone.fax"}, {"Website", "web"}, {"Street", "street"}, {"Postcode", "postcode"},
                                                                    {"City", "city"}, {"Region", "region"}, {"Country", "country"}};

static std::string point_text(const Record& p, std::string_view column) {
  const std::string_view type = as_text(p[contact_point.type]), label = as_text(p[contact_point.label]);
  if (column == "email") return type == "email" ? p.text(contact_point.mail) : "";
  if (column == "web") return type == "web" ? p.text(contact_point.link) : "";
  if (column.starts_with("phone."))
    return type == "phone" && (label == column.substr(6) || (column == "phone.work" && label != "mobile" && label != "home" && label != "fax")) ? p.text(contact_point.phone_number) : "";
  if (type != "address") return {};
  const FieldDef* f = contact_point.find(column);
  return f ? format_value(*f, p.values[f->index]) : "";
}

Result<std::string> export_csv(Workspace& ws, const Entity& entity) {
  const bool has_points = &entity == &person || &entity == &company;
  CsvRow header = {"Id"};
  for (const FieldDef& f : entity.fields)
    if (!f.options.hidden) header.emplace_back(f.label);
  if (has_points)
    for (const auto& [label, column] : point_columns) header.emplace_back(label);
  std::string out = "\xEF\xBB\xBF" + csv_row(header);

  Query query;
  query.sort_by = SortBy::created_at;
  query.limit = 500;
  for (;;) {
    std::optional<PageMark> next;
    for (const Record& r : TRY(ws.list(entity, query, &next))) {
      CsvRow row = {r.id.text()};
      for (const FieldDef& f : entity.fields) {
        if (f.options.hidden) continue;
        const Entity* target = f.kind == Kind::ref && !is_empty(r.values[f.index]) ? target_of(ws.schema(), f) : nullptr;
        row.push_back(target ? TRY(ws.read_title(*target, as_id(r.values[f.index]))) : format_value(f, r.values[f.index]));
      }
      if (has_points) {
        const auto points = TRY(ws.children(contact_point, &entity == &person ? contact_point.person : contact_point.company, r.id));
        for (const auto& [label, column] : point_columns) {
          std::string cell;
          for (const Record& p : points)
            if (cell.empty()) cell = point_text(p, column);
          row.push_back(std::move(cell));
        }
      }
      out += csv_row(row);
    }
    if (!next) return out;
    query.after = next;
  }
}

}  // namespace holdfast
