// Everything that can refuse a transaction: form, rights, records that are not there.

#include <algorithm>

#include "shared/base/mutant.h"
#include "shared/base/text.h"
#include "shared/model/entities.h"
#include "shared/workspace/judging.h"

namespace holdfast {

static constexpr int64_t quarantine_max = 1000;  ///< Of one device: more than any honest one ever has.

/// Everything that can refuse a transaction, before anything of it is applied. Loads the rows it touches.
Result<std::optional<Authority::Refused>> Authority::validate(const Device& device, const Transaction& t, Judging& j) {
  using Answer = std::optional<Refused>;
  auto no = [](std::string code, std::string reason) { return Answer(Refused{std::move(code), std::move(reason), {}}); };
  const std::string erased = erased_text;
  if (t.ops.empty()) return no("invalid", "What it changed has gone from the device since it was sent, and the server, back from a backup, does not have it any more.");
  const int64_t head = TRY(log_.head()), made = std::count_if(t.ops.begin(), t.ops.end(), [&](const Op& op) { return op.kind == OpKind::create && !tables_.schema()[op.entity].server_owned; });
  if (made && TRY(records()) + made > records_max) return no("full", "The server holds as many records as it may. Ask whoever runs it for room, then send this again.");
  for (const Op& op : t.ops) {
    const Entity& entity = tables_.schema()[op.entity];
    for (const FieldValue& v : op.values)
      if (device.ordinal != 0 && !entity.writable_by_device(v.field))
        return no("forbidden", std::string(entity.fields[v.field].label) + " can only be changed by the server.");
    if (entity.server_owned && device.ordinal != 0 && (op.kind == OpKind::create || op.kind == OpKind::life))
      return no("forbidden", "Only the server can do this with a " + std::string(entity.label) + ".");
    if (op.base > head) return no("invalid", "The change refers to a version the server never gave.");
    if (op.kind == OpKind::life && op.life == Life::purged) return no("forbidden", "Only the server can erase a record for good.");
    const bool element = op.kind == OpKind::add || op.kind == OpKind::remove;
    if (op.kind == OpKind::set || element) {
      if (op.values.empty()) return no("invalid", "The change is empty.");
      const FieldDef& f = entity.fields[op.values[0].field];
      if (element != (f.kind == Kind::tags)) return no("invalid", std::string(f.label) + ": the kind of change does not fit the field.");
      for (const FieldValue& v : op.values)
        if (entity.fields[v.field].leader != f.leader) return no("invalid", std::string(f.label) + ": the change mixes registers.");
      for (const Op* before = t.ops.data(); before != &op && !element; before++)
        if (before->kind == OpKind::set && before->record == op.record && entity.fields[before->values[0].field].leader == f.leader) return no("invalid", std::string(f.label) + ": set twice at once.");
      for (const uint16_t member : entity.register_fields(f.leader))
        if (!element && std::count_if(op.values.begin(), op.values.end(), [&](const FieldValue& v) { return v.field == member; }) != 1)
          return no("invalid", std::string(f.label) + ": the change is incomplete.");
      if (element && (op.element.empty() || normal_element(op.element) != op.element || op.element.size() > static_cast<size_t>(f.length_max()) || !is_utf8(op.element)))
        return no("invalid", std::string(f.label) + ": the entry has the wrong form.");
    }
    for (const FieldValue& v : op.values)
      if (Status s = check_value(entity.fields[v.field], v.value); !s.ok()) return no("invalid", s.error().message);
    Touched* known = j.find(op.record);
    if (known && known->entity != op.entity) return no("invalid", "The record is of another kind.");
    if (op.kind == OpKind::create) {
      if (const std::optional<Row> there = TRY(ws_.rows(op.entity).read_head(op.record)); there && there->record.meta.life == Life::purged) return no("purged", erased);
      if (op.record.is_nil() || known || TRY(exists(op.record))) return no("exists", "A record with this identifier exists already.");
      Touched made;
      made.entity = op.entity;
      made.row.record = Record(entity);
      made.row.record.id = op.record;
      made.created = made.changed = made.whole = true;
      if (entity.own_access || !entity.seen_with.empty()) {
        made.wanted = made.row.record;
        made.wanted->meta.created_by = j.member;
        for (const FieldValue& v : op.values) made.wanted->values[v.field] = v.value;
      }
      j.touched.push_back(std::move(made));
      if (&entity == &alias)
        if (Answer refused = TRY(validate_merge(j, op))) return refused;
      continue;
    }
    if (&entity == &alias && op.kind != OpKind::life) return no("forbidden", "What was merged can only be separated again.");
    const bool about_access = !op.values.empty() && std::any_of(op.values.begin(), op.values.end(), [&](const FieldValue& v) { return entity.decides_access(v.field); });
    if (known) {
      if (about_access) TRY(want(*known, op));
      continue;
    }
    // Tags need the row's values, and a found-by-parent record its parents: read those whole.
    const bool whole = element || entity.found_by_parent || about_access;
    std::optional<Row> row = whole ? TRY(ws_.rows(op.entity).read(op.record)) : TRY(ws_.rows(op.entity).read_head(op.record));
    if (!row) {
      if (entity.server_owned) return no("depends", "The server, back from a backup, does not have this any more.");  // Nobody else will bring it.
      if (TRY(log_.record_refused(op.record)) || TRY(log_.quarantined_of(device.ordinal)) >= quarantine_max)
        return no("depends", "The record was never accepted by the server.");
      return Answer(Refused{"waiting", "The server does not have this record yet. The change is kept there and takes effect when the record comes.", op.record});
    }
    if (row->record.meta.life == Life::purged) return no("purged", erased);
    if (!MUTANT(rights_not_checked) && !TRY(scopes_.sees(j.viewer, row->scope))) return no("forbidden", "You no longer have access to this record. Ask its owner to share it with you.");
    Touched touched;
    touched.entity = op.entity;
    touched.row = std::move(*row);
    touched.whole = whole;
    if (about_access) TRY(want(touched, op));
    j.touched.push_back(std::move(touched));
  }
  for (const Touched& touched : j.touched)
    if (touched.wanted && !TRY(may_place(j, *touched.wanted)))
      return no("forbidden", touched.wanted->entity->own_access ? "You would no longer see the record. Share it with yourself, or ask an administrator." : "You do not have access to the record this belongs to.");
  return Answer();
}

/// What the op says about who sees the record, on top of what is known of it.
Status Authority::want(Touched& touched, const Op& op) {
  if (!touched.wanted) {
    if (!touched.whole) {
      std::optional<Row> row = TRY(ws_.rows(op.entity).read(op.record));
      HOLDFAST_ASSERT(row);
      touched.row = std::move(*row);
      touched.whole = true;
    }
    touched.wanted = touched.row.record;
  }
  Value& value = touched.wanted->values[op.values[0].field];
  if (op.kind == OpKind::add || op.kind == OpKind::remove) {
    std::vector<std::string> elements = tag_elements(value);
    std::erase(elements, op.element);
    if (op.kind == OpKind::add) elements.push_back(op.element);
    value = tags_from(std::move(elements));
  } else {
    for (const FieldValue& v : op.values) touched.wanted->values[v.field] = v.value;
  }
  return {};
}

}  // namespace holdfast
