#pragma once

// Front: a gate in memory, one client before it and endpoints behind it. What goes to the endpoints
// is read again, strictly: it must be whole requests of HTTP/1.1, whatever the client sent.

#include <functional>
#include <map>
#include <string>

#include "controller/gateway/gate.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_io.h"

namespace weir::fuzz {

int nowhere();  // /dev/null

class Front {
 public:
  // What an endpoint answers to the request with this head.
  using Answer = std::function<std::string(const gateway::RequestHead& head)>;
  Front(const RouteListener& listener, Answer answer);
  ~Front();

  gateway::MemoryStream& client() { return *client_; }
  void settle();  // until nothing happens any more
  // The client ends, so or so; then nothing of it may be left.
  void end(int error);

 private:
  struct Connection {  // an endpoint's end
    std::size_t read = 0;
    std::optional<gateway::Body> body = {};
    bool switched = false;  // what comes now is anything
  };
  bool serve(gateway::MemoryStream& stream, Connection& connection);

  const Answer answer_;
  gateway::AccessLog log_{nowhere()};
  gateway::Lasting lasting_;
  gateway::CurrentSnapshot current_;
  gateway::MemoryIo* io_;
  gateway::Gate gate_;
  gateway::MemoryStream* client_;
  std::map<const gateway::MemoryStream*, Connection> connections_;
};

// One Service with two endpoints, behind a rule that changes a bit of everything.
RouteListener listener(const RouteClients& clients = {}, bool http2_endpoints = false);

}  // namespace weir::fuzz
