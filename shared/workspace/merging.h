#pragma once
// Two records that are the same become one, and two again.

#include "shared/workspace/workspace.h"

namespace holdfast {

/// Adds to `edit`: `loser` is shown as part of `winner` from now on, which has the `chosen` values. Their tags are joined.
/// Error kinds invalid: not two different records of a kind that can be merged; not_found.
Status merge_records(Workspace&, Edit& edit, const Entity&, const Id& loser, const Id& winner, const std::vector<FieldValue>& chosen);

/// The aliases that make up a record: taking one out separates what it joined. With the record each had merged.
struct Merged {
  Id alias;
  Record record;
};
Result<std::vector<Merged>> merged_parts(Workspace&, const Entity&, const Id& root);

}  // namespace holdfast
