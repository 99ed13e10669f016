#pragma once
// Pages kept for the next device that is to have the same.
//
// Of first loads: when a team begins, the server reads everything once.
// A kept page may lack what changed since it was read: a load that uses it pulls from the head its pages were begun at. What it
// may never do is bring what its reader may not see any more: when a record leaves an audience or is erased, all are dropped.

#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "shared/sync/codec.h"

namespace holdfast {

class KeptPages {
 public:
  size_t bytes_max = 16 * 1024 * 1024;  ///< Of all pages; what does not fit is read anew.
  int64_t used = 0;                     ///< How often a page was there already.

  /// The scopes a reader sees: whoever sees the same loads the same. {−1}: all.
  using Seen = std::vector<int64_t>;
  /// Where in the order of entities and ids a page begins, and how long its reader wants it.
  struct Place {
    size_t entity_no = 0;
    Id after;
    size_t page_bytes = 0;
    friend bool operator<(const Place& a, const Place& b) { return std::tie(a.entity_no, a.after, a.page_bytes) < std::tie(b.entity_no, b.after, b.page_bytes); }
  };
  struct Page {
    PageWriter rows;
    size_t entity_no = 0;  ///< Of its last row.
    Id after;
    bool last = false;     ///< There is nothing after it.
    int64_t read_at = 0;   ///< The head then.
  };

  /// The head at which what is kept was begun, if there is any.
  std::optional<int64_t> begun_at(const Seen&) const;
  /// A load begins to be kept at this head; what was kept for the same readers is dropped, and what is longest unused where room
  /// is needed.
  void begin(const Seen&, int64_t head);
  /// Null: to be read. `since`: what the load will pull from.
  const Page* find(const Seen&, const Place&, int64_t since);
  void keep(const Seen&, const Place&, const Page&);
  void forget() { loads_.clear(), bytes_ = 0; }

 private:
  struct Load {
    int64_t begun_at = 0;
    int64_t turn = 0;  ///< When it was last used.
    std::map<Place, Page> pages;
  };
  std::map<Seen, Load> loads_;
  size_t bytes_ = 0;
  int64_t turn_ = 0;
  void drop(std::map<Seen, Load>::iterator);
};

/// Of changes: when somebody brings many, everybody else asks for the same. Kept until the next one comes, and so never out of date.
class KeptChanges {
 public:
  int64_t transactions_min = 100;  ///< Fewer are read as fast as looked for here.
  size_t bytes_max = 8 * 1024 * 1024;
  int64_t used = 0;

  struct Place {
    KeptPages::Seen seen;
    int64_t after = 0, base = 0;  ///< See the cursor of a pull.
    size_t page_bytes = 0;
    friend bool operator<(const Place& a, const Place& b) { return std::tie(a.after, a.base, a.page_bytes, a.seen) < std::tie(b.after, b.base, b.page_bytes, b.seen); }
  };
  struct Page {
    PageWriter rows;
    int64_t last = 0;  ///< The last number that is in it.
    bool more = false;
  };
  const Page* find(const Place&, int64_t head);
  void keep(const Place&, const Page&, int64_t head);
  void forget() { pages_.clear(), bytes_ = 0; }
  size_t bytes() const { return bytes_; }

 private:
  std::map<Place, Page> pages_;
  size_t bytes_ = 0;
  int64_t head_ = 0;  ///< Whose pages these are.
};

}  // namespace holdfast
