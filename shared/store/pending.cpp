#include "shared/store/pending.h"

#include <algorithm>

#include "shared/model/value_bytes.h"

namespace holdfast {

Value PendingRegister::visible_tags() const {
  std::vector<std::string> elements = tag_elements(confirmed.empty() ? Value{} : confirmed[0]);
  for (const Step& s : delta) {
    const auto at = std::find(elements.begin(), elements.end(), s.element);
    if (s.add && at == elements.end()) elements.push_back(s.element);
    if (!s.add && at != elements.end()) elements.erase(at);
  }
  return tags_from(std::move(elements));
}

Result<std::vector<PendingRegister>> PendingTable::collect(Statement& s) {
  std::vector<PendingRegister> out;
  while (s.step()) {
    PendingRegister p;
    const int entity = tables_.entity_of(static_cast<uint32_t>(s.integer(0)));
    if (entity < 0) continue;
    p.entity = static_cast<size_t>(entity);
    p.row = s.integer(1);
    p.reg = s.integer(2);
    ByteReader confirmed(s.blob(3));
    while (!confirmed.at_end()) p.confirmed.push_back(read_value(confirmed));
    p.op_no = s.integer(4);
    ByteReader delta(s.blob(5));
    while (!delta.at_end()) {
      const auto no = static_cast<int64_t>(delta.varint());
      const bool add = delta.byte() != 0;
      p.delta.push_back({no, add, std::string(delta.text())});
    }
    if (confirmed.bad() || delta.bad()) return Error{ErrorKind::corrupt, "A pending edit's record is damaged."};
    out.push_back(std::move(p));
  }
  TRY(s.status());
  return out;
}

static constexpr std::string_view select_row = "SELECT entity, row, register, confirmed, op_no, delta FROM pending WHERE entity=? AND row=?";

Result<std::optional<PendingRegister>> PendingTable::find(size_t entity, int64_t row, int64_t reg) {
  Statement s = db_.prepare("SELECT entity, row, register, confirmed, op_no, delta FROM pending WHERE entity=? AND row=? AND register=?");
  s.bind(int64_t{tables_.entity_no(entity)}).bind(row).bind(reg);
  std::vector<PendingRegister> found = TRY(collect(s));
  if (found.empty()) return std::optional<PendingRegister>();
  return std::optional<PendingRegister>(std::move(found[0]));
}

Result<std::vector<PendingRegister>> PendingTable::of_row(size_t entity, int64_t row) {
  Statement s = db_.prepare(select_row);
  s.bind(int64_t{tables_.entity_no(entity)}).bind(row);
  return collect(s);
}

Result<PendingTable::Touched> PendingTable::touched_up_to(int64_t op_no) {
  Statement s = db_.prepare("SELECT entity, row, register, op_no, delta IS NOT NULL FROM pending ORDER BY entity, row, register");
  Touched out;
  while (s.step()) {
    const bool later = s.integer(3) > op_no, steps = s.integer(4) != 0;
    out.open = out.open || later || steps;
    if (later && !steps) continue;
    if (const int entity = tables_.entity_of(static_cast<uint32_t>(s.integer(0))); entity >= 0) out.keys.push_back({static_cast<size_t>(entity), s.integer(1), s.integer(2)});
  }
  TRY(s.status());
  if (!std::is_sorted(out.keys.begin(), out.keys.end())) std::sort(out.keys.begin(), out.keys.end());
  return out;
}

static Result<bool> exists(Statement s) {
  const bool found = s.step() && s.integer(0);
  TRY(s.status());
  return found;
}

Status PendingTable::drop_up_to(int64_t op_no) {
  // All of them at once costs next to nothing.
  if (!TRY(exists(std::move(db_.prepare("SELECT EXISTS(SELECT 1 FROM pending WHERE op_no>?)").bind(op_no))))) return clear();
  Statement s = db_.prepare("DELETE FROM pending WHERE op_no<=?");
  return s.bind(op_no).run();
}

Result<std::vector<PendingRegister>> PendingTable::all() {
  Statement s = db_.prepare("SELECT entity, row, register, confirmed, op_no, delta FROM pending");
  return collect(s);
}

Status PendingTable::put(const PendingRegister& p) {
  std::string confirmed, delta;
  ByteWriter c(confirmed), d(delta);
  for (const Value& v : p.confirmed) write_value(c, v);
  for (const PendingRegister::Step& step : p.delta) {
    d.varint(static_cast<uint64_t>(step.op_no));
    d.byte(step.add);
    d.text(step.element);
  }
  Statement s = db_.prepare("INSERT OR REPLACE INTO pending(entity, row, register, confirmed, op_no, delta) VALUES(?,?,?,?,?,?)");
  s.bind(int64_t{tables_.entity_no(p.entity)}).bind(p.row).bind(p.reg).bind_blob(confirmed).bind(p.op_no);
  if (delta.empty()) s.bind_null();
  else s.bind_blob(delta);
  return s.run();
}

Status PendingTable::drop(const PendingRegister& p) {
  Statement s = db_.prepare("DELETE FROM pending WHERE entity=? AND row=? AND register=?");
  return s.bind(int64_t{tables_.entity_no(p.entity)}).bind(p.row).bind(p.reg).run();
}

Status PendingTable::clear() { return db_.prepare("DELETE FROM pending").run(); }

Status PendingTable::drop_row(size_t entity, int64_t row) {
  Statement s = db_.prepare("DELETE FROM pending WHERE entity=? AND row=?");
  return s.bind(int64_t{tables_.entity_no(entity)}).bind(row).run();
}

Result<bool> PendingTable::any() { return exists(db_.prepare("SELECT EXISTS(SELECT 1 FROM pending)")); }

}  // namespace holdfast
