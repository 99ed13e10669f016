#pragma once
// A local certificate authority and a certificate for this machine, so that phones on the same network get a secure page.

#include <string>
#include <vector>

#include "shared/base/result.h"

namespace holdfast {

struct CertificateFiles {
  std::string ca_cert, cert, key;      ///< Paths.
  std::vector<std::string> names;      ///< What the certificate is for: names and addresses.
};

/// Makes DIR/tls/ca.crt (kept when there), server.crt and server.key for the machine's names, its addresses and `more`.
/// The authority's key stays in DIR/tls/ca.key, readable by its owner only.
Result<CertificateFiles> make_certificates(const std::string& data_dir, const std::vector<std::string>& more);

/// The page at /trust: how a phone comes to trust the local authority, with a QR code of the page's own address.
std::string trust_page(const std::string& address);

/// Names and addresses this machine goes by; the last is the likeliest for others in the same network.
std::vector<std::string> machine_addresses();

/// A QR code as lines of text for a terminal.
std::string qr_text(const std::string& content);

}  // namespace holdfast
