#pragma once
// What else people do in some runs: companies and who works there, visits, an order of contact details, and whole files taken in.

#include "shared/exchange/importer.h"
#include "shared/model/order.h"
#include "tests/sim/people.h"

namespace holdfast::test {

class OfficeWork : public People {
 public:
  using People::People;

 protected:
  /// One of these on a device whose app knows all of the product.
  Status work(size_t d) {
    DeviceNode& device = *devices_[d];
    Edit edit;
    const std::string value = "v" + std::to_string(random_.below(6));
    const Id firm = TRY(some_record(device, company)), who = TRY(some_record(device, person));
    const uint64_t what = random_.below(11);
    if (firm.is_nil() || (what == 0 && companies_ < 6)) {
      create_company(device, edit);
    } else if (what == 1) {
      edit.set(company, firm, random_.below(2) ? company.industry : company.website, "https://" + value + ".example");
    } else if (what == 2) {
      TRY(device.ws->get(company, firm)).value().meta.life == Life::trashed ? edit.restore(company, firm) : edit.trash(company, firm);
    } else if (what == 3) {
      if (!chance(weather_.rights)) return {};
      change_rights(edit, company, firm);
    } else if (what == 4) {
      const Id other = TRY(some_record(device, company));
      if (other.is_nil() || TRY(device.ws->root(other)) == TRY(device.ws->root(firm))) return {};
      TRY(merge_records(*device.ws, edit, company, firm, other, {}));
      sometimes("companies merged");
    } else if (who.is_nil()) {
      return {};
    } else if (what == 5) {
      edit.set(person, who, person.company, firm);
      sometimes("works at a company");
    } else if (what == 6) {
      return use_form(d, who, value);
    } else if (what == 7) {
      const Id call = TRY(some_record(device, activity));
      return call.is_nil() ? Status() : take_photo(d, call, attachment.activity);
    } else if (what == 8) {
      TRY(visit(device, edit, who, firm, value));
    } else {
      if (!TRY(arrange(device, edit, who))) return {};
    }
    TRY(device.ws->commit(edit, "work"));
    event("work " + std::to_string(what) + " on " + device_name(d));
    return {};
  }

  /// Forms: what was saved from one says what its author had before them when it was opened, not what had come in meanwhile.
  void check_forms(ServerNode& server, const Fault& fault) {
    const KeyTable keys = KeyTable::own(server.ws->tables());
    for (const SavedForm& saved : saved_) {
      Log& log = server.authority->log();
      DeviceNode& device = *devices_[saved.device];
      const int64_t seq = must(log.seq_of(device.replica->identity().device, saved.op_no));
      if (!seq || must(device.replica->history()) != saved.form.history || must(log.sum_of(device.replica->identity().device, saved.op_no)) != saved.sum) continue;
      const Base of_own = saved.form.base < 0 ? must(log.seq_of(saved.form.device, -saved.form.base)) : 0;
      const Base wanted = saved.form.base >= 0 ? saved.form.base : of_own ? of_own : -1;
      for (const Op& op : must(decode_transaction(must(log.find(seq))->body, keys, nullptr)).ops)
        if (op.record == saved.form.who && op.kind == OpKind::set && op.base != wanted)
          fault("forms: a change of " + op.record.text() + " was decided on over version " + std::to_string(wanted) + " and counts as one over " + std::to_string(op.base));
    }
  }
  void forget_forms(size_t d) {
    forms_.erase(d);
    std::erase_if(saved_, [&](const SavedForm& s) { return s.device == d; });
  }

  /// A file with customers, some of them as in the last one, in a few batches: what stops in the middle is gone on with by the same file.
  Status import_file(size_t d) {
    DeviceNode& device = *devices_[d];
    if (people_ > 60) return {};
    std::string file = "Id,First name,Last name,Job title,Phone,Company\n";
    const uint64_t rows = 3 + random_.below(10);
    const size_t again = std::min(imported_.size(), static_cast<size_t>(random_.below(4)));
    for (uint64_t row = 0; row < rows; row++) {
      // No secret: whoever may not see the one from the last file makes another of that name.
      if (row >= again) imported_.push_back("import" + std::to_string(people_++) + "x");
      const size_t n = row < again ? row : imported_.size() - 1;
      file += "r" + std::to_string(n) + ",Imported," + imported_[n] + ",j" + std::to_string(random_.below(6)) + ",+49 30 1234" + std::to_string(100 + n) + ",Firm " + std::to_string(n % 3) + "\n";
    }
    const ImportPlan plan = TRY(look_at("customers.csv", file, person));
    Importer importer(*device.ws, plan, file, {});
    const int batch = 1 + static_cast<int>(random_.below(8));
    while (TRY(importer.step(batch))) {
    }
    if (importer.report().failed) fault("import: " + std::to_string(importer.report().failed) + " rows were not taken");
    event("import on " + device_name(d));
    sometimes(importer.report().updated ? "imported again" : "imported");
    return {};
  }

 private:
  void create_company(DeviceNode& device, Edit& edit) {
    const Id id = device.ws->new_id();
    edit.create(company, id);
    edit.set(company, id, company.name, "secret" + std::to_string(plan_.seed) + "firm" + std::to_string(companies_++) + "x");
    if (chance(weather_.rights)) change_rights(edit, company, id);
  }

  Status visit(DeviceNode& device, Edit& edit, const Id& who, const Id& firm, const std::string& value) {
    const Id id = TRY(some_record(device, activity)), target = id.is_nil() || random_.below(2) ? device.ws->new_id() : id;
    if (!(target == id)) {
      if (visits_ >= 10) return {};
      visits_++;
      edit.create(activity, target);
      edit.set(activity, target, activity.type, std::string("visit"));
      random_.below(2) ? edit.set(activity, target, activity.person, who) : edit.set(activity, target, activity.company, firm);
    }
    edit.set(activity, target, activity.subject, value);
    if (random_.below(2)) edit.set(activity, target, activity.at, device.clock.wall_ms());
    sometimes("visit");
    return {};
  }

  /// One more contact detail, or the last one put first. Whether there was anything to do.
  Result<bool> arrange(DeviceNode& device, Edit& edit, const Id& who) {
    const std::vector<Record> points = TRY(device.ws->children(contact_point, contact_point.person, who));
    if (points.size() < 2) {
      const Id point = device.ws->new_id();
      edit.create(contact_point, point);
      edit.set(contact_point, point, contact_point.person, who);
      edit.set(contact_point, point, contact_point.city, "c" + std::to_string(random_.below(6)));
      return true;
    }
    edit.set(contact_point, points.back().id, contact_point.place, order_between({}, as_text(points.front()[contact_point.place])));
    sometimes("put first");
    return true;
  }

  struct Form {
    Id who;
    Base base = 0;
    std::string before, history;
    uint32_t device = 0;  ///< Its number when it was opened.
  };
  struct SavedForm {
    size_t device;
    int64_t op_no;
    uint32_t sum;
    Form form;
  };

  /// Opens a form, or writes the one that was opened a while ago, as the app does.
  Status use_form(size_t d, const Id& who, const std::string& value) {
    DeviceNode& device = *devices_[d];
    if (!forms_.count(d)) {
      const auto bases = TRY(device.replica->seen(person, who));
      forms_[d] = {who, bases.at(person.job_title.index), (*TRY(device.ws->get(person, who))).text(person.job_title), TRY(device.replica->history()), device.replica->identity().device};
      return {};
    }
    const Form form = forms_[d];
    forms_.erase(d);
    const auto now = TRY(device.ws->get(person, form.who));
    if (!now || now->meta.life != Life::live) return {};
    Edit edit;
    edit.set(person, form.who, person.job_title, value + "f");
    const bool changed = now->text(person.job_title) != form.before, same_history = TRY(device.replica->history()) == form.history;
    if (changed) edit.saw(person, form.who, person.job_title.index, same_history ? form.base : lost_base);
    const int64_t last = TRY(device.replica->outbox().last_op_no());
    TRY(device.ws->commit(edit, "form"));
    event("form on " + device_name(d));
    const int64_t op_no = TRY(device.replica->outbox().last_op_no());
    if (!changed || !same_history || op_no == last) return {};
    const auto entries = TRY(device.replica->outbox().after(op_no - 1, INT32_MAX));
    saved_.push_back({d, op_no, entries.at(0).first_sum(), form});
    sometimes("form over what came in");
    return {};
  }

  std::map<size_t, Form> forms_;
  std::vector<SavedForm> saved_;
  std::vector<std::string> imported_;  ///< Last names.
  int companies_ = 0, visits_ = 0;
};

}  // namespace holdfast::test
