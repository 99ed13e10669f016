#pragma once
// A form over any entity, drawn from the schema: drafts in canonical text, kept through a reload, written by save().

#include <map>

#include "shared/store/outbox.h"
#include "shared/workspace/workspace.h"

namespace holdfast {

struct RecordForm {
  const Entity* entity = nullptr;
  Id id;                    ///< Nil: a record to be made.
  std::string draft_key;
  std::map<uint16_t, std::string> texts;    ///< Only fields of the form.
  std::map<uint16_t, std::string> before;   ///< What they were when the form was opened.
  std::map<uint16_t, std::string> errors;
  std::string problem;      ///< Not of one field.

  /// The fields of a form over this entity, in order.
  static std::vector<uint16_t> fields_of(const Entity&, std::string_view contact_type = {});

  Status open(Workspace&, const Entity&, const Id&, const std::map<std::string, std::string>& preset);
  bool changed() const { return texts != before; }
  /// Keeps the draft in the device's own store.
  Status keep_draft(Workspace&);
  Status drop_draft(Workspace&);
  /// Validates and commits; the record's id, or errors at the fields.
  Result<Id> save(Workspace&);
};

}  // namespace holdfast
