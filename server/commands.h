#pragma once
// What the holdfast binary can be asked to do. Each returns its exit code and prints for people.

#include <string>
#include <vector>

namespace holdfast {

struct ServeOptions {
  std::string data, listen = "127.0.0.1:8080", web, tls_cert, tls_key;
  bool accept_clock = false;
  int offline_days = 0;
  int64_t attachments_max = int64_t{50} << 30;  ///< Bytes.
  int64_t records_max = 20'000'000;
  std::vector<std::string> names;
};

int serve(const ServeOptions&);
int add_user(const std::string& data, const std::string& email, const std::string& name, bool admin);
int import_file(const std::string& data, const std::string& file, const std::string& entity, bool dry_run);
int check(const std::string& data);
int backup(const std::string& data, const std::string& to);
int restore(const std::string& from, const std::string& data);
int make_cert(const std::string& data, const std::vector<std::string>& names, int port);

}  // namespace holdfast
