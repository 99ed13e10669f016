#include "shared/store/blobs.h"

#include <algorithm>

#include "shared/base/mutant.h"
#include "shared/model/entities.h"

namespace holdfast {

bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

BlobKey BlobKey::of(const Record& r) { return {r.id, r.text(attachment.sha256)}; }

std::optional<BlobKey> BlobKey::parse(std::string_view text) {
  const size_t slash = std::min(text.find('/'), text.size());
  const Result<Id> id = Id::parse(text.substr(0, slash));
  const std::string_view sha = text.substr(std::min(slash + 1, text.size()));
  if (!id.ok() || !is_sha256(sha)) return {};
  return BlobKey{*id, std::string(sha)};
}

Result<Blobs::Info> Blobs::info(const BlobKey& key) {
  Info out;
  {
    Statement s = db_.prepare("SELECT state, size FROM blob WHERE record=? AND sha=?");
    s.bind(key.record).bind(key.sha);
    if (s.step()) {
      out.state = static_cast<State>(s.integer(0));
      out.size = s.integer(1);
    }
    TRY(s.status());
  }
  if (out.state == State::none) return out;
  Statement s = db_.prepare("SELECT ifnull(sum(length(bytes)),0) FROM blob_part WHERE record=? AND sha=?");
  s.bind(key.record).bind(key.sha);
  if (s.step()) out.have = s.integer(0);
  TRY(s.status());
  return out;
}

Status Blobs::append(const BlobKey& key, int64_t size, int64_t at, std::string_view part, int64_t now_ms) {
  if (size < 1 || size > size_max) return Error{ErrorKind::invalid, "Files of up to 25 MB can be attached."};
  return db_.transaction([&]() -> Status {
    const Info now = TRY(info(key));
    if (is_whole(now.state)) return {};
    if (at != now.have) return Error{ErrorKind::conflict, "The file goes on at another place."};
    if ((now.size && now.size != size) || part.empty() || at + static_cast<int64_t>(part.size()) > size || static_cast<int64_t>(part.size()) > part_max)
      return Error{ErrorKind::invalid, "The file is not as long as was said."};
    Statement head = db_.prepare("INSERT INTO blob(record, sha, size, state, used_at) VALUES(?,?,?,1,?) ON CONFLICT(record, sha) DO UPDATE SET used_at=excluded.used_at");
    TRY(head.bind(key.record).bind(key.sha).bind(size).bind(now_ms).run());
    Statement add = db_.prepare("INSERT INTO blob_part(record, sha, at, bytes) VALUES(?,?,?,?)");
    return add.bind(key.record).bind(key.sha).bind(at).bind_blob(part).run();
  });
}

Status Blobs::set_state(const BlobKey& key, State state) {
  Statement s = db_.prepare("UPDATE blob SET state=? WHERE record=? AND sha=?");
  return s.bind(static_cast<int64_t>(state)).bind(key.record).bind(key.sha).run();
}

Status Blobs::keep(const BlobKey& key, std::string_view bytes, int64_t now_ms) {
  return db_.transaction([&]() -> Status {
    const Info now = TRY(info(key));
    if (is_whole(now.state)) return {};
    if (now.state == State::partial) TRY(drop(key));
    const auto step = static_cast<size_t>(part_size);
    for (size_t at = 0; at < bytes.size() || at == 0; at += step) TRY(append(key, static_cast<int64_t>(bytes.size()), static_cast<int64_t>(at), bytes.substr(at, step), now_ms));
    return set_state(key, State::unsent);
  });
}

Result<std::string> Blobs::part(const BlobKey& key, int64_t at) {
  Statement s = db_.prepare("SELECT bytes FROM blob_part WHERE record=? AND sha=? AND at=?");
  s.bind(key.record).bind(key.sha).bind(at);
  std::string out = s.step() ? std::string(s.blob(0)) : std::string();
  TRY(s.status());
  return out;
}

Result<std::string> Blobs::whole(const BlobKey& key) {
  Statement s = db_.prepare("SELECT bytes FROM blob_part WHERE record=? AND sha=? ORDER BY at");
  s.bind(key.record).bind(key.sha);
  std::string out;
  while (s.step()) out += s.blob(0);
  TRY(s.status());
  return out;
}

Status Blobs::used(const BlobKey& key, int64_t now_ms) {
  Statement s = db_.prepare("UPDATE blob SET used_at=? WHERE record=? AND sha=? AND state<>5");  // There it says when it was sent.
  return s.bind(now_ms).bind(key.record).bind(key.sha).run();
}

Status Blobs::drop(const BlobKey& key) {
  Statement parts = db_.prepare("DELETE FROM blob_part WHERE record=? AND sha=?");
  TRY(parts.bind(key.record).bind(key.sha).run());
  Statement head = db_.prepare("DELETE FROM blob WHERE record=? AND sha=?");
  return head.bind(key.record).bind(key.sha).run();
}

Status Blobs::erase(const BlobKey& key) {
  TRY(db_.transaction([&]() -> Status {
    TRY(drop(key));
    return tables_.note_erased();
  }));
  return tables_.clean_journal();
}

Result<std::vector<BlobKey>> Blobs::in_state(State state) {
  Statement s = db_.prepare("SELECT record, sha FROM blob WHERE state=? ORDER BY used_at, record, sha");
  s.bind(static_cast<int64_t>(state));
  std::vector<BlobKey> out;
  while (s.step()) out.push_back({s.id(0), std::string(s.text(1))});
  TRY(s.status());
  return out;
}

Result<std::vector<BlobKey>> Blobs::to_send() {
  std::vector<BlobKey> out = TRY(in_state(State::unsent));
  for (BlobKey& key : TRY(in_state(State::leaving))) out.push_back(std::move(key));
  return out;
}

Status Blobs::leave(const Id& record) {
  Statement s = db_.prepare("UPDATE blob SET state=4 WHERE record=? AND state=3");
  return s.bind(record).run();
}

Result<std::vector<std::string>> Blobs::changes_about(const Id& record) {
  Statement s = db_.prepare("SELECT body FROM waiting WHERE instr(body, ?1) UNION ALL SELECT body FROM rejected WHERE instr(body, ?1)");
  s.bind(record);
  std::vector<std::string> out;
  while (s.step()) out.emplace_back(s.blob(0));
  TRY(s.status());
  return out;
}

Result<int64_t> Blobs::total_bytes() {
  Statement s = db_.prepare("SELECT ifnull(sum(size),0) FROM blob");
  const int64_t n = s.step() ? s.integer(0) : 0;
  TRY(s.status());
  return n;
}

Status Blobs::all_unsent() { return db_.execute("UPDATE blob SET state=3 WHERE state IN (2, 5)"); }

Status Blobs::keep_within(int64_t bytes_max, int64_t sent_ms) {
  return db_.transaction([&]() -> Status {
    {
      Statement old = db_.prepare("UPDATE blob SET state=2 WHERE state=5 AND used_at<=?");
      TRY(old.bind(sent_ms).run());
    }
    int64_t total = 0;
    {
      Statement s = db_.prepare("SELECT ifnull(sum(size),0) FROM blob WHERE state=2");
      if (s.step()) total = s.integer(0);
      TRY(s.status());
    }
    if (total <= bytes_max) return {};
    for (const BlobKey& key : TRY(in_state(State::complete))) {
      if (total <= bytes_max) break;
      total -= TRY(info(key)).size;
      TRY(drop(key));
    }
    return {};
  });
}

Status Blobs::drop_unreferenced(int64_t since_ms) {
  if (tables_.schema().index_of("attachment") < 0 || MUTANT(bytes_left_behind)) return {};
  return db_.transaction([&]() -> Status {
    std::vector<BlobKey> gone;
    {
      // What is unsent stays while its author still has a change that speaks of it.
      std::string sql = "SELECT record, sha FROM blob WHERE used_at<=? AND state<>4 AND NOT EXISTS(SELECT 1 FROM attachment WHERE id=record AND life<2 AND sha256=sha)";
      if (tables_.side() == Side::device)
        sql += " AND (state<>3 OR NOT EXISTS(SELECT 1 FROM waiting WHERE instr(body, record)) AND NOT EXISTS(SELECT 1 FROM rejected WHERE instr(body, record)))";
      Statement s = db_.prepare(sql);
      s.bind(since_ms);
      while (s.step()) gone.push_back({s.id(0), std::string(s.text(1))});
      TRY(s.status());
    }
    for (const BlobKey& key : gone) TRY(drop(key));
    return {};
  });
}

}  // namespace holdfast
