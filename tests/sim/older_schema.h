#pragma once
// The product as an app that has not been updated knows it: a person without job title and notes, and no tasks at all.

#include "shared/model/entities.h"

namespace holdfast::test {

struct OlderPerson : Entity {
  OlderPerson() : Entity("person", "Person", "People") {}
  Field first_name = text("first_name", "First name", {.title = true, .searchable = true, .sortable = true});
  Field last_name = text("last_name", "Last name", {.title = true, .searchable = true, .sortable = true});
  Field tag_set = tags("tags", "Tags", {.searchable = true});
  Field primary_phone = ref("primary_phone", "Main phone", {.hidden = true, .target = "contact_point"});
};

inline const Schema& older_schema() {
  static const OlderPerson older_person;
  static const Schema schema({&member, &company, &older_person, &contact_point, &activity, &conflict});
  return schema;
}

}  // namespace holdfast::test
