// Authority's other half: what devices are sent, and the proof that the stored state adds up.
//
//   cursor := 's' '.' epoch '.' scope '.' grants '.' seq '.' entity '.' id            opaque to devices
//           | 'p' '.' epoch '.' scope '.' grants '.' seq '.' base
//   A snapshot's seq is the head when it began; the pull that follows starts there.
//   A pull of several pages is at `seq`, while the device still shows the state of `base`: a row that was left out of an
//   earlier page because it changed again must bring every register newer than `base`, not than `seq`.

#include <algorithm>

#include "shared/base/mutant.h"
#include "shared/base/text.h"
#include "shared/workspace/authority.h"
#include "shared/workspace/log_fold.h"

namespace holdfast {

struct Cursor {
  char kind = 's';
  Id epoch;
  int64_t seq = 0, base = 0;
  size_t entity_no = 0;
  Id after;
};

static bool to_number(const std::string& text, int64_t& out) {
  if (text.empty() || text.size() > 18) return false;
  out = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + (c - '0');
  }
  return true;
}

static Result<Cursor> parse_cursor(std::string_view text) {
  const Error wrong{ErrorKind::invalid, "The cursor is not one of this server's."};
  const std::vector<std::string> parts = split(text, '.');
  if (parts.size() < 6 || (parts[0] != "s" && parts[0] != "p")) return wrong;
  Cursor c;
  c.kind = parts[0][0];
  if (parts.size() != (c.kind == 's' ? 7u : 6u)) return wrong;
  c.epoch = TRY(Id::parse(parts[1]));
  if (parts[2] != "0" || parts[3] != "0" || !to_number(parts[4], c.seq)) return wrong;
  if (c.kind == 's') {
    int64_t entity_no = 0;
    if (!to_number(parts[5], entity_no)) return wrong;
    c.entity_no = static_cast<size_t>(entity_no);
    c.after = TRY(Id::parse(parts[6]));
  } else if (!to_number(parts[5], c.base) || c.base > c.seq) {
    return wrong;
  }
  return c;
}

static std::string format_cursor(const Cursor& c) {
  std::string out = std::string(1, c.kind) + "." + c.epoch.text() + ".0.0." + std::to_string(c.seq);
  return out + "." + (c.kind == 's' ? std::to_string(c.entity_no) + "." + c.after.text() : std::to_string(c.base));
}

Result<Authority::Page> Authority::page(uint32_t ordinal, std::string_view cursor_text, int64_t acked, size_t bytes_max) {
  PageHeader h;
  h.epoch = epoch_;
  h.server_ms = ws_.clock().wall_ms();
  Cursor cursor;
  if (!cursor_text.empty()) {
    cursor = TRY(parse_cursor(cursor_text));
  }
  return ws_.atomically([&]() -> Result<Page> {
    h.head = TRY(log_.head());
    Device known = TRY(known_device(ordinal)), *device = &known;
    if (h.server_ms - known.last_seen > 60'000) {
      known.last_seen = h.server_ms;
      TRY(log_.put_device(known));
    }
    if (!cursor_text.empty() && !(cursor.epoch == epoch_)) {
      return reset_page(*device);
    }
    if (cursor_text.empty() || cursor.kind == 's') return Page{TRY(snapshot_page(std::move(h), cursor_text, bytes_max))};
    if (cursor.seq > h.head) return Error{ErrorKind::invalid, "The cursor is ahead of the server."};
    h.acked_op_no = device->last_op_no;
    TRY(log_.forget_refusals(ordinal, acked));
    for (StoredRefusal& r : TRY(log_.refusals_after(ordinal, acked))) h.refusals.push_back({r.op_no, std::move(r.code), std::move(r.reason)});
    return Page{TRY(change_page(std::move(h), cursor.seq, cursor.base, bytes_max))};
  });
}

Result<Authority::Page> Authority::reset_page(const Device& device) {
  PageHeader h;
  h.epoch = epoch_;
  h.server_ms = ws_.clock().wall_ms();
  h.reset = true;
  h.head = TRY(tables_.meta_int("epoch_head"));
  h.acked_op_no = device.last_op_no;
  return Page{PageWriter(tables_).finish(h), true};
}

Result<std::string> Authority::change_page(PageHeader h, int64_t from, int64_t base, size_t bytes_max) {
  PageWriter out(tables_);
  std::vector<Rows::Scan> scans;
  for (size_t e = 0; e < tables_.schema().size(); e++) scans.push_back(ws_.rows(e).after_seq(0, from));
  int64_t last = from;
  for (;;) {
    size_t next = scans.size();
    for (size_t e = 0; e < scans.size(); e++)
      if (scans[e].row() && (next == scans.size() || scans[e].row()->record.meta.seq < scans[next].row()->record.meta.seq)) next = e;
    if (next == scans.size()) break;
    const Row& row = *scans[next].row();
    // A page ends between transactions only.
    if (out.size() >= bytes_max && row.record.meta.seq != last) {
      h.more = true;
      break;
    }
    last = row.record.meta.seq;
    if (!MUTANT(purge_not_told) || row.record.meta.life != Life::purged) out.add(next, row.record, row.versions, MUTANT(page_since_last_page) ? from : base, false);
    scans[next].advance();
  }
  for (const Rows::Scan& scan : scans) TRY(scan.status());
  h.cursor = format_cursor({'p', epoch_, h.more ? last : h.head, h.more ? base : h.head, 0, {}});
  return out.finish(h);
}

Result<std::string> Authority::snapshot_page(PageHeader h, std::string_view cursor_text, size_t bytes_max) {
  Cursor at{'s', epoch_, h.head, 0, 0, {}};
  if (!cursor_text.empty()) at = TRY(parse_cursor(cursor_text));
  h.more = true;
  PageWriter out(tables_);
  for (size_t e = 0; e < tables_.schema().size(); e++) {
    if (tables_.entity_no(e) < at.entity_no) continue;
    Rows::Scan scan = ws_.rows(e).after_id(tables_.entity_no(e) == at.entity_no ? at.after : Id{});
    for (; scan.row(); scan.advance()) {
      if (out.size() >= bytes_max) {
        h.cursor = format_cursor(at);
        return out.finish(h);
      }
      if (scan.row()->record.meta.life != Life::purged) out.add(e, scan.row()->record, scan.row()->versions, 0, true);
      at.entity_no = tables_.entity_no(e);
      at.after = scan.row()->record.id;
    }
    TRY(scan.status());
  }
  h.cursor = format_cursor({'p', epoch_, at.seq, at.seq, 0, {}});
  return out.finish(h);
}

Result<std::vector<std::string>> Authority::check() {
  std::vector<std::string> faults;
  const int64_t head = TRY(log_.head());
  if (const int64_t gap = TRY(log_.first_gap())) faults.push_back("the log misses number " + std::to_string(gap));
  for (size_t e = 0; e < tables_.schema().size(); e++) {
    const Entity& entity = tables_.schema()[e];
    Rows::Scan scan = ws_.rows(e).after_id(Id{});
    for (; scan.row(); scan.advance()) {
      const Row& row = *scan.row();
      const std::string where = std::string(entity.key) + " " + row.record.id.text();
      int64_t newest = row.versions.base;
      for (const auto& [reg, version] : row.versions.exceptions) newest = std::max(newest, version);
      if (row.record.meta.seq < 1 || row.record.meta.seq > head) faults.push_back(where + ": sequence number outside the log");
      if (newest > row.record.meta.seq) faults.push_back(where + ": a register is newer than its row");
      if (!TRY(log_.stamp_of(row.versions.base))) faults.push_back(where + ": made by a transaction the log does not have");
      for (const FieldDef& f : entity.fields) {
        const Value& value = row.record.values[f.index];
        if (Status s = check_value(f, value); !s.ok()) faults.push_back(where + ": " + s.error().message);
        if (f.kind == Kind::tags) {
          const Value elements = tags_from(TRY(log_.present_elements(e, row.row, tables_.key_no(e, f.index))));
          if (elements != value) faults.push_back(where + ": " + std::string(f.key) + " differs from its elements");
        }
      }
    }
    TRY(scan.status());
  }
  for (std::string& fault : TRY(differences_from_log(ws_, log_))) faults.push_back(std::move(fault));
  return faults;
}

}  // namespace holdfast
