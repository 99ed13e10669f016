#include "client/screens/screens.h"

namespace holdfast {

static std::string counts(const ImportReport& r) {
  return tr("{} new, ", std::to_string(r.created)) + tr("{} changed, ", std::to_string(r.updated)) + tr("{} known already, ", std::to_string(r.skipped)) + tr("{} failed", std::to_string(r.failed));
}

static void report_rows(App& app, const ImportReport& report) {
  Kit& kit = app.kit;
  kit.push_scope("report", Role::list, tr("What happened to the rows"));
  const size_t n = std::min<size_t>(report.rows.size(), 500);
  kit.rows(static_cast<int64_t>(n), 76, [&](int64_t i) {
    const RowReport& row = report.rows[static_cast<size_t>(i)];
    const std::string what = tr("Line {}", std::to_string(row.number)) + " · " + tr(outcome_name(row.outcome)), why = tr(row.reason);
    const Rect line = kit.take(76);
    SemanticNode& item = kit.node("row" + std::to_string(i), Role::listitem, what + " · " + why, line);
    item.position = static_cast<int>(i) + 1;
    item.size = static_cast<int>(n);
    kit.write({line.x, line.y + 6, line.w, 20}, what, type_label, row.outcome == RowOutcome::failed ? kit.colours().danger : kit.colours().text);
    kit.write_wrapped({line.x, line.y + 28, line.w, 40}, why, type_secondary, kit.colours().text2);
    kit.fill({line.x, line.y + line.h - 1, line.w, 1}, kit.colours().divider);
  });
  kit.pop_scope();
}

void draw_cut_off_import(App& app) {
  const std::optional<ImportModel::CutOff> cut = app.import.cut_off(app.ws);
  if (!cut) return;
  Kit& kit = app.kit;
  kit.space_down(space::m);
  kit.banner("cut_off", tr("An import ended before its file did: {}.", cut->file_name) + " " + tr("{} rows are in. Choose the same file again, and it goes on from there; nothing comes twice.", std::to_string(cut->rows)), Icon::warning,
             kit.colours().warning);
  kit.begin_line(space::target, {0, 0});
  if (app.route.part(0) != "import") kit.link_in(kit.cell(), "cut_off_import", tr("Import"), "/import", ButtonStyle::tonal, Icon::upload);
  if (kit.button_in(kit.cell(), "cut_off_leave", tr("Leave it at that"), ButtonStyle::plain))
    if (Status s = ImportModel::forget_cut_off(app.ws); !s.ok()) app.say(s.error());
  kit.end_line();
  kit.space_down(space::m);
}

static void choose(App& app) {
  Kit& kit = app.kit;
  ImportModel& m = app.import;
  draw_cut_off_import(app);
  kit.paragraph(tr("Holdfast reads CSV files from spreadsheets and other CRMs, and address books saved as vCard (.vcf). Nothing is written before you have seen what would happen."), type_body, kit.colours().text2);
  kit.space_down(space::l);
  const Rect r = kit.take(44);
  const std::string people = tr("People"), companies = tr("Companies");
  if (kit.chip({r.x, r.y, Kit::chip_width(people), 44}, "as_person", people, m.entity == &person)) m.entity = &person;
  if (kit.chip({r.x + Kit::chip_width(people) + space::s, r.y, Kit::chip_width(companies), 44}, "as_company", companies, m.entity == &company)) m.entity = &company;
  kit.space_down(space::l);
  kit.file_button("file", tr("Choose a file"), ".csv,.txt,.tsv,.vcf,text/csv,text/vcard");
}

static void plan(App& app) {
  Kit& kit = app.kit;
  ImportModel& m = app.import;
  kit.paragraph(m.file_name, type_body_strong);
  kit.paragraph(counts(m.rehearsal), type_body, kit.colours().text2);
  kit.space_down(space::l);
  kit.begin_line(space::target, {0, 0});
  if (kit.button_in(kit.cell(), "cancel", tr("Cancel"), ButtonStyle::tonal)) {
    m.reset();
    kit.end_line();
    return;
  }
  if (kit.button_in(kit.cell(), "start", tr("Import {} rows", std::to_string(m.rehearsal.total())), ButtonStyle::primary, Icon::upload, m.rehearsal.total() == 0)) m.start(app.ws);
  kit.end_line();
  if (m.step != ImportModel::Step::plan) return;
  if (!m.plan.vcard) {
    kit.section(tr("What each column becomes"));
    const std::vector<ColumnTarget> targets = column_targets(*m.entity);
    bool changed = false;
    for (size_t c = 0; c < m.plan.columns.size(); c++) {
      FieldLook look;
      for (const ColumnTarget& t : targets) look.options.emplace_back(std::string(t.key), tr(t.label));
      std::string example;
      for (const CsvRow& row : m.plan.preview)
        if (example.empty() && c < row.size()) example = row[c];
      if (!example.empty()) look.hint = tr("For example: {}", example.substr(0, 60));
      changed = kit.field("column" + std::to_string(c), m.plan.columns[c], m.plan.targets[c], look) || changed;
    }
    if (changed) m.rehearse(app.ws);
  }
  if (!m.rehearsal.rows.empty()) {
    kit.section(tr("Worth knowing"));
    report_rows(app, m.rehearsal);
  }
}

void draw_import(App& app, Rect r) {
  Kit& kit = app.kit;
  ImportModel& m = app.import;
  const Rect body = draw_bar(app, r, tr("Import"), "/more");
  kit.begin_scroll("body", body, tr("Import"));
  kit.narrow(space::form_width);
  kit.space_down(space::l);
  if (!m.problem.empty()) kit.banner("problem", tr(m.problem), Icon::warning, kit.colours().danger);
  switch (m.step) {
    case ImportModel::Step::choose: choose(app); break;
    case ImportModel::Step::plan: plan(app); break;
    case ImportModel::Step::run:
      kit.progress("progress", tr("{} rows", std::to_string(m.report.total())), m.importer ? m.importer->progress() : 1);
      break;
    case ImportModel::Step::done:
      kit.heading(tr(m.problem.empty() ? "Import finished" : "Import stopped"), 2);
      draw_cut_off_import(app);
      kit.space_down(space::s);
      kit.paragraph(counts(m.report));
      kit.space_down(space::l);
      kit.begin_line(space::target, {0, 0});
      kit.link_in(kit.cell(), "show", m.entity == &person ? tr("Show people") : tr("Show companies"), base_of(*m.entity), ButtonStyle::primary);
      if (kit.button_in(kit.cell(), "again", tr("Import another file"), ButtonStyle::tonal)) m.reset();
      kit.end_line();
      if (m.step == ImportModel::Step::done && !m.report.rows.empty()) {
        kit.section(tr("Worth knowing"));
        report_rows(app, m.report);
      }
      break;
  }
  kit.space_down(96);
  kit.end_scroll();
}

}  // namespace holdfast
