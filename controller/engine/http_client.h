#pragma once

// Many HTTP requests at once on one thread: libcurl's multi interface, and the only code that
// includes it. It knows nothing of Docker. Everything that follows a request (its answer, timers,
// posted functions) runs on that thread, one at a time, so that its users need no locks.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "reconcilers/time.h"

struct sockaddr;

namespace weir::engine {

// A server that many requests go to.
struct Peer {
  std::string base_url = {};     // "http://docker", "https://10.0.0.5:2376"
  std::string unix_socket = {};  // a path; empty: TCP
  std::string ca_file = {}, certificate_file = {}, key_file = {};
};

struct HttpCall {
  std::shared_ptr<const Peer> peer = {};  // none: `url` is a whole address
  bool verify = false;                    // without a peer: TLS, against the system's authorities
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
  std::string connect_to = {};  // an IP address, in place of those of the URL's host
  // Asked for every connection with the address that it goes to; false: it is not made. No
  // connection is then taken over from another call, nor left to one.
  std::function<bool(const sockaddr&)> may_connect = {};
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
    denied,     // the same, and may_connect said no
    broken,     // the connection ended before the answer did
    too_late,   // a deadline passed after the request was sent
    too_large,  // the body is over its limit, or the headers are over 256 KiB
    stopped,    // cancelled, or the client is closing
  } what = What::stopped;
  bool timed_out = false;  // by a deadline of the call, sent or not
  std::string why = {};    // "Connection refused"
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

// A URL as this client reads it; nullopt: it is none.
struct Url {
  std::string scheme = {};
  std::string host = {};  // an IPv6 address in brackets; numbers such as 2130706433 as an address
  std::string port = {};  // the scheme's, if it names none
  bool has_credentials = false;  // user:password@
};
std::optional<Url> parse_url(const std::string& text);

bool same_host(const std::string& url, const std::string& other);

}  // namespace weir::engine
