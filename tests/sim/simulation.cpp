#include "tests/sim/simulation.h"

#include "tests/sim/base_watch.h"
#include "tests/sim/hostile.h"
#include "tests/sim/mishaps.h"

namespace holdfast::test {

namespace {

struct Flight {
  size_t device;
  int64_t generation;  ///< A reply counts only for the wait it was asked in.
  SyncRequest request;
  bool answered = false;
  int status = 0;
  std::string body;
};

class Simulation : public Mishaps {
 public:
  using Mishaps::Mishaps;

  SimulationResult run() {
    for (int i = 0; i < plan_.events && result_.faults.empty(); i++) {
      const auto number = static_cast<size_t>(i);
      if (number < plan_.left_out.size() && plan_.left_out[number]) continue;
      if (mishap(number + 1)) continue;
      random_ = SeededRandom(mixed(plan_.seed, number + 1));
      step();
    }
    random_ = SeededRandom(mixed(plan_.seed, 0));
    if (result_.faults.empty()) heal();
    if (result_.faults.empty()) judge();
    if (result_.faults.empty()) check_newcomers(server_, time_, members_, plan_.seed, [&](const std::string& what) { fault(what); });
    if (result_.faults.empty()) check_lost_history(server_, time_, members_[0], plan_.seed, [&](const std::string& what) { fault(what); });
    result_.trace = trace_;
    return std::move(result_);
  }

 private:
  void step() {
    time_.now += static_cast<int64_t>(random_.below(random_.below(50) == 0 ? 86'400'000 : 2000));
    const size_t d = random_.below(devices_.size());
    const uint64_t what = random_.below(12);
    if (off_.count(d) && what != 11) {
      if (random_.below(40)) return deliver();
      off_.erase(d);
      sometimes("copy taken out later");
    }
    switch (what) {
      case 0: case 1: case 2: case 3:
        if (is_locked(d)) break;
        on_device(d, [&] { return edit(d); });
        note_written(*devices_[d], written_[d]);
        break;
      case 4: case 5:
        if (!waiting_[d] && devices_[d]->session->trouble() == SyncTrouble::copied) renew(d);
        else if (!waiting_[d] && devices_[d]->session->trouble() == SyncTrouble::signed_out) sign_in_again(d);
        else if (!waiting_[d] && devices_[d]->session->trouble() == SyncTrouble::removed) begin_anew(d, "wiped after its removal");
        else if (chance(350)) carry(d);
        else on_device(d, [&] { return send(d); });
        break;
      case 6: case 7: case 8: case 9: deliver(); break;
      case 10: trouble(d); break;
      case 11: at_the_server(); break;
    }
    if (random_.below(20) == 0)
      for (const std::string& f : must(devices_[d]->replica->check())) fault("visible = confirmed + pending: " + device_name(d) + ": " + f);
    check_monotonic(*devices_[d], device_name(d), confirmed_[d], [&](const std::string& what) { fault(what); });
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
      // The cache gives room to something else; what is unsent stays.
      if (chance(200)) {
        const auto whole = TRY(devices_[d]->blobs->in_state(Blobs::State::complete)).size();
        TRY(devices_[d]->blobs->keep_within(static_cast<int64_t>(random_.below(100)), devices_[d]->clock.wall_ms() - Replica::sent_kept_ms));
        if (TRY(devices_[d]->blobs->in_state(Blobs::State::complete)).size() < whole) sometimes("photo out of the cache");
      }
      TRY(want_photos(d));
      request = TRY(devices_[d]->files->next());
      return {};
    });
    if (!request) return;
    if (chance(weather_.drop_request)) return devices_[d]->files->failed();
    std::pair<int, std::string> reply{0, {}};
    on_server([&]() -> Status {
      reply = reply_to(d, *request);
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
      const auto [status, body] = reply_to(d, *request);
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
      const bool cut = random_.below(3) == 0;
      if (cut) done.body.resize(random_.below(done.body.size()));
      else done.body[random_.below(done.body.size())] = static_cast<char>(random_.next());
      garbled = true;
      sometimes(cut ? "reply cut short" : "reply garbled");
    }
    on_device(done.device, [&]() -> Status {
      if (done.status == 409) sometimes("epoch reset");
      Status taken = devices_[done.device]->session->received(done.status, done.body);
      event("receive " + device_name(done.device));
      // A first load shows nothing before it is whole; after it, whatever comes, no transaction is ever seen half.
      if (taken.ok() && TRY(devices_[done.device]->replica->synced_at()) > 0)
        check_atomicity(server_, *devices_[done.device], device_name(done.device), [&](const std::string& what) { fault(what); });
      return garbled ? Status() : taken;
    });
  }

  /// A session names a device; a server back from a backup knows neither, and may have given the number to another.
  std::pair<int, std::string> reply_to(size_t d, const SyncRequest& request) {
    const Identity& me = devices_[d]->replica->identity();
    const auto found = server_.authority->log().device_of(me.install);
    if (!found.ok()) return {507, "{}"};
    const auto& known = *found;
    if (!known || known->ordinal != me.device || !may_sign_in(d)) return {401, "{}"};
    return server_.answer(me.device, request);
  }

  void sign_in_again(size_t d) {
    if (!may_sign_in(d)) return;
    Result<Device> known = Error{ErrorKind::storage, "the server is down"};
    Identity me = devices_[d]->replica->identity();
    on_server([&]() -> Status {
      known = server_.authority->register_device(me.install, me.member, device_name(d));
      return known.ok() || known.error().kind == ErrorKind::gone ? Status() : Status(known.error());
    });
    if (!known.ok() && known.error().kind == ErrorKind::gone) return begin_anew(d, "wiped after its removal");
    if (!known.ok()) return;
    on_device(d, [&]() -> Status {
      me.device = known->ordinal;
      TRY(devices_[d]->replica->sign_in(me));
      devices_[d]->session->start();
      devices_[d]->session->failed();
      event("sign-in of " + device_name(d));
      sometimes("signed in again");
      return {};
    });
  }

  /// The same changes without the second of them: what comes after the hole must wait for it.
  void push_with_hole(const Flight& f) {
    Result<std::pair<PushRequest, KeyTable>> push = decode_push(f.request.body, server_.ws->schema());
    if (!push.ok() || push->first.bodies.size() < 3) return;
    push->first.bodies.erase(push->first.bodies.begin() + 1);
    push->first.drained = false;
    (void)server_.authority->push(devices_[f.device]->replica->identity().device, encode_push(push->first, push->second));
    sometimes("push with a hole");
  }

  void answer(Flight& f) {
    on_server([&]() -> Status {
      if (chance(weather_.garble)) {
        // A hostile client beside the honest ones: any bytes get an error and change nothing.
        std::string bytes = f.request.body.empty() ? std::string("P") : f.request.body;
        for (int n = 0; n < 3; n++) bytes[random_.below(bytes.size())] = static_cast<char>(random_.next());
        if (bytes != f.request.body) (void)server_.authority->push(devices_[f.device]->replica->identity().device, bytes);
        sometimes("hostile bytes");
        push_with_hole(f);
        if (hostile_.send(random_, [&](const std::string& what) { fault(what); })) sometimes("forged frame taken"), event("forged frame");
      }
      const Id who = devices_[f.device]->replica->identity().member;
      const PushWatch watch(server_, devices_[f.device]->replica->identity().device, who, f.request);
      const int64_t kept = server_.authority->kept_pages().used;
      std::tie(f.status, f.body) = reply_to(f.device, f.request);
      if (server_.authority->kept_pages().used > kept) sometimes("page kept from another's load");
      const Fault report = [&](const std::string& what) { fault(what); };
      if (f.status == 200 && f.request.method == "GET") check_page(server_, who, f.body, report);
      if (f.status == 200 && f.request.method == "POST") watch.check(report), watch_bases(f.device, f.request, watch.judged(), report), hostile_.heard(f.request.body, devices_[f.device]->replica->identity().device);
      if (f.status == 200 && clock_wrong() && !f.request.path.starts_with("/v1/blobs/")) report("bounded clocks: the server serves with a clock that nobody can believe");
      if (f.status == 200 && must(server_.authority->log().device(devices_[f.device]->replica->identity().device)).value_or(Device()).removed) report("rights: a device that was removed is served");
      f.answered = true;
      event("answer " + device_name(f.device) + " " + std::to_string(f.status) + " " + std::to_string(f.body.size()));
      if (f.status == 200 || f.status == 401 || f.status == 403 || f.status == 400 || f.status == 409 || f.status == 410) return {};
      if (f.status == 503 && clock_doubtful_) return sometimes("not served while the clock is doubtful"), Status();
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
    if (devices_.size() < 5 && chance(weather_.copies)) copy_device(d);
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
    copy.push_bytes = original.push_bytes;
    copy.hold_bytes = original.hold_bytes;
    copy.part_bytes = original.part_bytes;
    copy.clock = original.clock;
    original.open();
    copy.open();
    waiting_[d] = false;
    generation_[d]++;
    generation_.push_back(0);
    waiting_.push_back(false);
    written_.push_back(Written(written_[d]));
    confirmed_.push_back(confirmed_[d]);
    if (forged_.count(d)) forged_[c] = forged_[d];
    if (chance(500)) off_.insert(c);  // A backup that somebody takes out much later.
    event("copy of " + device_name(d));
    sometimes("device copied");
  }

  /// What the app does when it learns that it is a copy.
  void renew(size_t d) {
    if (!may_sign_in(d)) return;
    DeviceNode& device = *devices_[d];
    if (!result_.sometimes.count("device copied")) fault("honest work is taken: " + device_name(d) + " is taken for a copy, and there is none");
    const Id install = device.ws->new_id();
    Result<Device> fresh = Error{ErrorKind::storage, "the server is down"};
    const auto waiting = must(device.replica->waiting());
    on_server([&]() -> Status {
      fresh = server_.authority->renew_device(install, device.replica->identity().member, device.replica->identity().device, waiting);
      return fresh.ok() || fresh.error().kind == ErrorKind::gone ? Status() : Status(fresh.error());
    });
    if (!fresh.ok() && fresh.error().kind == ErrorKind::gone) return begin_anew(d, "wiped after its removal");
    if (!fresh.ok()) return;
    on_device(d, [&]() -> Status {
      TRY(device.replica->renew(install, fresh->ordinal));
      note_written(device, written_[d]);
      device.session->start();
      device.session->failed();
      event("renewal of " + device_name(d));
      sometimes("copy got its own number");
      return {};
    });
  }

  void update_app(size_t d) {
    devices_[d]->close();
    devices_[d]->use(product_schema());
    start_again(*devices_[d]);
    waiting_[d] = false;
    generation_[d]++;
    event("update of " + device_name(d));
    sometimes("app updated");
  }

  void at_the_server() {
    if (chance(weather_.crash / 2)) {
      server_.crash(&random_);
      start_again(server_);
      event("crash of the server");
      return sometimes("server crash");
    }
    if (chance(weather_.restore) && !clock_doubtful_ && (nothing_erased() || erases_again())) {
      // Now and then a backup, and now and then it is needed. It brings back what was erased since: not in every run after an erasure.
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
      hostile_.forget();
      if (!nothing_erased()) sometimes("backup from before an erasure");
      if (chance(700)) off_.clear();
      event("restore");
      return sometimes("server restored");
    }
    std::optional<std::pair<Id, std::set<std::string>>> erased;  // Also when it failed once it was done, in tidying up.
    on_server([&]() -> Status {
      Query query;
      query.limit = 20;
      const auto people = TRY(server_.ws->list(person, query));
      if (people.empty()) return {};
      const Record& who = people[random_.below(people.size())];
      if (chance(weather_.rights)) return change_standing();
      if (chance(weather_.purge)) {
        erased = {who.id, note_words(who.text(person.notes))};
        if (as_text(who[person.last_name]).starts_with("secret")) erased->second.emplace(as_text(who[person.last_name]));
        TRY(server_.authority->purge(person, who.id));
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
    if (!erased) return;
    if (const auto row = must(server_.ws->rows(person).read_head(erased->first)); row && row->record.meta.life == Life::purged) {
      purged_.merge(erased->second);
      erased_people_.insert(erased->first);
      (void)server_.authority->purge(person, erased->first);  // Whoever was told of a failure asks again; it is gone already.
    }
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
    put_right();
    for (auto& device : devices_)
      if (device->session->busy()) device->session->failed();
    do
      for (int round = 0; round < 3; round++)
        for (size_t d = 0; d < devices_.size(); d++)
          if (Status s = try_sync(d); !s.ok()) return fault("liveness: " + device_name(d) + " cannot sync: " + s.error().message);
    while (erase_again());
    heal_photos();
  }

  void heal_photos() {
    for (int round = 0; round < 2; round++)
      for (size_t d = 0; d < devices_.size(); d++)
        if (Status s = carry_everything(d); !s.ok()) return fault("liveness: " + device_name(d) + ": " + s.error().message);
  }

  void watch_bases(size_t d, const SyncRequest& push, int64_t judged, const Fault& report) {
    base_watch_.heard(server_, devices_[d]->replica->identity().device, push.body, judged);
    base_watch_.check(server_, report);
  }

  Status try_sync(size_t d) {
    DeviceNode& device = *devices_[d];
    for (int cycle = 0, others = 0; cycle < 3 && others < 50;) {  // More than one only for copies; a server may be cut off while it gives them numbers.
      device.session->start();
      for (int requests = 0;; requests++) {
        if (requests > 5000) return Error{ErrorKind::conflict, "a cycle does not end"};
        const std::optional<SyncRequest> request = TRY(device.session->next());
        if (!request) break;
        const int64_t judged = must(server_.authority->log().device(device.replica->identity().device)).value_or(Device()).last_op_no;
        const auto [status, body] = reply_to(d, *request);
        if (status == 200 && request->method == "POST") watch_bases(d, *request, judged, [&](const std::string& what) { fault(what); });
        if (status == 409) sometimes("epoch reset");
        TRY(device.session->received(status, body));
      }
      if (device.session->trouble() == SyncTrouble::copied) {
        renew(d);
        others++;
        continue;
      }
      if (device.session->trouble() == SyncTrouble::removed) return begin_anew(d, "wiped after its removal"), try_sync(d);
      if (device.session->trouble() == SyncTrouble::signed_out) {
        sign_in_again(d);
        others++;
        continue;
      }
      cycle++;
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
      check_accounted(server_, *devices_[d], name, forged_[d], written_[d], server_updated_later(plan_), report);
      check_nothing_hidden_left(server_, *devices_[d], report);
      if (must(devices_[d]->replica->locked())) fault("liveness: " + name + " has synced and is still locked");
      for (const RejectedEdit& r : must(devices_[d]->replica->rejected()))
        if (nothing_erased() && r.label == "A change of a record that was erased") fault("no lost write: " + name + " says that what transaction " + std::to_string(r.op_no) + " changed was erased");
      for (const RejectedEdit& r : must(devices_[d]->replica->rejected())) sometimes(r.code == "forbidden" && r.label == "A change of a record you can no longer see" ? "unsent edit of an evicted record refused" : r.code == "forbidden" && r.reason.starts_with("You would") ? "would have lost sight" : r.code == "waiting" ? "change waited for its record" : r.code == "purged" ? "change of an erased record refused" : r.code == "unknown" ? "change that an older server did not know" : "refused");
    }
    check_server(server_, report);
    check_own_order(server_, report);
    check_deletions_asked(server_, report);
    check_notes(server_, hostile_.touched(), report);
    check_merged(server_, report);
    check_forms(server_, report);
    check_erased(purged_, report);
    lost_photos_.merge(hostile_.touched());
    check_photos(server_, devices_, photos_, lost_photos_, report);
    for (const Record& c : must(server_.ws->list(conflict, all()))) sometimes(!as_text(c[conflict.reason]).empty() ? "merged edit told" : as_text(c[conflict.field]) == "life" ? "deletion asked about" : as_text(c[conflict.field]) == "notes" ? "notes overlapped" : "conflict");
    const int64_t head = must(server_.authority->head());
    for (size_t d = 0; d < devices_.size(); d++) must(try_sync(d));
    if (must(server_.authority->head()) != head) fault("no ping-pong: a quiet system gave out new numbers");
    for (size_t d = 0; d < devices_.size(); d++) check_idle(d);
    count_stamps();
    // An app that was not updated on the way is updated now, and must then show everything: at once, what it had been sent is there.
    for (size_t d = 0; d < devices_.size(); d++) {
      if (&devices_[d]->schema() == &product_schema()) continue;
      update_app(d);
      check_convergence(server_, *devices_[d], device_name(d) + " after its update", report);
      must(try_sync(d));
      check_convergence(server_, *devices_[d], device_name(d) + " after its update and a sync", report);
    }
  }

  /// Nothing is new: asking for it takes a request and a few bytes, however much there is.
  void check_idle(size_t d) {
    devices_[d]->session->start();
    size_t requests = 0, bytes = 0;
    while (const std::optional<SyncRequest> request = must(devices_[d]->session->next())) {
      const auto [status, body] = reply_to(d, *request);
      must(devices_[d]->session->received(status, body));
      requests++, bytes += request->path.size() + request->body.size() + body.size();
    }
    if (requests > 1 || bytes > 400) fault("idle: " + device_name(d) + " needs " + std::to_string(requests) + " requests and " + std::to_string(bytes) + " bytes to learn that nothing is new");
  }

  /// What only some runs come to, told by what they leave at the server.
  void count_stamps() {
    for (int64_t seq = 1; seq <= must(server_.authority->head()); seq++) {
      const int64_t hlc = must(server_.authority->log().author_of(seq)).value().stamp.hlc;
      if (hlc & 0xFFFF) sometimes("stamp told apart by its counter");
      if (full_counters_.count(hlc - 1)) sometimes("counter carried");
    }
    Statement late = server_.db->prepare("SELECT count(*) FROM refusal WHERE code='' AND late>0");
    if (late.step()) sometimes("waiting change accepted", late.integer(0));
  }

  std::vector<Flight> flights_;
  Hostile hostile_{server_, members_[2]};
  BaseWatch base_watch_;
};

}  // namespace

SimulationResult simulate(const SimulationPlan& plan, bool keep_events) { return Simulation(plan, keep_events).run(); }

}  // namespace holdfast::test
