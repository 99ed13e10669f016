#include "shared/store/runs.h"

#include "shared/base/mutant.h"

namespace holdfast {

Status Runs::add(uint32_t device, int64_t op_no, int64_t seq) {
  if (last_ && last_->device == device && last_->op_no + last_->count == op_no && last_->seq + last_->count == seq) {
    last_->count++;
  } else {
    TRY(write());
    last_ = Run{device, op_no, seq, 1};
  }
  return holding_ ? Status() : write();
}

Status Runs::write_held() {
  holding_ = false;
  return write();
}

Status Runs::write() {
  if (!last_ || last_->written == last_->count) return {};
  const bool begins = !last_->written;
  last_->written = last_->count;
  if (!begins) {
    if (MUTANT(run_not_lengthened)) return {};
    Statement s = db_.prepare("UPDATE run SET count=? WHERE device=? AND op_no=?");
    return s.bind(last_->count).bind(last_->device).bind(last_->op_no).run();
  }
  Statement s = db_.prepare("INSERT INTO run(device, op_no, seq, count) VALUES(?,?,?,?)");
  return s.bind(last_->device).bind(last_->op_no).bind(last_->seq).bind(last_->count).run();
}

/// The only run that may have a device's number.
static constexpr std::string_view nearest_run = "SELECT op_no, seq, count FROM run WHERE device=? AND op_no<=? ORDER BY op_no DESC LIMIT 1";

Result<int64_t> Runs::seq_of(uint32_t device, int64_t op_no) {
  if (last_)
    if (const int64_t seq = last_->find(device, op_no)) return seq;
  Statement s = db_.prepare(nearest_run);
  s.bind(int64_t{device}).bind(op_no);
  const int64_t seq = s.step() ? Run{device, s.integer(0), s.integer(1), s.integer(2)}.find(device, op_no) : 0;
  TRY(s.status());
  return seq;
}

Result<std::string> Runs::fault() {
  int64_t in_log = 0, in_runs = 0;
  {
    Statement s = db_.prepare("SELECT seq, device, op_no, count FROM log");
    Run run;
    for (; s.step(); in_log += s.integer(3)) {
      const int64_t seq = s.integer(0), device = s.integer(1), op_no = s.integer(2), past = s.integer(3) - 1;
      const auto found = [&] { return run.find(device, op_no) == seq && run.find(device, op_no + past) == seq + past; };
      if (found()) continue;
      Statement at = db_.prepare(nearest_run);
      at.bind(device).bind(op_no);
      if (at.step()) run = {device, at.integer(0), at.integer(1), at.integer(2)};
      TRY(at.status());
      if (!found()) return "number " + std::to_string(seq) + " of the log is not found by its device's own number";
    }
    TRY(s.status());
  }
  {
    Statement s = db_.prepare("SELECT op_no FROM run a WHERE count<1 OR EXISTS(SELECT 1 FROM run b WHERE b.device=a.device AND b.op_no>a.op_no AND b.op_no<a.op_no+a.count)");
    if (s.step()) return "a run of a device's numbers that begins with " + std::to_string(s.integer(0)) + " is empty, or goes on in another";
    TRY(s.status());
  }
  Statement s = db_.prepare("SELECT ifnull(sum(count),0) FROM run");
  if (s.step()) in_runs = s.integer(0);
  TRY(s.status());
  return in_runs == in_log ? std::string() : "the log has " + std::to_string(in_log) + " transactions, " + std::to_string(in_runs) + " are known by their devices' numbers";
}

}  // namespace holdfast
