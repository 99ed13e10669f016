#pragma once
// The server's state said a second time, as simply as possible: a fold over the accepted transactions in their order.

#include <string>
#include <vector>

#include "shared/workspace/authority.h"

namespace holdfast::test {

/// What differs between the server's rows and the fold of its log; empty when nothing does.
std::vector<std::string> differences_from_reference(Workspace&, Authority&);

}  // namespace holdfast::test
