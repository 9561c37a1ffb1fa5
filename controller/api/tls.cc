#include "controller/api/tls.h"

#include <openssl/x509v3.h>

#include <boost/asio/buffer.hpp>

namespace weir::rest {
namespace {

namespace ssl = boost::asio::ssl;

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length,
                    const unsigned char* offered, unsigned int offered_length, void*) {
  static constexpr unsigned char kHttp1[] = "\x08http/1.1";
  const int found = SSL_select_next_proto(const_cast<unsigned char**>(out), out_length, kHttp1,
                                          sizeof kHttp1 - 1, offered, offered_length);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

// The handshake goes on with a certificate that we do not trust, so that its owner gets a 401 that
// says so and not a broken connection. The verdict stays in SSL_get_verify_result.
int go_on(int, X509_STORE_CTX*) { return 1; }

std::vector<std::string> values(X509_NAME* name, int nid) {
  std::vector<std::string> out;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0;) {
    unsigned char* text = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size >= 0) out.emplace_back(reinterpret_cast<char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
  }
  return out;
}

}  // namespace

Result<TlsContext> make_tls_context(const Credentials& credentials) {
  try {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    SSL_CTX* native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(native, 0);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // idle connections hold no 34 KB each
    SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
    const auto bytes = [](const std::string& text) { return boost::asio::buffer(text); };
    context->use_certificate_chain(bytes(credentials.server_certificate));
    context->use_private_key(bytes(credentials.server_key), ssl::context::pem);
    context->add_certificate_authority(bytes(credentials.ca_certificate));
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER, go_on);
    return context;
  } catch (const boost::system::system_error& error) {
    return fail(Code::internal, std::string("the API's certificate cannot be used: ") +
                                    error.what() + "; remove the pki folder to make a new one");
  }
}

User client_of(SSL* connection) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      SSL_get1_peer_certificate(connection), X509_free);
  if (!certificate || SSL_get_verify_result(connection) != X509_V_OK) return {};
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const auto names = values(subject, NID_commonName);
  if (names.empty()) return {};
  User user{.name = names.front(),
            .groups = values(subject, NID_organizationName),
            .authenticated = true};
  user.groups.emplace_back("system:authenticated");
  return user;
}

}  // namespace weir::rest
