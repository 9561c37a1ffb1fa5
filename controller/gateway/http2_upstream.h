#pragma once

// Http2Upstream: a connection to an endpoint that speaks HTTP/2 only (gRPC), as a stream that
// speaks HTTP/1.1: requests that are sent on it go there in HTTP/2, and responses come back in
// HTTP/1.1, a length that nothing told as chunks, with their trailers. So an Exchange treats every
// endpoint alike. It carries one request at a time, and the next when that is done: a stream that
// waits holds up nobody. on_end(ECONNREFUSED) says that the endpoint has not looked at the request.

#include "controller/gateway/io.h"

namespace weir::gateway {

StreamPtr make_http2_upstream(Io& io, const Address& to, StreamUser& user);

}  // namespace weir::gateway
