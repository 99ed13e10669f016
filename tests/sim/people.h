#pragma once
// What people do in a simulation: records made, changed, deleted, merged, shared and photographed; and what only the server refuses.

#include "shared/workspace/merging.h"
#include "tests/sim/simulated_world.h"

namespace holdfast::test {

class People : public SimulatedWorld {
 public:
  using SimulatedWorld::SimulatedWorld;

 protected:
  static const Entity& entity_of(DeviceNode& device, std::string_view key) { return device.ws->schema()[static_cast<size_t>(device.ws->schema().index_of(key))]; }

  Result<Id> some_record(DeviceNode& device, const Entity& entity) {
    Query query;
    query.limit = 20;
    query.life = random_.below(8) == 0 ? Life::trashed : Life::live;
    const auto records = TRY(device.ws->list(entity, query));
    return records.empty() ? Id{} : records[random_.below(records.size())].id;
  }

  Status create_person(DeviceNode& device, Edit& edit, const std::string& value) {
    const Entity& people = entity_of(device, "person");
    const Id id = device.ws->new_id();
    edit.create(people, id);
    edit.set(people, id, people.find("first_name")->index, value);
    // A word that occurs nowhere else, to be looked for when the record is erased.
    edit.set(people, id, people.find("last_name")->index, "secret" + std::to_string(plan_.seed) + "x" + std::to_string(people_) + "x");
    edit.set(people, id, people.find("tags")->index, tags_from({value}));
    if (random_.below(2)) {  // A transaction over two records: seen whole or not at all.
      const Id point = device.ws->new_id();
      edit.create(contact_point, point);
      edit.set(contact_point, point, contact_point.person, id);
      edit.set(contact_point, point, contact_point.city, value);
      edit.set(people, id, people.find("primary_phone")->index, point);
    }
    people_++;
    if (chance(weather_.rights) && people.find("visibility")) change_rights(edit, people, id);
    return {};
  }

  /// Somebody decides who sees a record: one register at a time.
  void change_rights(Edit& edit, const Entity& people, const Id& who) {
    const auto field = [&](const char* key) { return people.find(key)->index; };
    const Id &mate = members_[random_.below(members_.size())], &group = teams_[random_.below(teams_.size())];
    switch (random_.below(6)) {
      case 0: edit.set(people, who, field("visibility"), std::string("private")); break;
      case 1: case 2:
        edit.set(people, who, field("visibility"), std::string("team"));
        edit.set(people, who, field("team"), group);
        break;
      case 3: edit.set(people, who, field("visibility"), std::string("everyone")); break;
      case 4: edit.set(people, who, field("shared_with"), random_.below(2) ? tags_from({mate.text()}) : Value()); break;
      case 5: edit.set(people, who, field("owner"), mate); break;
    }
  }

  Status edit(size_t d) {
    DeviceNode& device = *devices_[d];
    const Entity& people = entity_of(device, "person");
    Edit edit;
    const uint64_t what = random_.below(20);
    const std::string value = "v" + std::to_string(random_.below(6));
    const Id who = TRY(some_record(device, people));
    const FieldDef* job = people.find("job_title");
    const FieldDef* notes = people.find("notes");
    if (who.is_nil() || (what == 0 && people_ < 20)) {
      TRY(create_person(device, edit, value));
    } else if (what < 5) {
      edit.set(people, who, people.find("first_name")->index, value);
      if (job && random_.below(2)) edit.set(people, who, job->index, value + "'");
    } else if (what < 7) {
      std::vector<std::string> tags = tag_elements((*TRY(device.ws->get(people, who))).values[people.find("tags")->index]);
      if (tags.empty() || random_.below(2)) tags.push_back(value);
      else tags.erase(tags.begin() + static_cast<long>(random_.below(tags.size())));
      edit.set(people, who, people.find("tags")->index, tags_from(tags));
    } else if (what == 7) {
      const bool trashed = TRY(device.ws->get(people, who))->meta.life == Life::trashed;
      if (trashed) edit.restore(people, who);
      else edit.trash(people, who);
    } else if (what == 8) {
      if (!device.ws->can_undo() || device.ws->undo_label() == "note") return {};  // Words taken out of notes would look like lost ones.
      Result<std::string> undone = device.ws->undo();
      if (!undone.ok()) return undone.error().kind == ErrorKind::not_found ? Status() : Status(undone.error());
      sometimes("undo");
      return {};
    } else if (what == 9) {
      const Id point = TRY(some_record(device, contact_point));
      if (point.is_nil()) return {};
      edit.set(contact_point, point, random_.below(2) ? contact_point.city : contact_point.street, value);
    } else if (what < 12) {
      if (!notes) return {};
      std::string text((*TRY(device.ws->get(people, who))).text(Field{notes->index}));
      const std::string word = note_word(plan_.seed, ++words_) + " ";
      const bool front = random_.below(2), close = random_.below(2);  // In this order for every compiler.
      text.insert(front ? 0 : text.size(), text.empty() || close ? word : " " + word);
      edit.set(people, who, notes->index, text);
    } else if (what == 12) {
      if (device.ws->schema().index_of("task") < 0) return {};
      const Id id = TRY(some_record(device, task)), target = id.is_nil() ? device.ws->new_id() : id;
      if (id.is_nil()) edit.create(task, target);
      edit.set(task, target, task.title, value);
      edit.set(task, target, task.due_on, static_cast<int64_t>(20'000 + random_.below(9)));
    } else if (what == 17) {
      return take_photo(d, who);
    } else if (what == 13) {
      return chance(300) ? forge(device) : Status();
    } else if (what >= 18) {
      if (!TRY(settle(device, edit, people))) return {};
    } else if (what == 16) {
      if (device.ws->schema().index_of("alias") < 0) return {};
      const Id other = TRY(some_record(device, people));
      const std::vector<Merged> parts = TRY(merged_parts(*device.ws, people, who));
      if (!parts.empty() && random_.below(2)) {
        edit.trash(alias, parts[random_.below(parts.size())].alias);
        sometimes("separated");
      } else {
        if (other.is_nil() || TRY(device.ws->root(other)) == TRY(device.ws->root(who))) return {};
        TRY(merge_records(*device.ws, edit, people, who, other, {}));
        sometimes("merged");
      }
    } else {
      if (!people.find("visibility") || !chance(weather_.rights)) return {};
      change_rights(edit, people, who);
      sometimes("rights changed");
    }
    TRY(device.ws->commit(edit, what == 10 || what == 11 ? "note" : "edit"));
    event("edit " + std::to_string(what) + " on " + device_name(d));
    return {};
  }

  /// Somebody decides about a conflict: it stays so, or what had lost counts after all. Whether there was one.
  Result<bool> settle(DeviceNode& device, Edit& edit, const Entity& people) {
    Query open = all();
    open.where.push_back({conflict.resolved.index, Compare::eq, int64_t{0}});
    const auto conflicts = TRY(device.ws->list(conflict, open));
    if (conflicts.empty()) return false;
    const Record& c = conflicts[random_.below(conflicts.size())];
    const Id about = TRY(device.ws->root(as_id(c[conflict.record])));
    const FieldDef* f = people.find(as_text(c[conflict.field]));
    edit.set(conflict, c.id, conflict.resolved, int64_t{1});
    const bool other = random_.below(2), restores = as_text(c[conflict.lost]) == "live";
    sometimes("conflict settled");
    if (!other || as_text(c[conflict.entity]) != "person" || !TRY(device.ws->get(people, about))) return true;
    if (as_text(c[conflict.field]) == "life") restores ? edit.restore(people, about) : edit.trash(people, about);
    else if (f && f->kind == Kind::text && f->options.group.empty()) edit.set(people, about, f->index, c[conflict.lost]);
    return true;
  }

  /// Record and bytes together, as the app does it.
  Status take_photo(size_t d, const Id& of, Field what = attachment.person) {
    DeviceNode& device = *devices_[d];
    if (device.ws->schema().index_of("attachment") < 0) return {};
    const Id id = device.ws->new_id();
    std::string bytes;  // Of one to three parts, each of which can be told from all others.
    for (size_t part = 0; part <= photos_.size() % 3; part++) {
      bytes += "photo" + std::to_string(plan_.seed) + "x" + std::to_string(photos_.size()) + "x" + std::to_string(part);
      bytes.resize((part + 1) * photo_part, '.');
    }
    char sha[65];
    std::snprintf(sha, sizeof sha, "%064llx", static_cast<unsigned long long>(XXH3_64bits(bytes.data(), bytes.size())));
    Edit edit;
    edit.create(attachment, id);
    edit.set(attachment, id, attachment.name, std::string("photo"));
    edit.set(attachment, id, attachment.sha256, std::string(sha));
    edit.set(attachment, id, attachment.size, static_cast<int64_t>(bytes.size()));
    edit.set(attachment, id, what, of);
    photos_[id] = bytes;
    TRY(device.ws->atomically([&]() -> Status {
      TRY(device.blobs->keep({id, sha}, bytes, device.clock.wall_ms()));
      return device.ws->commit(edit, "photo");
    }));
    event("photo on " + device_name(d));
    sometimes("photo taken");
    return {};
  }

  /// A transaction only the server refuses, and an honest edit that builds on it.
  Status forge(DeviceNode& device) {
    PreparedEdit prepared;
    const Id id = device.ws->new_id(), honest = device.ws->new_id();
    const Entity& people = entity_of(device, "person");
    Record made(people);
    made.id = honest;
    made.values[people.find("first_name")->index] = std::string("refused");
    prepared.rows.push_back({0, std::move(made), {}});
    prepared.rows.push_back({0, Record(conflict), {}});
    prepared.rows[1].record.id = id;
    const auto e = [&](std::string_view key) { return static_cast<uint16_t>(device.ws->schema().index_of(key)); };
    prepared.ops.push_back({{OpKind::create, e("person"), honest, 0, {{people.find("first_name")->index, std::string("refused")}}, {}, Life::live}, 0});
    prepared.ops.push_back({{OpKind::create, e("conflict"), id, 0, {}, {}, Life::live}, 1});
    prepared.label = "forged";
    TRY(device.ws->atomically([&] { return device.replica->write(prepared); }));
    Edit edit;
    edit.set(conflict, id, conflict.resolved, int64_t{1});
    TRY(device.ws->commit(edit, "resolves what was never there"));
    // Beside it: an edit of a real record that only the server refuses.
    if (const Id who = TRY(some_record(device, people)); !who.is_nil() && !(who == honest)) {
      Edit two;
      two.set(people, who, people.find("first_name")->index, std::string("never accepted"));
      two.set(conflict, id, conflict.resolved, int64_t{0});
      TRY(device.ws->commit(two, "is refused as a whole"));
      for (size_t d = 0; d < devices_.size(); d++)
        if (devices_[d].get() == &device) forged_[d].insert(TRY(device.replica->outbox().last_op_no()));
    }
    event("forge");
    return {};
  }
};

}  // namespace holdfast::test
