#include "server/auth/members.h"

#include "server/auth/password.h"
#include "shared/base/text.h"

namespace holdfast {

Result<Account> add_member(Node& node, const NewMember& wanted) {
  TRY(acceptable_password(wanted.password));
  const std::string name = trimmed(wanted.name);
  if (name.empty()) return Error{ErrorKind::invalid, "Write a name."};
  const Value name_value = TRY(parse_value(member.at(member.name), name));
  const Value mail_value = TRY(parse_value(member.at(member.mail), wanted.email));
  const std::string hash = TRY(hash_password(wanted.password));
  const std::lock_guard<std::mutex> lock(node.mutex);
  return node.ws->atomically([&]() -> Result<Account> {
    const Id id = node.ws->new_id();
    Account account = TRY(node.accounts->add(id, wanted.email, hash, wanted.admin));
    Edit edit;
    edit.create(member, id);
    edit.set(member, id, member.name, name_value);
    edit.set(member, id, member.mail, mail_value);
    edit.set(member, id, member.role, std::string(wanted.admin ? "admin" : "member"));
    edit.set(member, id, member.active, int64_t{1});
    TRY(node.ws->commit(edit, "Member added"));
    return account;
  });
}

Status change_member(Node& node, const Id& id, std::optional<bool> admin, std::optional<bool> active, const std::string& new_password) {
  std::string hash;
  if (!new_password.empty()) {
    TRY(acceptable_password(new_password));
    hash = TRY(hash_password(new_password));
  }
  const std::lock_guard<std::mutex> lock(node.mutex);
  return node.ws->atomically([&]() -> Status {
    std::optional<Account> account = TRY(node.accounts->find_member(id));
    if (!account) return Error{ErrorKind::not_found, "There is no such member."};
    if (!hash.empty()) TRY(node.accounts->set_password(account->id, hash));
    account->admin = admin.value_or(account->admin);
    account->active = active.value_or(account->active);
    TRY(node.accounts->set_standing(account->id, account->admin, account->active));
    if (!account->active || !hash.empty()) TRY(node.accounts->end_sessions(account->id));
    Edit edit;
    edit.set(member, id, member.role, std::string(account->admin ? "admin" : "member"));
    edit.set(member, id, member.active, int64_t{account->active});
    return node.ws->commit(edit, "Member changed");
  });
}

}  // namespace holdfast
