#include "tests/sim/invariants.h"

#include <algorithm>

#include "shared/base/text.h"

namespace holdfast::test {

bool may_see(Workspace& ws, const Id& who, const Record& r) {
  const Entity& e = *r.entity;
  if (&e == &member || &e == &team) return true;
  const auto has = [](const Value& tags, const Id& id) {
    const auto elements = tag_elements(tags);
    return std::find(elements.begin(), elements.end(), id.text()) != elements.end();
  };
  if (const auto me = must(ws.get(member, who)); me && as_text((*me)[member.role]) == "admin") return true;
  if (&e == &person || &e == &company) {
    const FieldDef *visibility = e.find("visibility"), *of_team = e.find("team"), *owner = e.find("owner");
    const std::string_view to = as_text(r.values[visibility->index]);
    const Value& t = r.values[of_team->index];
    if (to.empty() || to == "everyone" || (to == "team" && is_empty(t))) return true;
    const Value& owned = r.values[owner->index];
    if (is_empty(owned) ? r.meta.created_by == who : as_id(owned) == who) return true;
    if (has(r.values[e.find("shared_with")->index], who)) return true;
    if (to != "team") return false;
    const auto mates = must(ws.get(team, as_id(t)));
    return mates && mates->meta.life == Life::live && has((*mates)[team.members], who);
  }
  const auto through = [&](std::string_view kind, const Id& id) {
    const auto owner = must(ws.get(ws.schema()[static_cast<size_t>(ws.schema().index_of(kind))], id));
    return owner ? may_see(ws, who, *owner) : r.meta.created_by == who;
  };
  if (&e == &conflict) return through(as_text(r[conflict.entity]), as_id(r[conflict.record]));
  if (&e == &alias) return through(as_text(r[alias.entity]), as_id(r[alias.loser]));
  for (const char* key : {"activity", "person", "company"})
    if (const FieldDef* f = e.find(key); f && !is_empty(r.values[f->index])) return through(key, as_id(r.values[f->index]));
  return true;
}

void check_page(ServerNode& server, const Id& who, const std::string& bytes, const Fault& fault) {
  const MemoryDisk::Spared spared;
  PageReader page = must(PageReader::open(bytes, server.ws->schema()));
  RowChange c;
  while (page.next(c)) {
    if (c.evicted || c.record.meta.life == Life::purged) continue;
    const auto row = must(server.ws->rows(static_cast<size_t>(c.entity)).read(c.record.id));
    if (row && row->record.meta.life == Life::purged) fault("erased: a page has the " + std::string(row->record.entity->key) + " that was erased: " + c.record.id.text());
    if (row && !may_see(*server.ws, who, row->record)) fault("secrecy: a page has a " + std::string(row->record.entity->key) + " its reader may not see: " + c.record.id.text());
  }
}

std::set<std::string> note_words(std::string_view text) {
  std::set<std::string> out;
  for (const std::string& word : split(std::string(text), ' '))
    if (word.starts_with("note")) out.insert(word);
  return out;
}

/// Where a record is merged into another, or was, what the two said may be told at either.
static std::set<std::string> words_told(ServerNode& server, const Id& who) {
  std::set<std::string> out;
  Query all;
  all.limit = 100'000;
  for (const Record& c : must(server.ws->list(conflict, all)))
    if (may_see(*server.ws, who, c)) out.merge(note_words(c.text(conflict.kept) + " " + c.text(conflict.lost)));
  return out;
}

void check_nothing_hidden_left(ServerNode& server, DeviceNode& device, const Fault& fault) {
  const Id who = device.replica->identity().member;
  const std::set<std::string> told = words_told(server, who);
  std::string refused;  // A note is written as a whole, with what its author saw in it.
  for (const OutboxEntry& entry : must(device.replica->outbox().rejected())) refused += entry.body;
  Query all;
  all.limit = 1000;
  const auto each = [&](const Entity& entity, Field name, const FieldDef* notes, Life life) -> void {
    all.life = life;
    for (const Record& r : must(server.ws->list(entity, all))) {
      const std::string secret(as_text(r[name]));
      if (!secret.starts_with("secret") || may_see(*server.ws, who, r)) continue;
      std::set<std::string> words = note_words(as_text(r.values[notes->index]));
      std::erase_if(words, [&](const std::string& word) { return told.count(word) > 0 || refused.find(word) != std::string::npos; });
      words.insert(secret);
      for (const auto& [file_name, file] : MemoryDisk::the().files)
        for (const std::string& word : words)
          if (file_name.starts_with(device.path) && file.now.find(word) != std::string::npos) return fault("secrecy: " + word + " is still in " + file_name);
    }
  };
  for (const Life life : {Life::live, Life::trashed}) {
    each(person, person.last_name, person.find("notes"), life);
    each(company, company.name, company.find("notes"), life);
  }
}

void check_convergence(ServerNode& server, DeviceNode& device, const std::string& name, const Fault& fault) {
  const Id who = device.replica->identity().member;
  const std::string truth = digest(*server.ws, &device.schema(), [&](const Record& r) { return may_see(*server.ws, who, r); }), shown = digest(*device.ws);
  if (truth == shown) return;
  std::string first;
  const std::vector<std::string> a = split(truth, '\n'), b = split(shown, '\n');
  for (size_t i = 0; i < std::max(a.size(), b.size()) && first.empty(); i++)
    if (i >= a.size() || i >= b.size() || a[i] != b[i]) first = "\n    server: " + (i < a.size() ? a[i] : "(end)") + "\n    device: " + (i < b.size() ? b[i] : "(end)");
  fault("convergence: " + name + " differs from the server:" + first);
}

void note_written(DeviceNode& device, Written& written) {
  const MemoryDisk::Spared spared;
  for (const OutboxEntry& entry : must(device.replica->outbox().after(0, INT32_MAX))) written[entry.op_no] = entry.first_sum();
}

static bool was_restored(ServerNode& server) { return !must(server.ws->tables().meta("partings")).empty(); }

void check_accounted(ServerNode& server, DeviceNode& device, const std::string& name, const std::set<int64_t>& forged, const Written& written, bool older_server, const Fault& fault) {
  std::map<int64_t, std::string> refused;
  for (const RejectedEdit& r : must(device.replica->rejected())) refused[r.op_no] = r.code;
  const uint32_t ordinal = device.replica->identity().device;
  const uint32_t family = must(server.authority->known_device(ordinal)).family;
  const bool restored = was_restored(server);
  for (const auto& [n, sum] : written) {
    const auto found = refused.find(n);
    const bool inbox = found != refused.end();
    const bool accepted = must(server.authority->log().seq_of(ordinal, n)) > 0;
    const uint32_t judged = must(server.authority->log().sum_of(ordinal, n)).value_or(0);
    // What a lost history had refused stands in the inbox of a copy that has had no reason yet to take a number of its own, while its
    // original has sent something else under that number since.
    if (restored && inbox && judged && judged != sum) continue;
    if (accepted && inbox) fault("exactly once: " + name + " transaction " + std::to_string(n) + " both accepted and refused as " + found->second);
    const bool of_family = family && must(server.authority->log().judged_in_family(family, n, sum));
    if (!accepted && !inbox && !of_family) fault("no lost write: " + name + " transaction " + std::to_string(n) + " is nowhere");
    if (judged && judged != sum) fault("no lost write: " + name + " transaction " + std::to_string(n) + " was taken for another under its number");
  }
  // Of copies that a backup knows nothing of, not even the first, each sends what they have in common: the second is told that it is there.
  const auto there_from_copy = [&](const RejectedEdit& r) {
    const auto sum = written.find(r.op_no);
    if (!restored || r.code != "exists" || sum == written.end()) return false;
    const auto all = must(server.authority->log().devices());
    return std::any_of(all.begin(), all.end(), [&](const Device& d) {
      return must(server.authority->log().seq_of(d.ordinal, r.op_no)) > 0 && must(server.authority->log().sum_of(d.ordinal, r.op_no)) == sum->second;
    });
  };
  // What a device may not keep it cannot send again to a server that has lost it.
  for (const RejectedEdit& r : must(device.replica->rejected())) {
    const bool gone = r.label == "A change of a record that was erased" || (restored && r.label == "A change of a record you can no longer see");
    if ((r.code == "invalid" && !gone) || (r.code == "exists" && !there_from_copy(r)) || (r.code == "unknown" && !older_server))
      fault("honest work is taken: " + name + " transaction " + std::to_string(r.op_no) + " was refused: " + r.reason);
    if (r.code != "waiting" || r.entity.empty() || forged.count(r.op_no) || must(server.authority->log().seq_of(device.replica->identity().device, r.op_no))) continue;
    const auto there = must(server.ws->rows(static_cast<size_t>(server.ws->schema().index_of(r.entity))).read_head(r.record));
    if (there && there->record.meta.life != Life::purged) fault("what waited is applied: " + name + " transaction " + std::to_string(r.op_no) + " still waits for a record that is there");
  }
  if (must(device.replica->outbox().count())) fault("liveness: " + name + " still has unsent edits");
}

namespace {

template <class Each>
void each_entry(ServerNode& server, Each each) {
  const int64_t head = must(server.authority->head());
  const KeyTable keys = KeyTable::own(server.ws->tables());
  for (int64_t seq = 1; seq <= head; seq++)
    if (const auto entry = must(server.authority->log().find(seq))) each(*entry, must(decode_transaction(entry->body, keys, nullptr)));
}

std::string register_key(const Op& op, const Schema& schema) {
  std::string key(op.record.view());
  if (op.kind == OpKind::life) return key + "/life";
  key += "/" + std::string(schema[op.entity].fields[schema[op.entity].fields[op.values[0].field].leader].key);
  return op.element.empty() ? key : key + "/" + op.element;
}

}  // namespace

void check_server(ServerNode& server, const Fault& fault) {
  for (const std::string& f : must(server.authority->check())) fault("model: " + f);
  std::map<uint32_t, std::pair<int64_t, int64_t>> last;  // device → op number, stamp
  int64_t latest = 0;  // A server's clock that is set back does not take back what it has given out.
  each_entry(server, [&](const LogEntry& entry, const Transaction&) {
    latest = std::max(latest, entry.at_ms);
    // A counter of a few steps past the receipt is what causality may need.
    if (ms_from_hlc(entry.stamp.hlc) > latest + 1) fault("bounded clocks: stamp of " + std::to_string(entry.seq) + " lies beyond its receipt");
    auto& [op_no, hlc] = last[entry.stamp.device];
    if (entry.op_no > op_no) {
      if (entry.stamp.hlc <= hlc) fault("device order: stamp of " + std::to_string(entry.seq) + " is not after the device's last");
      op_no = entry.op_no;
      hlc = entry.stamp.hlc;
    }
  });
}

void check_own_order(ServerNode& server, const Fault& fault) {
  struct Last {
    uint32_t device;
    bool alone;
    Op op;
    int64_t op_no;  ///< In its author's order, which is not the log's where something had to wait.
  };
  std::map<std::string, Last> registers;
  const Schema& schema = server.ws->schema();
  each_entry(server, [&](const LogEntry& entry, const Transaction& t) {
    for (const Op& op : t.ops) {
      if (op.kind == OpKind::create) {
        for (const FieldValue& v : op.values)
          if (schema[op.entity].fields[v.field].kind == Kind::tags)
            for (const std::string& element : tag_elements(v.value)) registers.try_emplace(register_key({OpKind::add, op.entity, op.record, 0, {{v.field, {}}}, element, Life::live}, schema), Last{entry.stamp.device, true, {OpKind::add, op.entity, op.record, 0, {{v.field, {}}}, element, Life::live}, entry.op_no});
        continue;
      }
      const auto [at, fresh] = registers.try_emplace(register_key(op, schema), Last{entry.stamp.device, true, op, entry.op_no});
      if (fresh) continue;
      at->second.alone = at->second.alone && at->second.device == entry.stamp.device;
      if (at->second.alone && entry.op_no >= at->second.op_no) at->second.op = op, at->second.op_no = entry.op_no;
    }
  });
  for (const auto& [key, last] : registers) {
    if (!last.alone) continue;
    const Entity& entity = schema[last.op.entity];
    const std::optional<Row> row = must(server.ws->rows(last.op.entity).read(last.op.record));
    if (!row || row->record.meta.life == Life::purged) continue;
    bool kept = true;
    if (last.op.kind == OpKind::life) kept = row->record.meta.life == last.op.life;
    else if (last.op.kind == OpKind::set)
      for (const FieldValue& v : last.op.values) kept = kept && row->record.values[v.field] == v.value;
    else {
      const auto elements = tag_elements(row->record.values[last.op.values[0].field]);
      kept = (std::find(elements.begin(), elements.end(), last.op.element) != elements.end()) == (last.op.kind == OpKind::add);
    }
    // After a restore others' versions are not what the author had seen: the change may have lost, but then it is kept beside.
    const std::string_view field = last.op.values.empty() ? std::string_view("life") : entity.fields[last.op.values[0].field].key;
    for (const Record& c : must(server.ws->rows(conflict).children(conflict.record.index, last.op.record)))
      kept = kept || as_text(c[conflict.field]) == field || (!last.op.values.empty() && as_text(c[conflict.field]) == entity.fields[last.op.values[0].field].options.group);
    if (&entity == &conflict) continue;  // The server too decides whether it is settled.
    if (!kept && last.op.base != lost_base) fault("own order: " + std::string(entity.key) + " " + last.op.record.text() + " does not have its only author's last word");
  }
}

void check_monotonic(DeviceNode& device, const std::string& name, Confirmed& so_far, const Fault& fault) {
  const std::string history = must(device.replica->history());
  if (history != so_far.history) so_far = {history, {}};
  for (size_t e = 0; e < device.schema().size(); e++)
    for (Rows::Scan scan = device.ws->rows(e).after_id(Id{}); scan.row(); scan.advance()) {
      const Row& row = *scan.row();
      if (row.record.meta.seq <= 0 || row.record.meta.life == Life::purged) continue;  // Not confirmed, or told to go.
      Versions& before = so_far.rows.try_emplace(row.record.id, row.versions).first->second;
      for (const auto& [reg, version] : before.exceptions)
        if (row.versions.of(reg) < version) return fault("monotonic reads: on " + name + " register " + std::to_string(reg) + " of " + row.record.id.text() + " went back from " + std::to_string(version) + " to " + std::to_string(row.versions.of(reg)));
      before = row.versions;
    }
}

/// Up to which of the server's numbers a device is complete; 0 when it is not, as while it loads everything anew, or speaks of another history.
static int64_t complete_to(ServerNode& server, DeviceNode& device) {
  if (must(device.ws->tables().meta_int("resetting"))) return 0;
  const std::vector<std::string> cursor = split(must(device.ws->tables().meta("cursor")), '.');
  return cursor.size() == 6 && cursor[0] == "p" && cursor[1] == must(server.ws->tables().meta("epoch")) ? std::stoll(cursor[5]) : 0;
}

/// Both versions of each register that both builds know, and of a record's life.
static std::vector<std::pair<int64_t, int64_t>> versions_of_both(ServerNode& server, size_t there, const Row& said, DeviceNode& device, size_t here, const Row& shown) {
  std::vector<std::pair<int64_t, int64_t>> out{{said.versions.of(life_register), shown.versions.of(life_register)}};
  for (const FieldDef& f : device.schema()[here].fields)
    if (const FieldDef* known = server.schema()[there].find(f.key); known && f.leader == f.index)
      out.emplace_back(said.versions.of(server.ws->tables().key_no(there, known->index)), shown.versions.of(device.ws->tables().key_no(here, f.index)));
  return out;
}

static void check_one_moment(ServerNode& server, DeviceNode& device, const std::string& name, const Fault& fault) {
  const int64_t base = complete_to(server, device);
  if (base == 0) return;
  const bool newest = base == must(server.authority->head());  // Then it also has all records that there are for it.
  const Id who = device.replica->identity().member;
  for (size_t e = 0; e < device.schema().size(); e++) {
    const int found = server.schema().index_of(device.schema()[e].key);
    if (found < 0) continue;
    const auto there = static_cast<size_t>(found);
    std::map<Id, Row> shown;
    for (Rows::Scan scan = device.ws->rows(e).after_id(Id{}); scan.row(); scan.advance())
      if (scan.row()->record.meta.seq > 0) shown.emplace(scan.row()->record.id, *scan.row());
    for (Rows::Scan scan = server.ws->rows(there).after_id(Id{}); scan.row(); scan.advance()) {
      const Row& said = *scan.row();
      if (said.record.meta.life == Life::purged) continue;
      const auto row = shown.find(said.record.id);
      const std::string what = std::string(device.schema()[e].key) + " " + said.record.id.text();
      if (row == shown.end()) {
        if (newest && may_see(*server.ws, who, said.record)) return fault("atomicity: " + name + " is complete up to " + std::to_string(base) + " and lacks " + what);
        continue;
      }
      for (const auto& [server_has, device_has] : versions_of_both(server, there, said, device, e, row->second))
        if (server_has <= base ? device_has != server_has : device_has > base)
          return fault("atomicity: " + name + " is complete up to " + std::to_string(base) + " and has " + what + " as of " + std::to_string(device_has) + ", not " + std::to_string(server_has));
    }
  }
}

void check_atomicity(ServerNode& server, DeviceNode& device, const std::string& name, const Fault& fault) {
  const MemoryDisk::Spared spared;
  Workspace& ws = *device.ws;
  const Entity& people = ws.schema()[static_cast<size_t>(ws.schema().index_of("person"))];
  const uint16_t phone = people.find("primary_phone")->index;
  Query all;
  all.limit = 1000;
  for (Life life : {Life::live, Life::trashed}) {
    all.life = life;
    for (const Record& r : must(ws.list(people, all)))
      if (!is_empty(r.values[phone]) && !must(ws.rows(contact_point).find(as_id(r.values[phone])))) fault("atomicity: " + name + " shows half of the transaction that made " + r.id.text());
  }
  if (server.ws) check_one_moment(server, device, name, fault);
}

void check_deletions_asked(ServerNode& server, const Fault& fault) {
  struct Touch {
    int64_t seq;
    uint32_t device;
  };
  std::map<std::string, std::vector<Touch>> touched;
  struct Held {
    int64_t seq;
    Stamp stamp;
    Life life;
  };
  std::map<std::string, Held> lives;
  const auto is_asked = [&](const Id& record) {
    bool asked = false;
    for (const Record& c : must(server.ws->rows(conflict).children(conflict.record.index, record))) asked = asked || as_text(c[conflict.field]) == "life";
    return asked;
  };
  each_entry(server, [&](const LogEntry& entry, const Transaction& t) {
    std::set<std::string> mine;
    for (const Op& op : t.ops) {
      const std::string id(op.record.view());
      if (op.kind == OpKind::life && op.life == Life::trashed && !server.ws->schema()[op.entity].server_owned) {
        const bool unseen = std::any_of(touched[id].begin(), touched[id].end(), [&](const Touch& other) { return other.seq > op.base && other.device != entry.stamp.device && !must(server.authority->log().adopted(entry.stamp.device, other.seq)); });
        const bool asked = is_asked(op.record);
        const auto row = must(server.ws->rows(op.entity).read_head(op.record));
        // Only where the deletion stood: a restore that came before it in time is another matter.
        if (unseen && !asked && row && row->record.meta.life == Life::trashed && row->versions.of(life_register) == entry.seq)
          fault("deletion: " + op.record.text() + " was deleted over an unseen change, and nobody is asked");
      }
      if (op.kind == OpKind::set) mine.insert(id);
      if (op.kind == OpKind::create) lives[id] = {entry.seq, entry.stamp, Life::live};
      if (op.kind != OpKind::life || op.life == Life::purged || server.ws->schema()[op.entity].server_owned) continue;
      // Of two who decide without knowing of each other one is overruled, and that is told; who wants the same as another is not one.
      const auto held = lives.find(id);
      if (held == lives.end()) continue;
      const bool seen = op.base >= held->second.seq || entry.stamp.device == held->second.stamp.device || must(server.authority->log().adopted(entry.stamp.device, held->second.seq));
      if (!seen && op.life != held->second.life && !is_asked(op.record)) {
        const auto row = must(server.ws->rows(op.entity).read_head(op.record));
        if (row && row->record.meta.life != Life::purged) fault("deletion: what somebody decided about " + op.record.text() + " was overruled unseen, and nobody is told");
      }
      if (seen || (op.life != held->second.life && held->second.stamp < entry.stamp)) held->second = {entry.seq, entry.stamp, op.life};
    }
    // A change that lost leaves nothing to ask about; only those whose version stood at the time do, so only winners count.
    for (const Op& op : t.ops)
      if (op.kind == OpKind::set) {
        const auto row = must(server.ws->rows(op.entity).read_head(op.record));
        const uint32_t reg = server.ws->tables().key_no(op.entity, server.ws->schema()[op.entity].fields[op.values[0].field].leader);
        if (row && row->versions.of(reg) == entry.seq) touched[std::string(op.record.view())].push_back({entry.seq, entry.stamp.device});
      }
  });
}

void check_erased(const std::set<std::string>& values, const Fault& fault) {
  for (const std::string& value : values)
    for (const auto& [name, file] : MemoryDisk::the().files)
      if (name.rfind("sim/", 0) == 0 && name.rfind("sim/backup", 0) != 0)
        if (const size_t at = file.now.find(value); at != std::string::npos)
          return fault("erasure: " + value + " is still in " + name + " at " + std::to_string(at) + " of " + std::to_string(file.now.size()));
}

void check_photos(ServerNode& server, const std::vector<std::unique_ptr<DeviceNode>>& devices, const std::map<Id, std::string>& photos, const std::set<Id>& hostile, const Fault& fault) {
  const auto waits = [](DeviceNode& d, const Id& id) {
    bool found = false;
    must(d.replica->outbox().rewrite([&](OutboxEntry& entry, Outbox::Kept) -> Result<bool> {
      found = found || entry.body.find(id.view()) != std::string::npos;
      return false;
    }));
    return found;
  };
  const auto lies_in = [](const std::string& path, const std::string& bytes) {
    for (const auto& [name, file] : MemoryDisk::the().files)
      for (size_t part = 0; part < bytes.size(); part += photo_part)
        if (name.starts_with(path) && file.now.find(bytes.substr(part, photo_part)) != std::string::npos) return true;
    return false;
  };
  // What is there in full and known to be.
  const auto whole = [](Blobs& blobs, const BlobKey& key) {
    return Blobs::is_whole(must(blobs.info(key)).state) ? must(blobs.whole(key)) : std::string();
  };
  Blobs at_server(server.ws->tables());
  for (const auto& [id, bytes] : photos) {
    if (hostile.count(id)) continue;
    const auto record = must(server.ws->get(attachment, id));
    const bool there = record && record->meta.life != Life::purged;
    const std::string kept = there ? whole(at_server, BlobKey::of(*record)) : std::string();
    if (!there && lies_in(server.path, bytes)) fault("attachments: the server keeps the bytes of " + id.text() + ", which is erased or was never there");
    if (there && kept.empty()) fault("attachments: the bytes of " + id.text() + " are nowhere");
    if (!kept.empty() && kept != bytes) fault("attachments: the server has other bytes of " + id.text());
    for (const auto& d : devices) {
      if (d->schema().index_of("attachment") < 0) continue;
      const auto shown = must(d->ws->get(attachment, id));
      const std::string here = shown ? whole(*d->blobs, BlobKey::of(*shown)) : std::string();
      if (!here.empty() && here != bytes) fault("attachments: " + d->path + " has other bytes of " + id.text());
      if (there && shown && !here.empty() && kept.empty()) fault("attachments: the bytes of " + id.text() + " have not reached the server");
      if (there && shown && here.empty() && !kept.empty()) fault("attachments: " + d->path + " cannot get the bytes of " + id.text());
      if (!shown && !waits(*d, id) && lies_in(d->path, bytes)) fault("attachments: " + d->path + " keeps bytes of " + id.text() + ", which it does not show");
    }
  }
}

void check_notes(ServerNode& server, const std::set<Id>& hostile, const Fault& fault) {
  const Schema& schema = server.ws->schema();
  const auto e = static_cast<size_t>(schema.index_of("person"));
  const uint16_t notes = schema[e].find("notes")->index;
  std::map<std::string, std::set<std::string>> written;
  each_entry(server, [&](const LogEntry& entry, const Transaction& t) {
    if (entry.stamp.device == 0) return;  // The server's own merges write nothing new.
    for (const Op& op : t.ops)
      if (op.entity == e && (op.kind == OpKind::set || op.kind == OpKind::create))
        for (const FieldValue& v : op.values)
          if (v.field == notes)
            written[std::string(op.record.view())].merge(note_words(as_text(v.value)));
  });
  for (const auto& [id, words] : written) {
    const auto row = must(server.ws->rows(e).read(Id::from_bytes(id.data())));
    if (!row || row->record.meta.life == Life::purged || hostile.count(row->record.id)) continue;
    std::string text(as_text(row->record.values[notes]));
    // Where the common base was lost with a history, the text that lost is kept beside.
    if (was_restored(server))
      for (const Record& c : must(server.ws->rows(conflict).children(conflict.record.index, row->record.id)))
        if (as_text(c[conflict.field]) == "notes") text += " " + c.text(conflict.kept) + " " + c.text(conflict.lost);
    for (const std::string& word : words)
      if (text.find(word) == std::string::npos) fault("notes: the word " + word + " is gone from " + row->record.id.text());
  }
}

/// Two merged one record into different ones: nobody has chosen between those, so what stands in the one that joins the other is told.
static void check_joined(ServerNode& server, int64_t seq, const Id& joining, const Id& stands, const Fault& fault) {
  const uint32_t job = server.ws->tables().key_no(static_cast<size_t>(server.ws->schema().index_of(person)), person.job_title.index);
  const auto lost = must(server.ws->rows(person).read(joining)), kept = must(server.ws->rows(person).read(stands));
  if (!lost || !kept || lost->record.meta.life == Life::purged || kept->record.meta.life == Life::purged) return;
  // Only where both are still as they were then.
  if (lost->versions.of(job) > seq || kept->versions.of(job) >= seq) return;
  const std::string value = lost->record.text(person.job_title);
  if (value.empty() || value == kept->record.text(person.job_title)) return;
  for (const Record& c : must(server.ws->rows(conflict).children(conflict.record.index, joining)))
    if (c.text(conflict.field) == "job_title" && c.text(conflict.lost) == value) return;
  fault("merging: what stood in " + joining.text() + ", which joined another when a third was merged twice, is told nowhere");
}

void check_merged(ServerNode& server, const Fault& fault) {
  // The classes once more, by relabelling: each edge in order gives all of one class the label of the other.
  struct Edge {
    int64_t seq;
    Id id, loser, winner;
    uint32_t device;
  };
  std::vector<Edge> edges, hiding;  // All, and those that made their loser part of another.
  std::map<Id, Id> label;
  std::set<Id> separated;  // At some time, perhaps joined again.
  std::map<std::string, std::set<std::string>> ever;  // Record and field → what it was ever set to.
  each_entry(server, [&](const LogEntry& entry, const Transaction& t) {
    for (const Op& op : t.ops) {
      const Entity& e = server.ws->schema()[op.entity];
      if (op.kind == OpKind::create && &e == &alias) {
        const auto row = must(server.ws->get(alias, op.record));
        if (row && row->meta.life == Life::live) edges.push_back({entry.seq, op.record, as_id((*row)[alias.loser]), as_id((*row)[alias.winner]), entry.stamp.device});
      }
      if (op.kind == OpKind::life && &e == &alias)
        if (const auto row = must(server.ws->get(alias, op.record)))
          for (const Field end : {alias.loser, alias.winner}) separated.insert(as_id((*row)[end]));
      if (op.kind == OpKind::create || op.kind == OpKind::set)
        for (const FieldValue& v : op.values) ever[std::string(op.record.view()) + std::string(e.fields[v.field].key)].insert(format_value(e.fields[v.field], v.value));
    }
  });
  const auto of = [&](const Id& id) { return label.count(id) ? label[id] : id; };
  for (const Edge& e : edges) {
    if (!must(server.ws->get(person, e.loser)) || !must(server.ws->get(person, e.winner))) continue;
    const Id loser = of(e.loser), winner = of(e.winner);
    if (!(loser == winner) && loser == e.loser) hiding.push_back(e);
    if (!(loser == winner) && !(loser == e.loser) && separated.empty()) check_joined(server, e.seq, winner, loser, fault);
    const Id stays = loser == e.loser ? winner : loser, goes = stays == winner ? loser : winner;
    label.emplace(loser, loser);
    label.emplace(winner, winner);
    for (auto& [id, root] : label)
      if (root == goes) root = stays;
  }
  for (const auto& [id, root] : label)
    if (!(must(server.ws->root(id)) == root)) fault("merging: " + id.text() + " is part of another record than the edges say");
  // Where nothing was ever separated, what was written into a record after it was merged was written unknowingly.
  const uint16_t job = person.job_title.index;
  for (const Edge& e : hiding) {
    const auto row = must(server.ws->rows(person).read(e.loser));
    const Id root = of(e.loser);
    if (!row || row->record.meta.life == Life::purged || root == e.loser) continue;
    const int64_t version = row->versions.of(server.ws->tables().key_no(static_cast<size_t>(server.ws->schema().index_of(person)), job));
    const auto author = must(server.authority->log().find(version));
    if (version <= e.seq || !author || author->stamp.device == e.device || is_empty(row->record.values[job])) continue;
    const std::string value = row->record.text(person.job_title);
    bool told = false;
    for (const auto& [id, r] : label)
      if (r == root && separated.count(id)) told = true;
      else if (r == root || id == e.loser) {
        told = told || ever[std::string(id.view()) + "job_title"].count(value) > (id == e.loser ? 1u : 0u);
        for (const Record& c : must(server.ws->rows(conflict).children(conflict.record.index, id))) told = told || c.text(conflict.lost) == value || c.text(conflict.kept) == value;
      }
    if (!told) fault("merging: what was written into " + e.loser.text() + " after it was merged is told nowhere");
  }
}

}  // namespace holdfast::test
