#pragma once

// HTTP to the API server, one request at a time, on the calling thread (libcurl). An answer below
// 400 is a Reply; everything else is an Error whose message is the line that kubectl would print.
// One Http keeps one connection alive; it is not for two threads.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/cli/client/kubeconfig.h"
#include "controller/result.h"
#include "reconcilers/time.h"

namespace weir::cli {

struct Request {
  std::string method = "GET";
  std::string path = {};  // with its query
  std::string body = {};
  std::string content_type = "application/json";
  std::string accept = "application/json";
  std::string doing = {};  // for errors: what was under way, `error when applying "web.yaml"`
  std::optional<Duration> timeout = {};  // of the whole transfer; none: --request-timeout
};

struct Reply {
  long status = 0;
  std::string body = {};
  std::string content_type = {};
};

class Http {
 public:
  // `interrupted` ends a transfer at once when it becomes true (Ctrl-C); it may be null.
  // `warn` is told the text of each Warning header.
  Http(Connection connection, Duration request_timeout, const std::atomic<bool>* interrupted,
       std::function<void(const std::string&)> warn);
  ~Http();
  Http(Http&&) noexcept;

  Result<Reply> send(const Request& request);

  struct Stream {
    // Bytes as they come; false ends the transfer (which is no error).
    std::function<bool(std::string_view)> bytes;
    // Called about once a second; false ends the transfer.
    std::function<bool()> tick = {};
  };
  // A long answer: watches and logs. Reply::body stays empty.
  Result<Reply> stream(const Request& request, const Stream& stream);

  bool interrupted() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The error for an answer of 400 or more, in kubectl's words.
Error server_error(long http_status, const std::string& body, const std::string& doing);

// %-escapes what may not stand in a query's value or in a path's segment.
std::string escape(std::string_view text);

// The error message of every transfer that Ctrl-C ended.
inline constexpr const char* kInterrupted = "interrupted";

}  // namespace weir::cli
