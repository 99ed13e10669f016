#include "client/screens/record_form_model.h"

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

Status RecordForm::open(Workspace& ws, const Entity& e, const Id& record, const std::map<std::string, std::string>& preset) {
  *this = RecordForm();
  entity = &e;
  id = record;
  draft_key = std::string(e.key) + "/" + (id.is_nil() ? "new" : id.text());
  Record now(e);
  if (!id.is_nil()) {
    std::optional<Record> found = TRY(ws.get(e, id));
    if (!found) return Error{ErrorKind::not_found, tr("This record does not exist any more.")};
    now = std::move(*found);
  }
  for (const FieldDef& f : e.fields) texts[f.index] = format_value(f, now.values[f.index]);
  before = texts;
  for (const auto& [key, text] : preset)
    if (const FieldDef* f = e.find(key)) texts[f->index] = text;
  const std::string draft = TRY(Drafts(ws.tables().db()).find(draft_key));
  const nlohmann::json kept = nlohmann::json::parse(draft, nullptr, false);
  if (kept.is_object())
    for (const auto& [key, text] : kept.items())
      if (const FieldDef* f = e.find(key); f && text.is_string()) texts[f->index] = text.get<std::string>();
  return {};
}

Status RecordForm::keep_draft(Workspace& ws) {
  nlohmann::json kept = nlohmann::json::object();
  for (const auto& [field, text] : texts)
    if (text != before[field]) kept[std::string(entity->fields[field].key)] = text;
  return Drafts(ws.tables().db()).put(draft_key, kept.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Status RecordForm::drop_draft(Workspace& ws) { return Drafts(ws.tables().db()).drop(draft_key); }

Result<Id> RecordForm::save(Workspace& ws) {
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
  for (const FieldDef& f : entity->fields) {
    const std::string& text = texts[f.index];
    if (f.options.title && !trimmed(text).empty()) any_text = true;
    if (!is_new && text == before[f.index]) continue;
    Result<Value> value = parse_value(f, text);
    if (!value.ok()) errors[f.index] = tr(value.error().message);
    else if (!is_new || !is_empty(*value)) edit.set(*entity, record, f.index, value.take());
  }
  if (is_new && !any_text) {
    for (const FieldDef& f : entity->fields)
      if (f.options.title && !f.options.hidden && errors.empty()) {
        errors[f.index] = tr("Write something here first.");
        break;
      }
  }
  if (!errors.empty()) return Error{ErrorKind::invalid, tr("Please correct the marked fields.")};
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
