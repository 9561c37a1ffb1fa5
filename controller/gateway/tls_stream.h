#pragma once

// TlsStream: the server's side of TLS upon a stream of any Io; itself a stream, of what is inside.
// Its user gets on_connected() when the handshake is done, and nothing before: what is sent earlier
// is lost. It holds no more than what has just come and its user does not want yet (one read of the
// Io), and what is sent waits in the stream below. Its end is said (close_notify), and a peer that
// only has us answer its TLS messages is cut off.

#include "controller/gateway/io.h"
#include "controller/gateway/tls_context.h"

namespace weir::gateway {

// Null where memory is short. `first` has come already.
StreamPtr make_tls_stream(Io& io, StreamPtr below, TlsContextPtr context,
                          std::string_view first = {});

}  // namespace weir::gateway
