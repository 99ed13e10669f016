#pragma once
// Forms that somebody began and did not save: what was typed is kept as a draft on this device alone.

#include "client/shell/app.h"

namespace holdfast {

struct BegunForm {
  const Entity* entity = nullptr;
  Id id;             ///< Nil: of a record to be made.
  std::string href;  ///< Where it goes on.
  std::string name;  ///< Of the record, or, of a new one, what was typed as such.
};
/// Those whose record is still there.
Result<std::vector<BegunForm>> begun_forms(Workspace&);

}  // namespace holdfast
