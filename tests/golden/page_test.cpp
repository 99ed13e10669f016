// The bytes of a page, as every later build has to write and to read them: those that docs/sync.md explains.

#include <catch_amalgamated.hpp>
#include <fstream>
#include <sstream>

#include "shared/sync/codec.h"
#include "tests/support/world.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

struct ExamplePerson : Entity {
  ExamplePerson() : Entity("person", "Person", "People") {}
  Field first_name = text("first_name", "First name");
  Field last_name = text("last_name", "Last name");
};
const ExamplePerson example_person;
const Schema& example_schema() {
  static const Schema schema({&example_person});
  return schema;
}

Id id_ending(char last) { return Id::from_bytes((std::string("\x01\x89\0\0\0\0\x70\0\x80\0\0\0\0\0\0", 15) + last).data()); }

/// The hex block that follows a heading, without what is said beside it.
std::string bytes_in_doc(const std::string& heading) {
  std::ifstream in(std::string(HOLDFAST_GOLDEN) + "/../../docs/sync.md");
  std::ostringstream all;
  all << in.rdbuf();
  const std::string doc = all.str();
  const size_t from = doc.find("```hex\n", doc.find("### " + heading)), to = doc.find("```\n", from + 7);
  REQUIRE(to != std::string::npos);
  std::istringstream lines(doc.substr(from + 7, to - from - 7));
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream pairs(line.substr(0, line.find("  ")));
    for (std::string pair; pairs >> pair;) out.push_back(static_cast<char>(std::stoi(pair, nullptr, 16)));
  }
  return out;
}

std::string hex(const std::string& bytes) {
  std::string out;
  for (const char c : bytes) {
    char pair[4];
    (void)std::snprintf(pair, sizeof pair, "%02x ", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += pair;
  }
  return out;
}

PageHeader example_header() {
  PageHeader h;
  h.epoch = id_ending(4);
  h.head = 9;
  h.server_ms = 1'790'000'010'000;
  h.acked_op_no = 3;
  h.cursor = "p";
  h.refusals.push_back({3, "forbidden", "No."});
  return h;
}

}  // namespace

TEST_CASE("a page is the bytes that docs/sync.md explains") {
  MemoryDisk::the().remove("page");
  const auto db = must(Database::open("page", MemoryDisk::name()));
  const auto tables = must(Tables::open(*db, example_schema(), Side::server));
  PageWriter page(*tables);
  const auto member = id_ending(5);
  Record changed(example_person);
  changed.id = Id::from_bytes(std::string("\x01\xa0\xc4\x50\x6c\0\x70\0\x80\0\0\0\0\0\0\x03", 16).data());
  changed[example_person.first_name] = std::string("Ada");
  changed[example_person.last_name] = std::string("Berg");
  changed.meta.seq = 8;
  changed.meta.created_at = 1'790'000'000'000;
  changed.meta.updated_at = 1'790'000'005'000;
  changed.meta.created_by = changed.meta.updated_by = member;
  Versions versions;
  versions.base = 7;
  versions.set(tables->key_no(0, example_person.last_name.index), 8);
  page.add(0, changed, versions, 7, false);
  Record made(example_person);
  made.id = id_ending(6);
  made[example_person.first_name] = std::string("Ben");
  made.meta.seq = 9;
  made.meta.created_at = made.meta.updated_at = 1'790'000'006'000;
  made.meta.created_by = made.meta.updated_by = member;
  Versions fresh;
  fresh.base = 9;
  page.add(0, made, fresh, 7, false);
  page.evict(0, id_ending(7), 9);
  CHECK(hex(page.finish(example_header())) == hex(bytes_in_doc("A page")));
}

TEST_CASE("the page of docs/sync.md reads as what is said beside it") {
  const std::string bytes = bytes_in_doc("A page");
  PageReader page = must(PageReader::open(bytes, example_schema()));
  const PageHeader &h = page.header(), expected = example_header();
  CHECK(h.epoch == expected.epoch);
  CHECK(h.head == 9);
  CHECK(h.server_ms == expected.server_ms);
  CHECK(h.acked_op_no == 3);
  CHECK(h.cursor == "p");
  CHECK_FALSE(h.more);
  REQUIRE(h.refusals.size() == 1);
  CHECK(h.refusals[0].code == "forbidden");
  RowChange row;
  REQUIRE(page.next(row));
  CHECK_FALSE(row.whole);
  CHECK(row.fields == std::vector<uint16_t>{example_person.last_name.index});
  CHECK(as_text(row.record[example_person.last_name]) == "Berg");
  CHECK(row.versions == std::vector<std::pair<uint16_t, int64_t>>{{example_person.last_name.index, 8}});
  CHECK(row.record.meta.updated_by == id_ending(5));
  REQUIRE(page.next(row));
  CHECK(row.whole);
  CHECK(row.record.id == id_ending(6));
  CHECK(as_text(row.record[example_person.first_name]) == "Ben");
  CHECK(row.record[example_person.last_name] == Value());
  CHECK(row.base_version == 9);
  CHECK(row.record.meta.created_at == 1'790'000'006'000);
  REQUIRE(page.next(row));
  CHECK(row.evicted);
  CHECK(row.record.id == id_ending(7));
  CHECK_FALSE(page.next(row));
  must(page.status());
}
