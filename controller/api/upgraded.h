#pragma once

// Upgraded: a connection that speaks HTTP no more. Included by server files only.
//
// It sends the 101 and then carries bytes both ways between the client and the handler's socket
// (see Upgrade in http.h): as they are, or, when the client asked for a WebSocket, as the content
// of binary messages, whose borders mean nothing. Pings are answered and the closing handshake is
// made here. One buffer each way, and what is not taken is not read: memory does not grow.
//
// Everything runs on the server's I/O thread. There are no time limits: whether a quiet session
// still has a purpose is the handler's to say, and a client whose host has died is noticed by TCP.

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <functional>
#include <memory>
#include <string>

#include "controller/api/http.h"

namespace weir::rest {

class Upgraded {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;
  using Client = boost::beast::ssl_stream<boost::beast::tcp_stream>;
  using RequestHead = boost::beast::http::request_header<>;
  struct Parts {
    Client& client;
    RequestHead request;
    std::string early;  // what came after the request
    std::string protocol;
    Socket handler;
    // Called once, when both sides have ended; holds what `client` is part of.
    std::function<void()> on_end;
  };
  static std::shared_ptr<Upgraded> make(Parts parts);
  virtual ~Upgraded() = default;

  virtual void start() = 0;
  // The handler sees the end of the client's bytes, and so comes to its own.
  virtual void stop() = 0;
};

// Sets `upgrade` and `protocols`.
void read_upgrade(const Upgraded::RequestHead& head, Request& request);

}  // namespace weir::rest
