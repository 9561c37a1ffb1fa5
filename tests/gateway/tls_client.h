#pragma once

// A blocking client of TLS.

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "tests/gateway/on_each_io.h"
#include "tests/support/certificate.h"

namespace weir::gateway {

using test::certificate;

struct TlsOptions {
  std::string name = {};       // that is asked for
  std::string protocols = {};  // as ALPN writes them: "\x02h2"
  int version = 0;             // exactly
  SSL_SESSION* resume = nullptr;
  std::string before = {};  // bytes in the clear
};

class TlsClient {
 public:
  explicit TlsClient(int port, const TlsOptions& options = {})
      : context_(SSL_CTX_new(TLS_client_method())), fd_(connected_to(port)) {
    if (options.version != 0) {
      SSL_CTX_set_security_level(context_, 0);
      SSL_CTX_set_min_proto_version(context_, options.version);
      SSL_CTX_set_max_proto_version(context_, options.version);
    }
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    if (!options.name.empty()) SSL_set_tlsext_host_name(ssl_, options.name.c_str());
    if (!options.protocols.empty()) {
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(options.protocols.data()),
                          static_cast<unsigned>(options.protocols.size()));
    }
    if (options.resume) SSL_set_session(ssl_, options.resume);
    ::send(fd_, options.before.data(), options.before.size(), MSG_NOSIGNAL);
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    ERR_clear_error();
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(fd_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool connected() const { return connected_; }
  SSL* ssl() const { return ssl_; }
  int fd() const { return fd_; }
  std::string protocol() const {
    const unsigned char* bytes = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &bytes, &size);
    return {reinterpret_cast<const char*>(bytes), size};
  }
  // What the server's certificate is called.
  std::string server() const {
    X509* shown = SSL_get1_peer_certificate(ssl_);
    if (!shown) return "none";
    char name[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, name, sizeof name);
    X509_free(shown);
    return name;
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const int count = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  // A piece; nothing: it has ended.
  std::string read_some() {
    char bytes[16 << 10];
    const int count = SSL_read(ssl_, bytes, sizeof bytes);
    if (count > 0) return {bytes, static_cast<std::size_t>(count)};
    ending_ = SSL_get_error(ssl_, count);
    return "";
  }
  // Until what has come ends so, or until all ends: "<end>" when that was said, else "<cut>".
  std::string read(const std::string& until = "") {
    std::string in;
    while (until.empty() || !in.ends_with(until)) {
      const std::string piece = read_some();
      if (piece.empty()) return in + (ending_ == SSL_ERROR_ZERO_RETURN ? "<end>" : "<cut>");
      in += piece;
    }
    return in;
  }

 private:
  SSL_CTX* context_;
  int fd_;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
  int ending_ = 0;
};

}  // namespace weir::gateway
