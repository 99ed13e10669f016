#include "shared/exchange/import_source.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <utility>
#include <cstdio>

#include "shared/base/text.h"
#include "shared/exchange/columns.h"
#include "shared/exchange/vcard_row.h"

namespace holdfast {

static constexpr size_t chunk_bytes = 64 * 1024;

Result<ImportPlan> look_at(std::string_view file_name, std::string_view beginning, const Entity& entity) {
  if (trimmed(repaired_utf8(beginning)).empty()) return Error{ErrorKind::invalid, "The file is empty."};
  ImportPlan plan;
  plan.entity = &entity;
  plan.encoding = detect_encoding(beginning);
  const std::string text = Decoder(plan.encoding).decode(beginning, beginning.size() < chunk_bytes);
  const std::string low = ascii_lower(file_name), start = ascii_lower(trimmed(std::string_view(text).substr(0, 200)));
  plan.vcard = start.starts_with("begin:vcard") || (low.ends_with(".vcf") && ascii_lower(text).find("begin:vcard") != std::string::npos);
  if (plan.vcard) {
    if (&entity != &person) return Error{ErrorKind::invalid, "Address-book files hold people; import them as people."};
    return plan;
  }
  if (low.ends_with(".vcf")) return Error{ErrorKind::invalid, "This address-book file holds no card."};
  if (start.starts_with("pk\x03\x04")) return Error{ErrorKind::invalid, "This is a spreadsheet file. Save it as CSV and import that."};
  if (text.find('\xEF') != std::string::npos && text.find("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD") != std::string::npos)
    return Error{ErrorKind::invalid, "This does not look like a CSV or address-book file."};

  plan.dialect = detect_dialect(text);
  bool given = false;
  CsvReader reader([&]() -> std::string { return std::exchange(given, true) ? std::string() : text; }, plan.dialect);
  std::vector<CsvRow> rows;
  CsvRow row;
  while (rows.size() < 60 && reader.next(row)) rows.push_back(row);
  plan.header = detect_header(rows);
  size_t width = 0;
  for (const CsvRow& r : rows) width = std::max(width, r.size());
  for (size_t c = 0; c < width; c++) {
    std::string label, target;
    for (int h = 0; h < plan.header.rows; h++) {
      const CsvRow& header = rows[static_cast<size_t>(plan.header.skip + h)];
      const std::string cell = c < header.size() ? trimmed(header[c]) : std::string();
      if (cell.empty()) continue;
      if (target.empty()) target = known_column(cell);
      label += (label.empty() ? "" : " / ") + cell;
    }
    if (target.empty() && !label.empty()) target = known_column(label);
    plan.columns.push_back(label.empty() ? "Column " + std::to_string(c + 1) : label);
    plan.targets.push_back(target.empty() ? "note" : target);
  }
  for (size_t i = static_cast<size_t>(plan.header.skip + plan.header.rows); i < rows.size() && plan.preview.size() < 8; i++) plan.preview.push_back(rows[i]);
  if (plan.header.rows == 0) {
    // Without words to go by, values tell: an @ is an e-mail address, the first two columns of letters are the name.
    bool named = false;
    for (size_t c = 0; c < width; c++) {
      size_t at = 0, letters = 0, seen = 0;
      for (const CsvRow& r : plan.preview) {
        const std::string cell = c < r.size() ? trimmed(r[c]) : std::string();
        if (cell.empty()) continue;
        seen++;
        at += cell.find('@') != std::string::npos;
        letters += std::none_of(cell.begin(), cell.end(), [](char x) { return x >= '0' && x <= '9'; });
      }
      if (seen && at * 2 > seen) plan.targets[c] = "email";
      else if (!named && seen && letters == seen) {
        plan.targets[c] = &entity == &person ? "full_name" : "name";
        named = true;
      }
    }
  }
  if (&entity == &company)
    for (std::string& t : plan.targets) {
      if (t == "full_name" || t == "company_name") t = "name";
      else if (t == "web") t = "website";
    }
  return plan;
}

// ---- one CSV row

namespace {

struct Address {
  std::string number, street, street2, postcode, city, region, country;
  bool empty() const { return (number + street + street2 + postcode + city + region + country).empty(); }
};

/// "Berg, Anna" or "Anna Maria Berg" into first and last name.
void split_full_name(const std::string& name, std::string& first, std::string& last) {
  if (const size_t comma = name.find(','); comma != std::string::npos) {
    last = trimmed(std::string_view(name).substr(0, comma));
    first = trimmed(std::string_view(name).substr(comma + 1));
    return;
  }
  const size_t space = name.find_last_of(' ');
  last = space == std::string::npos ? name : name.substr(space + 1);
  first = space == std::string::npos ? std::string() : trimmed(std::string_view(name).substr(0, space));
}

std::string normalised(const CsvRow& row) {
  std::string out;
  for (const std::string& cell : row) out += fold(cell) + "\x1f";
  while (out.ends_with("\x1f")) out.pop_back();
  return out;
}

void put_text(ImportRow& out, const Entity& entity, std::string_view key, std::string_view label, const std::string& text) {
  const FieldDef* f = entity.find(key);
  if (!f) return;
  Result<Value> value = parse_value(*f, text);
  if (value.ok()) {
    if (!is_empty(*value)) out.values.emplace_back(f->index, value.take());
    return;
  }
  out.warnings.push_back(value.error().message);
  out.notes.push_back(std::string(label) + ": " + text);
}

}  // namespace

std::string row_hash(std::string_view normal) {
  const XXH128_hash_t h = XXH3_128bits(normal.data(), normal.size());
  char hex[40];
  std::snprintf(hex, sizeof hex, "%016llx%016llx", static_cast<unsigned long long>(h.high64), static_cast<unsigned long long>(h.low64));
  return std::string("row:") + hex;
}

static ImportRow understand(const CsvRow& cells, int line, const ImportPlan& plan) {
  ImportRow out;
  out.number = line;
  const Entity& entity = *plan.entity;
  Address address;
  std::string id, first, last;
  for (size_t c = 0; c < cells.size(); c++) {
    const std::string text = trimmed(nfc(cells[c]));
    if (text.empty()) continue;
    const std::string target = c < plan.targets.size() ? plan.targets[c] : "note";
    const std::string label = c < plan.columns.size() ? plan.columns[c] : "Column " + std::to_string(c + 1);
    if (target.empty()) continue;
    if (target == "note") out.notes.push_back(known_column(label) == "note" ? text : label + ": " + text);
    else if (target == "external_id") {
      if (id.empty()) id = text;
      else out.notes.push_back(label + ": " + text);
    } else if (target == "full_name") split_full_name(text, first, last);
    else if (target == "company_name") out.company = text.substr(0, 480);
    else if (target == "email")
      for (const std::string& one : split(text, ';')) out.points.push_back({"email", "work", trimmed(one), {}, {}, {}, {}, {}});
    else if (target.starts_with("phone."))
      out.points.push_back({"phone", target.substr(6), text, {}, {}, {}, {}, {}});
    else if (target == "web") out.points.push_back({"web", "work", text, {}, {}, {}, {}, {}});
    else if (target == "address.number") address.number = text;
    else if (target == "address.street") address.street = text;
    else if (target == "address.street2") address.street2 = text;
    else if (target == "address.postcode") address.postcode = text;
    else if (target == "address.city") address.city = text;
    else if (target == "address.region") address.region = text;
    else if (target == "address.country") address.country = text;
    else put_text(out, entity, target, label, text);
  }
  auto has = [&](Field f) { return std::any_of(out.values.begin(), out.values.end(), [&](const auto& v) { return v.first == f.index; }); };
  if (&entity == &person) {
    if (!first.empty() && !has(person.first_name)) put_text(out, entity, "first_name", "First name", first);
    if (!last.empty() && !has(person.last_name)) put_text(out, entity, "last_name", "Last name", last);
  }
  if (!address.empty()) {
    ImportPoint point{"address", "work", {}, {}, {}, {}, {}, {}};
    point.street = trimmed(address.number + " " + address.street) + (address.street2.empty() ? "" : (address.number + address.street).empty() ? address.street2 : ", " + address.street2);
    point.postcode = address.postcode;
    point.city = address.city;
    point.region = address.region;
    point.country = address.country;
    out.points.push_back(std::move(point));
  }
  out.content_key = row_hash(normalised(cells));
  out.key = id.empty() ? out.content_key : normal_element("id:" + repaired_utf8(id.substr(0, 280)));
  if (out.values.empty() && out.points.empty() && out.notes.empty() && out.company.empty() && id.empty()) out.failure = "The row is empty.";
  return out;
}

// ---- the whole file

struct ImportSource::State {
  ImportPlan plan;
  std::string_view bytes;
  size_t at = 0;
  std::unique_ptr<Decoder> decoder;
  std::unique_ptr<CsvReader> reader;
  int header_left = 0;
  std::vector<Vcard> cards;
  size_t card = 0;
};

ImportSource::ImportSource(const ImportPlan& plan, std::string_view bytes) : state_(std::make_unique<State>()) {
  state_->plan = plan;
  state_->bytes = bytes;
  if (plan.vcard) {
    state_->cards = parse_vcards(bytes);
    return;
  }
  state_->decoder = std::make_unique<Decoder>(plan.encoding);
  state_->header_left = plan.header.skip + plan.header.rows;
  State* s = state_.get();
  s->reader = std::make_unique<CsvReader>(
      [s]() -> std::string {
        while (s->at < s->bytes.size()) {
          const std::string_view chunk = s->bytes.substr(s->at, chunk_bytes);
          s->at += chunk.size();
          std::string text = s->decoder->decode(chunk, s->at == s->bytes.size());
          if (!text.empty()) return text;
        }
        return {};
      },
      plan.dialect);
}

ImportSource::~ImportSource() = default;

double ImportSource::progress() const {
  if (state_->plan.vcard) return state_->cards.empty() ? 1 : static_cast<double>(state_->card) / static_cast<double>(state_->cards.size());
  return state_->bytes.empty() ? 1 : static_cast<double>(state_->at) / static_cast<double>(state_->bytes.size());
}

bool ImportSource::next(ImportRow& out) {
  State& s = *state_;
  if (s.plan.vcard) {
    if (s.card == s.cards.size()) return false;
    out = row_from_card(s.cards[s.card++]);
    return true;
  }
  CsvRow cells;
  for (; s.header_left > 0; s.header_left--)
    if (!s.reader->next(cells)) return false;
  if (!s.reader->next(cells)) return false;
  out = understand(cells, s.reader->line(), s.plan);
  return true;
}

}  // namespace holdfast
