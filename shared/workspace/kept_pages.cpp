#include "shared/workspace/kept_pages.h"

#include <algorithm>
#include <utility>

#include "shared/base/mutant.h"

namespace holdfast {

static constexpr size_t loads_max = 100;

template <class Page>
static size_t bytes_of(const Page& page) { return page.rows.size() + 4096; }  // With its tables of keys and members.

void KeptPages::drop(std::map<Seen, Load>::iterator load) {
  for (const auto& [place, page] : load->second.pages) bytes_ -= bytes_of(page);
  loads_.erase(load);
}

std::optional<int64_t> KeptPages::begun_at(const Seen& seen) const {
  const auto load = loads_.find(seen);
  return load == loads_.end() ? std::nullopt : std::optional(load->second.begun_at);
}

void KeptPages::begin(const Seen& seen, int64_t head) {
  if (const auto known = loads_.find(seen); known != loads_.end()) drop(known);
  while (!loads_.empty() && (bytes_ * 2 > bytes_max || loads_.size() >= loads_max))
    drop(std::min_element(loads_.begin(), loads_.end(), [](const auto& a, const auto& b) { return a.second.turn < b.second.turn; }));
  loads_[seen] = {head, ++turn_, {}};
}

const KeptPages::Page* KeptPages::find(const Seen& seen, const Place& place, int64_t since) {
  const auto load = loads_.find(seen);
  if (load == loads_.end()) return nullptr;
  const auto page = load->second.pages.find(place);
  if (page == load->second.pages.end() || (page->second.read_at < since && !MUTANT(kept_pages_taken_for_new))) return nullptr;
  used++;
  load->second.turn = ++turn_;
  return &page->second;
}

void KeptPages::keep(const Seen& seen, const Place& place, const Page& page) {
  const auto load = loads_.find(seen);
  if (load == loads_.end() || bytes_ + bytes_of(page) > bytes_max) return;
  const auto kept = load->second.pages.find(place);
  if (kept != load->second.pages.end()) {
    bytes_ -= bytes_of(kept->second);
    load->second.pages.erase(kept);
  }
  load->second.pages.emplace(place, page);
  bytes_ += bytes_of(page);
}

const KeptChanges::Page* KeptChanges::find(const Place& place, int64_t head) {
  if (head != head_ && !MUTANT(kept_changes_outlive_head)) return nullptr;
  const auto page = pages_.find(place);
  if (page == pages_.end()) return nullptr;
  used++;
  return &page->second;
}

void KeptChanges::keep(const Place& place, const Page& page, int64_t head) {
  if (head != std::exchange(head_, head)) forget();
  if (bytes_ + bytes_of(page) > bytes_max) return;
  if (pages_.emplace(place, page).second) bytes_ += bytes_of(page);
}

}  // namespace holdfast
