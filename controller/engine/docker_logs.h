#pragma once

// One container's log, from the engine to its reader, without Docker's frame headers.

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>

#include "controller/engine/docker_api.h"
#include "controller/engine/streams.h"

namespace weir::engine {

class LogStream : public std::enable_shared_from_this<LogStream> {
 public:
  LogStream(DockerApi& api, LogOptions options, std::function<bool(std::string_view)> on_bytes,
            std::function<void(Result<void>)> on_end);

  void start();   // on the HttpClient's thread, like the rest
  void cancel();  // soon: on_end, with success

 private:
  void read(bool framed);
  bool received(std::string_view piece, bool framed);
  void end(Result<void> result);

  DockerApi& api_;
  LogOptions options_;
  std::function<bool(std::string_view)> on_bytes_;
  std::function<void(Result<void>)> on_end_;
  FrameReader frames_;
  Result<void> trouble_ = {};
  std::uint64_t transfer_ = 0;  // 0: not begun
  bool cancelled_ = false;
};

}  // namespace weir::engine
