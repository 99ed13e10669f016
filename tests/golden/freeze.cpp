// holdfast-freeze DIR NAME: a server and two devices in the middle of their work, as this build writes them, for later builds to
// open (golden_test.cpp). Run once for each version of the schema, by scripts/freeze; what it wrote is never written again.

#include <zstd.h>

#include <cstdio>
#include <fstream>

#include "shared/store/blobs.h"
#include "tests/support/world.h"

using namespace holdfast;
using namespace holdfast::test;

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("holdfast-freeze DIR NAME\n", stderr), 2;
  TestClock time;
  ServerNode server("server", 1, &time);
  DeviceNode a("device-a", 2, &time), b("device-b", 3, &time);
  Id members[2];
  for (int i = 0; i < 2; i++) {
    members[i] = server.ws->new_id();
    Edit edit;
    edit.create(member, members[i]);
    edit.set(member, members[i], member.name, std::string(i ? "Ben" : "Anna"));
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
  for (DeviceNode* d : {&a, &b, &a}) d->sync(server);
  // A conflict, a deletion, a note of two authors.
  for (DeviceNode* d : {&a, &b}) {
    time.now += 1000;
    d->set(person, people[0], person.job_title, d == &a ? "Buyer" : "Head of purchasing");
    d->set(person, people[1], person.notes, d == &a ? "Met at the fair." : "Prefers mail.");
  }
  Edit trash;
  trash.trash(person, people[2]);
  must(a.ws->commit(trash, "deleted"));
  for (DeviceNode* d : {&a, &b, &a}) d->sync(server);
  // Left unsent on both: edits of old records, a new one, a tag.
  a.set(person, people[3], person.job_title, "unsent by Anna");
  a.set(person, people[4], person.tag_set, "unsent");
  a.make_person("Unsent", "Person");
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
