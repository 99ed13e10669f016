#include "server/certificates.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <qrencode.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace holdfast {

namespace {

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(std::FILE* p) const { std::fclose(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using File = std::unique_ptr<std::FILE, Free>;

Error failed(const char* what) { return {ErrorKind::storage, std::string("The certificate could not be made: ") + what + "."}; }

/// P-256: what every phone of the last ten years accepts.
Key new_key() { return Key(EVP_EC_gen("P-256")); }

bool extend(X509* cert, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (!extension) return false;
  const bool ok = X509_add_ext(cert, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return ok;
}

Certificate new_certificate(const std::string& common_name, EVP_PKEY* key, int days) {
  Certificate cert(X509_new());
  X509_set_version(cert.get(), 2);
  unsigned char serial[16];
  RAND_bytes(serial, sizeof serial);
  serial[0] &= 0x7F;
  BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert.get()));
  BN_free(number);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -86400);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), static_cast<long>(days) * 86400);
  X509_set_pubkey(cert.get(), key);
  X509_NAME* name = X509_get_subject_name(cert.get());
  const auto add = [&](const char* field, const std::string& text) {
    X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0);
  };
  add("O", "Holdfast");
  add("CN", common_name);
  return cert;
}

Status write_key(const std::string& path, EVP_PKEY* key) {
  const mode_t before = umask(0177);
  File file(std::fopen(path.c_str(), "wb"));
  umask(before);
  if (!file || PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) return failed(("cannot write " + path).c_str());
  return {};
}

Status write_certificate(const std::string& path, X509* cert) {
  File file(std::fopen(path.c_str(), "wb"));
  if (!file || PEM_write_X509(file.get(), cert) != 1) return failed(("cannot write " + path).c_str());
  return {};
}

}  // namespace

std::vector<std::string> machine_addresses() {
  std::vector<std::string> out = {"localhost"};
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) == 0 && *name) {
    out.emplace_back(name);
    out.push_back(std::string(name) + ".local");
  }
  out.emplace_back("127.0.0.1");
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) == 0) {
    for (const ifaddrs* i = all; i; i = i->ifa_next) {
      if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET) continue;
      char text[INET_ADDRSTRLEN];
      inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(i->ifa_addr)->sin_addr, text, sizeof text);
      if (std::string(text) != "127.0.0.1") out.emplace_back(text);
    }
    freeifaddrs(all);
  }
  return out;
}

namespace {

bool is_address(const std::string& name) {
  in6_addr unused;
  return inet_pton(AF_INET, name.c_str(), &unused) == 1 || inet_pton(AF_INET6, name.c_str(), &unused) == 1;
}

Status load_or_make_authority(const std::string& dir, Key& key, Certificate& cert) {
  if (File key_file{std::fopen((dir + "/ca.key").c_str(), "rb")}) {
    File cert_file{std::fopen((dir + "/ca.crt").c_str(), "rb")};
    if (cert_file) {
      key.reset(PEM_read_PrivateKey(key_file.get(), nullptr, nullptr, nullptr));
      cert.reset(PEM_read_X509(cert_file.get(), nullptr, nullptr, nullptr));
      if (key && cert) return {};
    }
  }
  key = new_key();
  if (!key) return failed("no key");
  cert = new_certificate("Holdfast local authority", key.get(), 3650);
  X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get()));
  if (!extend(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !extend(cert.get(), cert.get(), NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !extend(cert.get(), cert.get(), NID_subject_key_identifier, "hash") || !X509_sign(cert.get(), key.get(), EVP_sha256()))
    return failed("signing");
  TRY(write_key(dir + "/ca.key", key.get()));
  return write_certificate(dir + "/ca.crt", cert.get());
}

}  // namespace

Result<CertificateFiles> make_certificates(const std::string& data_dir, const std::vector<std::string>& more) {
  const std::string dir = data_dir + "/tls";
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return failed(error.message().c_str());
  Key authority_key;
  Certificate authority;
  TRY(load_or_make_authority(dir, authority_key, authority));
  CertificateFiles out{dir + "/ca.crt", dir + "/server.crt", dir + "/server.key", machine_addresses()};
  out.names.insert(out.names.end(), more.begin(), more.end());
  Key key = new_key();
  if (!key) return failed("no key");
  Certificate cert = new_certificate(out.names.size() > 1 ? out.names[1] : out.names[0], key.get(), 397);  // The longest browsers take.
  X509_set_issuer_name(cert.get(), X509_get_subject_name(authority.get()));
  std::string names;
  for (const std::string& name : out.names) names += std::string(names.empty() ? "" : ",") + (is_address(name) ? "IP:" : "DNS:") + name;
  if (!extend(cert.get(), authority.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !extend(cert.get(), authority.get(), NID_key_usage, "critical,digitalSignature") ||
      !extend(cert.get(), authority.get(), NID_ext_key_usage, "serverAuth") || !extend(cert.get(), authority.get(), NID_subject_alt_name, names) ||
      !X509_sign(cert.get(), authority_key.get(), EVP_sha256()))
    return failed("signing (is each name well-formed?)");
  TRY(write_key(out.key, key.get()));
  TRY(write_certificate(out.cert, cert.get()));
  return out;
}

std::string qr_text(const std::string& content) {
  QRcode* code = QRcode_encodeString(content.c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1);
  if (!code) return {};
  std::string out;
  const auto dark = [&](int x, int y) { return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1); };
  for (int y = -2; y < code->width + 2; y += 2) {
    for (int x = -2; x < code->width + 2; x++) out += dark(x, y) ? (dark(x, y + 1) ? " " : "▄") : (dark(x, y + 1) ? "▀" : "█");
    out += "\n";
  }
  QRcode_free(code);
  return out;
}

static std::string qr_svg(const std::string& content) {
  QRcode* code = QRcode_encodeString(content.c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1);
  if (!code) return {};
  const std::string side = std::to_string(code->width + 8);
  std::string out = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 " + side + " " + side + "' shape-rendering='crispEdges'><path fill='white' d='M0 0h" + side + "v" + side + "H0z'/><path d='";
  for (int y = 0; y < code->width; y++)
    for (int x = 0; x < code->width; x++)
      if (code->data[y * code->width + x] & 1) out += "M" + std::to_string(x + 4) + " " + std::to_string(y + 4) + "h1v1h-1z";
  QRcode_free(code);
  return out + "'/></svg>";
}

std::string trust_page(const std::string& address) {
  std::string image;
  for (char c : qr_svg(address + "/trust")) image += c == '<' ? "%3C" : c == '>' ? "%3E" : c == '#' ? "%23" : std::string(1, c);
  return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Trust this Holdfast</title>"
         "<link rel=\"stylesheet\" href=\"/app.css\"></head><body><main id=\"door\"><div class=\"card\"><p class=\"brand\">Holdfast</p><h1>Trust this server</h1>"
         "<p>This server vouches for itself. Once per phone or computer, tell it to believe that; then Holdfast works there like any secure site, also offline.</p>"
         "<p><img width=\"220\" height=\"220\" alt=\"QR code of this page’s address\" src=\"data:image/svg+xml," + image + "\"></p>"
         "<ol><li>Open this page on the phone: scan the code, and go past the browser’s warning this once.</li>"
         "<li><a href=\"/ca.crt\">Get the certificate</a>.</li>"
         "<li>Android: Settings, Security, Install a certificate, CA certificate, and choose the file.</li>"
         "<li>iPhone: Settings, Profile downloaded, Install; then General, About, Certificate Trust Settings, and switch it on.</li>"
         "<li>Open <a href=\"/\">Holdfast</a>.</li></ol></div></main></body></html>";
}

}  // namespace holdfast
