#pragma once

// Request and Response: HTTP as the handlers see it, plain values without a socket. The server
// makes a Request only of what passed its limits; tests make them by hand.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/result.h"

namespace weir::rest {

// Who asks, by the client certificate: CN and O's.
struct User {
  std::string name = "system:anonymous";
  std::vector<std::string> groups = {"system:unauthenticated"};
  bool authenticated = false;
  bool in_group(std::string_view group) const;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "GET";
  std::vector<std::string> path = {};  // decoded segments; "/api/v1/" is {"api", "v1"}
  Pairs query = {};                    // decoded, in order
  std::string accept = {};
  std::string content_type = {};
  std::string user_agent = {};
  // What the client wants to speak instead of HTTP from now on: "spdy/3.1" or "websocket", in lower
  // case; empty: it wants HTTP. And for what, the best first: "portforward.k8s.io".
  std::string upgrade = {};
  std::vector<std::string> protocols = {};
  std::string body = {};
  User user = {};
  // All of them, names in lower case; of a webhook only (is_hook).
  std::map<std::string, std::string> headers = {};

  // The first value of a query parameter; empty when it is absent.
  std::string_view parameter(std::string_view name) const;
  bool has(std::string_view name) const;
  // "true", "1" and a bare parameter, as Kubernetes reads them; bad_request for anything else.
  Result<bool> flag(std::string_view name) const;
  // Absent: nullopt. Not a number: bad_request.
  Result<std::optional<std::int64_t>> number(std::string_view name) const;
};

// ASCII.
std::string lower(std::string text);

// Webhooks are anonymous and have a body; nothing else is both.
inline constexpr std::size_t kHookBodyMax = 1u << 20;
inline bool is_hook(std::string_view target) { return target.starts_with("/hook/"); }

// "/api/v1/pods?limit=5" → path and query; bad_request for broken percent-encoding.
Result<Request> parse_target(std::string_view target);

// The open end of a streamed reply (watch, logs). Handlers run on a thread of their own, so both
// calls may block.
class Stream {
 public:
  virtual ~Stream() = default;
  // False once the client has gone, or reads too slowly to keep.
  virtual bool write(std::string_view bytes) = 0;
  // Called once, on any thread, when the client has gone or the server stops; at once if it has
  // already. It must be quick, and call nothing of the stream.
  virtual void on_gone(std::function<void()> gone) = 0;
};

// What comes after a reply of 101: bytes both ways instead of HTTP, for as long as `run` takes, on
// the handler's thread.
struct Upgrade {
  std::string protocol = {};  // one of the request's
  // `socket` is a local stream socket that is open until `run` returns: what is written to it goes
  // to the client, what is read from it comes from there. It ends when the client has gone or the
  // server stops. So a session can wait for the client and for other sockets in one poll(). It may
  // be slow: no more than the socket's buffer is read ahead from the client.
  std::function<void(int socket)> run = {};
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  Pairs headers = {};
  std::string body = {};
  // When set, it makes the body, chunk by chunk; `body` is not sent.
  std::function<void(Stream&)> stream = {};
  // When set, the status is 101 and the request asked for it.
  std::optional<Upgrade> upgrade = {};
};

using Handler = std::function<Response(const Request&)>;

}  // namespace weir::rest
