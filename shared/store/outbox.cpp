#include "shared/store/outbox.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "shared/base/mutant.h"

namespace holdfast {

static Result<std::vector<OutboxEntry>> collect(Statement& s) {
  std::vector<OutboxEntry> out;
  while (s.step()) out.push_back({s.integer(0), std::string(s.text(1)), s.integer(2), std::string(s.blob(3)), std::string(s.text(4)), std::string(s.text(5)), static_cast<uint32_t>(s.integer(6))});
  TRY(s.status());
  return out;
}

static Result<int64_t> number(Statement s) {
  const int64_t n = s.step() ? s.integer(0) : 0;
  TRY(s.status());
  return n;
}

uint32_t sum_of_body(std::string_view body) { return std::max<uint32_t>(XXH32(body.data(), body.size(), 0), 1); }

uint32_t OutboxEntry::first_sum() const { return sum ? sum : sum_of_body(body); }

/// Where what waits begins. Asked for first, so that SQLite looks for the larger of two bounds.
Result<int64_t> Outbox::waiting_after(int64_t op_no) {
  return std::max(op_no, TRY(number(db_.prepare("SELECT ifnull(max(op_no),0) FROM acknowledged"))));
}

Status Outbox::push(const OutboxEntry& entry) {
  Statement s = db_.prepare("INSERT INTO outbox(op_no, body, label, at) VALUES(?,?,?,?)");
  return s.bind(entry.op_no).bind_blob(entry.body).bind(entry.label).bind(entry.at_ms).run();
}

Result<std::vector<OutboxEntry>> Outbox::after(int64_t op_no, int count_max) {
  Statement s = db_.prepare("SELECT op_no, label, at, body, '', '', sum FROM outbox WHERE op_no>? ORDER BY op_no LIMIT ?");
  s.bind(TRY(waiting_after(op_no))).bind(int64_t{count_max});
  return collect(s);
}

Status Outbox::to_send(int64_t op_no, size_t bytes_max, const Take& take) {
  Statement s = db_.prepare("SELECT op_no, body, sum FROM outbox WHERE op_no>? ORDER BY op_no");
  s.bind(TRY(waiting_after(op_no)));
  for (size_t bytes = 0; s.step();) {
    const std::string_view body = s.blob(1);
    const bool first = bytes == 0;
    bytes += body.size();
    if ((!first && bytes > bytes_max) || !take(s.integer(0), body, static_cast<uint32_t>(s.integer(2)))) break;
  }
  return s.status();
}

Result<std::optional<OutboxEntry>> Outbox::find(int64_t op_no) {
  Statement s = db_.prepare("SELECT op_no, label, at, body, '', '', sum FROM waiting WHERE op_no=?");
  s.bind(op_no);
  std::vector<OutboxEntry> found = TRY(collect(s));
  if (found.empty()) return std::optional<OutboxEntry>();
  return std::optional<OutboxEntry>(std::move(found[0]));
}

Result<int64_t> Outbox::count() { return number(db_.prepare("SELECT count(*) FROM waiting")); }

Result<int64_t> Outbox::last_op_no() {
  return number(db_.prepare("SELECT max(ifnull((SELECT max(op_no) FROM outbox),0), ifnull((SELECT max(op_no) FROM rejected),0))"));
}

Status Outbox::sent_up_to(int64_t op_no, int64_t server_ms) {
  Statement note = db_.prepare("INSERT OR REPLACE INTO acknowledged(op_no, at) VALUES(?,?)");
  TRY(note.bind(op_no).bind(server_ms).run());
  if (!MUTANT(sent_not_kept)) return {};
  Statement drop = db_.prepare("DELETE FROM outbox WHERE op_no<=?");
  return drop.bind(op_no).run();
}

Status Outbox::drop_sent_before(int64_t server_ms) {
  Statement s = db_.prepare("DELETE FROM outbox WHERE op_no<=(SELECT max(op_no) FROM acknowledged WHERE at<?1) AND acked_at<?1");
  TRY(s.bind(server_ms).run());
  Statement known = db_.prepare("DELETE FROM acknowledged WHERE at<? AND op_no<(SELECT max(op_no) FROM acknowledged)");
  return known.bind(server_ms).run();
}

Result<std::vector<OutboxEntry>> Outbox::sent() {
  Statement s = db_.prepare("SELECT op_no, label, at, body, '', '', sum FROM sent ORDER BY op_no");
  return collect(s);
}

Status Outbox::send_again_after(int64_t op_no) {
  // Those up to it were told of together with some that are not.
  Statement back = db_.prepare("INSERT OR IGNORE INTO acknowledged SELECT ?1, at FROM acknowledged WHERE op_no>?1 ORDER BY op_no LIMIT 1");
  TRY(back.bind(op_no).run());
  Statement drop = db_.prepare("DELETE FROM acknowledged WHERE op_no>?");
  return drop.bind(op_no).run();
}

Status Outbox::rewrite(const std::function<Result<bool>(OutboxEntry&, Kept)>& change) {
  static const std::string names[] = {"waiting", "sent", "rejected"};
  for (const Kept kept : {Kept::waiting, Kept::sent, Kept::refused}) {
    const std::string& table = names[static_cast<int>(kept)];
    std::vector<OutboxEntry> entries;
    {
      Statement s = db_.prepare("SELECT op_no, label, 0, body, '', '', sum FROM " + table + " ORDER BY op_no");
      entries = TRY(collect(s));
    }
    for (OutboxEntry& entry : entries) {
      const uint32_t first = entry.first_sum();
      if (!TRY(change(entry, kept))) continue;
      Statement s = db_.prepare("UPDATE " + std::string(kept == Kept::refused ? "rejected" : "outbox") + " SET body=?, label=?, sum=? WHERE op_no=?");
      TRY(s.bind_blob(entry.body).bind(entry.label).bind(int64_t{first}).bind(entry.op_no).run());
    }
  }
  return {};
}

Status Outbox::reject(int64_t op_no, std::string_view code, std::string_view reason) {
  Statement s = db_.prepare("INSERT OR REPLACE INTO rejected(op_no, body, label, at, sum, code, reason) SELECT op_no, body, label, at, sum, ?, ? FROM outbox WHERE op_no=?");
  TRY(s.bind(code).bind(reason).bind(op_no).run());
  Statement drop = db_.prepare("DELETE FROM outbox WHERE op_no=?");
  return drop.bind(op_no).run();
}

Result<std::vector<OutboxEntry>> Outbox::rejected() {
  Statement s = db_.prepare("SELECT op_no, label, at, body, code, reason, sum FROM rejected ORDER BY op_no");
  return collect(s);
}

Status Outbox::wait_again(int64_t op_no) {
  Statement s = db_.prepare("INSERT OR REPLACE INTO outbox(op_no, body, label, at, sum) SELECT op_no, body, label, at, sum FROM rejected WHERE op_no=?");
  TRY(s.bind(op_no).run());
  return drop_rejected(op_no);
}

Status Outbox::tell_rejected(int64_t op_no, std::string_view code, std::string_view reason) {
  Statement s = db_.prepare("UPDATE rejected SET code=?, reason=? WHERE op_no=?");
  return s.bind(code).bind(reason).bind(op_no).run();
}

Status Outbox::waiting_accepted(int64_t op_no, int64_t server_ms) {
  Statement s = db_.prepare("INSERT OR REPLACE INTO outbox(op_no, body, label, at, sum, acked_at) SELECT op_no, body, label, at, sum, ? FROM rejected WHERE op_no=?");
  TRY(s.bind(server_ms).bind(op_no).run());
  return drop_rejected(op_no);
}

Status Outbox::reject_sent(int64_t op_no, std::string_view code, std::string_view reason) {
  Statement s = db_.prepare("INSERT OR IGNORE INTO rejected(op_no, body, label, at, sum, code, reason) SELECT op_no, body, label, at, sum, ?, ? FROM sent WHERE op_no=?");
  TRY(s.bind(code).bind(reason).bind(op_no).run());
  Statement drop = db_.prepare("DELETE FROM outbox WHERE op_no=(SELECT op_no FROM sent WHERE op_no=?)");
  return drop.bind(op_no).run();
}

Status Outbox::drop_rejected(int64_t op_no) {
  Statement s = db_.prepare("DELETE FROM rejected WHERE op_no=?");
  return s.bind(op_no).run();
}

Result<int64_t> Outbox::stage(std::string_view page) {
  Statement s = db_.prepare("INSERT INTO stage(page) VALUES(?)");
  TRY(s.bind_blob(page).run());
  return db_.last_row();
}

Result<std::vector<int64_t>> Outbox::staged() {
  Statement s = db_.prepare("SELECT no FROM stage ORDER BY no");
  std::vector<int64_t> out;
  while (s.step()) out.push_back(s.integer(0));
  TRY(s.status());
  return out;
}

Result<std::string> Outbox::staged_page(int64_t no) {
  Statement s = db_.prepare("SELECT page FROM stage WHERE no=?");
  s.bind(no);
  std::string page = s.step() ? std::string(s.blob(0)) : std::string();
  TRY(s.status());
  return page;
}

Status Outbox::clear_stage(int64_t after) {
  Statement s = db_.prepare("DELETE FROM stage WHERE no>?");
  return s.bind(after).run();
}

Status Drafts::put(std::string_view key, std::string_view body) {
  Statement s = db_.prepare("INSERT OR REPLACE INTO draft(key, body) VALUES(?,?)");
  return s.bind(key).bind(body).run();
}

Result<std::string> Drafts::find(std::string_view key) {
  Statement s = db_.prepare("SELECT body FROM draft WHERE key=?");
  s.bind(key);
  std::string body = s.step() ? std::string(s.text(0)) : std::string();
  TRY(s.status());
  return body;
}

Result<std::vector<std::pair<std::string, std::string>>> Drafts::all() {
  Statement s = db_.prepare("SELECT key, body FROM draft ORDER BY key");
  std::vector<std::pair<std::string, std::string>> out;
  while (s.step()) out.emplace_back(s.text(0), s.text(1));
  TRY(s.status());
  return out;
}

Status Drafts::drop_about(const Id& record) {
  const std::string text = record.text();
  Statement s = db_.prepare("DELETE FROM draft WHERE instr(key, ?1)");
  return s.bind(text).run();
}

Status Drafts::drop(std::string_view key) {
  Statement s = db_.prepare("DELETE FROM draft WHERE key=?");
  return s.bind(key).run();
}

}  // namespace holdfast
