#include "controller/cli/client/client.h"

#include <nlohmann/json.hpp>

#include "controller/cli/client/files.h"
#include "controller/cli/text/fields.h"

namespace weir::cli {
namespace {

// A server that sends a longer line is broken; an object is at most 3 MiB.
constexpr std::size_t kWatchLineBytesMax = 64UL << 20;

// Cuts a stream of bytes into the lines of a watch and hands on their events.
class EventReader {
 public:
  EventReader(const WatchReceiver& receiver, WatchEnd& end) : receiver_(receiver), end_(end) {}

  bool operator()(std::string_view bytes) {
    buffer_ += bytes;
    std::size_t begin = 0;
    for (std::size_t stop; (stop = buffer_.find('\n', begin)) != std::string::npos;
         begin = stop + 1) {
      if (!line(std::string_view(buffer_).substr(begin, stop - begin))) return false;
    }
    buffer_.erase(0, begin);
    if (buffer_.size() > kWatchLineBytesMax) {
      error_ = Error{.code = Code::too_large, .message = "error: a watch event is too large"};
    }
    return !error_;
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  bool line(std::string_view text) {
    if (text.empty()) return true;
    auto event = read_reply(text);
    if (!event) {
      error_ = event.error();
      return false;
    }
    const std::string type = cli::text(*event, {"type"});
    const json& object = at(*event, {"object"});
    if (type == "BOOKMARK") return true;
    if (type == "ERROR") {
      // 410: the history since our resourceVersion is gone. Anything else is the user's to know.
      if (number(object, {"code"}) != 410) {
        error_ = server_error(number(object, {"code"}, 500), serialized(object), "");
      }
      return false;
    }
    if (receiver_.event(type, object)) return true;
    end_ = WatchEnd::stopped;
    return false;
  }

  const WatchReceiver& receiver_;
  WatchEnd& end_;
  std::string buffer_ = {};
  std::optional<Error> error_ = {};
};

Request request_of(const Call& call) {
  return {.method = call.method,
          .path = with_query(call.path, call.query),
          .body = call.body,
          .content_type = call.content_type,
          .accept = call.accept,
          .doing = call.doing};
}

}  // namespace

std::string serialized(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string with_query(const std::string& path, const Query& query) {
  std::string out = path;
  char separator = '?';
  for (const auto& [key, value] : query) {
    out += separator + key + "=" + escape(value);
    separator = '&';
  }
  return out;
}

Result<json> Client::call(const Call& call) {
  TRY(const Reply reply, http_.send(request_of(call)));
  return read_reply(reply.body);
}

Result<json> Client::get(const std::string& path, const Query& query) {
  return call({.path = path, .query = query});
}

Result<bool> Client::stream(const Call& call, const std::function<bool(std::string_view)>& bytes) {
  Request request = request_of(call);
  request.timeout = Duration{0};
  TRY_VOID(http_.stream(request, {.bytes = bytes}));
  return true;
}

Result<WatchEnd> Client::watch(const WatchRequest& request, const WatchReceiver& receiver) {
  Query query = request.query;
  query.emplace_back("watch", "true");
  query.emplace_back("allowWatchBookmarks", "true");
  if (!request.resource_version.empty()) {
    query.emplace_back("resourceVersion", request.resource_version);
  }
  WatchEnd end = WatchEnd::closed;
  EventReader reader(receiver, end);
  const auto tick = [&] {
    if (!receiver.tick || receiver.tick()) return true;
    end = WatchEnd::stopped;
    return false;
  };
  const auto ended = http_.stream({.path = with_query(request.path, query),
                                   .accept = request.accept,
                                   .timeout = request.timeout.value_or(Duration{0})},
                                  {.bytes = std::ref(reader), .tick = tick});
  if (reader.error()) return tl::unexpected(*reader.error());
  if (ended) return end;
  if (ended.error().message == kInterrupted) return tl::unexpected(ended.error());
  if (ended.error().code == Code::gone) return WatchEnd::closed;
  if (ended.error().code == Code::timed_out && request.timeout) return WatchEnd::timed_out;
  return tl::unexpected(ended.error());
}

Result<const Resources*> Client::resources() {
  if (!resources_) {
    TRY(resources_, discover(http_));
  }
  return &*resources_;
}

}  // namespace weir::cli
