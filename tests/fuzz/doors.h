#pragma once
// The server's HTTP routes without sockets, and a server behind them that every input finds as it was.

#include "server/http/web.h"
#include "tests/support/world.h"

namespace holdfast::test {

extern int64_t server_ms;  ///< What the server's clocks show.

/// One request: a letter for the route, one for who asks, one for what about; a query, a line feed, a body. It must get an answer that is
/// no 500, and leave a server on which all is well.
void knock(std::string_view bytes);

}  // namespace holdfast::test
