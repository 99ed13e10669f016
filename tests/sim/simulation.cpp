#include "tests/sim/simulation.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <functional>

#include "shared/workspace/merging.h"
#include "tests/sim/invariants.h"
#include "tests/sim/older_schema.h"
#include "tests/sim/push_watch.h"

namespace holdfast::test {

namespace {

/// How often things go wrong in this run, per thousand; drawn from the seed so that runs differ in kind.
struct Weather {
  uint64_t drop_request, drop_reply, duplicate, garble, crash, power_cut, disk, clock_jump, restore, purge, rights, copies;
  explicit Weather(SeededRandom& r) {
    auto draw = [&](uint64_t most) { return r.below(3) == 0 ? 0 : 1 + r.below(most); };
    drop_request = draw(300);
    drop_reply = draw(300);
    duplicate = draw(200);
    garble = draw(40);
    crash = draw(150);
    power_cut = draw(60);
    disk = draw(60);
    clock_jump = draw(200);
    restore = r.below(2) ? draw(60) : 0;
    purge = r.below(2) ? draw(60) : 0;
    rights = r.below(2) ? draw(900) : 0;
    copies = r.below(3) ? 0 : draw(100);
  }
};

struct Flight {
  size_t device;
  int64_t generation;  ///< A reply counts only for the wait it was asked in.
  SyncRequest request;
  bool answered = false;
  int status = 0;
  std::string body;
};

uint64_t mixed(uint64_t seed, uint64_t number) { return SeededRandom(seed * 0x9E3779B97F4A7C15ull + number).next(); }

class Simulation {
 public:
  Simulation(const SimulationPlan& plan, bool keep_events)
      : plan_(plan), keep_events_(keep_events), random_(plan.seed), weather_(random_), server_("sim/server", plan.seed ^ 1, &time_) {
    MemoryDisk::the().remove("sim/backup");
    for (const char* name : {"Anna", "Ben", "Cleo"}) {
      members_.push_back(server_.ws->new_id());
      Edit edit;
      edit.create(member, members_.back());
      edit.set(member, members_.back(), member.name, std::string(name));
      must(server_.ws->commit(edit, "member"));
    }
    for (const char* name : {"North", "South"}) {
      teams_.push_back(server_.ws->new_id());
      Edit edit;
      edit.create(team, teams_.back());
      edit.set(team, teams_.back(), team.name, std::string(name));
      edit.set(team, teams_.back(), team.members, tags_from({members_[0].text(), members_[teams_.size() - 1].text()}));
      must(server_.ws->commit(edit, "team"));
    }
    const size_t count = 2 + random_.below(3);
    for (size_t i = 0; i < count; i++) {
      // The last one may run an app that has not been updated.
      const Schema& schema = i + 1 == count && random_.below(2) ? older_schema() : product_schema();
      devices_.push_back(std::make_unique<DeviceNode>("sim/device" + std::to_string(i), plan.seed * 7 + i + 10, &time_, schema));
      devices_[i]->page_bytes = random_.below(3) ? 60 + random_.below(400) : SyncSession::page_bytes_usual;
      devices_[i]->session->page_bytes_max = devices_[i]->page_bytes;
      devices_[i]->replica->hold_max = devices_[i]->hold_bytes = (plan.seed + i) % 3 * 400;  // None, one or two pages, more.
      devices_[i]->sign_in(server_, members_[i % members_.size()], "device " + std::to_string(i));
      generation_.push_back(0);
      waiting_.push_back(false);
      common_.emplace_back();
    }
  }
  ~Simulation() { MemoryDisk::the().power_on(); }

  SimulationResult run() {
    for (int i = 0; i < plan_.events && result_.faults.empty(); i++) {
      const auto number = static_cast<size_t>(i);
      if (number < plan_.left_out.size() && plan_.left_out[number]) continue;
      random_ = SeededRandom(mixed(plan_.seed, number + 1));
      step();
    }
    random_ = SeededRandom(mixed(plan_.seed, 0));
    if (result_.faults.empty()) heal();
    if (result_.faults.empty()) judge();
    result_.trace = trace_;
    return std::move(result_);
  }

 private:
  void event(const std::string& what) {
    trace_ = XXH3_64bits_withSeed(what.data(), what.size(), trace_);
    if (keep_events_) result_.events.push_back(what.substr(0, 120));
  }
  void sometimes(const char* what, int64_t n = 1) { result_.sometimes[what] += n; }
  void fault(const std::string& what) { result_.faults.push_back(what); }
  bool chance(uint64_t per_thousand) { return random_.below(1000) < per_thousand; }
  std::string device_name(size_t d) const { return "device " + std::to_string(d); }

  void step() {
    time_.now += static_cast<int64_t>(random_.below(random_.below(50) == 0 ? 86'400'000 : 2000));
    const size_t d = random_.below(devices_.size());
    switch (random_.below(12)) {
      case 0: case 1: case 2: case 3: on_device(d, [&] { return edit(d); }); break;
      case 4: case 5:
        if (!waiting_[d] && devices_[d]->session->trouble() == SyncTrouble::copied) renew(d);
        else if (chance(200)) carry(d);
        else on_device(d, [&] { return send(d); });
        break;
      case 6: case 7: case 8: case 9: deliver(); break;
      case 10: trouble(d); break;
      case 11: at_the_server(); break;
    }
    if (random_.below(20) == 0)
      for (const std::string& f : must(devices_[d]->replica->check())) fault("visible = confirmed + pending: " + device_name(d) + ": " + f);
  }

  // ---- machines that fail in the middle of something

  /// Runs `work` on a machine whose disk may fill up, fail or lose power in the middle. True when power was lost.
  template <class Work>
  bool unreliable(Work work) {
    MemoryDisk& disk = MemoryDisk::the();
    const bool cut = chance(weather_.power_cut), full = chance(weather_.disk), error = chance(weather_.disk);
    if (cut) disk.steps_until_dead = static_cast<int64_t>(random_.below(30));
    if (full) disk.writes_until_full = static_cast<int64_t>(random_.below(30));
    if (error) disk.writes_until_error = static_cast<int64_t>(random_.below(30));
    const bool full_before = full, error_before = error;
    Status done = work();
    const bool dead = disk.dead, was_full = full_before && disk.writes_until_full == 0, had_error = error_before && disk.writes_until_error < 0;
    disk.power_on();
    if (was_full) sometimes("disk full");
    if (had_error) sometimes("disk error");
    if (!done.ok() && !dead && !was_full && !had_error) fault("unexpected: " + done.error().message);
    return dead;
  }

  template <class Work>
  void on_device(size_t d, Work work) {
    if (!unreliable(work)) return;
    sometimes("device power cut");
    event("power cut of " + device_name(d));
    revive(d);
  }

  void revive(size_t d) {
    devices_[d]->crash(&random_);
    devices_[d]->open();
    waiting_[d] = false;
    generation_[d]++;
  }

  template <class Work>
  void on_server(Work work) {
    if (!unreliable(work)) return;
    sometimes("server power cut");
    event("power cut of the server");
    server_.crash(&random_);
    server_.open();
  }

  // ---- what people do

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
    const uint64_t what = random_.below(18);
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
      const std::string word = "note" + std::to_string(++words_) + " ";
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
    } else if (what == 16) {
      if (device.ws->schema().index_of("alias") < 0) return {};
      const Id other = TRY(some_record(device, people));
      const std::vector<Merged> parts = TRY(merged_parts(*device.ws, people, who));
      if (!parts.empty() && random_.below(2)) {
        edit.trash(alias, parts[random_.below(parts.size())].alias);
        sometimes("separated");
      } else {
        if (other.is_nil() || device.ws->root(other) == device.ws->root(who)) return {};
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

  /// Record and bytes together, as the app does it.
  Status take_photo(size_t d, const Id& who) {
    DeviceNode& device = *devices_[d];
    if (device.ws->schema().index_of("attachment") < 0) return {};
    const Id id = device.ws->new_id();
    std::string bytes = "photo" + std::to_string(plan_.seed) + "x" + std::to_string(photos_.size()) + "x";
    char sha[65];
    std::snprintf(sha, sizeof sha, "%064llx", static_cast<unsigned long long>(XXH3_64bits(bytes.data(), bytes.size())));
    Edit edit;
    edit.create(attachment, id);
    edit.set(attachment, id, attachment.name, std::string("photo"));
    edit.set(attachment, id, attachment.sha256, std::string(sha));
    edit.set(attachment, id, attachment.size, static_cast<int64_t>(bytes.size()));
    edit.set(attachment, id, attachment.person, who);
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

  // ---- messages

  Status send(size_t d) {
    if (waiting_[d]) return {};
    devices_[d]->session->start();
    Result<std::optional<SyncRequest>> next = devices_[d]->session->next();
    if (!next.ok()) {
      devices_[d]->session->failed();
      return next.take_error();
    }
    if (!*next) return {};
    const SyncRequest& request = **next;
    waiting_[d] = true;
    generation_[d]++;
    event("send " + device_name(d) + " " + request.path + " " + std::to_string(request.body.size()));
    if (chance(weather_.drop_request)) return sometimes("request lost"), Status();
    flights_.push_back({d, generation_[d], request, false, 0, {}});
    if (chance(weather_.duplicate)) {
      flights_.push_back(flights_.back());
      sometimes("request duplicated");
    }
    return {};
  }

  /// One request for bytes of attachments, there and back, with what may happen on the way.
  void carry(size_t d) {
    if (devices_[d]->schema().index_of("attachment") < 0) return;
    std::optional<SyncRequest> request;
    on_device(d, [&]() -> Status {
      if (chance(500)) devices_[d]->files->retry();
      TRY(want_photos(d));
      request = TRY(devices_[d]->files->next());
      return {};
    });
    if (!request) return;
    if (chance(weather_.drop_request)) return devices_[d]->files->failed();
    std::pair<int, std::string> reply{0, {}};
    on_server([&]() -> Status {
      reply = server_.answer(devices_[d]->replica->identity().device, *request);
      event("bytes " + device_name(d) + " " + request->path + " " + std::to_string(reply.first));
      return reply.first == 507 ? Status(Error{ErrorKind::storage, reply.second}) : Status();
    });
    if (!reply.first || chance(weather_.drop_reply)) return devices_[d]->files->failed();
    on_device(d, [&] { return devices_[d]->files->received(reply.first, reply.second); });
    sometimes("bytes carried");
  }

  Status want_photos(size_t d) {
    for (const Life life : {Life::live, Life::trashed}) {
      Query query = all();
      query.life = life;
      for (const Record& r : TRY(devices_[d]->ws->list(attachment, query))) devices_[d]->files->want(BlobKey::of(r), as_int(r[attachment.size]));
    }
    return {};
  }

  Status carry_everything(size_t d) {
    if (devices_[d]->schema().index_of("attachment") < 0) return {};
    devices_[d]->files->failed();
    devices_[d]->files->retry();
    TRY(want_photos(d));
    for (int requests = 0; requests < 5000; requests++) {
      const std::optional<SyncRequest> request = TRY(devices_[d]->files->next());
      if (!request) return {};
      const auto [status, body] = server_.answer(devices_[d]->replica->identity().device, *request);
      TRY(devices_[d]->files->received(status, body));
    }
    return Error{ErrorKind::conflict, "bytes of attachments go to and fro without end"};
  }

  void deliver() {
    if (flights_.empty()) return;
    const size_t i = random_.below(flights_.size());
    Flight& f = flights_[i];
    if (!f.answered) return answer(f);
    Flight done = std::move(f);
    flights_.erase(flights_.begin() + static_cast<long>(i));
    if (done.generation != generation_[done.device] || !waiting_[done.device]) return sometimes("late reply ignored");
    if (chance(weather_.drop_reply)) return sometimes("reply lost");
    waiting_[done.device] = false;
    bool garbled = false;
    if (!done.body.empty() && chance(weather_.garble)) {
      done.body[random_.below(done.body.size())] = static_cast<char>(random_.next());
      garbled = true;
      sometimes("reply garbled");
    }
    on_device(done.device, [&]() -> Status {
      if (done.status == 409) sometimes("epoch reset");
      Status taken = devices_[done.device]->session->received(done.status, done.body);
      event("receive " + device_name(done.device));
      // While a snapshot is loaded its pages are applied as they come; the pull after it makes them whole.
      if (taken.ok() && !devices_[done.device]->session->busy() && TRY(devices_[done.device]->replica->synced_at()) > 0 &&
          !TRY(devices_[done.device]->ws->tables().meta_int("resetting")))
        check_atomicity(*devices_[done.device]->ws, device_name(done.device), [&](const std::string& what) { fault(what); });
      return garbled ? Status() : taken;
    });
  }

  void answer(Flight& f) {
    on_server([&]() -> Status {
      if (chance(weather_.garble)) {
        // A hostile client beside the honest ones: any bytes get an error and change nothing.
        std::string bytes = f.request.body.empty() ? std::string("P") : f.request.body;
        for (int n = 0; n < 3; n++) bytes[random_.below(bytes.size())] = static_cast<char>(random_.next());
        if (bytes != f.request.body) (void)server_.authority->push(devices_[f.device]->replica->identity().device, bytes);
        sometimes("hostile bytes");
      }
      const Id who = devices_[f.device]->replica->identity().member;
      const PushWatch watch(server_, devices_[f.device]->replica->identity().device, who, f.request);
      std::tie(f.status, f.body) = server_.answer(devices_[f.device]->replica->identity().device, f.request);
      const Fault report = [&](const std::string& what) { fault(what); };
      if (f.status == 200 && f.request.method == "GET") check_page(server_, who, f.body, report);
      if (f.status == 200 && f.request.method == "POST") watch.check(report);
      f.answered = true;
      event("answer " + device_name(f.device) + " " + std::to_string(f.status) + " " + std::to_string(f.body.size()));
      if (f.status == 200 || f.status == 403 || f.status == 400 || f.status == 409) return {};
      return Error{ErrorKind::storage, "the server answered " + std::to_string(f.status) + ": " + f.body};
    });
  }

  // ---- what happens to machines

  void trouble(size_t d) {
    if (waiting_[d] && chance(500)) {
      devices_[d]->session->failed();
      waiting_[d] = false;
      event("timeout");
    }
    if (chance(weather_.crash)) {
      event("crash of " + device_name(d));
      revive(d);
      sometimes("device crash");
    }
    if (chance(weather_.clock_jump)) {
      static const int64_t jumps[] = {0, 3'600'000, -3'600'000, 315'360'000'000, -315'360'000'000};
      devices_[d]->clock.offset = jumps[random_.below(5)];
      event("clock jump");
      sometimes("clock jump");
    }
    if (&devices_[d]->schema() != &product_schema() && chance(60)) update_app(d);
    if (devices_.size() < 5 && backup_at_ < 0 && chance(weather_.copies)) copy_device(d);
  }

  /// A browser's profile is copied to another machine, or a phone's backup put onto a second one: both go on.
  void copy_device(size_t d) {
    DeviceNode& original = *devices_[d];
    original.close();
    const size_t c = devices_.size();
    const std::string path = "sim/device" + std::to_string(c);
    devices_.push_back(std::make_unique<DeviceNode>("sim/elsewhere", plan_.seed * 7 + c + 10, &time_, original.schema()));
    DeviceNode& copy = *devices_[c];
    copy.close();
    MemoryDisk::the().remove(path);
    MemoryDisk::the().copy(original.path, path);
    copy.path = path;
    copy.page_bytes = original.page_bytes;
    copy.hold_bytes = original.hold_bytes;
    copy.clock.offset = original.clock.offset;
    original.open();
    copy.open();
    waiting_[d] = false;
    generation_[d]++;
    generation_.push_back(0);
    waiting_.push_back(false);
    common_.push_back(Renewal(common_[d]));
    if (forged_.count(d)) forged_[c] = forged_[d];
    event("copy of " + device_name(d));
    sometimes("device copied");
  }

  /// What the app does when it learns that it is a copy.
  void renew(size_t d) {
    DeviceNode& device = *devices_[d];
    const Id install = device.ws->new_id();
    // What is known to be judged needs no account under the new number; what is not yet, does.
    std::set<int64_t> unsent;
    for (const OutboxEntry& entry : must(device.replica->outbox().after(0, INT32_MAX))) unsent.insert(entry.op_no);
    Result<Device> fresh = Error{ErrorKind::storage, "the server is down"};
    on_server([&]() -> Status {
      fresh = server_.authority->renew_device(install, device.replica->identity().member, device.replica->identity().device);
      return fresh.ok() ? Status() : Status(fresh.error());
    });
    if (!fresh.ok()) return;
    on_device(d, [&]() -> Status {
      TRY(device.replica->renew(install, fresh->ordinal));
      common_[d] = {TRY(device.ws->tables().meta_int("op_no_floor")), unsent};
      device.session->start();
      device.session->failed();
      renewed_ = true;
      event("renewal of " + device_name(d));
      sometimes("copy got its own number");
      return {};
    });
  }

  void update_app(size_t d) {
    devices_[d]->close();
    devices_[d]->use(product_schema());
    devices_[d]->open();
    waiting_[d] = false;
    generation_[d]++;
    event("update of " + device_name(d));
    sometimes("app updated");
  }

  void at_the_server() {
    if (chance(weather_.crash / 2)) {
      server_.crash(&random_);
      server_.open();
      event("crash of the server");
      return sometimes("server crash");
    }
    if (chance(weather_.restore) && !purged_.size() && !renewed_) {
      // Now and then a backup, and now and then it is needed. Not after an erasure: a backup would bring back what was erased.
      if (backup_at_ < 0 || chance(300)) {
        server_.close();
        MemoryDisk::the().remove("sim/backup");
        MemoryDisk::the().copy("sim/server", "sim/backup");
        server_.open();
        backup_at_ = time_.now;
        return event("backup");
      }
      if (time_.now - backup_at_ > int64_t{5} * 86'400'000) return;
      server_.close();
      MemoryDisk::the().remove("sim/server");
      MemoryDisk::the().copy("sim/backup", "sim/server");
      server_.open();
      must(server_.authority->begin_epoch());
      event("restore");
      return sometimes("server restored");
    }
    on_server([&]() -> Status {
      Query query;
      query.limit = 20;
      const auto people = TRY(server_.ws->list(person, query));
      if (people.empty()) return {};
      const Record& who = people[random_.below(people.size())];
      if (chance(weather_.rights)) return change_standing();
      if (chance(weather_.purge)) {
        const std::string secret(as_text(who[person.last_name]));
        TRY(server_.authority->purge(person, who.id));
        purged_.insert(secret);
        event("purge");
        sometimes("erased");
        return {};
      }
      Edit edit;
      edit.set(person, who.id, person.first_name, "s" + std::to_string(random_.below(6)));
      TRY(server_.ws->commit(edit, "API"));
      event("edit at the server");
      return {};
    });
  }

  /// An administrator moves members between teams, and gives and takes the right to see everything.
  Status change_standing() {
    const Id &who = members_[random_.below(members_.size())], &group = teams_[random_.below(teams_.size())];
    const uint64_t what = random_.below(6);
    Edit edit;
    if (what == 0) {
      const bool admin = as_text((*TRY(server_.ws->get(member, who)))[member.role]) == "admin";
      edit.set(member, who, member.role, std::string(admin ? "member" : "admin"));
    } else if (what == 1) {
      if (TRY(server_.ws->get(team, group))->meta.life == Life::live) edit.trash(team, group);
      else edit.restore(team, group);
    } else {
      std::vector<std::string> members = tag_elements((*TRY(server_.ws->get(team, group)))[team.members]);
      const bool in = std::erase(members, who.text()) > 0;
      if (!in) members.push_back(who.text());
      edit.set(team, group, team.members, tags_from(members));
      sometimes(in ? "taken out of a team" : "put into a team");
    }
    TRY(server_.ws->commit(edit, "standing"));
    event("standing changed");
    return {};
  }

  // ---- the end

  /// The network is whole again: everything must arrive within a few rounds.
  void heal() {
    flights_.clear();
    for (auto& device : devices_)
      if (device->session->busy()) device->session->failed();
    for (int round = 0; round < 3; round++)
      for (size_t d = 0; d < devices_.size(); d++) {
        if (Status s = try_sync(*devices_[d]); !s.ok()) return fault("liveness: " + device_name(d) + " cannot sync: " + s.error().message);
      }
    heal_photos();
  }

  void heal_photos() {
    for (int round = 0; round < 2; round++)
      for (size_t d = 0; d < devices_.size(); d++)
        if (Status s = carry_everything(d); !s.ok()) return fault("liveness: " + device_name(d) + ": " + s.error().message);
  }

  Status try_sync(DeviceNode& device) {
    for (int cycle = 0; cycle < 50; cycle++) {
      device.session->start();
      for (int requests = 0;; requests++) {
        if (requests > 5000) return Error{ErrorKind::conflict, "a cycle does not end"};
        const std::optional<SyncRequest> request = TRY(device.session->next());
        if (!request) break;
        const auto [status, body] = server_.answer(device.replica->identity().device, *request);
        if (status == 409) sometimes("epoch reset");
        TRY(device.session->received(status, body));
      }
      if (device.session->trouble() == SyncTrouble::copied) {
        for (size_t d = 0; d < devices_.size(); d++)
          if (devices_[d].get() == &device) renew(d);
        continue;
      }
      if (device.session->trouble() != SyncTrouble::none) return Error{ErrorKind::conflict, device.session->trouble_text()};
      if (TRY(device.replica->outbox().count()) == 0) return {};
    }
    return Error{ErrorKind::conflict, "the outbox does not drain"};
  }

  void judge() {
    const Fault report = [&](const std::string& what) { fault(what); };
    const std::string truth = digest(*server_.ws);
    result_.digest = XXH3_64bits(truth.data(), truth.size());
    event("digest " + std::to_string(result_.digest));
    for (size_t d = 0; d < devices_.size(); d++) {
      const std::string name = device_name(d);
      check_convergence(server_, *devices_[d], name, report);
      for (const std::string& f : must(devices_[d]->replica->check())) fault("visible = confirmed + pending: " + name + ": " + f);
      check_accounted(server_, *devices_[d], name, forged_[d], common_[d], report);
      check_nothing_hidden_left(server_, devices_[d]->path, devices_[d]->replica->identity().member, report);
      for (const RejectedEdit& r : must(devices_[d]->replica->rejected())) sometimes(r.code == "forbidden" && r.label == "A change of a record you can no longer see" ? "unsent edit of an evicted record refused" : r.code == "forbidden" && r.reason.starts_with("You would") ? "would have lost sight" : r.code == "waiting" ? "change waited for its record" : r.code == "purged" ? "change of an erased record refused" : "refused");
    }
    check_server(server_, report);
    check_own_order(server_, report);
    check_deletions_asked(server_, report);
    check_notes(server_, report);
    check_merged(server_, report);
    check_erased(purged_, report);
    check_photos(server_, devices_, photos_, report);
    for (const Record& c : must(server_.ws->list(conflict, all()))) sometimes(!as_text(c[conflict.reason]).empty() ? "merged edit told" : as_text(c[conflict.field]) == "life" ? "deletion asked about" : as_text(c[conflict.field]) == "notes" ? "notes overlapped" : "conflict");
    const int64_t head = must(server_.authority->head());
    for (auto& device : devices_) must(try_sync(*device));
    if (must(server_.authority->head()) != head) fault("no ping-pong: a quiet system gave out new numbers");
    // An app that was not updated on the way is updated now, and must then show everything.
    for (size_t d = 0; d < devices_.size(); d++) {
      if (&devices_[d]->schema() == &product_schema()) continue;
      update_app(d);
      must(try_sync(*devices_[d]));
      check_convergence(server_, *devices_[d], device_name(d) + " after its update", report);
    }
  }

  static Query all() {
    Query q;
    q.limit = 100'000;
    return q;
  }

  const SimulationPlan& plan_;
  const bool keep_events_;
  TestClock time_;
  SeededRandom random_;
  Weather weather_;
  ServerNode server_;
  std::vector<Id> members_, teams_;
  std::vector<std::unique_ptr<DeviceNode>> devices_;
  std::vector<int64_t> generation_;
  std::vector<bool> waiting_;
  std::map<size_t, std::set<int64_t>> forged_;
  std::vector<Renewal> common_;
  bool renewed_ = false;
  std::vector<Flight> flights_;
  std::set<std::string> purged_;
  std::map<Id, std::string> photos_;  ///< The bytes of each.
  int64_t backup_at_ = -1;
  int people_ = 0, words_ = 0;
  uint64_t trace_ = 0;
  SimulationResult result_;
};

}  // namespace

SimulationResult simulate(const SimulationPlan& plan, bool keep_events) { return Simulation(plan, keep_events).run(); }

}  // namespace holdfast::test
