#include "shared/store/blobs.h"

#include <algorithm>

namespace holdfast {

bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<Blobs::Info> Blobs::info(const std::string& sha) {
  Info out;
  {
    Statement s = db_.prepare("SELECT state, size FROM blob WHERE sha=?");
    s.bind(sha);
    if (s.step()) {
      out.state = static_cast<State>(s.integer(0));
      out.size = s.integer(1);
    }
    TRY(s.status());
  }
  if (out.state == State::none) return out;
  Statement s = db_.prepare("SELECT ifnull(sum(length(bytes)),0) FROM blob_part WHERE sha=?");
  s.bind(sha);
  if (s.step()) out.have = s.integer(0);
  TRY(s.status());
  return out;
}

Status Blobs::append(const std::string& sha, int64_t size, int64_t at, std::string_view part, int64_t now_ms) {
  if (size < 1 || size > size_max) return Error{ErrorKind::invalid, "Files of up to 25 MB can be attached."};
  return db_.transaction([&]() -> Status {
    const Info now = TRY(info(sha));
    if (now.state == State::complete || now.state == State::unsent) return {};
    if (at != now.have) return Error{ErrorKind::conflict, "The file goes on at another place."};
    if ((now.size && now.size != size) || part.empty() || at + static_cast<int64_t>(part.size()) > size || static_cast<int64_t>(part.size()) > part_max)
      return Error{ErrorKind::invalid, "The file is not as long as was said."};
    Statement head = db_.prepare("INSERT INTO blob(sha, size, state, used_at) VALUES(?,?,1,?) ON CONFLICT(sha) DO UPDATE SET used_at=excluded.used_at");
    TRY(head.bind(sha).bind(size).bind(now_ms).run());
    Statement add = db_.prepare("INSERT INTO blob_part(sha, at, bytes) VALUES(?,?,?)");
    return add.bind(sha).bind(at).bind_blob(part).run();
  });
}

Status Blobs::set_state(const std::string& sha, State state) {
  Statement s = db_.prepare("UPDATE blob SET state=? WHERE sha=?");
  return s.bind(static_cast<int64_t>(state)).bind(sha).run();
}

Status Blobs::keep(const std::string& sha, std::string_view bytes, int64_t now_ms) {
  return db_.transaction([&]() -> Status {
    const Info now = TRY(info(sha));
    if (now.state == State::complete || now.state == State::unsent) return {};
    if (now.state == State::partial) TRY(drop(sha));
    for (size_t at = 0; at < bytes.size() || at == 0; at += part_max) TRY(append(sha, static_cast<int64_t>(bytes.size()), static_cast<int64_t>(at), bytes.substr(at, part_max), now_ms));
    return set_state(sha, State::unsent);
  });
}

Result<std::string> Blobs::part(const std::string& sha, int64_t at) {
  Statement s = db_.prepare("SELECT bytes FROM blob_part WHERE sha=? AND at=?");
  s.bind(sha).bind(at);
  std::string out = s.step() ? std::string(s.blob(0)) : std::string();
  TRY(s.status());
  return out;
}

Result<std::string> Blobs::whole(const std::string& sha) {
  Statement s = db_.prepare("SELECT bytes FROM blob_part WHERE sha=? ORDER BY at");
  s.bind(sha);
  std::string out;
  while (s.step()) out += s.blob(0);
  TRY(s.status());
  return out;
}

Status Blobs::used(const std::string& sha, int64_t now_ms) {
  Statement s = db_.prepare("UPDATE blob SET used_at=? WHERE sha=?");
  return s.bind(now_ms).bind(sha).run();
}

Status Blobs::drop(const std::string& sha) {
  Statement parts = db_.prepare("DELETE FROM blob_part WHERE sha=?");
  TRY(parts.bind(sha).run());
  Statement head = db_.prepare("DELETE FROM blob WHERE sha=?");
  return head.bind(sha).run();
}

Result<std::vector<std::string>> Blobs::in_state(State state) {
  Statement s = db_.prepare("SELECT sha FROM blob WHERE state=? ORDER BY used_at, sha");
  s.bind(static_cast<int64_t>(state));
  std::vector<std::string> out;
  while (s.step()) out.emplace_back(s.text(0));
  TRY(s.status());
  return out;
}

Result<int64_t> Blobs::total_bytes() {
  Statement s = db_.prepare("SELECT ifnull(sum(size),0) FROM blob");
  const int64_t n = s.step() ? s.integer(0) : 0;
  TRY(s.status());
  return n;
}

Status Blobs::keep_within(int64_t bytes_max) {
  return db_.transaction([&]() -> Status {
    int64_t total = TRY(total_bytes());
    if (total <= bytes_max) return {};
    for (const std::string& sha : TRY(in_state(State::complete))) {
      if (total <= bytes_max) break;
      total -= TRY(info(sha)).size;
      TRY(drop(sha));
    }
    return {};
  });
}

Status Blobs::drop_unreferenced(int64_t since_ms) {
  if (tables_.schema().index_of("attachment") < 0) return {};
  return db_.transaction([&]() -> Status {
    std::vector<std::string> gone;
    {
      // What is unsent stays while its author still has a change that speaks of it.
      std::string sql = "SELECT sha FROM blob WHERE used_at<=? AND sha NOT IN (SELECT sha256 FROM attachment WHERE life<2 AND sha256 IS NOT NULL)";
      if (tables_.side() == Side::device)
        sql += " AND (state<>3 OR NOT EXISTS(SELECT 1 FROM outbox WHERE instr(body, CAST(sha AS BLOB))) AND NOT EXISTS(SELECT 1 FROM rejected WHERE instr(body, CAST(sha AS BLOB))))";
      Statement s = db_.prepare(sql);
      s.bind(since_ms);
      while (s.step()) gone.emplace_back(s.text(0));
      TRY(s.status());
    }
    for (const std::string& sha : gone) TRY(drop(sha));
    return {};
  });
}

}  // namespace holdfast
