#include "shared/store/scopes.h"

#include <algorithm>

namespace holdfast {

static const std::string everything_mark = "*";

static std::string packed(const std::vector<Id>& ids) {
  std::string out;
  for (const Id& id : ids) out += id.view();
  return out;
}

static std::vector<Id> unpacked(std::string_view blob) {
  std::vector<Id> out;
  for (size_t at = 0; at + 16 <= blob.size(); at += 16) out.push_back(Id::from_bytes(blob.data() + at));
  return out;
}

bool Viewer::sees(const Audience& audience) const {
  if (everything || audience.empty()) return true;
  return std::any_of(audience.begin(), audience.end(), [&](const Id& id) { return std::binary_search(principals.begin(), principals.end(), id); });
}

/// The number of a blob in a table of two columns, made on first use.
static Result<int64_t> number_of(Database& db, const std::string& table, const std::string& column, const std::string& blob) {
  {
    Statement read = db.prepare("SELECT no FROM " + table + " WHERE " + column + "=?");
    read.bind_blob(blob);
    if (read.step()) return read.integer(0);
    TRY(read.status());
  }
  Statement add = db.prepare("INSERT INTO " + table + "(" + column + ") VALUES(?)");
  TRY(add.bind_blob(blob).run());
  return db.last_row();
}

Result<int64_t> Scopes::number(const Audience& audience) {
  if (audience.empty()) return everyone;
  return number_of(db_, "scope", "audience", packed(audience));
}

Result<bool> Scopes::sees(const Viewer& viewer, int64_t scope) {
  if (viewer.everything || scope == everyone) return true;
  auto known = audiences_.find(scope);
  if (known == audiences_.end()) {
    Statement s = db_.prepare("SELECT audience FROM scope WHERE no=?");
    s.bind(scope);
    if (!s.step()) {
      TRY(s.status());
      return Error{ErrorKind::corrupt, "A record belongs to an audience that is not known."};
    }
    known = audiences_.emplace(scope, unpacked(s.blob(0))).first;
  }
  return viewer.sees(known->second);
}

Result<std::vector<int64_t>> Scopes::seen_by(const Viewer& viewer) {
  std::vector<int64_t> all, out;
  {
    Statement s = db_.prepare("SELECT no FROM scope");
    while (s.step()) all.push_back(s.integer(0));
    TRY(s.status());
  }
  for (int64_t scope : all)
    if (TRY(sees(viewer, scope))) out.push_back(scope);
  return out;
}

Result<int64_t> Scopes::grant(const Viewer& viewer) { return number_of(db_, "grants", "principals", viewer.everything ? everything_mark : packed(viewer.principals)); }

Result<int64_t> Scopes::grant_to(const Id& member, const Viewer& viewer) {
  const int64_t no = TRY(grant(viewer));
  if (TRY(was_granted(member, no))) return no;
  const int64_t who = TRY(tables_.member_no(member));
  Statement s = db_.prepare("INSERT INTO granted(member, no) VALUES(?,?)");
  TRY(s.bind(who).bind(no).run());
  return no;
}

Result<bool> Scopes::was_granted(const Id& member, int64_t grant) {
  if (grant == 0) return true;
  const int64_t who = TRY(tables_.member_no(member));
  Statement s = db_.prepare("SELECT 1 FROM granted WHERE member=? AND no=?");
  s.bind(who).bind(grant);
  const bool found = s.step();
  TRY(s.status());
  return found;
}

Result<Viewer> Scopes::viewer(int64_t grant) {
  Viewer out;
  Statement s = db_.prepare("SELECT principals FROM grants WHERE no=?");
  s.bind(grant);
  if (s.step()) {
    out.everything = s.blob(0) == everything_mark;
    if (!out.everything) out.principals = unpacked(s.blob(0));
  }
  TRY(s.status());
  return out;
}

Status Scopes::leave(const Exit& e) {
  Statement s = db_.prepare("INSERT OR IGNORE INTO exit(seq, entity, id, scope) VALUES(?,?,?,?)");
  return s.bind(e.seq).bind(int64_t{tables_.entity_no(e.entity)}).bind(e.id).bind(e.scope).run();
}

Result<std::vector<Scopes::Exit>> Scopes::exits_after(int64_t seq) {
  Statement s = db_.prepare("SELECT seq, entity, id, scope FROM exit WHERE seq>? ORDER BY seq");
  s.bind(seq);
  std::vector<Exit> out;
  while (s.step())
    if (const int e = tables_.entity_of(static_cast<uint32_t>(s.integer(1))); e >= 0) out.push_back({s.integer(0), static_cast<size_t>(e), s.id(2), s.integer(3)});
  TRY(s.status());
  return out;
}

}  // namespace holdfast
