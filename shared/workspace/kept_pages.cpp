#include "shared/workspace/kept_pages.h"

#include "shared/base/mutant.h"

namespace holdfast {

static constexpr size_t loads_max = 100;

static size_t bytes_of(const KeptPages::Page& page) { return page.rows.size() + 4096; }  // With its tables of keys and members.

int64_t KeptPages::begin(const Seen& seen, int64_t head, int64_t rows) {
  const auto known = loads_.find(seen);
  if (known != loads_.end() && (head - known->second.begun_at) * 10 <= rows) return MUTANT(kept_pages_taken_for_new) ? head : known->second.begun_at;
  if (known != loads_.end()) {
    for (const auto& [place, page] : known->second.pages) bytes_ -= bytes_of(page);
    loads_.erase(known);
  }
  if (bytes_ * 2 > bytes_max || loads_.size() >= loads_max) forget();  // Room for those who come now.
  loads_[seen].begun_at = head;
  return head;
}

const KeptPages::Page* KeptPages::find(const Seen& seen, const Place& place, int64_t since) {
  const auto load = loads_.find(seen);
  if (load == loads_.end()) return nullptr;
  const auto page = load->second.pages.find(place);
  if (page == load->second.pages.end() || (page->second.read_at < since && !MUTANT(kept_pages_taken_for_new))) return nullptr;
  used++;
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

}  // namespace holdfast
