// Every other change of a request is one of its JSON: a value becomes another, or one more or less. Bytes changed at random are hardly
// ever JSON any more, and what lies behind the parser is not reached.

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>

#include "shared/base/clock.h"

using nlohmann::json;

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t size_max);

static json& any_of(json& root, holdfast::Random& random) {
  std::vector<json*> all = {&root};
  for (size_t i = 0; i < all.size(); i++)
    if (all[i]->is_structured())
      for (json& inner : *all[i]) all.push_back(&inner);
  return *all[random.below(all.size())];
}

static void change(json& root, holdfast::Random& random) {
  static const json values = {nullptr, true, false, 0, 1, -1, 0.5, 1e308, INT64_MIN, UINT64_MAX, "", "x", "ä\n", std::string(300, 'x'), std::string(1, '\0'), "\xff", "admin", "2026-02-30", "12.345 EUR",
                              "00000000-0000-7000-8000-000000000001", json::array(), json::object(), {1}, {"x", "x"}};
  json& there = any_of(root, random);
  const json other = random.below(3) ? values[random.below(values.size())] : any_of(root, random);
  if (there.is_array() && random.below(2)) there.push_back(other);
  else if (there.is_object() && !there.empty() && random.below(3) == 0) there.erase(std::next(there.begin(), static_cast<int64_t>(random.below(there.size()))));
  else there = other;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned seed) {
  holdfast::SeededRandom random(seed);
  const uint8_t* line = size && data[0] == 'H' ? static_cast<const uint8_t*>(std::memchr(data, '\n', size)) : nullptr;
  if (!line || random.below(2)) return LLVMFuzzerMutate(data, size, size_max);
  const auto begin = static_cast<size_t>(line + 1 - data);
  json body = json::parse(data + begin, data + size, nullptr, false);
  if (body.is_discarded()) return LLVMFuzzerMutate(data, size, size_max);
  change(body, random);
  const std::string text = body.dump(-1, ' ', false, json::error_handler_t::ignore);
  if (begin + text.size() > size_max) return LLVMFuzzerMutate(data, size, size_max);
  std::memcpy(data + begin, text.data(), text.size());
  return begin + text.size();
}
