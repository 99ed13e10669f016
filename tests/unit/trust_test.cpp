// The server trusts nothing: each thing a device could say falsely gets an answer in words, changes nothing, and holds nothing
// of others up. (Sizes, headers, sessions and rates are the HTTP layer's: tests/contract.)

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <functional>
#include <map>

#include "shared/base/bytes.h"
#include "tests/support/two.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

/// Anna's device speaking with a forked tongue.
struct Liar : Two {
  Id known;
  Liar() {
    known = a.make_person("Known", "Person");
    both();
  }
  PushRequest frame() {
    PushRequest p;
    p.workspace = a.replica->identity().workspace;
    p.install = a.replica->identity().install;
    p.device = a.replica->identity().device;
    p.wall_ms = time.now;
    p.judged = next() - 1;
    return p;
  }
  int64_t next() { return must(server.authority->log().device(a.replica->identity().device))->last_op_no + 1; }
  Transaction saying(Op op) {
    Transaction t;
    t.op_no = next();
    t.claimed_ms = time.now;
    t.ops.push_back(std::move(op));
    return t;
  }
  Result<Authority::Page> push(const PushRequest& p) { return server.authority->push(a.replica->identity().device, encode_push(p, KeyTable::own(a.ws->tables()))); }
  /// The code of the refusal of one transaction; empty when it was accepted.
  std::string refusal(const Transaction& t) {
    PushRequest p = frame();
    p.bodies.push_back(encode_transaction(t, a.ws->tables()));
    const auto pushed = push(p);
    if (!pushed.ok()) return "error: " + pushed.error().message;
    const auto stored = must(server.authority->log().refusal(p.device, t.op_no));
    return stored ? stored->code : "";
  }
  std::string refusal(Op op) { return refusal(saying(std::move(op))); }
  uint16_t entity(const Entity& e) { return static_cast<uint16_t>(a.ws->schema().index_of(e)); }
  Op set(Field f, Value v, Base base = 0) { return {OpKind::set, entity(person), known, base, {{f.index, std::move(v)}}, {}, Life::live}; }
  Op create(const Entity& e, std::vector<FieldValue> values) { return {OpKind::create, entity(e), a.ws->new_id(), 0, std::move(values), {}, Life::live}; }
};

}  // namespace

TEST_CASE("trust nothing: whose frame it is") {
  Liar w;
  PushRequest other = w.frame();
  other.workspace = w.a.ws->new_id();
  CHECK(w.push(other).error().kind == ErrorKind::forbidden);
  other = w.frame();
  other.device = w.b.replica->identity().device;
  CHECK(w.push(other).error().kind == ErrorKind::conflict);
  other = w.frame();
  other.install = w.a.ws->new_id();
  CHECK(w.push(other).error().kind == ErrorKind::forbidden);
}

TEST_CASE("trust nothing: numbers of transactions have no gap, and none counts twice") {
  Liar w;
  Transaction t = w.saying(w.set(person.job_title, std::string("ahead")));
  t.op_no += 2;
  PushRequest p = w.frame();
  p.judged = t.op_no - 1;
  p.bodies.push_back(encode_transaction(t, w.a.ws->tables()));
  CHECK(must(decode_push_reply(must(w.push(p)).bytes)).last_op_no == w.next() - 1);
  const int64_t head = must(w.server.authority->head());
  t = w.saying(w.set(person.job_title, std::string("once")));
  p = w.frame();
  p.bodies.push_back(encode_transaction(t, w.a.ws->tables()));
  must(w.push(p));
  must(w.push(p));
  CHECK(must(w.server.authority->head()) == head + 1);
}

TEST_CASE("trust nothing: types, lengths, ranges, UTF-8, references") {
  Liar w;
  CHECK(w.refusal(w.set(person.job_title, int64_t{5})) == "invalid");
  CHECK(w.refusal(w.set(person.job_title, std::string(501, 'x'))) == "invalid");
  CHECK(w.refusal(w.set(person.job_title, std::string("\xC3\x28"))) == "invalid");
  CHECK(w.refusal(w.set(person.birthday, int64_t{10'000'000})) == "invalid");
  CHECK(w.refusal(w.set(person.birthday, int64_t{-10'000'000})) == "invalid");
  CHECK(w.refusal(w.set(person.company, std::string("not an id"))) == "invalid");
  CHECK(w.refusal({OpKind::add, w.entity(person), w.known, 0, {{person.tag_set.index, {}}}, "two\nlines", Life::live}) == "invalid");
  for (const OpKind kind : {OpKind::add, OpKind::remove})
    CHECK(w.refusal({kind, w.entity(person), w.known, 0, {{person.tag_set.index, {}}}, "\xC3\x28", Life::live}) == "invalid");
  CHECK(w.refusal({OpKind::add, w.entity(person), w.known, 0, {{person.job_title.index, {}}}, "no tags", Life::live}) == "invalid");
  CHECK(w.refusal(w.create(contact_point, {{contact_point.street.index, std::string(600, 's')}})) == "invalid");
  // As many values as an address has fields, and yet not an address.
  const Id point = w.server.ws->new_id();
  Edit edit;
  edit.create(contact_point, point);
  edit.set(contact_point, point, contact_point.person, w.known);
  edit.set(contact_point, point, contact_point.type, std::string("address"));
  must(w.server.ws->commit(edit, "address"));
  const std::vector<FieldValue> streets(contact_point.register_fields(contact_point.street.index).size(), {contact_point.street.index, std::string("One")});
  CHECK(streets.size() > 2);
  CHECK(w.refusal({OpKind::set, w.entity(contact_point), point, 0, streets, {}, Life::live}) == "invalid");
  CHECK(w.refusal({OpKind::set, w.entity(contact_point), w.known, 0, {{contact_point.city.index, std::string("x")}}, {}, Life::live}) != "");
  CHECK(w.refusal(Transaction{w.next(), w.time.now, 0, schema_version, {}}) == "invalid");
}

TEST_CASE("trust nothing: nobody fills the server with records") {
  Liar w;
  const auto made = [&] { return w.create(person, {{person.first_name.index, std::string("One more")}}); };
  CHECK(w.refusal(made()) == "");
  int64_t there = 0;
  for (const Entity* e : w.server.ws->schema()) there += must(w.server.ws->rows(*e).last_row());
  w.server.authority->records_max = there + 2;
  Transaction three = w.saying(made());
  three.ops.push_back(made());
  three.ops.push_back(made());
  CHECK(w.refusal(three) == "full");
  three.ops.pop_back();
  three.op_no = w.next();
  CHECK(w.refusal(three) == "");
  const Op last = made();
  CHECK(w.refusal(last) == "full");
  // What there is can be changed as before; what builds on what was refused waits for nothing.
  CHECK(w.refusal(w.set(person.job_title, std::string("Buyer"))) == "");
  CHECK(w.refusal({OpKind::set, w.entity(person), last.record, -1, {{person.job_title.index, std::string("Buyer")}}, {}, Life::live}) == "depends");
  w.server.authority->records_max++;
  CHECK(w.refusal(made()) == "");
}

TEST_CASE("trust nothing: what builds on a record whose making could not be read is told so at once") {
  Liar w;
  const Op make = w.create(person, {{person.first_name.index, std::string("Never")}, {person.last_name.index, std::string("Made")}});
  PushRequest p = w.frame();
  const std::string whole = encode_transaction(w.saying(make), w.a.ws->tables());
  p.bodies.push_back(whole.substr(0, whole.size() - 2));
  Transaction after = w.saying({OpKind::set, w.entity(person), make.record, -w.next(), {{person.job_title.index, std::string("Buyer")}}, {}, Life::live});
  after.op_no++;
  p.bodies.push_back(encode_transaction(after, w.a.ws->tables()));
  must(w.push(p));
  CHECK(must(w.server.authority->log().refusal(p.device, after.op_no - 1))->code == "unreadable");
  CHECK(must(w.server.authority->log().refusal(p.device, after.op_no))->code == "depends");
}

TEST_CASE("trust nothing: a change that cannot be read is refused alone; what comes after it is judged") {
  Liar w;
  const auto push_with_next = [&](std::string body) {
    PushRequest p = w.frame();
    const int64_t bad = w.next();
    p.bodies.push_back(std::move(body));
    Transaction after = w.saying(w.set(person.job_title, "after " + std::to_string(bad)));
    after.op_no++;
    p.bodies.push_back(encode_transaction(after, w.a.ws->tables()));
    const auto pushed = w.push(p);
    if (!pushed.ok()) return "error: " + pushed.error().message;
    CHECK(w.server.ws->get(person, w.known)->value().text(person.job_title) == "after " + std::to_string(bad));
    const auto told = must(w.server.authority->log().refusal(p.device, bad));
    CHECK((told && told->body.empty()));
    return told ? told->code : "";
  };
  std::string whole = encode_transaction(w.saying(w.set(person.notes, std::string("whole"))), w.a.ws->tables());
  CHECK(push_with_next(whole.substr(0, whole.size() - 3)) == "unreadable");
  whole = encode_transaction(w.saying(w.set(person.notes, std::string("whole"))), w.a.ws->tables());
  CHECK(push_with_next(whole.substr(0, 1)) == "unreadable");
  CHECK(push_with_next("").starts_with("error"));  // Not even a number.
}

TEST_CASE("trust nothing: a base that was never given, an id that is taken, erased, or of another kind") {
  Liar w;
  const int64_t refused = w.next();
  CHECK(w.refusal(w.set(person.job_title, std::string("x"), must(w.server.authority->head()) + 1)) == "invalid");
  for (const Base base : {Base{-refused}, Base{INT64_MIN}, Base{INT64_MIN + 1}, Base{-w.next() - 5}}) {
    const Transaction t = w.saying(w.set(person.job_title, std::string("x"), base));
    CHECK(w.refusal(t).empty());
    const auto entry = must(w.server.authority->log().find(must(w.server.authority->log().seq_of(w.a.replica->identity().device, t.op_no))));
    CHECK(must(decode_transaction(entry->body, KeyTable::own(w.server.ws->tables()), nullptr)).ops[0].base == -1);
  }
  Op again = w.create(person, {});
  again.record = w.known;
  CHECK(w.refusal(again) == "exists");
  again.record = Id{};
  CHECK(w.refusal(again) == "exists");
  const Id gone = w.b.make_person("Gone", "Soon");
  w.b.sync(w.server);
  must(w.server.authority->purge(person, gone));
  again.record = gone;
  CHECK(w.refusal(again) == "purged");
}

TEST_CASE("trust nothing: what only the server writes") {
  Liar w;
  w.a.set(person, w.known, person.nickname, "one");
  w.b.set(person, w.known, person.nickname, "another");
  w.both();
  const std::vector<Record> conflicts = must(w.server.ws->list(conflict, {}));
  REQUIRE(conflicts.size() == 1);
  CHECK(w.refusal(w.create(member, {{member.role.index, std::string("admin")}})) == "forbidden");
  CHECK(w.refusal({OpKind::set, w.entity(member), w.anna, 0, {{member.role.index, std::string("admin")}}, {}, Life::live}) == "forbidden");
  CHECK(w.refusal(w.create(team, {{team.members.index, tags_from({w.anna.text()})}})) == "forbidden");
  CHECK(w.refusal(w.create(conflict, {})) == "forbidden");
  for (const Field f : {conflict.kept, conflict.lost, conflict.field, conflict.kept_device}) CHECK(w.refusal({OpKind::set, w.entity(conflict), conflicts[0].id, 1'000'000, {{f.index, std::string("not so")}}, {}, Life::live}) == "forbidden");
  CHECK(w.refusal({OpKind::set, w.entity(conflict), conflicts[0].id, 1'000'000, {{conflict.lost_by.index, w.anna}}, {}, Life::live}) == "forbidden");
  CHECK(w.refusal({OpKind::life, w.entity(person), w.known, 0, {}, {}, Life::purged}) != "");
  // Who made and changed a record is the session's member, and when is the server's word, whatever the frame says.
  Transaction t = w.saying(w.set(person.job_title, std::string("from the future")));
  t.claimed_ms = w.time.now + 315'360'000'000;
  CHECK(w.refusal(t) == "");
  const Record now = *must(w.server.ws->get(person, w.known));
  CHECK(now.meta.updated_by == w.anna);
  CHECK(now.meta.updated_at <= w.time.now);
  Transaction makes = w.saying(w.create(person, {{person.last_name.index, std::string("Future")}}));
  makes.claimed_ms = t.claimed_ms;
  CHECK(w.refusal(makes) == "");
  const Record made = *must(w.server.ws->get(person, makes.ops[0].record));
  CHECK(made.meta.created_by == w.anna);
  CHECK(made.meta.created_at <= w.time.now);
}

TEST_CASE("trust nothing: merged records must be there, different, and of a kind; edges cannot form a circle or be bent") {
  Liar w;
  const Id other = w.b.make_person("Other", "Person");
  w.b.sync(w.server);
  const auto edge = [&](const std::string& kind, const Id& loser, const Id& winner) {
    return w.create(alias, {{alias.entity.index, kind}, {alias.loser.index, loser}, {alias.winner.index, winner}});
  };
  CHECK(w.refusal(edge("person", w.known, w.known)) == "invalid");
  CHECK(w.refusal(edge("member", w.anna, w.ben)) == "invalid");
  CHECK(w.refusal(edge("nothing", w.known, other)) == "invalid");
  CHECK(w.refusal(edge("person", w.known, w.a.ws->new_id())) == "waiting");
  const Op good = edge("person", w.known, other);
  CHECK(w.refusal(good) == "");
  CHECK(w.refusal(edge("person", other, w.known)) == "");
  CHECK(must(w.server.ws->root(w.known)) == other);
  CHECK(must(w.server.ws->root(other)) == other);
  CHECK(w.refusal({OpKind::set, w.entity(alias), good.record, 0, {{alias.winner.index, w.known}}, {}, Life::live}) == "forbidden");
}

TEST_CASE("trust nothing: an id of one kind of record cannot be taken for another kind, so no alias or note slips under rights by it") {
  Liar w;
  const Id hidden = w.b.make_person("Hushfirst", "Hushlast"), own = w.b.make_person("Own", "One");
  Edit keep;
  keep.set(person, hidden, person.visibility, std::string("private"));
  must(w.b.ws->commit(keep, "private"));
  w.b.sync(w.server);
  Op edge = w.create(alias, {{alias.entity.index, std::string("person")}, {alias.loser.index, hidden}, {alias.winner.index, own}});
  edge.record = hidden;
  CHECK(w.refusal(edge) == "exists");
  Op disguise = w.create(task, {{task.title.index, std::string("x")}});
  disguise.record = hidden;
  CHECK(w.refusal(disguise) == "exists");
  Op double_use = w.create(person, {});
  double_use.record = w.b.ws->new_id();
  Transaction both = w.saying(double_use);
  Op firm = w.create(company, {});
  firm.record = double_use.record;
  both.ops.push_back(firm);
  CHECK(w.refusal(both) != "");
  // In one transaction: a person and an alias of the id that is to be merged.
  CHECK(must(w.server.ws->count(alias)) == 0);
  CHECK(must(w.server.ws->count(conflict)) == 0);
  CHECK(must(w.server.authority->check()).empty());
}

TEST_CASE("trust nothing: numbers longer than any, and more of them than are there") {
  for (const std::string_view bytes : {std::string_view("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 10), std::string_view("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11), std::string_view("\x80", 1), std::string_view()}) {
    ByteReader in(bytes);
    CHECK(in.varint() == 0);
    CHECK(in.bad());
    CHECK(in.raw(1).empty());
  }
  ByteReader largest(std::string_view("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 10));
  CHECK(largest.varint() == UINT64_MAX);
  CHECK_FALSE(largest.bad());
  ByteReader longer(std::string_view("\xFF\xFF\xFF\xFF\x0F" "abc", 8));
  CHECK(longer.raw(longer.varint()).empty());
  CHECK(longer.bad());
}

TEST_CASE("trust nothing: more changes in one transaction than there may be, and more numbers a copy had than there may be") {
  Liar w;
  const auto many = [&](size_t n) {
    Transaction t = w.saying(w.set(person.job_title, "after " + std::to_string(n)));
    while (t.ops.size() < n) t.ops.push_back({OpKind::add, w.entity(person), w.known, 0, {{person.tag_set.index, {}}}, "t" + std::to_string(t.ops.size()), Life::live});
    return t;
  };
  CHECK(w.refusal(many(ops_per_transaction_max)) == "");
  CHECK(w.refusal(many(ops_per_transaction_max + 1)) == "unreadable");
  CHECK(as_text((*must(w.server.ws->get(person, w.known)))[person.job_title]) == "after 500");
  PushRequest p = w.frame();
  p.bodies.push_back(encode_transaction(w.saying(w.set(person.job_title, std::string("by a copy"))), w.a.ws->tables()));
  while (p.formers.size() < PushRequest::formers_max) p.formers.push_back({w.a.ws->new_id(), 1});
  CHECK(w.push(p).ok());
  p.formers.push_back({w.a.ws->new_id(), 1});
  CHECK(w.push(p).error().kind == ErrorKind::corrupt);
}

TEST_CASE("trust nothing: nobody fills the server with changes that wait for records") {
  Liar w;
  std::map<std::string, int> codes;
  for (int i = 0; i < 1010; i++) {
    Op op = w.set(person.job_title, std::string("of nobody"));
    op.record = w.a.ws->new_id();
    codes[w.refusal(op)]++;
  }
  CHECK(codes == std::map<std::string, int>{{"waiting", 1000}, {"depends", 10}});
  CHECK(w.refusal(w.set(person.job_title, std::string("of somebody"))) == "");
}

TEST_CASE("trust nothing: kinds and fields that a frame speaks of and does not name") {
  Liar w;
  // The same frame, but for the name of a field, or of a kind.
  for (const std::string name : {"job_title", "person"}) {
    PushRequest p = w.frame();
    p.bodies.push_back(encode_transaction(w.saying(w.set(person.job_title, std::string("x"))), w.a.ws->tables()));
    std::string frame = encode_push(p, KeyTable::own(w.a.ws->tables()));
    const size_t at = frame.find(name);
    REQUIRE(at != std::string::npos);
    frame[at] = 'z';
    frame.resize(frame.size() - 4);
    ByteWriter(frame).fixed32(XXH32(frame.data(), frame.size(), 0));
    const int64_t number = w.next();
    must(w.server.authority->push(w.a.replica->identity().device, frame));
    CHECK(must(w.server.authority->log().refusal(p.device, number))->code == "unknown");
  }
  // Changes under numbers that the frame's own table does not have.
  PushRequest p = w.frame();
  p.bodies.push_back(encode_transaction(w.saying(w.set(person.job_title, std::string("x"))), w.a.ws->tables()));
  const int64_t number = w.next(), head = must(w.server.authority->head());
  (void)w.server.authority->push(w.a.replica->identity().device, encode_push(p, KeyTable()));
  CHECK(must(w.server.authority->head()) == head);
  if (w.next() > number) CHECK(must(w.server.authority->log().refusal(p.device, number))->code == "unreadable");
  CHECK(as_text((*must(w.server.ws->get(person, w.known)))[person.job_title]).empty());
}

TEST_CASE("trust nothing: after all the lies the truth still gets through") {
  Liar w;
  (void)w.refusal(w.set(person.job_title, int64_t{5}));
  (void)w.server.authority->push(w.a.replica->identity().device, "any bytes at all");
  w.b.set(person, w.known, person.job_title, "Buyer");
  w.b.sync(w.server);
  CHECK(as_text((*must(w.server.ws->get(person, w.known)))[person.job_title]) == "Buyer");
  CHECK(must(w.server.authority->check()).empty());
}

TEST_CASE("a server clock that jumps serves nobody until an operator says it is right") {
  Two w;
  const auto answer = [&] { return w.server.answer(w.a.replica->identity().device, {"GET", "/v1/pull?acked=0&max=1000&cursor=" + must(w.a.replica->cursor()), ""}).first; };
  REQUIRE(answer() == 200);
  const int64_t day = 86'400'000;
  for (const int64_t jump : {-6 * int64_t{60'000}, 8 * day}) {
    INFO(jump);
    w.server.clock.offset += jump;
    const Id id = w.a.make_person("While", "Wrong");
    CHECK_FALSE(w.server.authority->push(w.a.replica->identity().device, encode_push(must(w.a.replica->next_push(must(w.a.replica->acked_op_no()), 1000, w.time.now)), KeyTable::own(w.a.ws->tables()))).ok());
    Edit edit;
    edit.create(person, w.server.ws->new_id());
    CHECK_FALSE(w.server.ws->commit(edit, "API").ok());
    // Also after a start, when only the data knows the time.
    w.server.close();
    w.server.open();
    CHECK_FALSE(w.server.ws->commit(edit, "API").ok());
    must(w.server.ws->atomically([&] { return w.server.authority->server_clock().accept(); }));
    w.both();
    CHECK(must(w.server.ws->get(person, id)).has_value());
  }
  // Small steps, and days without anybody, are nothing: the steady clock agrees.
  w.server.clock.offset -= 4 * 60'000;
  w.time.now += 30 * day;
  w.both();
  w.all_well();
}

TEST_CASE("a device that has not synced for longer than allowed locks itself until it does") {
  Two w;
  CHECK_FALSE(must(w.a.replica->locked()));
  w.server.authority->offline_days = 14;
  w.both();
  w.time.now += int64_t{13} * 86'400'000;
  CHECK_FALSE(must(w.a.replica->locked()));
  w.time.now += int64_t{2} * 86'400'000;
  const Id id = w.a.make_person("Kept", "Anyway");
  CHECK(must(w.a.replica->locked()));
  w.both();
  CHECK_FALSE(must(w.a.replica->locked()));
  CHECK(must(w.server.ws->get(person, id)).has_value());
}
