#include "server/commands.h"

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "server/auth/members.h"
#include "server/auth/password.h"
#include "server/certificates.h"
#include "shared/base/text.h"
#include "shared/exchange/importer.h"
#include "shared/store/integrity.h"

namespace holdfast {

static int failed(const Error& e) {
  std::fprintf(stderr, "%s\n", e.message.c_str());
  return 1;
}

#define TRY_COMMAND(expr)                                       \
  __extension__({                                               \
    auto try_result = (expr);                                   \
    if (!try_result.ok()) return failed(try_result.error());    \
    try_result.take();                                          \
  })

static std::string ask_password() {
  std::string password;
  const bool terminal = isatty(STDIN_FILENO);
  termios before{};
  if (terminal) {
    std::fprintf(stderr, "Password: ");
    tcgetattr(STDIN_FILENO, &before);
    termios quiet = before;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
  }
  std::getline(std::cin, password);
  if (terminal) {
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    std::fprintf(stderr, "\n");
  }
  return password;
}

int add_user(const std::string& data, const std::string& email, const std::string& name, bool admin) {
  const std::unique_ptr<Node> node = TRY_COMMAND(Node::open(data));
  const Account account = TRY_COMMAND(add_member(*node, {name.empty() ? email : name, email, ask_password(), admin}));
  std::printf("%s can sign in.\n", account.email.c_str());
  return 0;
}

static Result<std::string> read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{ErrorKind::not_found, "The file " + path + " cannot be read."};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

int import_file(const std::string& data, const std::string& file, const std::string& entity_key, bool dry_run) {
  const int e = product_schema().index_of(entity_key);
  const Entity* entity = e < 0 ? nullptr : &product_schema()[static_cast<size_t>(e)];
  if (entity != &person && entity != &company) return failed({ErrorKind::invalid, "--as takes person or company."});
  const std::string bytes = TRY_COMMAND(read_whole(file));
  const std::unique_ptr<Node> node = TRY_COMMAND(Node::open(data));
  // Imports from the command line have a device of their own, so that history tells them from the server's own hand.
  Id install;
  install.bytes[15] = 1;
  node->authority->write_as_device(TRY_COMMAND(node->authority->register_device(install, Id{}, "Import")).ordinal);
  const ImportPlan plan = TRY_COMMAND(look_at(file, std::string_view(bytes).substr(0, 64 * 1024), *entity));
  for (size_t c = 0; c < plan.columns.size(); c++)
    std::printf("column %zu  %-30s → %s\n", c + 1, plan.columns[c].c_str(), plan.targets[c].empty() ? "(left out)" : plan.targets[c].c_str());
  Importer importer(*node->ws, plan, bytes, {dry_run});
  size_t told = 0;
  bool stopped = false;
  for (bool more = true; more;) {
    Result<bool> step = importer.step(200);
    const ImportReport& report = importer.report();
    for (; told < report.rows.size(); told++)
      std::printf("line %d %s: %s\n", report.rows[told].number, std::string(outcome_name(report.rows[told].outcome)).c_str(), report.rows[told].reason.c_str());
    if (!step.ok()) {
      std::fprintf(stderr, "The import stopped: %s\nWhat was imported so far stays. Import the same file again to go on.\n", step.error().message.c_str());
      stopped = true;
      break;
    }
    more = *step;
    if (isatty(STDERR_FILENO)) std::fprintf(stderr, "\r%3d %%", static_cast<int>(importer.progress() * 100));
  }
  const ImportReport& r = importer.report();
  if (dry_run) std::printf("Nothing was written: this was a dry run.\n");
  std::printf("%lld created, %lld updated, %lld skipped, %lld failed\n", static_cast<long long>(r.created), static_cast<long long>(r.updated),
              static_cast<long long>(r.skipped), static_cast<long long>(r.failed));
  return r.failed || stopped ? 1 : 0;
}

int check(const std::string& data) {
  if (!std::filesystem::exists(Node::database_path(data))) return failed({ErrorKind::not_found, "There is no Holdfast data in " + data + "."});
  const std::unique_ptr<Node> node = TRY_COMMAND(Node::open(data));
  std::vector<std::string> faults = TRY_COMMAND(storage_faults(*node->db));
  for (std::string& fault : TRY_COMMAND(node->authority->check())) faults.push_back(std::move(fault));
  for (const std::string& fault : faults) std::printf("%s\n", fault.c_str());
  if (faults.empty()) std::printf("All is well.\n");
  return faults.empty() ? 0 : 1;
}

int backup(const std::string& data, const std::string& to) {
  if (!std::filesystem::exists(Node::database_path(data))) return failed({ErrorKind::not_found, "There is no Holdfast data in " + data + "."});
  if (std::filesystem::exists(to)) return failed({ErrorKind::conflict, to + " exists already. Choose another name."});
  // Beside a running server: readers do not disturb it.
  const std::unique_ptr<Database> db = TRY_COMMAND(Database::open(Node::database_path(data), nullptr, true, Database::Open::read_only));
  TRY_COMMAND(copy_database(*db, to));
  std::filesystem::permissions(to, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::printf("Backed up to %s (%lld bytes).\n", to.c_str(), static_cast<long long>(std::filesystem::file_size(to)));
  return 0;
}

/// What a restore takes the place of: as a backup of it, or, where it is damaged, as it is.
static Status keep_aside(const std::string& path, const std::string& kept) {
  const auto copied = [&]() -> Status {
    const std::unique_ptr<Database> db = TRY(Database::open(path, nullptr, true));
    return copy_database(*db, kept);
  };
  if (copied().ok()) return {};
  std::error_code error;
  std::filesystem::remove(kept, error);
  for (const char* tail : {"", "-wal"})
    if (std::filesystem::exists(path + tail)) std::filesystem::rename(path + tail, kept + tail, error);
  return error ? Status(Error{ErrorKind::storage, "What is there could not be kept: " + error.message() + "."}) : Status();
}

int restore(const std::string& from, const std::string& data) {
  namespace fs = std::filesystem;
  if (!fs::exists(from)) return failed({ErrorKind::not_found, "The file " + from + " cannot be read."});
  {
    const std::unique_ptr<Database> db = TRY_COMMAND(Database::open(from, nullptr, true, Database::Open::read_only));
    const std::vector<std::string> faults = TRY_COMMAND(storage_faults(*db));
    if (!faults.empty()) return failed({ErrorKind::corrupt, "The backup is damaged: " + faults[0]});
  }
  const FolderLock lock = TRY_COMMAND(FolderLock::take(data));
  // The new history begins in the copy, before that takes the place of what is there: whatever fails until then has changed nothing.
  const std::string aside = data + "/restoring", restored = Node::database_path(aside), path = Node::database_path(data);
  std::error_code error;
  fs::remove_all(aside, error);
  fs::create_directories(aside, error);
  fs::copy_file(from, restored, error);
  if (error) return failed({ErrorKind::storage, "The backup could not be copied: " + error.message() + "."});
  int64_t now = 0;
  {
    const Result<std::unique_ptr<Node>> node = Node::open(aside);
    const Status begun = node.ok() ? (*node)->authority->begin_epoch() : Status(node.error());
    if (!begun.ok()) {
      fs::remove_all(aside, error);
      return failed(begun.error());
    }
    now = (*node)->clock.wall_ms();
  }
  const std::string kept = fs::exists(path) ? data + "/before-restore-" + std::to_string(now) + ".db" : "";
  if (!kept.empty()) TRY_COMMAND(keep_aside(path, kept));
  for (const char* tail : {"-wal", "-shm"}) fs::remove(path + tail, error);
  fs::rename(restored, path, error);
  if (error) return failed({ErrorKind::storage, "The backup could not be put in its place: " + error.message() + "."});
  fs::remove_all(aside, error);
  std::printf("Restored.%s Devices will send again what is missing here and load the rest anew.\n", kept.empty() ? "" : (" What was there before is in " + kept + ".").c_str());
  return 0;
}

int make_cert(const std::string& data, const std::vector<std::string>& names, int port) {
  const CertificateFiles files = TRY_COMMAND(make_certificates(data, names));
  std::printf("Certificate for: %s\n\n", join(files.names, ", ").c_str());
  std::printf("Serve with it:\n  holdfast serve --data %s --listen 0.0.0.0:%d --tls-cert %s --tls-key %s\n\n", data.c_str(), port, files.cert.c_str(), files.key.c_str());
  const std::string address = "https://" + files.names.back() + ":" + std::to_string(port);
  std::printf("On a phone in the same network, open %s/trust and follow it to trust this server:\n\n%s\n", address.c_str(), qr_text(address + "/trust").c_str());
  return 0;
}

}  // namespace holdfast
