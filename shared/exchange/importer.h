#pragma once
// Writes the rows of a file through the one door, a batch at a time, and keeps account of every row.

#include <unordered_map>

#include "shared/exchange/import_source.h"
#include "shared/workspace/workspace.h"

namespace holdfast {

enum class RowOutcome : uint8_t { created, updated, skipped, failed };
std::string_view outcome_name(RowOutcome);

struct RowReport {
  int number = 0;
  RowOutcome outcome = RowOutcome::created;
  std::string reason;  ///< Why skipped or failed; what was not taken as it stood.
};

struct ImportReport {
  int64_t created = 0, updated = 0, skipped = 0, failed = 0, warnings = 0;
  std::vector<RowReport> rows;  ///< Those with something to say, at most rows_max.
  static constexpr size_t rows_max = 10'000;
  int64_t total() const { return created + updated + skipped + failed; }
};

class Importer {
 public:
  struct Options {
    bool dry_run = false;  ///< Judge every row, write nothing.
  };
  Importer(Workspace& ws, const ImportPlan& plan, std::string_view bytes, Options options);

  /// Imports up to `rows_max` further rows; false when the file is done. An error (a full disk) leaves what was
  /// imported so far in place; importing the same file again goes on where it stopped.
  Result<bool> step(int rows_max);
  const ImportReport& report() const { return report_; }
  double progress() const { return source_.progress(); }

 private:
  /// What tells whether a row with a known identifier is that record or another that happens to be numbered alike.
  struct Likeness {
    std::string first, last;        ///< Folded.
    std::vector<uint64_t> facts;    ///< Hashes of birthday and contact details.
    bool same_as(const Likeness&) const;
  };
  struct Known {
    Id id;
    int line = 0;       ///< In this very file; 0 when from an earlier import.
    Likeness likeness;  ///< Of a row of this file; that of an earlier record is read when needed.
  };
  Status load_known();
  Likeness likeness_of(const ImportRow&) const;
  Result<Likeness> likeness_of(const Known&);
  Result<bool> is_known(ImportRow&);
  Status add_row(ImportRow&, Edit&, size_t& ops);
  Status create(const ImportRow&, Edit&, size_t& ops);
  Status update(const ImportRow&, const Id&, Edit&, size_t& ops, RowReport&);
  void add_points(const ImportRow&, const Id& owner, Edit&, size_t& ops, std::vector<std::string>& notes);
  Result<Id> company_named(const std::string&, Edit&, size_t& ops);
  Status flush(Edit&, size_t& ops);

  Workspace& ws_;
  const Entity& entity_;
  ImportSource source_;
  Options options_;
  ImportReport report_;
  bool loaded_ = false;
  std::unordered_map<std::string, Known> known_;
  std::unordered_map<std::string, Id> companies_;
};

}  // namespace holdfast
