#pragma once
// A file as rows to import: what it is, how its columns map, and each row as the record it should become.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"
#include "shared/exchange/csv.h"
#include "shared/exchange/encoding.h"
#include "shared/model/entities.h"
#include "shared/model/value.h"

namespace holdfast {

struct ImportPoint {
  std::string type, label;  ///< contact_point choices.
  std::string value;        ///< Phone, e-mail or web address.
  std::string street, postcode, city, region, country;
};

/// One row, understood but not yet written.
struct ImportRow {
  int number = 0;                ///< Line of the file it begins on, from 1.
  std::string key;               ///< Identity across imports: an id of the file's own, else a hash of the row.
  std::string content_key;       ///< The hash of the row, also where it has an id.
  std::vector<std::pair<uint16_t, Value>> values;
  std::vector<ImportPoint> points;
  std::string company;           ///< Name of the company it belongs to.
  std::vector<std::string> notes;     ///< Kept in the record's notes: what had no other place.
  std::vector<std::string> warnings;  ///< For the report.
  std::string failure;           ///< Not empty: the row cannot be imported, and why.
};

/// What a person may decide before a CSV file is imported. Filled in by look(), then theirs to change.
struct ImportPlan {
  bool vcard = false;
  const Entity* entity = &person;
  Encoding encoding = Encoding::utf8;
  CsvDialect dialect;
  CsvHeader header;
  std::vector<std::string> columns;  ///< Header texts; "Column 3" where there is none.
  std::vector<std::string> targets;  ///< What each column becomes; see columns.h.
  std::vector<CsvRow> preview;       ///< The first rows after the header.
};

/// Looks at the beginning of a file (64 KiB will do) and proposes a plan.
Result<ImportPlan> look_at(std::string_view file_name, std::string_view beginning, const Entity&);

/// Rows of a whole file, by a plan. `bytes` must outlive it.
class ImportSource {
 public:
  ImportSource(const ImportPlan& plan, std::string_view bytes);
  ~ImportSource();
  bool next(ImportRow&);
  double progress() const;  ///< 0 to 1, by bytes.

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holdfast
