// holdfast: the server and its tools.

#include <CLI/CLI.hpp>

#include "server/commands.h"

int main(int argc, char** argv) {
  CLI::App app{"Holdfast: a CRM for people away from a desk, on your own server"};
  app.require_subcommand(1);
  int code = 0;

  holdfast::ServeOptions serve;
  auto* s = app.add_subcommand("serve", "Serve the app and sync its devices");
  s->add_option("--data", serve.data, "Folder of the data")->required();
  s->add_option("--listen", serve.listen, "Address and port")->capture_default_str();
  s->add_option("--web", serve.web, "Folder of the built client");
  s->add_option("--tls-cert", serve.tls_cert, "Certificate, for serving over TLS");
  s->add_option("--tls-key", serve.tls_key, "Its key");
  s->add_option("--name", serve.names, "A further host name to answer to");
  s->add_flag("--accept-clock", serve.accept_clock, "The server's clock is right, although it has moved");
  s->add_option("--offline-days", serve.offline_days, "Devices not synced for so many days lock themselves until they are; 0: never")->check(CLI::Range(0, 3650));
  s->add_option("--records-max", serve.records_max, "How many records of all kinds there may be; usually 20000000")->check(CLI::PositiveNumber);
  s->add_option("--attachments-max", serve.attachments_max, "Room for all photos and files together, as in 500MB; usually 50GB")->transform(CLI::AsSizeValue(false))
      ->transform(CLI::Validator([](std::string& v) { return v.starts_with('-') ? std::string("it cannot be less than nothing") : std::string(); }, ""));  // Asked first.
  s->callback([&] { code = holdfast::serve(serve); });

  std::string data, email, name, role = "member", file, entity = "person", to, from;
  std::vector<std::string> names;
  bool dry_run = false;
  int port = 8443;
  auto* user = app.add_subcommand("user", "Accounts");
  user->require_subcommand(1);
  auto* add = user->add_subcommand("add", "Add an account; the password is read from standard input");
  add->add_option("email", email, "E-mail address to sign in with")->required();
  add->add_option("--name", name, "The person's name");
  add->add_option("--role", role, "admin or member")->check(CLI::IsMember({"admin", "member"}))->capture_default_str();
  add->add_option("--data", data, "Folder of the data")->required();
  add->callback([&] { code = holdfast::add_user(data, email, name, role == "admin"); });

  auto* import = app.add_subcommand("import", "Import a CSV or vCard file");
  import->add_option("file", file, "The file")->required();
  import->add_option("--as", entity, "person or company")->capture_default_str();
  import->add_flag("--dry-run", dry_run, "Say what would happen, write nothing");
  import->add_option("--data", data, "Folder of the data")->required();
  import->callback([&] { code = holdfast::import_file(data, file, entity, dry_run); });

  auto* check = app.add_subcommand("check", "Prove that everything stored agrees");
  check->add_option("--data", data, "Folder of the data")->required();
  check->callback([&] { code = holdfast::check(data); });

  auto* backup = app.add_subcommand("backup", "Copy all data into one file, also while serving");
  backup->add_option("--data", data, "Folder of the data")->required();
  backup->add_option("--to", to, "The new file")->required();
  backup->callback([&] { code = holdfast::backup(data, to); });

  auto* restore = app.add_subcommand("restore", "Put a backup in the data's place");
  restore->add_option("--from", from, "The backup")->required();
  restore->add_option("--data", data, "Folder of the data")->required();
  restore->callback([&] { code = holdfast::restore(from, data); });

  auto* cert = app.add_subcommand("cert", "Make a local authority and a certificate for this machine");
  cert->add_option("--data", data, "Folder of the data")->required();
  cert->add_option("--name", names, "A further name or address");
  cert->add_option("--port", port, "The port that will be served")->capture_default_str();
  cert->callback([&] { code = holdfast::make_cert(data, names, port); });

  CLI11_PARSE(app, argc, argv);
  return code;
}
