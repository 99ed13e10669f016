// Files as people have them. Fixtures are made here.

#include <catch_amalgamated.hpp>

#include "shared/base/text.h"
#include "shared/exchange/export.h"
#include "shared/exchange/importer.h"
#include "shared/exchange/vcard.h"
#include "shared/workspace/merging.h"
#include "tests/support/world.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

struct Office {
  TestClock time;
  static inline int count = 0;
  ServerNode server{"office" + std::to_string(++count) + "/", 5, &time};

  ImportReport import(const std::string& name, const std::string& bytes, const Entity& entity = person, bool dry = false) {
    const ImportPlan plan = must(look_at(name, std::string_view(bytes).substr(0, 65536), entity));
    Importer importer(*server.ws, plan, bytes, {dry});
    while (must(importer.step(100))) {
    }
    return importer.report();
  }
  std::vector<Record> people() {
    Query q;
    q.sort_by = SortBy::field;
    q.sort_field = person.last_name.index;
    q.limit = 10'000;
    return must(server.ws->list(person, q));
  }
};

std::string utf16(const std::string& ascii, bool big) {
  std::string out = big ? "\xFE\xFF" : "\xFF\xFE";
  for (char c : ascii) {
    if (big) out += '\0';
    out += c;
    if (!big) out += '\0';
  }
  return out;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("the same people come out of every damaged dialect") {
  const std::string plain =
      "First name,Last name,E-mail,Note\n"
      "Anna,Berg,anna@example.org,\"likes, commas\"\n"
      "Ben,\"O\"\"Brien\",ben@example.org,plain\n"
      "Cleo,Cash,cleo@example.org,\"two\nlines\"\n";
  const std::pair<const char*, std::string> files[] = {
      {"plain", plain},
      {"crlf", replaced(plain, "\n", "\r\n")},
      {"cr", replaced(plain, "\n", "\r")},
      {"semicolon", replaced(replaced(plain, ",", ";"), "likes; commas", "likes, commas")},
      {"tab", replaced(replaced(plain, ",", "\t"), "likes\t commas", "likes, commas")},
      {"pipe", replaced(replaced(plain, ",", "|"), "likes| commas", "likes, commas")},
      {"trailing newlines", plain + "\n\n\n\n"},
      {"no newline at the end", plain.substr(0, plain.size() - 1)},
      {"utf-8 bom", "\xEF\xBB\xBF" + plain},
      {"utf-16 le", utf16(plain, false)},
      {"utf-16 be", utf16(plain, true)},
      {"backslash", replaced(plain, "O\"\"Brien", "O\\\"Brien")},
      {"single quotes", replaced(replaced(replaced(plain, "O\"\"Brien", "O#Brien"), "\"", "'"), "O#Brien", "O\"Brien")},
      {"lines before the header", "Exported by Office\n\nReport of 2026\n" + plain},
      {"spaces after commas", replaced(plain, ",", ", ")},
  };
  for (const auto& [name, bytes] : files) {
    INFO(name);
    Office office;
    const ImportReport report = office.import("people.csv", bytes);
    CHECK(report.created == 3);
    CHECK(report.failed == 0);
    const auto people = office.people();
    REQUIRE(people.size() == 3);
    CHECK(people[0].text(person.first_name) == "Anna");
    CHECK(people[0].text(person.notes).find("likes,") != std::string::npos);
    CHECK(people[1].text(person.first_name) == "Cleo");
    CHECK(people[1].text(person.notes).find("two") != std::string::npos);
    CHECK(people[2].text(person.last_name) == "O\"Brien");
    const auto points = must(office.server.ws->children(contact_point, contact_point.person, people[0].id));
    REQUIRE(points.size() == 1);
    CHECK(points[0].text(contact_point.mail) == "anna@example.org");
  }
}

TEST_CASE("windows-1252, several header rows, no header, uneven rows and stray quotes") {
  {
    Office office;
    CHECK(office.import("a.csv", "Vorname;Nachname;Ort\nJ\xFCrgen;Gro\xDF;K\xF6ln\n").created == 1);
    CHECK(office.people()[0].text(person.last_name) == "Groß");
  }
  {
    Office office;
    CHECK(office.import("b.csv", "Person,Person,Contact\nFirst name,Last name,Phone\n(text),(text),(number)\nAnna,Berg,0123 456\nBen,Berg,0123 457\n").created == 2);
    CHECK(office.people()[0].text(person.first_name) == "Anna");
  }
  {
    Office office;
    CHECK(office.import("c.csv", "Anna Berg,anna@example.org\nBen Cash,ben@example.org\n").created == 2);
    CHECK(office.people()[0].text(person.last_name) == "Berg");
  }
  {
    Office office;
    const ImportReport r = office.import("d.csv", "first_name,last_name,phone\nAnna,Berg\nBen,Cash,1,2,3\nCleo \"The\" C,Dorn,4\n\"Dan,Eck,5\nEve,Fox,6\n");
    CHECK(r.created == 5);
    CHECK(office.people()[2].text(person.first_name) == "Cleo \"The\" C");
    CHECK(office.people()[3].text(person.first_name) == "\"Dan");
  }
}

TEST_CASE("nothing is created twice, values that do not fit become a note, and a dry run writes nothing") {
  Office office;
  const std::string file = "id,given_name,surname,date_of_birth,soc_sec_id\n1,anna,berg,19900229,77\n2,ben,cash,19840229,78\n2,ben,cash,19840229,78\n";
  CHECK(office.import("x.csv", file, person, true).created == 2);
  CHECK(office.people().empty());
  const ImportReport first = office.import("x.csv", file);
  CHECK(first.created == 2);
  CHECK(first.skipped == 1);
  CHECK(first.warnings == 1);
  CHECK(office.people()[0].text(person.notes).find("date_of_birth: 19900229") != std::string::npos);
  CHECK(office.people()[0].text(person.notes).find("soc_sec_id: 77") != std::string::npos);
  const ImportReport again = office.import("x.csv", file);
  CHECK(again.created == 0);
  CHECK(again.skipped == 3);
  const ImportReport changed = office.import("x.csv", replaced(file, "ben,cash", "benny,cash"));
  CHECK(changed.created == 0);
  CHECK(changed.updated == 1);
  CHECK(office.people()[1].text(person.first_name) == "benny");
}

TEST_CASE("duplicates that were merged are not imported anew, and what is new of them reaches the one that stands") {
  Office office;
  const std::string file = "id,given_name,surname,job_title,company,phone\n1,Robert,Berg,Buyer,Acme,0123\n2,Bob,Berg,,Acme Ltd,0123\n";
  CHECK(office.import("x.csv", file).created == 2);
  const auto people = office.people();
  const bool bob_first = people[0].text(person.first_name) == "Bob";
  const Id bob = people[bob_first ? 0 : 1].id, robert = people[bob_first ? 1 : 0].id;
  const auto merge = [&](const Entity& entity, const Id& loser, const Id& winner) {
    Edit edit;
    must(merge_records(*office.server.ws, edit, entity, loser, winner, {}));
    must(office.server.ws->commit(edit, "merged"));
  };
  merge(person, bob, robert);
  const auto employer = [&](const Id& who) { return as_id((*must(office.server.ws->get(person, who)))[person.company]); };
  const Id acme = employer(robert);
  merge(company, employer(bob), acme);
  CHECK(office.import("x.csv", file).skipped == 2);  // Whoever merged them chose "Robert".
  CHECK(must(office.server.ws->get(person, robert))->text(person.first_name) == "Robert");
  const std::string changed = "id,given_name,surname,job_title,date_of_birth,phone\n1,Robert,Berg,Buyer,,0123\n2,Bob,Berg,Director,19840229,0123\n";
  CHECK(office.import("x.csv", changed).updated == 1);
  CHECK(office.import("x.csv", changed).skipped == 2);
  const Record stands = *must(office.server.ws->get(person, robert)), hidden = *must(office.server.ws->get(person, bob));
  CHECK(stands.text(person.job_title) == "Buyer");
  CHECK(format_value(person.at(person.birthday), stands[person.birthday]) == "1984-02-29");
  CHECK(is_empty(hidden[person.birthday]));
  CHECK(office.people().size() == 1);
  CHECK(office.import("y.csv", "given_name,surname,company\nCleo,Cash,Acme Ltd\n").created == 1);
  CHECK(employer(office.people()[1].id) == acme);
  Edit gone;
  gone.trash(person, robert);
  must(office.server.ws->commit(gone, "gone"));
  CHECK(office.import("x.csv", file).skipped == 2);
}

TEST_CASE("two lists that number their people alike do not overwrite each other") {
  Office office;
  const std::string first = "id,given_name,surname,phone\n1,anna,berg,0123\n2,ben,cash,0124\n", second = "id,given_name,surname,phone\n1,cleo,dorn,0999\n2,ben,cash,0777\n";
  CHECK(office.import("first.csv", first).created == 2);
  const ImportReport r = office.import("second.csv", second);
  CHECK(r.created == 1);
  CHECK(r.updated == 1);
  CHECK(office.import("second.csv", second).skipped == 2);
  CHECK(office.import("first.csv", first).skipped == 2);
  CHECK(office.people().size() == 3);
}

TEST_CASE("vCards of all versions") {
  const std::string cards =
      "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCr=\r\ngen;;Dr.;\r\nTEL;CELL;PREF:+49 170 1\r\nTEL;WORK;FAX:+49 30 2\r\n"
      "PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ\r\n SkZJRg==\r\n\r\nEND:VCARD\r\n"
      "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna Berg\r\nN:Berg;Anna;Maria;;\r\nORG:Acme\\, Inc.;Sales\r\nitem1.EMAIL;type=INTERNET;type=pref:anna@example.org\r\n"
      "item1.X-ABLabel:_$!<Work>!$_\r\nADR;TYPE=HOME:;;1 High St\\nFlat 2;York;;YO1;UK\r\nNOTE:first line\\nsecond\\, line\r\nBDAY:1980-03-22\r\nEND:VCARD\r\n"
      "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Simon\r\nTEL;VALUE=uri;TYPE=\"work,voice\";PREF=1:tel:+1-418-656-9254;ext=102\r\nBDAY:--0203\r\nUID:urn:uuid:1\r\n"
      "ADR;TYPE=work:;Suite 1;2875 Laurier;\r\n Quebec;QC;G1V 2M2;Canada\r\nEND:VCARD\r\n";
  Office office;
  const ImportReport r = office.import("book.vcf", cards);
  CHECK(r.created == 3);
  const auto people = office.people();
  REQUIRE(people.size() == 3);
  CHECK(people[0].text(person.last_name) == "Berg");
  CHECK(people[0].text(person.notes).find("second, line") != std::string::npos);
  CHECK(office.server.ws->title(company, as_id(people[0][person.company])) == "Acme, Inc.");
  CHECK(people[1].text(person.last_name) == "Müller");
  CHECK(people[1].text(person.first_name) == "Jürgen");
  const auto points = must(office.server.ws->children(contact_point, contact_point.person, people[1].id));
  REQUIRE(points.size() == 2);
  CHECK(points[0].text(contact_point.label) == "mobile");
  CHECK(points[1].text(contact_point.label) == "fax");
  CHECK(people[2].text(person.notes).find("Birthday: --0203") != std::string::npos);
  CHECK(office.import("book.vcf", cards).skipped == 3);
}

TEST_CASE("an export can be imported elsewhere") {
  Office office;
  office.import("a.csv", "First name,Last name,E-mail,City\nZoë,張偉,zoe@example.org,York\nAnna,\"B \"\"x\"\", C\",,\n");
  const std::string file = must(export_csv(*office.server.ws, person));
  Office other;
  CHECK(other.import("export.csv", file).created == 2);
  CHECK(other.people()[1].text(person.first_name) == "Zoë");
  CHECK(other.people()[0].text(person.last_name) == "B \"x\", C");
}

TEST_CASE("arbitrary bytes neither stop the readers nor hang them") {
  SeededRandom random(21);
  const std::string seeds[] = {"a,b\n\"c\"\"d\",'e'\n", "BEGIN:VCARD\nN;ENCODING=QUOTED-PRINTABLE:=C3=\n=BC;x\nEND:VCARD\n", "first name;last name\nx;y\n"};
  for (int i = 0; i < 600; i++) {
    std::string bytes;
    for (uint64_t n = random.below(6); n > 0; n--) bytes += seeds[random.below(3)];
    for (uint64_t n = random.below(12); n > 0 && !bytes.empty(); n--) bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    const Result<ImportPlan> plan = look_at(i % 2 ? "x.csv" : "x.vcf", bytes, person);
    if (!plan.ok()) continue;
    ImportSource source(*plan, bytes);
    ImportRow row;
    int rows = 0;
    while (source.next(row)) REQUIRE(++rows < 10'000);
  }
}
