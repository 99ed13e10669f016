#include "shared/store/aliases.h"

#include <algorithm>

#include "shared/base/mutant.h"
#include "shared/store/tables.h"
#include "shared/store/versions.h"

namespace holdfast {

std::map<Id, Id> alias_roots(std::vector<AliasEdge> edges) {
  std::sort(edges.begin(), edges.end(), [](const AliasEdge& a, const AliasEdge& b) {
    const int64_t x = a.seq > 0 ? a.seq : INT64_MAX, y = b.seq > 0 ? b.seq : INT64_MAX;
    return x != y ? x < y : a.id < b.id;
  });
  std::map<Id, Id> parent;
  const auto find = [&](Id id) {
    for (size_t steps = 0; steps <= parent.size(); steps++) {
      const auto up = parent.find(id);
      if (up == parent.end()) break;
      id = up->second;
    }
    return id;
  };
  for (const AliasEdge& e : edges) {
    const Id loser = find(e.loser), winner = find(e.winner);
    if (MUTANT(alias_without_find)) {
      parent[e.loser] = e.winner;
      continue;
    }
    if (loser == winner) continue;
    // Already merged into another: the first root stands, and the later winner joins it.
    if (loser == e.loser) parent[loser] = winner;
    else parent[winner] = loser;
  }
  std::map<Id, Id> out;
  for (const auto& [id, up] : parent) out[id] = find(up);
  return out;
}

Status Aliases::refresh() {
  if (fresh_) return {};
  roots_.clear();
  merged_.clear();
  hidden_.clear();
  any_ = false;
  const int kind = tables_.schema().index_of("alias");
  if (kind < 0) {
    fresh_ = true;
    return {};
  }
  std::vector<AliasEdge> edges;
  std::map<Id, std::string> entity_of;
  {
    Statement s = tables_.db().prepare("SELECT id, ver, entity, loser, winner FROM alias WHERE life=0 AND loser IS NOT NULL AND winner IS NOT NULL");
    while (s.step()) {
      AliasEdge e;
      e.id = s.id(0);
      if (const Result<Versions> versions = Versions::parse(s.blob(1)); versions.ok()) e.seq = versions->base;
      e.loser = s.id(3);
      e.winner = s.id(4);
      entity_of[e.loser] = entity_of[e.winner] = s.text(2);
      edges.push_back(e);
    }
    TRY(s.status());
  }
  any_ = !edges.empty();
  std::map<Id, int64_t> row_of;
  for (const auto& [id, entity] : entity_of) {
    const int e = tables_.schema().index_of(entity);
    if (e < 0 || !tables_.schema()[static_cast<size_t>(e)].mergeable) continue;
    Statement s = tables_.db().prepare("SELECT row FROM \"" + entity + "\" WHERE id=? AND life<2");
    s.bind(id);
    if (s.step()) row_of[id] = s.integer(0);
    TRY(s.status());
  }
  // An edge to a record that is not here joins nothing: who cannot see one of the two sees the other as it is.
  std::erase_if(edges, [&](const AliasEdge& e) { return !row_of.count(e.loser) || !row_of.count(e.winner); });
  roots_ = alias_roots(std::move(edges));
  for (const auto& [id, root] : roots_) {
    if (id == root) continue;
    merged_.emplace(root, id);
    hidden_[static_cast<size_t>(tables_.schema().index_of(entity_of[id]))].push_back({row_of[id], root});
  }
  fresh_ = true;
  return {};
}

Result<Id> Aliases::root(const Id& id) {
  TRY(refresh());
  const auto found = roots_.find(id);
  return found == roots_.end() ? id : found->second;
}

Result<std::vector<Id>> Aliases::merged_into(const Id& root) {
  TRY(refresh());
  std::vector<Id> out;
  for (auto [at, end] = merged_.equal_range(root); at != end; ++at) out.push_back(at->second);
  return out;
}

Result<std::vector<Aliases::Hidden>> Aliases::hidden_rows(size_t entity) {
  TRY(refresh());
  const auto found = hidden_.find(entity);
  return found == hidden_.end() ? std::vector<Hidden>() : found->second;
}

}  // namespace holdfast
