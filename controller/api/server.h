#pragma once

// Server: HTTPS on one address. It reads requests within its limits and hands each to the handler;
// nothing of HTTP, TLS or sockets is seen beyond it.
//
// One thread does all socket work, so slow or hostile peers cost a few kilobytes and no thread. A
// request that was read whole gets a thread of its own for as long as it takes: handlers are plain
// blocking code, also those that stream for hours. Client certificates are asked for, not demanded:
// what an anonymous client may do is the handler's decision, but its requests may have no body.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "controller/api/credentials.h"
#include "controller/api/http.h"

namespace weir::rest {

struct ServerLimits {
  std::size_t connections = 512;  // well under the usual limit of 1,024 open files
  std::size_t requests = 128;     // at once, streams included: each holds a thread
  std::uint32_t header_bytes = 32 * 1024;
  std::uint64_t body_bytes = 3 * 1024 * 1024;  // as Kubernetes' API server
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds header{10'000};  // from its first byte to its last
  std::chrono::milliseconds body{60'000};    // in whole: at least 52 KB/s for the largest
  std::chrono::milliseconds idle{120'000};   // between two requests
  std::chrono::milliseconds write{30'000};   // one write to a client that does not read
  std::chrono::milliseconds stop{5'000};     // for requests in progress when the server stops
};

struct ServerOptions {
  std::string listen = "127.0.0.1:7443";  // port 0: any
  // Called at start, and once a day so that a renewed certificate is served without a restart.
  std::function<Result<Credentials>()> credentials;
  Handler handler;
  ServerLimits limits = {};
  std::function<void(const std::string&)> warn = {};  // for the log
};

class Server {
 public:
  // Listens and serves from then on. unavailable: the address is taken or not ours.
  static Result<std::unique_ptr<Server>> start(ServerOptions options);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  // Refuses new connections, lets requests in progress end, ends streams. Blocks for at most
  // limits.stop and the handlers' own time.
  void stop();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::rest
