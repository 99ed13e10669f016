#include "shared/model/entities.h"

namespace holdfast {

const Schema& product_schema() {
  static const Schema schema({&member, &company, &person, &contact_point, &activity, &task, &conflict});
  return schema;
}

}  // namespace holdfast
