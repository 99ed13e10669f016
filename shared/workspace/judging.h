#pragma once
// A transaction while the server judges it: what it touches, and what comes of it. Used by Authority's own files only.

#include <algorithm>
#include <vector>

#include "shared/workspace/authority.h"

namespace holdfast {

inline constexpr const char* erased_text = "The record was erased for good.";

/// A record touched by the transaction being judged.
struct Touched {
  size_t entity = 0;
  Row row;
  std::vector<uint16_t> fields;  ///< Changed, to be written.
  bool created = false, changed = false, life_set = false, whole = false;
  bool asked = false;            ///< A person is asked whether it shall come back.
  void change(uint16_t field) {
    if (!changes(field)) fields.push_back(field);
  }
  bool changes(uint16_t field) const { return std::find(fields.begin(), fields.end(), field) != fields.end(); }
  std::optional<Record> wanted;  ///< As the transaction would have it, where it says something about who sees the record.
};

struct Authority::Judging {
  Device* device = nullptr;
  const Judging* outer = nullptr;  ///< With whose record it came that this one waited for.
  int64_t waited = 0;              ///< Its number, if it had to wait: its author may have gone on since.
  Id member;
  Viewer viewer;                 ///< What the author may see.
  int64_t now_ms = 0, seq = 0, offset_ms = 0;
  uint32_t sum = 0;              ///< Of the bytes that came.
  Stamp stamp;
  std::vector<Touched> touched;
  struct Conflict {
    Row row;               ///< Without a number: a new one.
    bool decided = false;  ///< Whether it is settled is said anew: by the server, or since nobody has seen what it is about now.
  };
  std::vector<Conflict> conflicts;
  struct Merge {
    size_t entity;
    Id record;
    uint16_t field;
    Value text;
  };
  std::vector<Merge> merges;     ///< Notes of two authors in one, to be written after the transaction.

  /// A device whose state is held here and not yet in the log.
  Device* device_at_work(uint32_t ordinal) const {
    for (const Judging* j = this; j; j = j->outer)
      if (j->device->ordinal == ordinal) return j->device;
    return nullptr;
  }
  Touched* find(const Id& id) {
    for (Touched& t : touched)
      if (t.row.record.id == id) return &t;
    return nullptr;
  }
  const Touched* find(const Id& id) const { return const_cast<Judging*>(this)->find(id); }
  /// Only as a record of this kind: an id says nothing about what it names.
  const Touched* find(size_t entity, const Id& id) const {
    const Touched* t = const_cast<Judging*>(this)->find(id);
    return t && t->entity == entity ? t : nullptr;
  }
};

}  // namespace holdfast
