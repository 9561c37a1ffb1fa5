#pragma once

// Many HTTP requests at once on one thread: libcurl's multi interface, and the only code that
// includes it. It knows nothing of Docker. Everything that follows a request (its answer, timers,
// posted functions) runs on that thread, one at a time, so that its users need no locks.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "reconcilers/time.h"

namespace weir::engine {

// A server that many requests go to.
struct Peer {
  std::string base_url = {};     // "http://docker", "https://10.0.0.5:2376"
  std::string unix_socket = {};  // a path; empty: TCP
  std::string ca_file = {}, certificate_file = {}, key_file = {};
};

struct HttpCall {
  std::shared_ptr<const Peer> peer = {};  // none: `url` is a whole address and TLS is not verified
  std::string method = "GET";
  std::string url = {};  // behind the peer's base_url
  std::vector<std::string> headers = {};
  std::string body = {};
  Duration connect_deadline = Duration(2'000);
  Duration deadline = {};           // for all of it; 0: none
  Duration silence = {};            // the longest pause between bytes, whole seconds; 0: any
  std::size_t body_max = 8u << 20;  // of a collected body
  bool cut_body = false;            // a longer one is cut; else it is an error
  bool only_connect = false;        // a TCP connection, closed at once
  // libcurl sends a request once more when a connection that it had kept dies before the first
  // byte of the answer. What changes something must not be sent twice: it asks for a new one.
  bool new_connection = false;
  bool keep_connection = true;
  // A stream: the body of a 2xx answer comes here piece by piece; false ends it, in success. Called
  // in the middle of libcurl's work: they must not start() anything.
  std::function<void()> on_open = {};
  std::function<bool(std::string_view)> on_bytes = {};
};

struct HttpAnswer {
  int status = 0;
  std::string body = {};
  std::string api_version = {};  // the header Api-Version
  std::string redirect = {};     // where a 3xx points, as a whole address
  bool operator==(const HttpAnswer&) const = default;
};

struct HttpFailure {
  enum class What {
    not_sent,   // no connection; nothing reached the server
    broken,     // the connection ended before the answer did
    too_late,   // a deadline passed after the request was sent
    too_large,  // the body is over its limit
    stopped,    // cancelled, or the client is closing
  } what = What::stopped;
  std::string why = {};  // "Connection refused"
};

class HttpClient {
 public:
  using OnAnswer = std::function<void(tl::expected<HttpAnswer, HttpFailure>)>;

  HttpClient();
  ~HttpClient();  // ends every request with `stopped`, on the thread, and joins it

  bool post(std::function<void()> task);  // from any thread; false and not run after close()
  void close();                           // from any thread but its own; what the destructor does

  // The rest: on the thread only.
  void after(Duration delay, std::function<void()> task);  // dropped if the client closes first
  std::uint64_t start(HttpCall call, OnAnswer on_answer);
  void cancel(std::uint64_t id);  // its on_answer gets `stopped`, soon

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

bool same_host(const std::string& url, const std::string& other);

}  // namespace weir::engine
