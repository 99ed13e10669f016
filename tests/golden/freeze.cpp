// holdfast-freeze DIR NAME: a server and two devices in the middle of their work, as this build writes them, for later builds to
// open (golden_test.cpp). Run once for each version of the schema, by scripts/freeze; what it wrote is never written again.

#include <zstd.h>

#include <cstdio>
#include <fstream>

#include "shared/store/blobs.h"
#include "shared/workspace/merging.h"
#include "tests/support/world.h"

using namespace holdfast;
using namespace holdfast::test;

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("holdfast-freeze DIR NAME\n", stderr), 2;
  TestClock time;
  ServerNode server("server", 1, &time);
  DeviceNode a("device-a", 2, &time), b("device-b", 3, &time);
  Id members[3];
  for (int i = 0; i < 3; i++) {
    members[i] = server.ws->new_id();
    Edit edit;
    edit.create(member, members[i]);
    edit.set(member, members[i], member.name, std::string(i == 0 ? "Anna" : i == 1 ? "Ben" : "Cleo"));
    edit.set(member, members[i], member.role, std::string("member"));
    must(server.ws->commit(edit, "member"));
  }
  a.sign_in(server, members[0], "Anna's phone");
  b.sign_in(server, members[1], "Ben's laptop");
  std::vector<Id> people;
  for (int i = 0; i < 40; i++) {
    people.push_back(a.make_person("First" + std::to_string(i), "Last" + std::to_string(i % 7)));
    a.set(person, people.back(), person.tag_set, "tag" + std::to_string(i % 3));
    Edit edit;
    const Id point = a.ws->new_id(), todo = a.ws->new_id();
    edit.create(contact_point, point);
    edit.set(contact_point, point, contact_point.person, people.back());
    edit.set(contact_point, point, contact_point.type, std::string("address"));
    edit.set(contact_point, point, contact_point.street, "Street " + std::to_string(i));
    edit.set(contact_point, point, contact_point.city, std::string("Hamburg"));
    edit.create(task, todo);
    edit.set(task, todo, task.title, "Call " + std::to_string(i));
    edit.set(task, todo, task.due_on, int64_t{20'700 + i});
    must(a.ws->commit(edit, "details"));
    time.now += 60'000;
  }
  // Two photos: one everywhere, one whose bytes have not been sent.
  for (const char c : {'a', 'b'}) {
    Edit photo;
    const Id id = a.ws->new_id();
    const std::string sha(64, c), bytes = "the bytes of photo " + std::string(1, c);
    photo.create(attachment, id);
    photo.set(attachment, id, attachment.name, std::string("photo ") + c);
    photo.set(attachment, id, attachment.sha256, sha);
    photo.set(attachment, id, attachment.size, static_cast<int64_t>(bytes.size()));
    photo.set(attachment, id, attachment.person, people[7]);
    must(a.ws->commit(photo, "photo"));
    must(Blobs(a.ws->tables()).keep({id, sha}, bytes, time.now));
    if (c == 'b') continue;
    must(Blobs(a.ws->tables()).set_state({id, sha}, Blobs::State::complete));
    must(Blobs(server.ws->tables()).keep({id, sha}, bytes, time.now));
    must(Blobs(server.ws->tables()).set_state({id, sha}, Blobs::State::complete));
  }
  // A team of Anna and Cleo, who is on no device, and a customer of Cleo's whom only the team sees.
  const Id north = server.ws->new_id(), hidden = server.ws->new_id(), hidden_task = server.ws->new_id();
  Edit teams;
  teams.create(team, north);
  teams.set(team, north, team.name, std::string("North"));
  teams.set(team, north, team.members, tags_from({members[0].text(), members[2].text()}));
  must(server.ws->commit(teams, "team"));
  server.ws->act_as(members[2]);
  Edit customer;
  customer.create(person, hidden);
  customer.set(person, hidden, person.last_name, std::string("Confidential"));
  customer.set(person, hidden, person.visibility, std::string("team"));
  customer.set(person, hidden, person.team, north);
  customer.create(task, hidden_task);
  customer.set(task, hidden_task, task.title, std::string("Call them discreetly"));
  customer.set(task, hidden_task, task.person, hidden);
  must(server.ws->commit(customer, "customer"));
  server.ws->act_as(Id{});
  // Twice the same person, each with something of their own.
  Id twins[2];
  for (Id& twin : twins) {
    twin = a.make_person("Zoe", "Twin");
    Edit edit;
    const Id call = a.ws->new_id();
    edit.create(activity, call);
    edit.set(activity, call, activity.type, std::string("call"));
    edit.set(activity, call, activity.subject, std::string("Called"));
    edit.set(activity, call, activity.person, twin);
    must(a.ws->commit(edit, "called"));
  }
  for (DeviceNode* d : {&a, &b, &a}) d->sync(server);
  // Two conflicts, one of them settled below; a deletion; a note of two authors; two who are one.
  for (DeviceNode* d : {&a, &b}) {
    time.now += 1000;
    d->set(person, people[0], person.job_title, d == &a ? "Buyer" : "Head of purchasing");
    d->set(person, people[8], person.job_title, d == &a ? "Driver" : "Head of transport");
    d->set(person, people[1], person.notes, d == &a ? "Met at the fair." : "Prefers mail.");
  }
  Edit trash;
  trash.trash(person, people[2]);
  must(a.ws->commit(trash, "deleted"));
  Edit merge;
  must(merge_records(*a.ws, merge, person, twins[1], twins[0], {}));
  must(a.ws->commit(merge, "merged"));
  for (DeviceNode* d : {&a, &b, &a}) d->sync(server);
  for (const Record& c : must(b.ws->list(conflict, {})))
    if (as_id(c[conflict.record]) == people[8]) b.set(conflict, c.id, conflict.resolved, "yes");
  for (DeviceNode* d : {&b, &a}) d->sync(server);
  // Left unsent on both: edits of old records, a new one, a tag.
  a.set(person, people[3], person.job_title, "unsent by Anna");
  a.set(person, people[4], person.tag_set, "unsent");
  a.make_person("Unsent", "Person");
  a.set(person, hidden, person.job_title, "unsent, for the team");
  b.set(person, people[3], person.first_name, "unsent by Ben");
  Edit both;
  both.set(person, people[5], person.nickname, std::string("both"));
  both.trash(person, people[6]);
  must(b.ws->commit(both, "two at once"));

  a.close();
  b.close();
  server.close();
  for (const char* path : {"server", "device-a", "device-b"}) {
    const std::string& bytes = MemoryDisk::the().files[path].now;
    std::string packed(ZSTD_compressBound(bytes.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 19));
    std::ofstream out(std::string(argv[1]) + "/" + argv[2] + "-" + path + ".db.zst", std::ios::binary);
    out << packed;
    std::printf("%s %zu → %zu\n", path, bytes.size(), packed.size());
  }
}
