#include "client/screens/self_check.h"

#include "client/screens/screens.h"
#include "client/shell/app.h"
#include "shared/store/integrity.h"

namespace holdfast {

Status SelfCheck::advance(Workspace& ws, Replica& replica) {
  if (step == Step::asked) return step = Step::running, Status();
  step = Step::none;  // In case of an error.
  faults = TRY(storage_faults(ws.tables().db()));
  for (std::string& fault : TRY(replica.check())) faults.push_back(std::move(fault));
  records = 0;
  for (const Entity* entity : ws.schema()) records += TRY(ws.count(*entity));
  step = Step::done;
  return {};
}

void draw_self_check(App& app) {
  Kit& kit = app.kit;
  SelfCheck& check = app.self_check;
  kit.section(tr("What this device keeps"));
  if (check.step == SelfCheck::Step::done) {
    if (check.faults.empty()) {
      kit.banner("whole", tr("All is well. Records checked: {}", std::to_string(check.records)), Icon::check, kit.colours().success);
    } else {
      kit.banner("broken", tr("Something here is not as it should be. Save what is unsent, then sign out and in again: the rest comes from the server."), Icon::warning, kit.colours().danger);
      for (const std::string& fault : check.faults) kit.paragraph(fault, type_secondary, kit.colours().text2);
    }
  } else {
    kit.paragraph(check.going() ? tr("Checking…") : tr("Whether your data here is whole can be checked at any time. It takes a few seconds."), type_secondary, kit.colours().text2);
  }
  kit.space_down(space::s);
  if (!check.going() && kit.button("check", tr("Check this device"), ButtonStyle::tonal, Icon::check)) check.step = SelfCheck::Step::asked;
}

}  // namespace holdfast
