#pragma once

// A server of HTTPS on a port of 127.0.0.1, one connection at a time: it answers every request with
// "tls".

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "reconcilers/route_table.h"

namespace weir::analysis {

class TlsServer {
 public:
  explicit TlsServer(const RouteCertificate& certificate)
      : context_(SSL_CTX_new(TLS_server_method())) {
    BIO* chain = BIO_new_mem_buf(certificate.chain.data(), -1);
    X509* shown = PEM_read_bio_X509(chain, nullptr, nullptr, nullptr);
    BIO* secret = BIO_new_mem_buf(certificate.key.data(), -1);
    EVP_PKEY* key = PEM_read_bio_PrivateKey(secret, nullptr, nullptr, nullptr);
    SSL_CTX_use_certificate(context_, shown);
    SSL_CTX_use_PrivateKey(context_, key);
    X509_free(shown);
    EVP_PKEY_free(key);
    BIO_free(chain);
    BIO_free(secret);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    ::listen(listener_, 16);
    thread_ = std::thread([this] { serve(); });
  }
  ~TlsServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    SSL_CTX_free(context_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  int port() const { return port_; }
  int requests() const { return requests_; }

 private:
  void serve() {
    for (int fd = -1; (fd = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(fd)) {
      SSL* ssl = SSL_new(context_);
      SSL_set_fd(ssl, fd);
      char bytes[4096];
      if (SSL_accept(ssl) == 1 && SSL_read(ssl, bytes, sizeof bytes) > 0) {
        ++requests_;
        const std::string said = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntls";
        SSL_write(ssl, said.data(), static_cast<int>(said.size()));
        SSL_shutdown(ssl);
      }
      SSL_free(ssl);
    }
  }

  SSL_CTX* context_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> requests_ = 0;
  std::thread thread_;
};

}  // namespace weir::analysis
