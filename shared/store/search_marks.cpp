#include "shared/store/search_marks.h"

namespace holdfast {

static constexpr int block_bits = 6;

Status SearchMarks::mark(size_t entity, int64_t row) {
  gathered_[entity][row >> block_bits] |= uint64_t{1} << (row & 63);
  any_ = true;
  return db_.in_transaction() ? Status() : write();
}

Status SearchMarks::write() {
  if (!any_) return {};
  for (size_t e = 0; e < gathered_.size(); e++) {
    for (const auto& [block, rows] : gathered_[e]) {
      Statement s = db_.prepare("INSERT INTO search_marked(entity, block, rows) VALUES(?,?,?) ON CONFLICT(entity, block) DO UPDATE SET rows=rows|excluded.rows");
      TRY(s.bind(schema_[e].key).bind(block).bind(static_cast<int64_t>(rows)).run());
    }
    gathered_[e].clear();
  }
  any_ = false;
  return {};
}

void SearchMarks::forget() {
  for (auto& blocks : gathered_) blocks.clear();
  any_ = false;
}

Result<std::vector<int64_t>> SearchMarks::marked(size_t entity) {
  TRY(write());
  std::vector<int64_t> out;
  Statement s = db_.prepare("SELECT block, rows FROM search_marked WHERE entity=? ORDER BY block");
  s.bind(schema_[entity].key);
  while (s.step()) {
    const auto rows = static_cast<uint64_t>(s.integer(1));
    for (int bit = 0; bit < 64; bit++)
      if (rows >> bit & 1) out.push_back((s.integer(0) << block_bits) + bit);
  }
  TRY(s.status());
  return out;
}

Status SearchMarks::clear(size_t entity) {
  TRY(write());
  Statement s = db_.prepare("DELETE FROM search_marked WHERE entity=?");
  return s.bind(schema_[entity].key).run();
}

}  // namespace holdfast
