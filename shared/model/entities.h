#pragma once
// The entities of the product, one line a field. Adding a field is one line here and nothing elsewhere.

#include "shared/model/schema.h"

namespace holdfast {

struct Member : Entity {
  Member() : Entity("member", "Member", "Members", Common::none) { server_owned = true; }
  Field name = text("name", "Name", {.required = true, .title = true, .searchable = true, .sortable = true});
  Field mail = email("email", "E-mail", {.in_list = true, .searchable = true});
  Field role = choice("role", "Role", {.in_list = true, .choices = {"admin", "member"}});
  Field active = boolean("active", "Active");
};

/// Members who share what is visible to the team. Administrators see everything anyway.
struct Team : Entity {
  Team() : Entity("team", "Team", "Teams", Common::none) { server_owned = true; }
  Field name = text("name", "Name", {.required = true, .title = true, .sortable = true, .length_max = 100});
  Field members = tags("members", "Members", {.hidden = true, .length_max = 36});  ///< The text of their ids.
};

struct Company : Entity {
  Company() : Entity("company", "Company", "Companies", Common::owner_source_and_access) { mergeable = true; }
  Field name = text("name", "Name", {.required = true, .title = true, .searchable = true, .sortable = true, .autocomplete = "off"});
  Field industry = text("industry", "Industry", {.in_list = true, .searchable = true, .sortable = true, .length_max = 100});
  Field size = choice("size", "Employees", {.choices = {"1-10", "11-50", "51-200", "201-1000", "1001-5000", "5001+"}});
  Field website = url("website", "Website", {.searchable = true});
  Field revenue = money("annual_revenue", "Annual revenue");
  Field discount = decimal("discount_percent", "Discount (%)", {.min = 0, .max = 100'000'000});
  Field since = date("customer_since", "Customer since");
  Field tag_set = tags("tags", "Tags", {.searchable = true});
  Field notes = multiline("notes", "Notes", {.searchable = true});
  Field primary_phone = ref("primary_phone", "Main phone", {.hidden = true, .target = "contact_point"});
  Field primary_email = ref("primary_email", "Main e-mail", {.hidden = true, .target = "contact_point"});
};

struct Person : Entity {
  Person() : Entity("person", "Person", "People", Common::owner_source_and_access) { mergeable = true; }
  Field first_name = text("first_name", "First name", {.title = true, .searchable = true, .sortable = true, .autocomplete = "off"});
  Field middle_name = text("middle_name", "Middle name", {.title = true, .searchable = true});
  Field last_name = text("last_name", "Last name", {.required = true, .title = true, .searchable = true, .sortable = true, .autocomplete = "off"});
  Field job_title = text("job_title", "Job title", {.in_list = true, .searchable = true});
  Field company = ref("company", "Company", {.in_list = true, .parent = true, .target = "company"});
  Field tag_set = tags("tags", "Tags", {.searchable = true});
  Field birthday = date("birthday", "Birthday");
  Field do_not_call = boolean("do_not_call", "Do not call");
  Field prefix = text("name_prefix", "Title", {.length_max = 60});
  Field suffix = text("name_suffix", "Suffix", {.length_max = 60});
  Field nickname = text("nickname", "Nickname", {.searchable = true});
  Field notes = multiline("notes", "Notes", {.searchable = true});
  Field primary_phone = ref("primary_phone", "Main phone", {.hidden = true, .target = "contact_point"});
  Field primary_email = ref("primary_email", "Main e-mail", {.hidden = true, .target = "contact_point"});
};

/// A phone, e-mail, postal or web address. Exactly one of person and company says whose it is.
struct ContactPoint : Entity {
  ContactPoint() : Entity("contact_point", "Contact detail", "Contact details") {
    found_by_parent = true;
    seen_with = {person.index, company.index};
  }
  Field person = ref("person", "Person", {.hidden = true, .parent = true, .target = "person"});
  Field company = ref("company", "Company", {.hidden = true, .parent = true, .target = "company"});
  Field type = choice("type", "Type", {.required = true, .choices = {"phone", "email", "address", "web"}});
  Field label = choice("label", "Label", {.choices = {"work", "home", "mobile", "fax", "other"}});
  Field phone_number = phone("phone", "Phone", {.title = true, .searchable = true, .autocomplete = "off"});
  Field mail = email("email", "E-mail", {.title = true, .searchable = true, .autocomplete = "off"});
  Field link = url("url", "Web address", {.title = true, .searchable = true, .autocomplete = "off"});
  Field street = text("street", "Street", {.title = true, .searchable = true, .group = "address", .autocomplete = "off"});
  Field postcode = text("postcode", "Postcode", {.title = true, .searchable = true, .group = "address", .length_max = 40});
  Field city = text("city", "City", {.title = true, .searchable = true, .group = "address"});
  Field region = text("region", "State or region", {.title = true, .group = "address"});
  Field country = text("country", "Country", {.title = true, .group = "address"});
  Field position = integer("position", "Order", {.retired = true, .hidden = true});
  /// Where people put it among the others; those without a place come after, as they were made.
  Field place = text("place", "Place", {.order = true, .hidden = true, .length_max = 100});
};

struct Activity : Entity {
  Activity() : Entity("activity", "Activity", "Activities") { seen_with = {person.index, company.index}; }
  Field type = choice("type", "Type", {.required = true, .in_list = true, .choices = {"call", "meeting", "visit", "email", "note"}});
  Field subject = text("subject", "Subject", {.required = true, .title = true, .searchable = true, .autocomplete = "off"});
  Field at = instant("at", "When", {.in_list = true, .sortable = true});
  Field minutes = integer("minutes", "Minutes", {.min = 0, .max = 100'000});
  Field body = multiline("body", "Notes", {.searchable = true});
  Field person = ref("person", "Person", {.parent = true, .target = "person"});
  Field company = ref("company", "Company", {.parent = true, .target = "company"});
};

struct Task : Entity {
  Task() : Entity("task", "Task", "Tasks") { seen_with = {person.index, company.index}; }
  Field title = text("title", "Title", {.required = true, .title = true, .searchable = true, .autocomplete = "off"});
  Field done = boolean("done", "Done");
  // Due on a day, or at a moment: then `due_on` is that moment's day in `due_zone`.
  Field due_on = date("due_on", "Due on", {.in_list = true, .sortable = true, .group = "due"});
  Field due_at = instant("due_at", "Due at", {.hidden = true, .group = "due"});
  Field due_zone = text("due_zone", "Time zone", {.hidden = true, .group = "due", .length_max = 64});
  Field priority = choice("priority", "Priority", {.choices = {"low", "normal", "high"}});
  Field person = ref("person", "Person", {.parent = true, .target = "person"});
  Field company = ref("company", "Company", {.parent = true, .target = "company"});
  Field notes = multiline("notes", "Notes", {.searchable = true});
};

/// A photo or a file. Its bytes travel apart, under the SHA-256 of their content; see store/blobs.h.
struct Attachment : Entity {
  Attachment() : Entity("attachment", "Attachment", "Attachments") {
    found_by_parent = true;
    seen_with = {activity.index, person.index, company.index};
  }
  Field name = text("name", "Name", {.required = true, .title = true, .searchable = true, .length_max = 200});
  Field mime = text("mime", "Type of file", {.hidden = true, .length_max = 100});
  Field size = integer("size", "Size", {.hidden = true, .min = 1, .max = 25 << 20});
  Field sha256 = text("sha256", "Content", {.hidden = true, .length_max = 64});
  Field activity = ref("activity", "Activity", {.hidden = true, .parent = true, .target = "activity"});
  Field person = ref("person", "Person", {.hidden = true, .parent = true, .target = "person"});
  Field company = ref("company", "Company", {.hidden = true, .parent = true, .target = "company"});
};

/// Two records are the same: `loser` is shown as part of `winner`, until this is trashed. See store/aliases.h.
struct Alias : Entity {
  Alias() : Entity("alias", "Merged record", "Merged records", Common::none) { seen_with = {loser.index}; }
  Field entity = text("entity", "Kind of record", {.length_max = 64});
  Field loser = ref("loser", "Merged", {.parent = true});
  Field winner = ref("winner", "Into", {.parent = true});
  /// The sequence number of the loser's row as its merger saw it; what changed later they did not know.
  Field seen_seq = integer("seen_seq", "Seen", {.hidden = true});
};

/// Two people changed the same register without knowing of each other: what was kept, what lost, and who wrote each.
struct Conflict : Entity {
  Conflict() : Entity("conflict", "Conflict", "Conflicts", Common::none) {
    server_owned = true;
    device_writable = {resolved.index};
    seen_with = {record.index};
  }
  Field entity = text("entity", "Kind of record", {.length_max = 64});
  Field record = ref("record", "Record", {.parent = true});
  /// A field's key, a group's, or "life": someone changed what another deleted.
  Field field = text("field", "Field", {.length_max = 64});
  Field kept = multiline("kept", "Kept", {.length_max = 60'000});
  Field lost = multiline("lost", "Lost", {.length_max = 60'000});
  Field kept_by = ref("kept_by", "Kept: by", {.target = "member"});
  Field lost_by = ref("lost_by", "Lost: by", {.target = "member"});
  Field kept_at = instant("kept_at", "Kept: at");
  Field lost_at = instant("lost_at", "Lost: at");
  Field lost_device = text("lost_device", "Lost: device", {.length_max = 200});
  Field resolved = boolean("resolved", "Resolved");
  /// Empty: two at once. "merged": changed in a record that somebody merged into this one without knowing of the change.
  Field reason = choice("reason", "Reason", {.choices = {"merged"}});
  Field kept_device = text("kept_device", "Kept: device", {.length_max = 200});
  /// The transactions that wrote the two: by them the server knows whose next step changes this conflict instead of making another.
  Field kept_seq = integer("kept_seq", "Kept: version", {.hidden = true});
  Field lost_seq = integer("lost_seq", "Overruled: version", {.hidden = true});
};

inline const Member member;
inline const Team team;
inline const Company company;
inline const Person person;
inline const ContactPoint contact_point;
inline const Activity activity;
inline const Task task;
inline const Attachment attachment;
inline const Alias alias;
inline const Conflict conflict;

/// The product's own schema.
const Schema& product_schema();

}  // namespace holdfast
