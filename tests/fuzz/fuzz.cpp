// What any bytes must not do: crash, hang, or read past their end. One program; the first byte says which door the rest
// is thrown at, so that one corpus and one run cover all of them.

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <nlohmann/json.hpp>

#include "shared/base/bytes.h"
#include "shared/exchange/importer.h"
#include "shared/exchange/json.h"
#include "shared/model/text_merge.h"
#include "shared/store/search.h"
#include "tests/fuzz/doors.h"
#include "tests/fuzz/links.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

struct Scene {
  TestClock time;
  ServerNode server{"fuzz/server", 1, &time};
  DeviceNode device{"fuzz/device", 2, &time};
  Scene() {
    device.sign_in(server, server.ws->new_id(), "phone");
    device.make_person("Anna", "Berg");
    device.sync(server);
    keep("fuzz/server");
    keep("fuzz/device");
  }
  static void keep(const std::string& path) { MemoryDisk::the().copy(path, "kept-" + path); }
  template <class Node>
  void again(Node& node) {
    node.close();
    MemoryDisk::the().remove(node.path);
    MemoryDisk::the().copy("kept-" + node.path, node.path);
    node.open();
  }
  static Scene& the() {
    static Scene scene;
    return scene;
  }
};

/// Frames end in a checksum: made right here, so that what lies behind it is reached.
std::string sealed(std::string_view bytes) {
  std::string frame(bytes);
  const uint32_t sum = XXH32(frame.data(), frame.size(), 0);
  ByteWriter(frame).fixed32(sum);
  return frame;
}

void push(std::string_view bytes) {
  Scene& s = Scene::the();
  const std::string frame = sealed(bytes);
  if (const Result<Authority::Page> taken = s.server.authority->push(1, frame); taken.ok()) s.again(s.server);
  (void)decode_push_reply(frame);
  std::string unknown;
  (void)decode_transaction(bytes, KeyTable::own(s.server.ws->tables()), &unknown);
}

void page(std::string_view bytes) {
  Scene& s = Scene::the();
  const std::string frame = sealed(bytes);
  Result<PageReader> reader = PageReader::open(frame, product_schema());
  if (!reader.ok()) return;
  for (RowChange change; reader->next(change);) {}
  (void)s.device.replica->receive(frame);
  if (reader->header().reset) (void)s.device.replica->reset(reader->header());
  s.again(s.device);
}

void cursor(std::string_view bytes) { (void)Scene::the().server.authority->page(1, bytes, 0, 1000); }

void versions(std::string_view bytes) {
  if (const Result<Versions> v = Versions::parse(bytes); v.ok()) HOLDFAST_ASSERT(Versions::parse(v->blob()).ok());
}

void table(std::string_view bytes, const char* name) {
  const Result<ImportPlan> plan = look_at(name, bytes.substr(0, 64 * 1024), person);
  if (!plan.ok()) return;
  Importer importer(*Scene::the().device.ws, *plan, bytes, {true});
  for (int i = 0; i < 1000; i++)
    if (const Result<bool> more = importer.step(100); !more.ok() || !*more) break;
}

void filter(std::string_view bytes) {
  (void)search_expression(bytes);
  Query query;
  query.search = std::string(bytes);
  (void)Scene::the().server.ws->list(person, query);
  for (const Entity* entity : product_schema())
    for (const FieldDef& f : entity->fields)
      if (const Result<Value> v = parse_value(f, bytes); v.ok()) {
        HOLDFAST_ASSERT(check_value(f, *v).ok());
        const Result<Value> again = parse_value(f, format_value(f, *v));
        HOLDFAST_ASSERT(again.ok() && *again == *v);
      }
}

void body(std::string_view bytes) {
  const nlohmann::json parsed = nlohmann::json::parse(bytes, nullptr, false);
  for (const Entity* entity : product_schema())
    if (const Result<std::vector<FieldValue>> values = values_from_json(*entity, parsed); values.ok())
      for (const FieldValue& v : *values) HOLDFAST_ASSERT(check_value(entity->fields[v.field], v.value).ok());
}

void link(std::string_view bytes) {
  Scene& s = Scene::the();
  if (follow_link(s.device, bytes)) s.again(s.device);
}

void texts(std::string_view bytes) {
  const size_t a = bytes.find('\0'), b = a == std::string_view::npos ? a : bytes.find('\0', a + 1);
  if (b == std::string_view::npos) return;
  const std::string_view base = bytes.substr(0, a), ours = bytes.substr(a + 1, b - a - 1), theirs = bytes.substr(b + 1);
  HOLDFAST_ASSERT(merge_text(base, ours, base).text == ours);
  HOLDFAST_ASSERT(merge_text(base, ours, ours).text == ours);
  (void)merge_text(base, ours, theirs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'P': push(bytes); break;
    case 'R': page(bytes); break;
    case 'c': cursor(bytes); break;
    case 'V': versions(bytes); break;
    case 'T': table(bytes, "people.csv"); break;
    case 'B': table(bytes, "book.vcf"); break;
    case 'F': filter(bytes); break;
    case 'J': body(bytes); break;
    case 'H': knock(bytes); break;
    case 'L': link(bytes); break;
    case 'M': texts(bytes); break;
    default: break;
  }
  return 0;
}
