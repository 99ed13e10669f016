#pragma once
// The steps of an import: a file, a plan to look over, the run, the report.

#include <memory>

#include "shared/exchange/columns.h"
#include "shared/exchange/importer.h"

namespace holdfast {

struct ImportModel {
  enum class Step : uint8_t { choose, plan, run, done } step = Step::choose;
  const Entity* entity = &person;
  std::string file_name, bytes, problem;
  ImportPlan plan;
  ImportReport rehearsal;      ///< What a dry run found.
  std::unique_ptr<Importer> importer;
  ImportReport report;

  void choose(Workspace&, const std::string& name, std::string content);
  void rehearse(Workspace&);
  void start(Workspace&);
  /// A slice of the work, short enough to keep the page alive. True while there is more.
  bool advance();
  void reset() { *this = ImportModel(); }
};

}  // namespace holdfast
