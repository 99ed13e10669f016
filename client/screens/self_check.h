#pragma once
// Whether what this device keeps is whole and fits together: its file, and what is shown beside what was confirmed and is unsent.

#include <string>
#include <vector>

#include "shared/workspace/replica.h"

namespace holdfast {

struct SelfCheck {
  enum class Step : uint8_t { none, asked, running, done } step = Step::none;
  std::vector<std::string> faults;  ///< For whoever is asked for help.
  int64_t records = 0;

  /// Runs one frame after it was asked for, so that the screen can say so first.
  bool going() const { return step == Step::asked || step == Step::running; }
  Status advance(Workspace&, Replica&);
};

}  // namespace holdfast
