// What was refused, or had to wait: what becomes of it, of its words, and of what its author built on it.

#include "shared/sync/codec.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

constexpr size_t everything = SIZE_MAX;

/// Of its transactions, one to a push, the first `pushes` get through; each other push is answered 503.
void cycle(Two& w, DeviceNode& d, size_t pushes) {
  d.session->push_bytes_max = 1;
  d.session->start();
  while (const std::optional<SyncRequest> request = must(d.session->next())) {
    const bool push = request->method == "POST", stopped = push && pushes == 0;
    const auto [status, body] = stopped ? std::pair(503, std::string("{}")) : w.server.answer(d.replica->identity().device, *request);
    if (push && !stopped) pushes--;
    must(d.session->received(status, body));
  }
  d.session->push_bytes_max = SyncSession::push_bytes_usual;
}

/// Somebody whom Ben has made a buyer and tagged, which Anna has seen; and somebody else whom Ben is to hide from her.
struct Refused : Two {
  Id zoe, hidden;
  Refused() {
    zoe = b.make_person("Zoë", "Quist");
    hidden = b.make_person("Somebody", "Else");
    both();
    Edit edit;
    edit.set(person, zoe, person.job_title, std::string("Buyer"));
    edit.set(person, zoe, person.tag_set, tags_from({"vip"}));
    must(b.ws->commit(edit, "before their eyes"));
    both();
    both();
  }
  /// Anna's change of both: refused as a whole once Ben has hidden the other.
  void to_be_refused(Field field, Value value) {
    Edit edit;
    edit.set(person, zoe, field, std::move(value));
    edit.set(person, hidden, person.job_title, "x" + std::to_string(number++));
    must(a.ws->commit(edit, "refused"));
  }
  void builds(Field field, Value value) {
    Edit edit;
    edit.set(person, zoe, field, std::move(value));
    must(a.ws->commit(edit, "builds on it"));
  }
  void hide() {
    b.set(person, hidden, person.visibility, "private");
    b.sync(server);
  }
  Value at_server(Field field) { return (*must(server.ws->get(person, zoe)))[field]; }
  std::string refusals() {
    std::string all;
    Statement s = server.db->prepare("SELECT body FROM refusal");
    while (s.step()) all += s.blob(0);
    return all;
  }
  int number = 0;
};

}  // namespace

TEST_CASE("what builds on a refused change is judged by what that one had seen, however long the refusal is known before it gets through") {
  for (const bool restored : {false, true}) {
    INFO((restored ? "the server lost the refusal" : "the server knows it"));
    Refused w;
    w.backup();
    w.to_be_refused(person.job_title, std::string("Refused with the rest"));
    w.builds(person.job_title, std::string("Head of buying"));
    w.hide();
    cycle(w, w.a, 1);
    REQUIRE(must(w.a.replica->rejected()).size() == 1);
    for (int i = 0; i < 2; i++) cycle(w, w.a, 0);
    REQUIRE(must(w.a.replica->outbox().count()) == 1);
    CHECK(w.refusals().find(w.zoe.view()) != std::string::npos);
    CHECK(w.refusals().find("Refused with") == std::string::npos);
    if (restored) w.restore();
    w.both();
    w.both();
    CHECK(w.at_server(person.job_title) == Value(std::string("Head of buying")));
    CHECK(w.open_conflicts(*w.server.ws).empty());
  }
}

TEST_CASE("a chain of refused changes passes on what its first had seen: of a tag, of many steps") {
  for (const size_t pushes : {everything, size_t{2}}) {
    Refused w;
    w.to_be_refused(person.tag_set, Value());
    w.to_be_refused(person.tag_set, tags_from({"vip"}));
    w.builds(person.tag_set, Value());
    w.hide();
    cycle(w, w.a, pushes);
    REQUIRE(must(w.a.replica->rejected()).size() == 2);
    CHECK(w.refusals().find("vip") == std::string::npos);
    w.both();
    CHECK(w.at_server(person.tag_set) == Value());
  }
  Refused w;
  for (int i = 0; i < 60; i++) w.to_be_refused(person.job_title, "step " + std::to_string(i));
  w.builds(person.job_title, std::string("Head of buying"));
  w.hide();
  w.both();
  REQUIRE(must(w.a.replica->rejected()).size() == 60);
  CHECK(w.at_server(person.job_title) == Value(std::string("Head of buying")));
  CHECK(w.open_conflicts(*w.server.ws).empty());
}

TEST_CASE("the fields of a refused group may have come in any order") {
  for (const bool reversed : {false, true}) {
    Two w;
    const Id who = w.b.make_person("P", "Q"), point = w.server.ws->new_id();
    w.both();
    Edit made;
    made.create(contact_point, point);
    made.set(contact_point, point, contact_point.person, who);
    made.set(contact_point, point, contact_point.type, std::string("address"));
    must(w.server.ws->commit(made, "made"));
    Edit city;
    city.set(contact_point, point, contact_point.city, std::string("Bonn"));
    must(w.server.ws->commit(city, "Bonn"));
    w.both();
    const int64_t seen = must(w.server.authority->head());
    const auto e = static_cast<uint16_t>(w.a.ws->schema().index_of(contact_point));
    const auto address = [&](const std::string& name, Base base) {
      Op op{OpKind::set, e, point, base, {}, {}, Life::live};
      for (const uint16_t f : contact_point.register_fields(contact_point.street.index)) op.values.push_back({f, f == contact_point.city.index ? Value(name) : Value()});
      if (reversed) std::reverse(op.values.begin(), op.values.end());
      return op;
    };
    PushRequest p;
    p.workspace = w.a.replica->identity().workspace;
    p.install = w.a.replica->identity().install;
    p.device = w.a.replica->identity().device;
    p.wall_ms = w.time.now;
    p.judged = must(w.server.authority->log().device(p.device))->last_op_no;
    Transaction refused, builds;
    refused.op_no = p.judged + 1;
    builds.op_no = p.judged + 2;
    refused.claimed_ms = builds.claimed_ms = w.time.now;
    refused.ops = {address("Hamburg", seen), {OpKind::life, e, point, seen, {}, {}, Life::purged}};
    builds.ops.push_back(address("Altona", -refused.op_no));
    for (const Transaction& t : {refused, builds}) p.bodies.push_back(encode_transaction(t, w.a.ws->tables()));
    must(w.server.authority->push(p.device, encode_push(p, KeyTable::own(w.a.ws->tables()))));
    REQUIRE(must(w.server.authority->log().refusal(p.device, refused.op_no)).has_value());
    CHECK(as_text((*must(w.server.ws->get(contact_point, point)))[contact_point.city]) == "Altona");
    CHECK(w.open_conflicts(*w.server.ws).empty());
  }
}

TEST_CASE("what had to wait does not overtake what its author did after it, in a field, a tag or a deletion") {
  Two w;
  const Id alpha = w.b.make_person("Alpha", "One"), beta = w.b.make_person("Beta", "Two");
  w.both();
  const Id lost = w.one_waits([&](Edit& waits) {
    waits.set(person, alpha, person.job_title, std::string("old"));
    waits.set(person, alpha, person.tag_set, tags_from({"vip"}));
    waits.trash(person, beta);
  });
  w.tick();
  w.b.set(person, alpha, person.job_title, "new");
  Edit more;
  more.set(person, alpha, person.tag_set, tags_from({"vip", "other"}));
  must(w.b.ws->commit(more, "tagged"));
  Edit less;
  less.set(person, alpha, person.tag_set, tags_from({"other"}));
  must(w.b.ws->commit(less, "tag taken out"));
  Edit gone, back;
  gone.trash(person, beta);
  must(w.b.ws->commit(gone, "deleted"));
  back.restore(person, beta);
  must(w.b.ws->commit(back, "taken back"));
  w.b.sync(w.server);
  w.tick();
  w.both();  // Anna sends what the server had lost.
  w.both();
  CHECK(must(w.b.replica->waiting()).empty());
  CHECK(must(w.b.replica->rejected()).empty());
  const Record now = *must(w.server.ws->get(person, alpha));
  CHECK(as_text((*must(w.server.ws->get(person, lost)))[person.job_title]) == "Buyer");
  CHECK(as_text(now[person.job_title]) == "new");
  CHECK(now[person.tag_set] == tags_from({"other"}));
  CHECK((*must(w.server.ws->get(person, beta))).meta.life == Life::live);
  for (const Record& c : w.open_conflicts(*w.server.ws)) CHECK(as_id(c[conflict.record]) == lost);  // By the time: the server lost what Ben had seen.
  w.all_well();
}

TEST_CASE("words of what waited and was then refused for good go from the server’s files") {
  for (const bool given_up : {false, true}) {
    Two w;
    const Id hidden = w.a.make_person("Somebody", "Else");
    w.both();
    (void)w.one_waits([&](Edit& waits) { waits.set(person, hidden, person.job_title, std::string("Zaubermeister")); });
    if (given_up) {
      w.time.now += int64_t{31} * 86'400'000;
      w.b.make_person("Later", "on");
    } else {
      Edit hide;
      hide.set(person, hidden, person.visibility, std::string("private"));
      must(w.server.ws->commit(hide, "hidden"));
      w.a.sync(w.server);  // It sends again what the server had lost.
    }
    w.b.sync(w.server);
    REQUIRE(must(w.b.replica->rejected()).size() == 1);
    for (const auto& [name, file] : MemoryDisk::the().files)
      if (name.starts_with("server")) CHECK(file.now.find("Zaubermeister") == std::string::npos);
  }
}
