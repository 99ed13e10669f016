#include "shared/store/log_blocks.h"

#include <algorithm>
#include <utility>

#include "shared/base/bytes.h"
#include "shared/base/mutant.h"

namespace holdfast {

static constexpr size_t block_bytes_max = 3900;  ///< What a page has room for, so that a block is read at once.
static constexpr size_t bytes_beside_body = 20;  ///< Of an entry in a block; rather too many.

/// Of any two numbers, as read() adds it again: a damaged row may have brought them.
static int64_t difference(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)); }

/// A row's body: the entry's own, of one alone. Of several, for each the difference of its stamp and receipt to those before it (to the
/// row's own, of the first), its sum, and its body.
static std::string body_of(const std::vector<LogEntry>& entries) {
  if (entries.size() == 1) return entries[0].body;
  std::string out;
  ByteWriter w(out);
  int64_t hlc = entries.front().stamp.hlc, at = entries.front().at_ms;
  for (const LogEntry& e : entries) {
    w.svarint(difference(e.stamp.hlc, std::exchange(hlc, e.stamp.hlc)));
    w.svarint(difference(e.at_ms, std::exchange(at, e.at_ms)));
    w.fixed32(e.sum);
    w.text(e.body);
  }
  return out;
}

static constexpr std::string_view columns = "log.seq, log.hlc, log.device, log.op_no, log.member, log.at, log.sum, log.count, log.body";

/// The entries of the row a statement of these columns stands at.
Result<std::vector<LogEntry>> LogBlocks::read(Statement& s) {
  const LogEntry first{s.integer(0), {s.integer(1), static_cast<uint32_t>(s.integer(2))}, s.integer(3), TRY(tables_.member_of(s.integer(4))), s.integer(5), {}, static_cast<uint32_t>(s.integer(6))};
  const int64_t count = s.integer(7);
  const Error damaged{ErrorKind::corrupt, "The log is damaged from number " + std::to_string(first.seq) + " on."};
  if (count < 1 || first.seq < 1 || first.op_no < 0 || std::max(first.seq, first.op_no) > INT64_MAX - count) return damaged;
  std::vector<LogEntry> out(1, first);
  if (count == 1) {
    out[0].body = s.blob(8);
    return out;
  }
  ByteReader r(s.blob(8));
  out.clear();
  uint64_t hlc = static_cast<uint64_t>(first.stamp.hlc), at = static_cast<uint64_t>(first.at_ms);
  for (int64_t i = 0; i < count && !r.bad(); i++) {
    LogEntry& e = out.emplace_back(first);
    e.seq += i;
    e.op_no += i;
    e.stamp.hlc = static_cast<int64_t>(hlc += static_cast<uint64_t>(r.svarint()));
    e.at_ms = static_cast<int64_t>(at += static_cast<uint64_t>(r.svarint()));
    e.sum = r.fixed32();
    e.body = r.text();
  }
  if (r.bad() || !r.at_end()) return damaged;
  return out;
}

Result<int64_t> LogBlocks::head() {
  if (!held_.empty()) return held_.back().seq;
  Statement s = db_.prepare("SELECT " + std::string(columns) + " FROM log ORDER BY seq DESC LIMIT 1");
  const int64_t head = s.step() ? TRY(read(s)).back().seq : 0;  // Read: numbers given twice would be worse than an error.
  TRY(s.status());
  return head;
}

Status LogBlocks::add(LogEntry e) {
  if (!held_.empty()) {
    const LogEntry& last = held_.back();
    const bool follows = e.seq == last.seq + 1 && e.op_no == last.op_no + 1 && e.stamp.device == last.stamp.device && e.member == last.member;
    if (!follows || held_bytes_ + e.body.size() + bytes_beside_body > block_bytes_max) TRY(write());
  }
  held_bytes_ += e.body.size() + bytes_beside_body;
  held_.push_back(std::move(e));
  return holding_ ? Status() : write();
}

Status LogBlocks::write_held() {
  holding_ = false;
  if (MUTANT(held_log_dropped) && held_.size() > 1) held_.pop_back();
  return write();
}

Status LogBlocks::write() {
  if (held_.empty()) return {};
  const LogEntry& first = held_.front();
  const int64_t member = TRY(tables_.member_no(first.member));
  const std::string body = body_of(held_);
  Statement s = db_.prepare("INSERT INTO log(seq, hlc, device, op_no, member, at, body, sum, count) VALUES(?,?,?,?,?,?,?,?,?)");
  TRY(s.bind(first.seq).bind(first.stamp.hlc).bind(int64_t{first.stamp.device}).bind(first.op_no).bind(member).bind(first.at_ms).bind_blob(body).bind(int64_t{first.sum}).bind(static_cast<int64_t>(held_.size())).run());
  held_.clear();
  held_bytes_ = 0;
  return {};
}

void LogBlocks::forget() {
  holding_ = false;
  held_.clear();
  held_bytes_ = 0;
  found_.clear();
}

Result<const LogEntry*> LogBlocks::find(int64_t seq) {
  const auto at = [seq](const std::vector<LogEntry>& in) { return !in.empty() && seq >= in.front().seq && seq <= in.back().seq ? &in[static_cast<size_t>(seq - in.front().seq)] : nullptr; };
  if (const LogEntry* held = at(held_)) return held;
  if (const LogEntry* known = at(found_)) return known;
  Statement s = db_.prepare("SELECT " + std::string(columns) + " FROM log WHERE seq<=? ORDER BY seq DESC LIMIT 1");
  if (s.bind(seq).step()) found_ = TRY(read(s));
  TRY(s.status());
  return at(found_);
}

Status LogBlocks::of_device(uint32_t device, const std::function<Result<bool>(const LogEntry&)>& next) {
  TRY(write());
  // A block lies within one run.
  Statement s = db_.prepare("SELECT " + std::string(columns) + " FROM run JOIN log ON log.seq>=run.seq AND log.seq<run.seq+run.count WHERE run.device=? ORDER BY run.op_no DESC, log.seq DESC");
  s.bind(int64_t{device});
  while (s.step()) {
    const std::vector<LogEntry> entries = TRY(read(s));
    for (auto e = entries.rbegin(); e != entries.rend(); ++e)
      if (!TRY(next(*e))) return {};
  }
  return s.status();
}

Status LogBlocks::rewrite(const std::function<Result<bool>(std::string& body)>& change) {
  TRY(write());
  found_.clear();
  for (int64_t last = 0;;) {
    std::vector<std::vector<LogEntry>> batch;
    {
      Statement s = db_.prepare("SELECT " + std::string(columns) + " FROM log WHERE seq>? ORDER BY seq LIMIT 100");
      s.bind(last);
      while (s.step()) batch.push_back(TRY(read(s)));
      TRY(s.status());
    }
    if (batch.empty()) return {};
    last = batch.back().front().seq;
    for (std::vector<LogEntry>& entries : batch) {
      bool changed = false;
      for (LogEntry& e : entries) changed = TRY(change(e.body)) || changed;
      if (!changed) continue;
      const std::string body = body_of(entries);
      Statement s = db_.prepare("UPDATE log SET body=? WHERE seq=?");
      TRY(s.bind_blob(body).bind(entries.front().seq).run());
    }
  }
}

Result<std::string> LogBlocks::fault() {
  TRY(write());
  Statement s = db_.prepare("SELECT " + std::string(columns) + " FROM log ORDER BY seq");
  for (int64_t expected = 0; s.step();) {
    const int64_t seq = s.integer(0);
    if (expected && seq != expected) return seq > expected ? "the log misses number " + std::to_string(expected) : "the log says number " + std::to_string(seq) + " twice";
    if (const auto entries = read(s); !entries.ok()) return entries.error().message;
    expected = seq + s.integer(7);
  }
  TRY(s.status());
  return std::string();
}

}  // namespace holdfast
