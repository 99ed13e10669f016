// Authority's other half: what devices are sent, and the proof that the stored state adds up.
//
//   cursor := 's' '.' epoch '.' grant '.' grant '.' seq '.' entity '.' id            opaque to devices
//           | 'p' '.' epoch '.' grant '.' grant '.' seq '.' base
//   A snapshot's seq is the head when it began; the pull that follows starts there, at seq 0: before that it tells what was erased.
//   A pull of several pages is at `seq`, while the device still shows the state of `base`: a row that was left out of an
//   earlier page because it changed again must bring every register newer than `base`, not than `seq`.
//   The first grant is what the member was when the state shown was read, the second that of the pages under way. When a member
//   is something else by now, a pull reads all rows: those of audiences that are new to the member are sent whole, of those
//   lost only that they go.

#include <algorithm>
#include <map>

#include "shared/base/mutant.h"
#include "shared/base/text.h"
#include "shared/workspace/authority.h"
#include "shared/workspace/log_fold.h"

namespace holdfast {

struct Authority::Cursor {
  char kind = 's';
  Id epoch;
  int64_t shown = 0, pulling = 0;  ///< Grants.
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

Result<Authority::Cursor> Authority::parse_cursor(std::string_view text) {
  const Error wrong{ErrorKind::invalid, "The cursor is not one of this server's."};
  const std::vector<std::string> parts = split(text, '.');
  if (parts.size() < 6 || (parts[0] != "s" && parts[0] != "p")) return wrong;
  Cursor c;
  c.kind = parts[0][0];
  if (parts.size() != (c.kind == 's' ? 7u : 6u)) return wrong;
  c.epoch = TRY(Id::parse(parts[1]));
  if (!to_number(parts[2], c.shown) || !to_number(parts[3], c.pulling) || !to_number(parts[4], c.seq)) return wrong;
  if (c.kind == 's') {
    int64_t entity_no = 0;
    if (!to_number(parts[5], entity_no)) return wrong;
    c.entity_no = static_cast<size_t>(entity_no);
    c.after = TRY(Id::parse(parts[6]));
  } else if (!to_number(parts[5], c.base)) {
    return wrong;
  }
  return c;
}

std::string Authority::format_cursor(const Cursor& c) {
  std::string out = std::string(1, c.kind) + "." + c.epoch.text() + "." + std::to_string(c.shown) + "." + std::to_string(c.pulling) + "." + std::to_string(c.seq);
  return out + "." + (c.kind == 's' ? std::to_string(c.entity_no) + "." + c.after.text() : std::to_string(c.base));
}

Result<Authority::Page> Authority::page(uint32_t ordinal, std::string_view cursor_text, int64_t acked, size_t bytes_max, const Id& epoch) {
  PageHeader h;
  h.epoch = epoch_;
  h.server_ms = ws_.clock().wall_ms();
  Cursor cursor;
  if (!cursor_text.empty()) cursor = TRY(parse_cursor(cursor_text));
  return ws_.atomically([&]() -> Result<Page> {
    TRY(clock_.check());
    h.head = TRY(log_.head());
    h.offline_days = offline_days;
    Device known = TRY(known_device(ordinal)), *device = &known;
    if (h.server_ms - known.last_seen > 60'000) {
      known.last_seen = h.server_ms;
      TRY(log_.put_device(known));
    }
    const Id& spoken = cursor_text.empty() ? epoch : cursor.epoch;
    if (!(spoken == epoch_) && !(cursor_text.empty() && (spoken.is_nil() || MUTANT(load_of_any_history)))) return reset_page(*device, spoken);
    const Viewer who = TRY(viewer(device->member));
    const int64_t now = TRY(scopes_.grant_to(device->member, who));
    const bool believed = TRY(scopes_.was_granted(device->member, cursor.shown)) && TRY(scopes_.was_granted(device->member, cursor.pulling));
    if (cursor_text.empty() || !believed) {
      // A grant that was never this member's: what its device shows cannot be known, and it loads anew.
      cursor = {'s', epoch_, now, now, h.head, 0, 0, {}};
      h.begins_again = !believed;
    }
    if (cursor.kind == 's') return Page{TRY(snapshot_page(std::move(h), cursor, who, bytes_max))};
    if (cursor.seq > h.head) return Error{ErrorKind::invalid, "The cursor is ahead of the server."};
    h.acked_op_no = device->last_op_no;
    const int64_t shown = cursor.seq == 0 ? 0 : cursor.base;  // A snapshot tells nothing of refusals.
    for (StoredRefusal& r : TRY(log_.refusals_after(ordinal, acked, shown))) h.refusals.push_back({r.op_no, std::move(r.code), std::move(r.reason)});
    return Page{TRY(change_page(std::move(h), cursor, who, bytes_max))};
  });
}

Result<Authority::Page> Authority::reset_page(const Device& device, const Id& spoken) {
  PageHeader h;
  h.epoch = epoch_;
  h.server_ms = ws_.clock().wall_ms();
  h.reset = true;
  h.head = TRY(common_head(spoken));
  h.acked_op_no = device.last_op_no;
  // A copy of the device may have been here since, and judged may be its work and not this one's.
  const auto newest = TRY(log_.newest_sums(device.ordinal, PageHeader::judged_max));
  if (!MUTANT(reset_by_number)) h.judged.emplace(newest.begin(), newest.end());
  if (newest.size() == PageHeader::judged_max) h.judged_from = newest.back().first;
  for (StoredRefusal& r : TRY(log_.refusals_after(device.ordinal, h.judged_from - 1, INT64_MAX)))
    if (!r.code.empty()) h.refusals.push_back({r.op_no, std::move(r.code), std::move(r.reason)});
  return Page{PageWriter(tables_).finish(h), true};
}

Result<std::string> Authority::change_page(PageHeader h, Cursor at, const Viewer& who, size_t bytes_max) {
  const int64_t now = TRY(scopes_.grant(who)), base = at.base;
  if (at.pulling != now) {
    // The member is something else than when this pull began: it begins again, from the first row if need be.
    h.begins_again = at.seq > 0 && (at.seq != base || at.pulling != at.shown);
    at.pulling = now;
    at.seq = at.shown == now || MUTANT(regrant_at_old_cursor) ? base : 0;
  }
  std::optional<KeptChanges::Place> place;  // Where what is sent depends on nothing else.
  if (at.shown == now && at.seq > 0 && h.head - at.seq >= kept_changes_.transactions_min)
    place = {who.everything ? KeptPages::Seen{-1} : TRY(scopes_.seen_by(who)), at.seq, base, bytes_max};
  const KeptChanges::Page* page = place ? kept_changes_.find(*place, h.head) : nullptr;
  std::optional<KeptChanges::Page> read;
  if (!page) {
    read.emplace(TRY(read_changes(at, who, now, bytes_max)));
    if (place) kept_changes_.keep(*place, *read, h.head);
    page = &*read;
  }
  h.more = page->more;
  at.seq = h.more ? page->last : h.head;
  if (!h.more) {
    at.shown = now;
    at.base = h.head;
  }
  h.cursor = format_cursor(at);
  return page->rows.finish(h);
}

Result<KeptChanges::Page> Authority::read_changes(Cursor at, const Viewer& who, int64_t now, size_t bytes_max) {
  const int64_t base = at.base;
  const Viewer before = TRY(scopes_.viewer(at.shown));
  enum class Way { none, changes, whole, evict };
  auto way_of = [&](const Row& row) -> Result<Way> {
    const int64_t seq = row.record.meta.seq;
    const bool visible = TRY(scopes_.sees(who, row.scope)), was = at.shown == now ? visible : TRY(scopes_.sees(before, row.scope));
    if (MUTANT(changes_unfiltered) && seq > base) return Way::whole;
    if (visible && was) return seq <= base ? Way::none : row.entered > base && !MUTANT(entered_sent_in_part) ? Way::whole : Way::changes;
    if (visible) return Way::whole;
    // Also what came there after `base`: a snapshot may have brought it.
    return was ? Way::evict : Way::none;
  };
  const Rows::Wanted wanted = [&](const Row& head) -> Result<bool> { return TRY(way_of(head)) != Way::none; };
  KeptChanges::Page page{PageWriter(tables_)};
  PageWriter& out = page.rows;
  if (at.seq == 0 && base > 0) {
    // What a device keeps of its own work may speak of what was erased while it did not listen.
    for (size_t e = 0; e < tables_.schema().size(); e++)
      for (const Row& row : TRY(ws_.rows(e).erased_up_to(base))) out.add(e, row.record, row.versions, base, false);
    if (at.shown == now) at.seq = base;
  }
  const size_t told = out.size();  // Does not count: the page must get somewhere.
  std::vector<Rows::Scan> scans;
  for (size_t e = 0; e < tables_.schema().size(); e++) scans.push_back(ws_.rows(e).after_seq(at.seq, wanted));
  const std::vector<Scopes::Exit> exits = TRY(scopes_.exits_after(std::max(at.seq, base)));
  size_t exit = 0;
  page.last = at.seq;
  for (;;) {
    size_t next = scans.size();
    for (size_t e = 0; e < scans.size(); e++)
      if (scans[e].row() && (next == scans.size() || scans[e].row()->record.meta.seq < scans[next].row()->record.meta.seq)) next = e;
    const bool leaves = exit < exits.size() && (next == scans.size() || exits[exit].seq <= scans[next].row()->record.meta.seq);
    if (next == scans.size() && !leaves) break;
    const int64_t seq = leaves ? exits[exit].seq : scans[next].row()->record.meta.seq;
    // A page ends between transactions only.
    if (out.size() - told >= bytes_max && seq != page.last) {
      page.more = true;
      break;
    }
    page.last = seq;
    if (leaves) {
      const Scopes::Exit& gone = exits[exit++];
      const std::optional<Row> row = TRY(ws_.rows(gone.entity).read_head(gone.id));
      // An earlier page of this pull may have brought it.
      const bool seen_before = TRY(scopes_.sees(before, gone.scope)) || TRY(scopes_.sees(who, gone.scope)), seen = row && TRY(scopes_.sees(who, row->scope));
      if (seen_before && !seen && !MUTANT(evict_not_told)) out.evict(gone.entity, gone.id, gone.seq);
      continue;
    }
    const Row& row = *scans[next].row();
    const Way way = TRY(way_of(row));
    if (way == Way::evict && !MUTANT(evict_not_told)) out.evict(next, row.record.id, seq);
    if ((way == Way::changes || way == Way::whole) && (!MUTANT(purge_not_told) || row.record.meta.life != Life::purged))
      out.add(next, row.record, row.versions, MUTANT(page_since_last_page) ? at.seq : base, way == Way::whole);
    scans[next].advance();
  }
  for (const Rows::Scan& scan : scans) TRY(scan.status());
  return std::move(page);
}

Result<std::string> Authority::snapshot_page(PageHeader h, Cursor at, const Viewer& who, size_t bytes_max) {
  h.more = true;
  const int64_t now = TRY(scopes_.grant(who));
  if (at.pulling != now) {
    // The member is something else than when it began.
    at = {'s', epoch_, now, now, h.head, 0, 0, {}};
    h.begins_again = !MUTANT(load_not_begun_again);
  }
  const KeptPages::Seen seen = who.everything ? KeptPages::Seen{-1} : TRY(scopes_.seen_by(who));
  if (at.entity_no == 0 && at.after.is_nil()) {
    for (size_t e = 0; e < tables_.schema().size(); e++) h.total += TRY(ws_.rows(e).count_seen(who.everything ? std::nullopt : std::optional(seen)));
    // What is kept serves as long as not more than a tenth of all rows has changed since.
    const std::optional<int64_t> begun = kept_pages_.begun_at(seen);
    int64_t since = 0;
    for (size_t e = 0; begun && e < tables_.schema().size(); e++) since += TRY(ws_.rows(e).count_changed(*begun));
    if (!begun || since * 10 > h.total) kept_pages_.begin(seen, h.head);
    else if (!MUTANT(kept_pages_taken_for_new)) at.seq = *begun;
  }
  const KeptPages::Place place{at.entity_no, at.after, bytes_max};
  const KeptPages::Page* page = kept_pages_.find(seen, place, at.seq);
  std::optional<KeptPages::Page> read;
  if (!page) {
    read.emplace(TRY(read_snapshot(place, who)));
    read->read_at = h.head;
    kept_pages_.keep(seen, place, *read);
    page = &*read;
  }
  at.entity_no = page->entity_no;
  at.after = page->after;
  // A device tells a load by its cursor. One that begins again may come from a pull: the end of the load comes with the next page.
  if (page->last && !h.begins_again) {
    at.kind = 'p';
    at.base = at.seq;
    at.seq = 0;
  }
  h.cursor = format_cursor(at);
  return page->rows.finish(h);
}

Result<KeptPages::Page> Authority::read_snapshot(const KeptPages::Place& from, const Viewer& who) {
  const Rows::Wanted wanted = [&](const Row& head) -> Result<bool> {
    if (head.record.meta.life == Life::purged) return false;  // The first pull tells of all of them.
    return MUTANT(snapshot_unfiltered) ? Result<bool>(true) : scopes_.sees(who, head.scope);
  };
  KeptPages::Page page{PageWriter(tables_), from.entity_no, from.after, true, 0};
  // By the numbers of this database, which a load that goes on after an update finds as they were: a kind that came with an update has
  // the last one, wherever it stands in the schema.
  std::map<size_t, size_t> by_number;
  for (size_t e = 0; e < tables_.schema().size(); e++) by_number[MUTANT(load_in_schema_order) ? e : tables_.entity_no(e)] = e;
  for (const auto& [at, e] : by_number) {
    if (!page.last) break;
    const size_t no = tables_.entity_no(e);
    if (no < from.entity_no) continue;
    Rows::Scan scan = ws_.rows(e).after_id(no == from.entity_no ? from.after : Id{}, wanted);
    for (; scan.row(); scan.advance()) {
      if (page.rows.size() >= from.page_bytes) {
        page.last = false;
        break;
      }
      page.rows.add(e, scan.row()->record, scan.row()->versions, 0, true);
      page.entity_no = no;
      page.after = scan.row()->record.id;
    }
    TRY(scan.status());
  }
  return std::move(page);
}

Result<std::vector<std::string>> Authority::check() {
  std::vector<std::string> faults = TRY(log_.faults());
  const int64_t head = TRY(log_.head());
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
      if (row.record.meta.life != Life::purged && row.scope != TRY(scope_of(row.record))) faults.push_back(where + ": not where those who may see it look");
      if (row.entered > row.record.meta.seq) faults.push_back(where + ": came to its audience after its last change");
      if (!TRY(log_.author_of(row.versions.base))) faults.push_back(where + ": made by a transaction the log does not have");
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
