#pragma once

// TlsContext: the certificates of one listener, read and ready, and which of them a client gets who
// asks for a name. Immutable; a snapshot has it, and each connection keeps the one that it began
// with, so that a renewed certificate cuts nobody. All threads share it.
//
// TLS 1.2 and 1.3, AEAD ciphers with forward secrecy only, no renegotiation, no early data (it can
// be replayed); sessions resume by tickets, whose keys live as long as the process.

#include <openssl/types.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/result.h"
#include "reconcilers/route_table.h"

namespace weir::gateway {

struct FreeOpenSsl {
  void operator()(SSL* ssl) const;
  void operator()(X509* certificate) const;
  void operator()(EVP_PKEY* key) const;
};
using SslPtr = std::unique_ptr<SSL, FreeOpenSsl>;

struct Certificate {
  std::unique_ptr<X509, FreeOpenSsl> leaf;
  std::vector<std::unique_ptr<X509, FreeOpenSsl>> chain;  // what follows the leaf
  std::unique_ptr<EVP_PKEY, FreeOpenSsl> key;
  std::vector<std::string> hosts;  // the names in it
};
using CertificatePtr = std::shared_ptr<const Certificate>;

// What is wrong with it is for the operator, and says nothing of the key's content.
Result<CertificatePtr> read_certificate(const std::string& chain, const std::string& key);

class TlsContext {
 public:
  // `http`: clients are offered HTTP/2 and HTTP/1.1.
  explicit TlsContext(bool http) : http_(http) {}
  void add(const std::vector<std::string>& hosts, CertificatePtr certificate);

  // Of exactly this name, else of the nearest wildcard, else the first. Null: there is none.
  const Certificate* certificate_for(std::string_view name) const;
  bool http() const { return http_; }
  // The server's side of a connection, which is to live no longer than this. Null: no memory.
  SslPtr session() const;

 private:
  const bool http_;
  CertificatePtr first_;
  std::map<std::string, CertificatePtr, std::less<>> by_host_;
};
using TlsContextPtr = std::shared_ptr<const TlsContext>;

// The certificates of the newest table: one that was read is not read again for the next. Used by
// whoever publishes, one thread.
class Certificates {
 public:
  // Null: TLS does not end at this listener. What cannot be used of its certificates is left out,
  // and said once, on stderr.
  TlsContextPtr context_of(const RouteListener& listener);
  void forget_unused();  // since the last time

 private:
  struct Known {
    CertificatePtr certificate;  // null: it cannot be used
    bool used;
  };
  std::map<std::pair<std::string, std::string>, Known> known_;  // by chain and key
};

}  // namespace weir::gateway
