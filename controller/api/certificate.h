#pragma once

// X.509, as little of it as the API needs: a CA, and certificates signed by it. ECDSA P-256.

#include <cstdint>
#include <string>
#include <vector>

#include "controller/result.h"

namespace weir::rest {

struct KeyPair {
  std::string certificate;  // PEM
  std::string key;          // PEM, PKCS#8
};

struct CertificateRequest {
  std::string common_name = {};
  std::vector<std::string> organizations = {};
  std::vector<std::string> hosts = {};  // DNS names and IP addresses: subjectAltName
  bool server = false;                  // extendedKeyUsage: serverAuth, else clientAuth
  std::int64_t not_before = 0;          // unix seconds
  std::int64_t not_after = 0;
};

Result<KeyPair> make_ca(const std::string& common_name, std::int64_t not_before,
                        std::int64_t not_after);
Result<KeyPair> issue(const KeyPair& ca, const CertificateRequest& request);

// Whether the pair can be used: it parses, key and certificate belong together, it is signed by
// `ca_certificate`, it names all hosts, and two thirds of its life are not over at `now`.
bool usable(const KeyPair& pair, const std::string& ca_certificate,
            const std::vector<std::string>& hosts, std::int64_t now);

}  // namespace weir::rest
