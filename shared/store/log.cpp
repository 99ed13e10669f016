#include "shared/store/log.h"

#include <algorithm>
#include <map>

namespace holdfast {

static Result<int64_t> number(Statement& s) {
  const int64_t n = s.step() ? s.integer(0) : 0;
  TRY(s.status());
  return n;
}

Result<int64_t> Log::head() {
  if (head_ >= 0) return head_;
  head_ = TRY(blocks_.head());
  return head_;
}

static constexpr size_t remembered_max = 50'000;

Status Log::append(LogEntry e) {
  if (e.seq != TRY(head()) + 1) recent_.clear();
  if (recent_.size() >= remembered_max) recent_.pop_front();
  recent_.push_back({e.stamp, e.member});
  head_ = e.seq;
  TRY(runs_.add(e.stamp.device, e.op_no, e.seq));
  return blocks_.add(std::move(e));
}

Status Log::write_held() {
  TRY(blocks_.write_held());
  return runs_.write_held();
}

Result<std::optional<Author>> Log::author_of(int64_t seq) {
  if (const int64_t first = head_ - static_cast<int64_t>(recent_.size()) + 1; seq >= first && seq <= head_) return std::optional(recent_[static_cast<size_t>(seq - first)]);
  if (const auto known = authors_.find(seq); known != authors_.end()) return std::optional(known->second);
  const LogEntry* entry = TRY(blocks_.find(seq));
  if (!entry) return std::optional<Author>();
  if (authors_.size() >= remembered_max) authors_.clear();
  return std::optional(authors_[seq] = {entry->stamp, entry->member});
}

Result<std::optional<LogEntry>> Log::find(int64_t seq) {
  const LogEntry* entry = TRY(blocks_.find(seq));
  return entry ? std::optional(*entry) : std::nullopt;
}

Result<int64_t> Log::seq_of(uint32_t device, int64_t op_no) {
  if (const int64_t seq = TRY(runs_.seq_of(device, op_no))) return seq;
  Statement adopted = db_.prepare("SELECT seq FROM adopted WHERE device=? AND op_no=?");
  adopted.bind(int64_t{device}).bind(op_no);
  return number(adopted);
}

Status Log::join_family(const Device& d, uint32_t family) {
  const auto run = [&](std::string_view sql, uint32_t of) -> Status {
    Statement s = db_.prepare(sql);
    return s.bind(int64_t{family}).bind(int64_t{of}).run();
  };
  if (d.family && d.family != family) {
    TRY(run("UPDATE OR IGNORE common SET family=? WHERE family=?", d.family));
    TRY(run("UPDATE device SET family=? WHERE family=?", d.family));
  }
  TRY(run("UPDATE device SET family=? WHERE ordinal=?", d.ordinal));
  TRY(runs_.write());
  TRY(blocks_.of_device(d.ordinal, [&](const LogEntry& e) -> Result<bool> {
    if (!e.sum) return true;
    Statement s = db_.prepare("INSERT OR IGNORE INTO common(family, op_no, sum, device) VALUES(?,?,?,?)");
    TRY(s.bind(int64_t{family}).bind(e.op_no).bind(int64_t{e.sum}).bind(int64_t{d.ordinal}).run());
    return true;
  }));
  return run("INSERT OR IGNORE INTO common SELECT ?, op_no, sum, device FROM refusal WHERE device=? AND sum<>0", d.ordinal);
}

Result<uint32_t> Log::judged_in_family(uint32_t family, int64_t op_no, uint32_t sum) {
  Statement s = db_.prepare("SELECT device FROM common WHERE family=? AND op_no=? AND sum=?");
  s.bind(int64_t{family}).bind(op_no).bind(int64_t{sum});
  return static_cast<uint32_t>(TRY(number(s)));
}

Status Log::note_judged(uint32_t family, int64_t op_no, uint32_t sum, uint32_t device) {
  Statement s = db_.prepare("INSERT OR REPLACE INTO common(family, op_no, sum, device) VALUES(?,?,?,?)");
  return s.bind(int64_t{family}).bind(op_no).bind(int64_t{sum}).bind(int64_t{device}).run();
}

Result<bool> Log::adopted(uint32_t device, int64_t seq) {
  const LogEntry* entry = TRY(blocks_.find(seq));
  if (!entry) return false;
  Statement s = db_.prepare("SELECT 1 FROM adopted WHERE device=? AND op_no=? AND seq=?");
  s.bind(int64_t{device}).bind(entry->op_no).bind(seq);
  return TRY(number(s)) == 1;
}

Result<std::set<std::pair<uint32_t, int64_t>>> Log::adoptions() {
  Statement s = db_.prepare("SELECT device, seq FROM adopted");
  std::set<std::pair<uint32_t, int64_t>> out;
  while (s.step()) out.emplace(static_cast<uint32_t>(s.integer(0)), s.integer(1));
  TRY(s.status());
  return out;
}

Status Log::adopt(uint32_t device, int64_t op_no, int64_t seq) {
  Statement s = db_.prepare("INSERT OR REPLACE INTO adopted(device, op_no, seq) VALUES(?,?,?)");
  return s.bind(int64_t{device}).bind(op_no).bind(seq).run();
}

Result<std::optional<uint32_t>> Log::sum_of(uint32_t device, int64_t op_no) {
  std::optional<uint32_t> out;
  if (const int64_t seq = TRY(seq_of(device, op_no)))
    if (const LogEntry* entry = TRY(blocks_.find(seq))) out = entry->sum;
  if (out && *out) return out;
  Statement s = db_.prepare("SELECT sum FROM refusal WHERE device=? AND op_no=?");
  if (s.bind(int64_t{device}).bind(op_no).step() && (!out || s.integer(0))) out = static_cast<uint32_t>(s.integer(0));
  TRY(s.status());
  return out;
}

Result<std::vector<std::pair<int64_t, uint32_t>>> Log::newest_sums(uint32_t device, int count_max) {
  std::map<int64_t, uint32_t, std::greater<>> sums;
  const auto note = [&](int64_t op_no, uint32_t sum) { sums[op_no] = std::max(sums[op_no], sum); };
  const auto more = [&] { return sums.size() < static_cast<size_t>(count_max); };
  TRY(runs_.write());
  TRY(blocks_.of_device(device, [&](const LogEntry& e) -> Result<bool> {
    note(e.op_no, e.sum);
    return more();
  }));
  {
    Statement s = db_.prepare("SELECT op_no, sum FROM refusal WHERE device=? ORDER BY op_no DESC LIMIT ?");
    s.bind(int64_t{device}).bind(int64_t{count_max});
    while (s.step()) note(s.integer(0), static_cast<uint32_t>(s.integer(1)));
    TRY(s.status());
  }
  std::vector<std::pair<int64_t, int64_t>> adopted;
  {
    Statement s = db_.prepare("SELECT op_no, seq FROM adopted WHERE device=? ORDER BY op_no DESC LIMIT ?");
    s.bind(int64_t{device}).bind(int64_t{count_max});
    while (s.step()) adopted.emplace_back(s.integer(0), s.integer(1));
    TRY(s.status());
  }
  for (const auto& [op_no, seq] : adopted)
    if (const LogEntry* entry = TRY(blocks_.find(seq))) note(op_no, entry->sum);
  std::vector<std::pair<int64_t, uint32_t>> out(sums.begin(), sums.end());
  if (out.size() > static_cast<size_t>(count_max)) out.resize(static_cast<size_t>(count_max));
  return out;
}

Result<std::vector<std::string>> Log::faults() {
  std::vector<std::string> out;
  std::string fault = TRY(blocks_.fault());
  if (fault.empty()) fault = TRY(runs_.fault());  // They speak of whole blocks.
  if (!fault.empty()) out.push_back(std::move(fault));
  return out;
}

Result<std::optional<TagElement>> Log::element(size_t entity, int64_t row, uint32_t field, std::string_view element) {
  Statement s = db_.prepare("SELECT present, seq FROM element WHERE entity=? AND row=? AND field=? AND element=?");
  s.bind(int64_t{tables_.entity_no(entity)}).bind(row).bind(int64_t{field}).bind(element);
  std::optional<TagElement> out;
  if (s.step()) out = TagElement{s.integer(0) != 0, s.integer(1)};
  TRY(s.status());
  return out;
}

Status Log::put_element(size_t entity, int64_t row, uint32_t field, std::string_view element, const TagElement& e) {
  Statement s = db_.prepare("INSERT OR REPLACE INTO element(entity, row, field, element, present, seq) VALUES(?,?,?,?,?,?)");
  return s.bind(int64_t{tables_.entity_no(entity)}).bind(row).bind(int64_t{field}).bind(element).bind(int64_t{e.present}).bind(e.seq).run();
}

Result<std::vector<int64_t>> Log::element_versions(size_t entity, int64_t row, uint32_t field) {
  Statement s = db_.prepare("SELECT seq FROM element WHERE entity=? AND row=? AND field=?");
  s.bind(int64_t{tables_.entity_no(entity)}).bind(row).bind(int64_t{field});
  std::vector<int64_t> out;
  while (s.step()) out.push_back(s.integer(0));
  TRY(s.status());
  return out;
}

Result<std::vector<std::string>> Log::present_elements(size_t entity, int64_t row, uint32_t field) {
  Statement s = db_.prepare("SELECT element FROM element WHERE entity=? AND row=? AND field=? AND present=1");
  s.bind(int64_t{tables_.entity_no(entity)}).bind(row).bind(int64_t{field});
  std::vector<std::string> out;
  while (s.step()) out.emplace_back(s.text(0));
  TRY(s.status());
  return out;
}

static constexpr std::string_view device_columns = "SELECT ordinal, install, member, name, last_op_no, last_hlc, drained_at, last_seen, removed, family, was, parted FROM device";

static Result<std::vector<Device>> collect_devices(Statement& s, Tables& tables) {
  std::vector<Device> out;
  std::vector<int64_t> members;
  while (s.step()) {
    out.push_back({static_cast<uint32_t>(s.integer(0)), s.id(1), {}, std::string(s.text(3)), s.integer(4), s.integer(5), s.integer(6), s.integer(7), s.integer(8) != 0, static_cast<uint32_t>(s.integer(9)), static_cast<uint32_t>(s.integer(10)), s.integer(11)});
    members.push_back(s.integer(2));
  }
  TRY(s.status());
  for (size_t i = 0; i < out.size(); i++) out[i].member = TRY(tables.member_of(members[i]));
  return out;
}

static Result<std::optional<Device>> first_device(Statement& s, Tables& tables) {
  std::vector<Device> found = TRY(collect_devices(s, tables));
  if (found.empty()) return std::optional<Device>();
  return std::optional<Device>(std::move(found[0]));
}

Result<std::optional<Device>> Log::device(uint32_t ordinal) {
  Statement s = db_.prepare(std::string(device_columns) + " WHERE ordinal=?");
  s.bind(int64_t{ordinal});
  return first_device(s, tables_);
}

Result<std::string> Log::device_name(uint32_t ordinal) {
  if (const auto known = names_.find(ordinal); known != names_.end()) return known->second;
  const std::optional<Device> found = TRY(device(ordinal));
  return found ? names_[ordinal] = found->name : std::string();
}

Result<std::optional<Device>> Log::device_of(const Id& install) {
  Statement s = db_.prepare(std::string(device_columns) + " WHERE install=?");
  s.bind(install);
  return first_device(s, tables_);
}

Result<std::vector<Device>> Log::devices() {
  Statement s = db_.prepare(std::string(device_columns) + " ORDER BY ordinal");
  return collect_devices(s, tables_);
}

Result<uint32_t> Log::add_device(const Device& d) {
  const int64_t member = TRY(tables_.member_no(d.member));
  Statement s = db_.prepare("INSERT INTO device(install, member, name, drained_at, last_seen) VALUES(?,?,?,?,?)");
  TRY(s.bind(d.install).bind(member).bind(d.name).bind(d.drained_at).bind(d.last_seen).run());
  return static_cast<uint32_t>(db_.last_row());
}

Status Log::put_device(const Device& d) {
  names_.erase(d.ordinal);
  const int64_t member = TRY(tables_.member_no(d.member));
  Statement s = db_.prepare("UPDATE device SET member=?, name=?, last_op_no=?, last_hlc=?, drained_at=?, last_seen=?, removed=?, family=?, was=?, parted=? WHERE ordinal=?");
  return s.bind(member).bind(d.name).bind(d.last_op_no).bind(d.last_hlc).bind(d.drained_at).bind(d.last_seen).bind(int64_t{d.removed}).bind(int64_t{d.family}).bind(int64_t{d.was}).bind(d.parted).bind(int64_t{d.ordinal}).run();
}

Status Log::refuse(uint32_t device, const StoredRefusal& r) {
  Statement s = db_.prepare("INSERT OR REPLACE INTO refusal(device, op_no, code, reason, body, sum, late) VALUES(?,?,?,?,?,?,?)");
  return s.bind(int64_t{device}).bind(r.op_no).bind(r.code).bind(r.reason).bind_blob(r.body).bind(int64_t{r.sum}).bind(r.late).run();
}

static Result<std::vector<StoredRefusal>> collect_refusals(Statement& s) {
  std::vector<StoredRefusal> out;
  while (s.step()) out.push_back({s.integer(0), std::string(s.text(1)), std::string(s.text(2)), std::string(s.blob(3)), static_cast<uint32_t>(s.integer(4)), s.integer(5)});
  TRY(s.status());
  return out;
}

Status Log::settle_late(uint32_t device, const StoredRefusal& r, int64_t seq) {
  Statement s = db_.prepare("INSERT INTO refusal(device, op_no, code, reason, body, sum, late) VALUES(?,?,?,?,?,0,?)"
                            " ON CONFLICT(device, op_no) DO UPDATE SET code=excluded.code, reason=excluded.reason, late=excluded.late");
  return s.bind(int64_t{device}).bind(r.op_no).bind(r.code).bind(r.reason).bind_blob(r.body).bind(seq).run();
}

Result<std::vector<StoredRefusal>> Log::refusals_after(uint32_t device, int64_t op_no, int64_t seq) {
  Statement s = db_.prepare("SELECT op_no, code, reason, body, sum, late FROM refusal WHERE device=? AND (op_no>? OR late>?) ORDER BY op_no");
  s.bind(int64_t{device}).bind(op_no).bind(seq);
  return collect_refusals(s);
}

Result<std::optional<StoredRefusal>> Log::refusal(uint32_t device, int64_t op_no) {
  Statement s = db_.prepare("SELECT op_no, code, reason, body, sum, late FROM refusal WHERE device=? AND op_no=?");
  s.bind(int64_t{device}).bind(op_no);
  std::vector<StoredRefusal> found = TRY(collect_refusals(s));
  if (found.empty()) return std::optional<StoredRefusal>();
  return std::optional<StoredRefusal>(std::move(found[0]));
}

Status Log::refuse_record(const Id& id) {
  Statement s = db_.prepare("INSERT OR IGNORE INTO refused_record(id) VALUES(?)");
  return s.bind(id).run();
}

Result<bool> Log::record_refused(const Id& id) {
  Statement s = db_.prepare("SELECT 1 FROM refused_record WHERE id=?");
  s.bind(id);
  return TRY(number(s)) == 1;
}

Status Log::quarantine(const Id& record, const Quarantined& q) {
  Statement s = db_.prepare("INSERT INTO quarantine(record, device, op_no, hlc, at, body) VALUES(?,?,?,?,?,?)");
  return s.bind(record).bind(int64_t{q.device}).bind(q.op_no).bind(q.hlc).bind(q.at_ms).bind_blob(q.body).run();
}

static Result<std::vector<Quarantined>> collect(Statement& s) {
  std::vector<Quarantined> out;
  while (s.step()) out.push_back({s.integer(0), static_cast<uint32_t>(s.integer(1)), s.integer(2), s.integer(3), s.integer(4), std::string(s.blob(5))});
  TRY(s.status());
  return out;
}

Result<std::vector<Quarantined>> Log::quarantined(const Id& record) {
  Statement s = db_.prepare("SELECT no, device, op_no, hlc, at, body FROM quarantine WHERE record=? ORDER BY no");
  s.bind(record);
  return collect(s);
}

Result<std::vector<Quarantined>> Log::quarantined() {
  Statement s = db_.prepare("SELECT no, device, op_no, hlc, at, body FROM quarantine ORDER BY no");
  return collect(s);
}

Result<int64_t> Log::quarantined_of(uint32_t device) {
  Statement s = db_.prepare("SELECT count(*) FROM quarantine WHERE device=?");
  s.bind(int64_t{device});
  return number(s);
}

Result<std::optional<Log::Waiting>> Log::waiting(uint32_t device, int64_t op_no) {
  Statement s = db_.prepare("SELECT record, no, hlc, at FROM quarantine WHERE device=? AND op_no=?");
  s.bind(int64_t{device}).bind(op_no);
  std::optional<Waiting> out;
  if (s.step()) out = Waiting{s.id(0), {s.integer(1), device, op_no, s.integer(2), s.integer(3), {}}};
  TRY(s.status());
  return out;
}

Status Log::drop_quarantined(int64_t no) {
  Statement s = db_.prepare("DELETE FROM quarantine WHERE no=?");
  return s.bind(no).run();
}

Result<std::vector<Quarantined>> Log::quarantined_before(int64_t at_ms) {
  Statement s = db_.prepare("SELECT no, device, op_no, hlc, at, body FROM quarantine WHERE at<? ORDER BY no");
  s.bind(at_ms);
  return collect(s);
}

Result<std::optional<int64_t>> Log::clock_offset(uint32_t device, uint32_t mono_epoch) {
  Statement s = db_.prepare("SELECT offset FROM clock_offset WHERE device=? AND mono_epoch=?");
  s.bind(int64_t{device}).bind(int64_t{mono_epoch});
  std::optional<int64_t> out;
  if (s.step()) out = s.integer(0);
  TRY(s.status());
  return out;
}

Status Log::put_clock_offset(uint32_t device, uint32_t mono_epoch, int64_t offset_ms) {
  // Only the latest stretches matter: what was made in older ones has long been sent.
  Statement old = db_.prepare("DELETE FROM clock_offset WHERE device=? AND mono_epoch<?");
  TRY(old.bind(int64_t{device}).bind(int64_t{mono_epoch} - 100).run());
  Statement s = db_.prepare("INSERT OR REPLACE INTO clock_offset(device, mono_epoch, offset) VALUES(?,?,?)");
  return s.bind(int64_t{device}).bind(int64_t{mono_epoch}).bind(offset_ms).run();
}

Status Log::rewrite_bodies(const std::function<Result<bool>(std::string& body)>& rewrite) {
  TRY(blocks_.rewrite(rewrite));
  for (int64_t last = 0;;) {
    std::vector<std::pair<int64_t, std::string>> batch;
    {
      Statement s = db_.prepare("SELECT no, body FROM quarantine WHERE no>? ORDER BY no LIMIT 1000");
      s.bind(last);
      while (s.step()) batch.emplace_back(s.integer(0), s.blob(1));
      TRY(s.status());
    }
    if (batch.empty()) break;
    last = batch.back().first;
    for (auto& [no, body] : batch) {
      if (!TRY(rewrite(body))) continue;
      Statement s = db_.prepare("UPDATE quarantine SET body=? WHERE no=?");
      TRY(s.bind_blob(body).bind(no).run());
    }
  }
  std::vector<std::tuple<int64_t, int64_t, std::string>> refusals;
  {
    Statement s = db_.prepare("SELECT device, op_no, body FROM refusal");
    while (s.step()) refusals.emplace_back(s.integer(0), s.integer(1), s.blob(2));
    TRY(s.status());
  }
  for (auto& [device, op_no, body] : refusals) {
    if (!TRY(rewrite(body))) continue;
    Statement s = db_.prepare("UPDATE refusal SET body=? WHERE device=? AND op_no=?");
    TRY(s.bind_blob(body).bind(device).bind(op_no).run());
  }
  return {};
}

Status Log::forget_elements(size_t entity, int64_t row) {
  Statement s = db_.prepare("DELETE FROM element WHERE entity=? AND row=?");
  return s.bind(int64_t{tables_.entity_no(entity)}).bind(row).run();
}

}  // namespace holdfast
