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
  bool advance(Workspace&);
  void reset() { *this = ImportModel(); }

  /// An import that ended with the app, somewhere in its file. The same file chosen again goes on there.
  struct CutOff {
    std::string file_name;
    int64_t rows = 0;
  };
  std::optional<CutOff> cut_off(Workspace&) const;
  static Status forget_cut_off(Workspace&);
};

}  // namespace holdfast
