#pragma once
// A member and its account are made and changed together.

#include "server/node.h"

namespace holdfast {

struct NewMember {
  std::string name, email, password;
  bool admin = false;
};

/// Takes the node's lock itself, and not while the password is hashed.
Result<Account> add_member(Node&, const NewMember&);
Status change_member(Node&, const Id& member, std::optional<bool> admin, std::optional<bool> active, const std::string& new_password);

}  // namespace holdfast
