#include "tests/bench/data.h"

namespace holdfast::bench {

const Contact& contact() {
  static const Contact c;
  return c;
}

const Schema& schema() {
  static const Schema s({&contact()});
  return s;
}

std::vector<ContactText> contacts(size_t count, uint64_t seed) {
  static const char* const first[] = {"Anna", "Boris", "Zoë", "Chloé", "Dmitri", "Elena", "Fatima", "George", "Hiroshi", "Ingrid", "João", "Katarzyna", "Liam", "María", "Noor", "Olga"};
  static const char* const last[] = {"Andersson", "Brown", "Castro", "Dvořák", "Evans", "Fischer", "García", "Hansen", "Ivanov", "Johnson", "Kowalski", "Larsen", "Müller", "Nowak", "O'Brien", "Petrov"};
  static const char* const firm[] = {"Acme", "Globex", "Initech", "Umbra", "Nordlicht", "Solent", "Hafen", "Wayland"};
  static const char* const city[] = {"Berlin", "Paris", "Praha", "Lima", "Oslo", "Madrid", "Warszawa", "Athens"};
  static const char* const words[] = {"interested", "in", "the", "yearly", "plan", "call", "back", "next", "week", "prefers", "mail", "met", "at", "fair", "sent", "offer"};
  SeededRandom r(seed);
  auto pick = [&](const auto& list) { return std::string(list[r.below(sizeof list / sizeof *list)]); };
  std::vector<ContactText> out(count);
  for (size_t i = 0; i < count; i++) {
    ContactText& c = out[i];
    const std::string n = std::to_string(r.below(100'000));
    c[0] = pick(first);
    c[1] = pick(last);
    c[2] = "user" + n + "." + std::to_string(i) + "@" + pick(firm) + ".example";
    c[3] = "+49 " + std::to_string(100 + r.below(900)) + " " + std::to_string(1'000'000 + r.below(9'000'000));
    c[4] = pick(firm) + " " + pick(city) + " GmbH";
    c[5] = r.below(2) ? "Head of purchasing" : "Sales manager";
    c[6] = pick(city) + "er Str. " + std::to_string(1 + r.below(200));
    c[7] = pick(city);
    c[8] = std::to_string(10'000 + r.below(90'000));
    c[9] = r.below(3) ? "Germany" : "France";
    c[10] = "https://www." + pick(firm) + n + ".example";
    for (int w = 0; w < 10; w++) c[11] += (w ? " " : "") + pick(words);
  }
  return out;
}

}  // namespace holdfast::bench
