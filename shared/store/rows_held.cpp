// Rows that a long transaction changes again and again, in memory until they are written once each.

#include <algorithm>
#include <utility>

#include "shared/store/rows.h"

namespace holdfast {

/// A copy for the caller to change: without the values, which a head does not have either.
Row Rows::head_of(const Held& h) const {
  Row head{h.row.row, Record(entity_), h.row.versions, h.row.scope, h.row.entered};
  head.record.id = h.row.record.id;
  head.record.meta = h.row.record.meta;
  return head;
}

Status Rows::keep_held(const Row& head) {
  constexpr size_t held_max = 20'000;
  if (held_.size() >= held_max) TRY(write_out());
  held_at_.emplace(head.record.id, held_.size());
  held_.push_back({head, {}});
  return {};
}

void Rows::change_held(Held& h, const Record& record, const std::vector<uint16_t>& fields, const Versions& versions, WithLife life) {
  h.changed = true;
  h.life = h.life || life == WithLife::yes;
  h.row.record.meta = record.meta;
  h.row.versions = versions;
  for (uint16_t f : fields) {
    h.row.record.values[f] = record.values[f];
    if (std::find(h.fields.begin(), h.fields.end(), f) == h.fields.end()) h.fields.push_back(f);
  }
}

Status Rows::write_held() {
  holding_ = false;
  return settle();
}

Status Rows::write_out() {
  const std::vector<Held> all = std::exchange(held_, {});
  held_at_.clear();
  for (const Held& h : all)
    if (h.changed) TRY(write_whole(h.row.row, h.row.record, h.fields, h.row.versions, WithLife{h.life}));
  return {};
}

}  // namespace holdfast
