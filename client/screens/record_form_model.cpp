#include "client/screens/record_form_model.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "client/kit/messages.h"
#include "client/screens/format.h"
#include "shared/base/text.h"
#include "shared/model/entities.h"

namespace holdfast {

std::vector<uint16_t> RecordForm::fields_of(const Entity& entity, std::string_view contact_type) {
  std::vector<uint16_t> out, common;
  for (const FieldDef& f : entity.fields) {
    if (f.options.hidden || f.options.retired) continue;
    if (&entity == &contact_point) {
      // A contact detail shows the fields of its type only.
      if (f.key == "type") continue;
      if (f.key == "phone" && contact_type != "phone") continue;
      if (f.key == "email" && contact_type != "email") continue;
      if (f.key == "url" && contact_type != "web") continue;
      if (f.options.group == "address" && contact_type != "address") continue;
      if (f.key == "owner") continue;
    }
    (f.index == entity.owner.index ? common : out).push_back(f.index);
  }
  out.insert(out.end(), common.begin(), common.end());
  return out;
}

Status RecordForm::open(Workspace& ws, Replica& replica, const Entity& e, const Id& record, const std::map<std::string, std::string>& about,
                        const std::map<std::string, std::string>& preset) {
  *this = RecordForm();
  draft_key = std::string(e.key) + "/" + (record.is_nil() ? "new" : record.text());
  std::string as_once = draft_key;  // What stood in the address was not encoded.
  for (const auto& [key, text] : about)
    if (record.is_nil()) draft_key += "?" + url_encoded(key) + "=" + url_encoded(text), as_once += "?" + key + "=" + text;
  if (!TRY(Drafts(ws.tables().db()).find(as_once)).empty()) draft_key = as_once;
  Record now(e);
  if (!record.is_nil()) {
    std::optional<Record> found = TRY(ws.get(e, record));
    if (!found) return Error{ErrorKind::not_found, tr("This record does not exist any more.")};
    now = std::move(*found);
    seen = TRY(replica.seen(e, record));
    history = TRY(replica.history());
  }
  if (const auto found = about.find("settles"); found != about.end())
    if (const Result<Id> asked = Id::parse(found->second); asked.ok()) settles = *asked;
  entity = &e;
  id = record;
  for (const FieldDef& f : e.fields) texts[f.index] = format_value(f, now.values[f.index]);
  before = texts;
  for (const auto& [key, text] : preset)
    if (const FieldDef* f = e.find(key)) texts[f->index] = text;
  start = texts;
  return take_draft(ws, TRY(Drafts(ws.tables().db()).find(draft_key)));
}

bool RecordForm::touched(uint16_t leader) const {
  const std::vector<uint16_t> fields = entity->register_fields(leader);
  return std::any_of(fields.begin(), fields.end(), [&](uint16_t f) { return texts.at(f) != before.at(f); });
}

Status RecordForm::follow(Workspace& ws, Replica& replica, uint64_t telling) {
  if (!entity || id.is_nil() || followed_ == ws.version()) return {};
  followed_ = ws.version();
  others.clear();
  const std::optional<Record> now = TRY(ws.get(*entity, id));
  gone = !now ? Gone::gone : now->meta.life != Life::live ? Gone::trashed : Gone::no;
  if (!now) return {};
  const std::map<uint16_t, Base> bases = TRY(replica.seen(*entity, id));
  const std::string today = TRY(replica.history());
  if (today != history)  // Versions of a history that is gone mean nothing in this one.
    for (auto& [leader, list] : shown_)
      for (Shown& was : list)
        if (was.base) was.base = lost_base;
  for (const FieldDef& f : entity->fields) {
    if (f.leader != f.index) continue;
    const std::vector<uint16_t> fields = entity->register_fields(f.index);
    const auto text = [&](uint16_t member) { return format_value(entity->fields[member], now->values[member]); };
    const bool same = std::all_of(fields.begin(), fields.end(), [&](uint16_t member) { return texts[member] == text(member); });
    const auto base = bases.find(f.index);
    if (!touched(f.index) || same) {
      if (!same) {
        Shown was{telling, {}, {}, {}};
        if (const auto old = seen.find(f.index); old != seen.end()) was.base = today == history ? old->second : lost_base;
        for (uint16_t member : fields) was.texts[member] = before[member], was.then[member] = text(member);
        shown_[f.index].push_back(std::move(was));
      }
      for (uint16_t member : fields) texts[member] = before[member] = start[member] = text(member);
      if (base != bases.end()) seen[f.index] = base->second;
      continue;
    }
    if (today != history && seen.count(f.index)) seen[f.index] = lost_base;
    if (f.kind == Kind::tags) continue;  // Those of both are kept.
    Others theirs;
    for (uint16_t member : fields)
      if (text(member) != before[member]) theirs.values[member] = now->values[member];
    if (theirs.values.empty()) continue;
    // Who changed the record last is told; whether it was this of it, only when this is what changed last.
    if (base != bases.end() && base->second == now->meta.seq && !(now->meta.updated_by == ws.acting())) theirs.by = now->meta.updated_by;
    others[f.index] = std::move(theirs);
  }
  history = today;
  return {};
}

void RecordForm::written(const std::vector<uint16_t>& fields, uint64_t over) {
  const uint16_t leader = entity->fields[fields.front()].leader;
  for (const Shown& was : shown_[leader]) {
    // The first change that the person had not seen decides.
    if (was.until <= over || std::all_of(fields.begin(), fields.end(), [&](uint16_t f) { return was.texts.at(f) == was.then.at(f); })) continue;
    for (const auto& [member, text] : was.texts) before[member] = text;
    if (was.base) seen[leader] = *was.base;
    followed_ = 0;
    return;
  }
}

Status RecordForm::use_others(Workspace& ws, Replica& replica, uint16_t leader, uint64_t telling) {
  for (uint16_t member : entity->register_fields(leader)) texts[member] = before[member];
  shown_[leader].clear();  // It was chosen, and so seen.
  followed_ = 0;
  TRY(follow(ws, replica, telling));
  shown_[leader].clear();
  return keep_draft(ws);
}

/// A draft says of each field it has what was typed, and what was there when it was begun: others may have changed it since.
Status RecordForm::take_draft(Workspace& ws, const std::string& draft) {
  const nlohmann::json kept = nlohmann::json::parse(draft, nullptr, false);
  if (!kept.is_object()) return {};
  const auto text_in = [](const nlohmann::json& o, const char* key) { return o.is_object() && o.contains(key) && o[key].is_string() ? std::optional(o[key].get<std::string>()) : std::nullopt; };
  for (const auto& [key, field] : kept.items()) {
    const FieldDef* f = entity->find(key);
    const std::optional<std::string> typed = field.is_string() ? std::optional(field.get<std::string>()) : text_in(field, "text");
    if (!f || !typed) continue;
    if (const Result<Id> named = Id::parse(*typed); f->kind == Kind::ref && named.ok())  // It may have been erased meanwhile, or gone out of sight.
      if (const int e = ws.schema().index_of(f->options.target); e >= 0 && !TRY(ws.get(ws.schema()[static_cast<size_t>(e)], *named))) continue;
    texts[f->index] = *typed;
    if (const auto was = text_in(field, "was")) before[f->index] = *was;
    if (const auto in = text_in(field, "history"); in && field.contains("seen") && field["seen"].is_number_integer())
      seen[f->leader] = *in == history ? field["seen"].get<int64_t>() : lost_base;
  }
  return {};
}

Status RecordForm::keep_draft(Workspace& ws) {
  if (!id.is_nil() && !TRY(ws.get(*entity, id))) return {};  // It has gone meanwhile, and so do words about it.
  nlohmann::json kept = nlohmann::json::object();
  for (const auto& [field, text] : texts) {
    if (text == (id.is_nil() ? start[field] : before[field])) continue;
    const FieldDef& f = entity->fields[field];
    nlohmann::json one = {{"text", text}, {"was", before[field]}, {"history", history}};
    if (const auto base = seen.find(f.leader); base != seen.end()) one["seen"] = base->second;
    kept[std::string(f.key)] = std::move(one);
  }
  if (kept.empty()) return drop_draft(ws);
  return Drafts(ws.tables().db()).put(draft_key, kept.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Status RecordForm::drop_draft(Workspace& ws) { return Drafts(ws.tables().db()).drop(draft_key); }

/// A set of tags as the form would have it, over what others made of it while the form was open.
static Value tags_over(const Value& now, const Value& before, const Value& wanted) {
  std::vector<std::string> out = tag_elements(now);
  const std::vector<std::string> had = tag_elements(before), want = tag_elements(wanted);
  const auto has = [](const std::vector<std::string>& in, const std::string& e) { return std::find(in.begin(), in.end(), e) != in.end(); };
  std::erase_if(out, [&](const std::string& e) { return has(had, e) && !has(want, e); });
  for (const std::string& e : want)
    if (!has(had, e) && !has(out, e)) out.push_back(e);
  return tags_from(std::move(out));
}

Result<Id> RecordForm::save(Workspace& ws, Replica& replica) {
  errors.clear();
  problem.clear();
  Edit edit;
  const bool is_new = id.is_nil();
  const Id record = is_new ? ws.new_id() : id;
  if (is_new) {
    edit.create(*entity, record);
    if (entity->find("source")) edit.set(*entity, record, entity->source, std::string("manual"));
  }
  bool any_text = false;
  std::optional<Record> now;
  if (!is_new) now = TRY(ws.get(*entity, record));
  const bool same_history = is_new || TRY(replica.history()) == history;
  // A group is one value: who changes a part of it decides on all of it as the form shows it.
  const auto changed = [&](const FieldDef& f) {
    const std::vector<uint16_t> group = entity->register_fields(f.leader);
    return std::any_of(group.begin(), group.end(), [&](uint16_t member) { return texts[member] != before[member]; });
  };
  for (const FieldDef& f : entity->fields) {
    const std::string& text = texts[f.index];
    if (f.options.title && !trimmed(text).empty()) any_text = true;
    if (!is_new && !changed(f)) continue;
    Result<Value> value = parse_value(f, text);
    if (!value.ok()) {
      errors[f.index] = tr(value.error().message);
      continue;
    }
    if (f.kind == Kind::tags && now) {
      const Result<Value> was = parse_value(f, before[f.index]);
      *value = tags_over(now->values[f.index], was.ok() ? *was : Value(), *value);
    }
    if (!is_new || !is_empty(*value)) edit.set(*entity, record, f.index, value.take());
    // Only where somebody else changed it meanwhile does it matter what the person had before them.
    if (const auto base = seen.find(f.leader); base != seen.end() && now && format_value(f, now->values[f.index]) != before[f.index])
      edit.saw(*entity, record, f.leader, same_history ? base->second : lost_base);
  }
  if (is_new && !any_text) {
    for (const FieldDef& f : entity->fields)
      if (f.options.title && !f.options.hidden && errors.empty()) {
        errors[f.index] = tr("Write something here first.");
        break;
      }
  }
  if (!errors.empty()) return Error{ErrorKind::invalid, tr("Please correct the marked fields.")};
  if (const std::optional<Record> open = settles.is_nil() ? std::nullopt : TRY(ws.get(conflict, settles));
      open && open->text(conflict.entity) == entity->key && TRY(ws.root(as_id((*open)[conflict.record]))) == TRY(ws.root(record)))
    for (const FieldDef& f : entity->fields)
      if (open->text(conflict.field) == f.register_name() && changed(f)) edit.set(conflict, settles, conflict.resolved, int64_t{1});
  const std::string name = [&] {
    Record named(*entity);
    for (const FieldDef& f : entity->fields)
      if (f.options.title)
        if (Result<Value> v = parse_value(f, texts[f.index]); v.ok()) named.values[f.index] = v.take();
    return shown_title(named);
  }();
  // The draft goes with the save, or both stay: a save reported as failed must not have happened.
  Status saved = ws.atomically([&]() -> Status {
    TRY(ws.commit(edit, is_new ? tr("{} added", name) : tr("{} changed", name)));
    return drop_draft(ws);
  });
  if (!saved.ok()) {
    problem = tr(saved.error().message);
    return saved.take_error();
  }
  return record;
}

}  // namespace holdfast
