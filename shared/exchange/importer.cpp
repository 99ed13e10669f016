#include "shared/exchange/importer.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "shared/base/text.h"

namespace holdfast {

static constexpr size_t ops_per_batch = 380, bytes_per_batch = bytes_per_transaction_max / 4;  // One more row of usual size still fits into a transaction.

std::string_view outcome_name(RowOutcome o) {
  static constexpr std::string_view names[] = {"created", "updated", "skipped", "failed"};
  return names[static_cast<size_t>(o)];
}

Importer::Importer(Workspace& ws, const ImportPlan& plan, std::string_view bytes, Options options)
    : ws_(ws), entity_(*plan.entity), source_(plan, bytes), options_(options) {}

/// What earlier imports brought, by identity, and companies by name.
Status Importer::load_known() {
  auto each = [&](const Entity& entity, auto visit) -> Status {
    Rows::Scan scan = ws_.rows(entity).after_id(Id{});
    for (; scan.row(); scan.advance()) TRY(visit(scan.row()->record));
    return scan.status();
  };
  TRY(each(entity_, [&](const Record& r) -> Status {
    const bool merged = !(TRY(ws_.root(r.id)) == r.id);  // What it was merged into has its identifiers as well.
    for (const std::string& id : tag_elements(r[entity_.external_ids]))
      if (Known known{r.id, 0, {}}; merged) known_.insert_or_assign(id, std::move(known));
      else known_.emplace(id, std::move(known));
    return {};
  }));
  if (&entity_ == &person)
    TRY(each(company, [&](const Record& r) -> Status {
      if (r.meta.life == Life::live) companies_.emplace(fold(r.text(company.name)), TRY(ws_.root(r.id)));
      return {};
    }));
  loaded_ = true;
  return {};
}

Result<bool> Importer::step(int rows_max) {
  if (!loaded_) TRY(load_known());
  Edit edit;
  size_t ops = 0;
  ImportRow row;
  for (int i = 0; i < rows_max; i++) {
    if (!source_.next(row)) {
      TRY(flush(edit, ops));
      return false;
    }
    TRY(add_row(row, edit, ops));
    if (ops >= ops_per_batch || bytes_of(edit.changes()) >= bytes_per_batch) TRY(flush(edit, ops));
  }
  TRY(flush(edit, ops));
  return true;
}

Status Importer::flush(Edit& edit, size_t& ops) {
  if (!edit.empty() && !options_.dry_run) TRY(ws_.commit(edit, "Import"));
  edit = Edit();
  ops = 0;
  return {};
}

// ---- is it the same one?

static void add_fact(std::vector<uint64_t>& facts, const std::string& text) {
  const std::string folded = fold(text);
  if (!folded.empty()) facts.push_back(XXH3_64bits(folded.data(), folded.size()));
}

bool Importer::Likeness::same_as(const Likeness& other) const {
  const bool same_first = first == other.first, same_last = last == other.last;
  if (same_first && same_last) return true;
  if (!(same_first && !first.empty()) && !(same_last && !last.empty())) return false;
  return std::any_of(facts.begin(), facts.end(), [&](uint64_t f) { return std::find(other.facts.begin(), other.facts.end(), f) != other.facts.end(); });
}

Importer::Likeness Importer::likeness_of(const ImportRow& row) const {
  Likeness out;
  if (&entity_ != &person) return out;  // A company may change its name; its number says enough.
  for (const auto& [field, value] : row.values) {
    const std::string text = format_value(entity_.fields[field], value);
    if (field == person.first_name.index) out.first = fold(text);
    if (field == person.last_name.index) out.last = fold(text);
    if (field == person.birthday.index) add_fact(out.facts, text);
  }
  for (const ImportPoint& p : row.points) add_fact(out.facts, p.value + p.street);
  return out;
}

Result<Importer::Likeness> Importer::likeness_of(const Known& known) {
  if (known.line || &entity_ != &person) return known.likeness;
  Likeness out;
  const std::optional<Record> r = TRY(ws_.get(entity_, known.id));
  if (!r) return out;
  out.first = fold(r->text(person.first_name));
  out.last = fold(r->text(person.last_name));
  add_fact(out.facts, r->text(person.birthday));
  for (const Record& p : TRY(ws_.children(contact_point, contact_point.person, known.id)))
    add_fact(out.facts, p.text(contact_point.phone_number) + p.text(contact_point.mail) + p.text(contact_point.link) + p.text(contact_point.street));
  return out;
}

/// Two lists number their people alike: a row whose identifier is known but whose person is another goes by its content.
Result<bool> Importer::is_known(ImportRow& row) {
  const auto found = known_.find(row.key);
  if (found == known_.end() || row.content_key == row.key) return found != known_.end();
  if (TRY(likeness_of(found->second)).same_as(likeness_of(row))) return true;
  row.key = row.content_key;
  return known_.count(row.key) > 0;
}

Status Importer::add_row(ImportRow& row, Edit& edit, size_t& ops) {
  RowReport r{row.number, RowOutcome::created, join(row.warnings, " ")};
  report_.warnings += static_cast<int64_t>(row.warnings.size());
  if (!row.failure.empty()) {
    r.outcome = RowOutcome::failed;
    r.reason = row.failure;
  } else if (!TRY(is_known(row))) {
    TRY(create(row, edit, ops));
  } else if (Known& known = known_[row.key]; known.line) {
    r.outcome = RowOutcome::skipped;
    r.reason = "The same as line " + std::to_string(known.line) + ".";
  } else {
    TRY(update(row, known.id, edit, ops, r));
    known.line = row.number;
    known.likeness = likeness_of(row);
  }
  switch (r.outcome) {
    case RowOutcome::created: report_.created++; break;
    case RowOutcome::updated: report_.updated++; break;
    case RowOutcome::skipped: report_.skipped++; break;
    case RowOutcome::failed: report_.failed++; break;
  }
  if (!r.reason.empty() && report_.rows.size() < ImportReport::rows_max) report_.rows.push_back(std::move(r));
  return {};
}

static std::string notes_text(const std::vector<std::string>& notes, const FieldDef& f) {
  std::string out = join(notes, "\n");
  const auto limit = static_cast<size_t>(f.length_max());
  if (out.size() > limit) {
    out.resize(limit - 3);
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0) == 0x80) out.pop_back();
    if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xC0) out.pop_back();
    out += "…";
  }
  return nfc(out);
}

Result<Id> Importer::company_named(const std::string& name, Edit& edit, size_t& ops) {
  const std::string key = fold(name);
  if (const auto found = companies_.find(key); found != companies_.end()) return found->second;
  const Id id = ws_.new_id();
  edit.create(company, id);
  edit.set(company, id, company.name, TRY(parse_value(company.at(company.name), name)));
  edit.set(company, id, company.source, std::string("import"));
  ops++;
  companies_.emplace(key, id);
  return id;
}

void Importer::add_points(const ImportRow& row, const Id& owner, Edit& edit, size_t& ops, std::vector<std::string>& notes) {
  Id phone, mail;
  for (const ImportPoint& p : row.points) {
    const Id id = ws_.new_id();
    std::vector<std::pair<Field, std::string>> texts;
    if (p.type == "phone") texts = {{contact_point.phone_number, p.value}};
    else if (p.type == "email") texts = {{contact_point.mail, p.value}};
    else if (p.type == "web") texts = {{contact_point.link, p.value}};
    else
      texts = {{contact_point.street, p.street}, {contact_point.postcode, p.postcode}, {contact_point.city, p.city}, {contact_point.region, p.region}, {contact_point.country, p.country}};
    std::vector<FieldValue> values;
    for (const auto& [field, text] : texts) {
      if (text.empty()) continue;
      Result<Value> value = parse_value(contact_point.at(field), text);
      if (value.ok()) values.push_back({field.index, value.take()});
      else notes.push_back(std::string(contact_point.at(field).label) + ": " + text);
    }
    if (values.empty()) continue;
    edit.create(contact_point, id);
    edit.set(contact_point, id, &entity_ == &person ? contact_point.person : contact_point.company, owner);
    edit.set(contact_point, id, contact_point.type, p.type);
    edit.set(contact_point, id, contact_point.label, p.label);
    edit.set(contact_point, id, contact_point.source, std::string("import"));
    for (FieldValue& v : values) edit.set(contact_point, id, v.field, std::move(v.value));
    ops++;
    if (p.type == "phone" && phone.is_nil()) phone = id;
    if (p.type == "email" && mail.is_nil()) mail = id;
  }
  const bool is_person = &entity_ == &person;
  if (!phone.is_nil()) edit.set(entity_, owner, is_person ? person.primary_phone : company.primary_phone, phone);
  if (!mail.is_nil()) edit.set(entity_, owner, is_person ? person.primary_email : company.primary_email, mail);
}

Status Importer::create(const ImportRow& row, Edit& edit, size_t& ops) {
  const Id id = ws_.new_id();
  edit.create(entity_, id);
  ops++;
  for (const auto& [field, value] : row.values) edit.set(entity_, id, field, value);
  edit.set(entity_, id, entity_.source, std::string("import"));
  edit.set(entity_, id, entity_.external_ids, tags_from({row.key}));
  if (!row.company.empty() && &entity_ == &person) edit.set(person, id, person.company, TRY(company_named(row.company, edit, ops)));
  std::vector<std::string> notes = row.notes;
  add_points(row, id, edit, ops, notes);
  const FieldDef& f = *entity_.find("notes");
  if (!notes.empty()) edit.set(entity_, id, f.index, notes_text(notes, f));
  known_[row.key] = {id, row.number, likeness_of(row)};
  return {};
}

/// A row known from an earlier import: fields the file has and that differ are taken over; nothing is added twice. Of a record that was
/// merged into another, what is new goes to that one where it has nothing: whoever merged them chose between the rest.
Status Importer::update(const ImportRow& row, const Id& imported, Edit& edit, size_t& ops, RowReport& r) {
  const Id id = TRY(ws_.root(imported));
  const std::optional<Record> was = TRY(ws_.get(entity_, imported)), now = TRY(ws_.get(entity_, id));
  r.outcome = RowOutcome::skipped;
  if (!was || !now || now->meta.life != Life::live) {
    r.reason = "Imported before, and removed since.";
    return {};
  }
  for (const auto& [field, value] : row.values) {
    if (was->values[field] == value || now->values[field] == value || (!(id == imported) && !is_empty(now->values[field]))) continue;
    edit.set(entity_, id, field, value);
    ops++;
    r.outcome = RowOutcome::updated;
  }
  const std::vector<Record> points = TRY(ws_.children(contact_point, &entity_ == &person ? contact_point.person : contact_point.company, id));
  ImportRow missing;
  for (const ImportPoint& p : row.points) {
    const bool there = std::any_of(points.begin(), points.end(), [&](const Record& have) {
      auto same = [&](Field field, const std::string& text) {
        Result<Value> value = parse_value(contact_point.at(field), text);
        return value.ok() && *value == have[field];
      };
      if (as_text(have[contact_point.type]) != p.type) return false;
      if (p.type == "phone") return same(contact_point.phone_number, p.value);
      if (p.type == "email") return same(contact_point.mail, p.value);
      if (p.type == "web") return same(contact_point.link, p.value);
      return same(contact_point.street, p.street) && same(contact_point.city, p.city) && same(contact_point.postcode, p.postcode) &&
             same(contact_point.region, p.region) && same(contact_point.country, p.country);
    });
    if (!there) missing.points.push_back(p);
  }
  if (!missing.points.empty()) {
    std::vector<std::string> unused;
    add_points(missing, id, edit, ops, unused);
    r.outcome = RowOutcome::updated;
  }
  if (r.outcome == RowOutcome::skipped) r.reason = "Imported before, unchanged.";
  return {};
}

}  // namespace holdfast
