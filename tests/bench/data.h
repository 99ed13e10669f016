#pragma once
// The benchmark's flat contact: twelve text fields of about 230 bytes in all, from a seed.

#include <array>
#include <string>
#include <vector>

#include "shared/base/clock.h"
#include "shared/model/schema.h"

namespace holdfast::bench {

struct Contact : Entity {
  Contact() : Entity("contact", "Contact", "Contacts", Common::none) {}
  Field first = text("first", "First", {.title = true, .searchable = true}), last = text("last", "Last", {.title = true, .searchable = true});
  Field mail = email("mail", "Mail", {.searchable = true}), phone_number = phone("phone", "Phone"), company = text("company", "Company", {.searchable = true});
  Field job = text("title", "Title"), street = text("street", "Street"), city = text("city", "City"), postcode = text("postcode", "Postcode");
  Field country = text("country", "Country"), web = url("web", "Web"), note = text("note", "Note");
};

const Contact& contact();
const Schema& schema();
using ContactText = std::array<std::string, 12>;
std::vector<ContactText> contacts(size_t count, uint64_t seed);

}  // namespace holdfast::bench
