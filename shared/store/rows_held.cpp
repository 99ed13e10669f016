// Rows that a long transaction changes again and again, in memory until they are written once each.

#include <algorithm>
#include <utility>

#include "shared/store/rows.h"

namespace holdfast {

/// For the caller to change: with room for values, which a head does not have.
Row Rows::copy_of(const Row& head) const {
  Row copy{head.row, Record(entity_), head.versions, head.scope, head.entered};
  copy.record.id = head.record.id;
  copy.record.meta = head.record.meta;
  return copy;
}

size_t Rows::held_slot(const Id& id) const {
  const size_t mask = held_at_.size() - 1;
  size_t slot = (IdHash()(id) >> 8) & mask;  // The last byte of the hash has two bits that all ids share.
  while (held_at_[slot] && !(held_[held_at_[slot] - 1].head.record.id == id)) slot = (slot + 1) & mask;
  return slot;
}

Status Rows::keep_held(const Row& head) {
  constexpr size_t held_max = 20'000;
  if (held_.size() >= held_max) TRY(write_out());
  if (held_at_.size() < 2 * (held_.size() + 1)) {
    held_at_.assign(std::max<size_t>(64, held_at_.size() * 2), 0);
    for (size_t i = 0; i < held_.size(); i++) held_at_[held_slot(held_[i].head.record.id)] = static_cast<uint32_t>(i + 1);
  }
  const size_t slot = held_slot(head.record.id);
  held_last_ = held_.size();
  Held& h = held_.emplace_back();
  held_at_[slot] = static_cast<uint32_t>(held_.size());
  h.head = {head.row, Record(), head.versions, head.scope, head.entered};
  h.head.record.id = head.record.id;
  h.head.record.meta = head.record.meta;
  return {};
}

void Rows::change_held(Held& h, const Record& record, const std::vector<uint16_t>& fields, const Versions& versions, WithLife life) {
  h.changed = true;
  h.life = h.life || life == WithLife::yes;
  h.head.record.meta = record.meta;
  h.head.versions = versions;
  for (uint16_t f : fields)
    if (Value* earlier = h.value(f)) *earlier = record.values[f];
    else h.values.emplace_back(f, record.values[f]);
}

Status Rows::write_held() {
  holding_ = false;
  return settle();
}

Status Rows::write_out() {
  std::deque<Held> all = std::exchange(held_, {});
  held_at_.clear();
  std::vector<Held*> changed;
  for (Held& h : all)
    if (h.changed) changed.push_back(&h);
  // In the order of the table: neighbours are on one page.
  std::sort(changed.begin(), changed.end(), [](const Held* a, const Held* b) { return a->head.row < b->head.row; });
  std::vector<uint16_t> fields;
  Record record(entity_);  // For all of them: of its values only those of `fields` are written.
  for (Held* h : changed) {
    record.id = h->head.record.id;
    record.meta = h->head.record.meta;
    fields.clear();
    for (auto& [f, value] : h->values) {
      record.values[f] = std::move(value);
      fields.push_back(f);
    }
    TRY(write_row(h->head.row, record, fields, h->head.versions, WithLife{h->life}));
  }
  return {};
}

}  // namespace holdfast
