#include "client/screens/import_model.h"

#include "client/kit/messages.h"

namespace holdfast {

static constexpr size_t look_bytes = 64 * 1024, file_bytes_max = 64 * 1024 * 1024;

void ImportModel::choose(Workspace& ws, const std::string& name, std::string content) {
  const Entity* wanted = entity;
  reset();
  entity = wanted;
  file_name = name;
  if (content.size() > file_bytes_max) {
    problem = tr("This file is too large for the browser. Import it on the server with “holdfast import”.");
    return;
  }
  bytes = std::move(content);
  Result<ImportPlan> looked = look_at(file_name, std::string_view(bytes).substr(0, look_bytes), *entity);
  if (!looked.ok()) {
    problem = tr(looked.error().message);
    return;
  }
  plan = looked.take();
  step = Step::plan;
  rehearse(ws);
}

void ImportModel::rehearse(Workspace& ws) {
  Importer dry(ws, plan, bytes, {true});
  problem.clear();
  for (bool more = true; more;) {
    Result<bool> went = dry.step(1000);
    if (!went.ok()) {
      problem = tr(went.error().message);
      return;
    }
    more = *went;
  }
  rehearsal = dry.report();
}

void ImportModel::start(Workspace& ws) {
  importer = std::make_unique<Importer>(ws, plan, bytes, Importer::Options{false});
  step = Step::run;
}

bool ImportModel::advance() {
  if (step != Step::run) return false;
  Result<bool> went = importer->step(60);
  report = importer->report();
  if (went.ok() && *went) return true;
  if (!went.ok()) problem = tr(went.error().message);
  step = Step::done;
  importer.reset();
  bytes.clear();
  return false;
}

}  // namespace holdfast
