#include "shared/model/entities.h"

namespace holdfast {

const Schema& product_schema() {
  static const Schema schema({&member, &team, &company, &person, &contact_point, &activity, &task, &attachment, &alias, &conflict});
  return schema;
}

}  // namespace holdfast
