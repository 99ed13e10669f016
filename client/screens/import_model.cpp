#include "client/screens/import_model.h"

#include <charconv>

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

static constexpr std::string_view under_way = "import_under_way";  // "1200 people.csv"

static Status note(Workspace& ws, int64_t rows, const std::string& file) { return ws.tables().set_meta(under_way, std::to_string(rows) + " " + file); }

Status ImportModel::forget_cut_off(Workspace& ws) { return ws.tables().set_meta(under_way, ""); }

std::optional<ImportModel::CutOff> ImportModel::cut_off(Workspace& ws) const {
  if (step == Step::run) return {};
  const Result<std::string> noted = ws.tables().meta(under_way);
  const size_t space = noted.ok() ? noted->find(' ') : std::string::npos;
  if (space == std::string::npos) return {};
  CutOff out{noted->substr(space + 1), 0};
  std::from_chars(noted->data(), noted->data() + space, out.rows);
  return out;
}

void ImportModel::start(Workspace& ws) {
  if (Status s = note(ws, 0, file_name); !s.ok()) {
    problem = tr(s.error().message);
    return;
  }
  importer = std::make_unique<Importer>(ws, plan, bytes, Importer::Options{false});
  step = Step::run;
}

bool ImportModel::advance(Workspace& ws) {
  if (step != Step::run) return false;
  Result<bool> went = importer->step(60);
  report = importer->report();
  Status noted = went.ok() && !*went ? forget_cut_off(ws) : note(ws, report.total(), file_name);
  if (went.ok() && *went && noted.ok()) return true;
  if (!went.ok()) problem = tr(went.error().message);
  else if (!noted.ok()) problem = tr(noted.error().message);
  step = Step::done;
  importer.reset();
  bytes.clear();
  return false;
}

}  // namespace holdfast
