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

/// What a server has that is to be updated after its apps: no tasks, and no places among contact details.
struct OlderContactPoint : Entity {
  OlderContactPoint() : Entity("contact_point", "Contact detail", "Contact details") {
    found_by_parent = true;
    for (const FieldDef& f : contact_point.fields)
      if (!find(f.key) && f.key != contact_point.at(contact_point.place).key) fields.push_back(f);
    seen_with = contact_point.seen_with;
  }
};

inline const Schema& older_server_schema() {
  static const OlderContactPoint older_contact_point;
  static const Schema schema({&member, &team, &company, &person, &older_contact_point, &activity, &attachment, &alias, &conflict});
  return schema;
}

}  // namespace holdfast::test
