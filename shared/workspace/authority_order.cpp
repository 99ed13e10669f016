// Places in an order that have grown long are spread anew, as the server's own next change.

#include <algorithm>

#include "shared/model/order.h"
#include "shared/workspace/judging.h"

namespace holdfast {

Status Authority::spread_order(const Transaction& t) {
  for (const Op& op : t.ops) {
    const Entity& entity = tables_.schema()[op.entity];
    if (op.kind != OpKind::set || !entity.fields[op.values[0].field].options.order || as_text(op.values[0].value).size() <= order_length_usual) continue;
    const uint16_t place = op.values[0].field;
    const std::optional<Row> moved = TRY(ws_.rows(op.entity).read(op.record));
    if (!moved || as_text(moved->record.values[place]).size() <= order_length_usual) continue;
    for (const FieldDef& f : entity.fields) {
      if (!f.options.parent || is_empty(moved->record.values[f.index])) continue;
      std::vector<Row> siblings = TRY(ws_.rows(op.entity).child_rows(f.index, as_id(moved->record.values[f.index])));
      std::erase_if(siblings, [&](const Row& r) { return is_empty(r.record.values[place]); });
      std::sort(siblings.begin(), siblings.end(), [&](const Row& a, const Row& b) {
        const std::string_view x = as_text(a.record.values[place]), y = as_text(b.record.values[place]);
        return x != y ? x < y : a.record.id < b.record.id;
      });
      const std::vector<std::string> places = order_spread(siblings.size());
      Edit edit;
      for (size_t i = 0; i < siblings.size() && i < ops_per_transaction_max; i++) edit.set(entity, siblings[i].record.id, place, places[i]);
      TRY(commit_by_own_hand(edit, Id{}, "Order spread"));
      break;
    }
  }
  return {};
}

}  // namespace holdfast
