#pragma once
// The server's state said a second time, as simply as possible: a fold over the accepted transactions in their order.
// Whatever the rows have that the log does not explain is a fault. Shares no code with what applies transactions.

#include <string>
#include <vector>

#include "shared/store/log.h"
#include "shared/workspace/workspace.h"

namespace holdfast {

/// What differs between the server's rows and the fold of its log; empty when nothing does.
Result<std::vector<std::string>> differences_from_log(Workspace&, Log&);

}  // namespace holdfast
