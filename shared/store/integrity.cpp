#include "shared/store/integrity.h"

namespace holdfast {

Result<std::vector<std::string>> storage_faults(Database& db) {
  std::vector<std::string> out;
  Statement s = db.prepare("PRAGMA integrity_check(20)");
  while (s.step())
    if (s.text(0) != "ok") out.emplace_back(s.text(0));
  TRY(s.status());
  return out;
}

Status copy_database(Database& db, const std::string& to) {
  Statement s = db.prepare("VACUUM INTO ?");
  return s.bind(to).run();
}

}  // namespace holdfast
