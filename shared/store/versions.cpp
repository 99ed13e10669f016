#include "shared/store/versions.h"

#include <algorithm>

#include "shared/base/bytes.h"

namespace holdfast {

Result<Versions> Versions::parse(std::string_view blob) {
  Versions v;
  ByteReader in(blob);
  v.base = static_cast<int64_t>(in.varint());
  int64_t previous = -1;
  while (!in.bad() && !in.at_end()) {
    const uint64_t key = in.varint();
    const uint64_t delta = in.varint();
    if (in.bad() || key > UINT32_MAX || static_cast<int64_t>(key) <= previous || delta > INT64_MAX / 2) {
      in.fail();
      break;
    }
    previous = static_cast<int64_t>(key);
    v.exceptions.emplace_back(static_cast<uint32_t>(key), v.base + static_cast<int64_t>(delta));
  }
  if (in.bad() || v.base < 0) return Error{ErrorKind::corrupt, "A row's version record is damaged."};
  return v;
}

std::string Versions::blob() const {
  std::string out;
  ByteWriter w(out);
  w.varint(static_cast<uint64_t>(base));
  for (const auto& [key, version] : exceptions) {
    w.varint(key);
    w.varint(static_cast<uint64_t>(version - base));
  }
  return out;
}

int64_t Versions::of(uint32_t register_no) const {
  for (const auto& [key, version] : exceptions)
    if (key == register_no) return version;
  return base;
}

void Versions::set(uint32_t register_no, int64_t version) {
  auto at = std::lower_bound(exceptions.begin(), exceptions.end(), register_no, [](const auto& e, uint32_t k) { return e.first < k; });
  const bool there = at != exceptions.end() && at->first == register_no;
  if (version == base) {
    if (there) exceptions.erase(at);
  } else if (there) {
    at->second = version;
  } else {
    exceptions.insert(at, {register_no, version});
  }
}

}  // namespace holdfast
