#pragma once

// The TLS side of the server: which protocols, whose certificates. Included by server files only.

#include <boost/asio/ssl.hpp>
#include <memory>

#include "controller/api/credentials.h"
#include "controller/api/http.h"

namespace weir::rest {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// TLS 1.2 or newer, HTTP/1.1 by ALPN, no session resumption (a resumed session would skip the
// check of the client's certificate).
Result<TlsContext> make_tls_context(const Credentials& credentials);

// After the handshake: who the certificate names; anonymous without one, or with one that our CA
// did not sign for this purpose, or that has expired.
User client_of(SSL* connection);

}  // namespace weir::rest
