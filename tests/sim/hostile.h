#pragma once
// Somebody among the members who means harm, with a program of their own.

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "shared/base/bytes.h"
#include "tests/sim/push_watch.h"

namespace holdfast::test {

/// A device that sends what it saw others send, changed anywhere, under its own name and with right checksums: so that everything
/// behind those is reached. What the server makes of it has to be as true as what it makes of honest work.
class Hostile {
 public:
  Hostile(ServerNode& server, const Id& member) : server_(server), member_(member), install_(server.ws->new_id()) {}

  /// What was accepted of it, which everybody may know: an id that nobody has is not to be guessed.
  void heard(const std::string& push, uint32_t device) {
    const MemoryDisk::Spared spared;
    auto decoded = decode_push(push, server_.ws->schema());
    if (!decoded.ok()) return;
    std::vector<std::string>& bodies = decoded->first.bodies;
    std::erase_if(bodies, [&](const std::string& body) { return !must(server_.authority->log().seq_of(device, must(transaction_number(body)))); });
    if (!bodies.empty()) heard_ = encode_push(decoded->first, decoded->second);
  }
  void forget() { heard_.clear(); }  ///< Of a lost history: its new records are only to come.
  /// Whether the server took anything of it.
  bool send(SeededRandom& random, const Fault& fault) {
    const auto push = decode_push(heard_, server_.ws->schema());
    const Result<Device> me = server_.authority->register_device(install_, member_, "hostile");
    if (!push.ok() || push->first.bodies.empty() || !me.ok()) return false;
    numbers_.insert(me->ordinal);
    PushRequest p = push->first;
    p.install = install_;
    p.device = me->ordinal;
    p.judged = me->last_op_no;
    p.wall_ms += static_cast<int64_t>(random.below(1000)) - 500;
    p.sums.clear();
    p.formers.clear();
    std::vector<std::string> bodies;
    for (std::string& body : p.bodies)
      if (std::string changed = change(body, me->last_op_no + 1 + static_cast<int64_t>(bodies.size()), random); harmless(changed, push->second)) bodies.push_back(std::move(changed));
    p.bodies = std::move(bodies);
    std::string frame = encode_push(p, push->second);
    if (random.below(3) == 0) {
      frame.resize(frame.size() - 4);
      frame[1 + random.below(frame.size() - 1)] = static_cast<char>(random.next());
      ByteWriter(frame).fixed32(XXH32(frame.data(), frame.size(), 0));
      const auto again = decode_push(frame, server_.ws->schema());
      if (!again.ok() || !std::all_of(again->first.bodies.begin(), again->first.bodies.end(), [&](const std::string& body) { return harmless(body, again->second); })) return false;
    }
    const PushWatch watch(server_, me->ordinal, member_, SyncRequest{"POST", "/v1/sync/push", frame});
    const int64_t head = head_of();
    const auto answer = server_.authority->push(me->ordinal, frame);
    if (!answer.ok()) return false;
    watch.check(fault);
    return head_of() > head;
  }
  /// What it has changed: not what honest people wrote.
  std::set<Id> touched() {
    std::set<Id> out;
    const KeyTable keys = KeyTable::own(server_.ws->tables());
    for (int64_t seq = 1; seq <= must(server_.authority->head()); seq++)
      if (const auto entry = must(server_.authority->log().find(seq)); entry && numbers_.count(entry->stamp.device))
        for (const Op& op : must(decode_transaction(entry->body, keys, nullptr)).ops) out.insert(op.record);
    return out;
  }

 private:
  int64_t head_of() const {
    const MemoryDisk::Spared spared;
    return must(server_.authority->head());
  }
  /// Under another number, with other secrets and notes, and some bytes changed.
  static std::string change(std::string_view body, int64_t number, SeededRandom& random) {
    ByteReader in(body);
    (void)in.varint();
    std::string rest(body.substr(body.size() - in.left()));
    for (size_t at; (at = rest.find("secret")) != std::string::npos;) rest.replace(at, 6, "forged");
    for (size_t at; (at = rest.find("note")) != std::string::npos;) rest.replace(at, 4, "fake");
    for (uint64_t n = random.below(4); n > 0 && !rest.empty(); n--) rest[random.below(rest.size())] = static_cast<char>(random.next());
    std::string out;
    ByteWriter(out).varint(static_cast<uint64_t>(number));
    return out + rest;
  }
  /// What the invariants take for signs of faults of the server, a member may well do: point a person's main number anywhere.
  bool harmless(const std::string& body, const KeyTable& keys) const {
    const auto t = decode_transaction(body, keys, nullptr);
    if (!t.ok()) return true;
    for (const Op& op : t->ops)
      for (const FieldValue& v : op.values)
        if (const FieldDef& f = server_.ws->schema()[op.entity].fields[v.field]; f.key == "primary_phone") return false;
    return true;
  }

  ServerNode& server_;
  const Id member_, install_;
  std::string heard_;
  std::set<uint32_t> numbers_;  ///< A server back from a backup may give it another.
};

}  // namespace holdfast::test
