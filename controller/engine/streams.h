#pragma once

// What arrives in pieces, cut where its parts end. A piece may end anywhere, inside a header too.
// Both keep at most one unfinished part, of bounded size.

#include <functional>
#include <string>
#include <string_view>

#include "controller/result.h"

namespace weir::engine {

// Docker multiplexes stdout and stderr of a container without a tty: 8 bytes of header (which of
// the two, 0 0 0, length as big-endian 32 bits), then the bytes. FrameReader takes the headers out.
class FrameReader {
 public:
  // `on_bytes` as in Engine::logs. False: it wants no more. Not frames: an error.
  Result<bool> feed(std::string_view piece, const std::function<bool(std::string_view)>& on_bytes);
  bool between_frames() const { return header_.empty() && left_ == 0; }

 private:
  std::string header_;
  std::size_t left_ = 0;  // of the frame's bytes
};

// Lines of JSON, as pulls and events answer with.
class LineReader {
 public:
  static constexpr std::size_t kLineMax = 1u << 20;
  // An over-long line is an error.
  Result<void> feed(std::string_view piece, const std::function<void(std::string_view)>& on_line);
  const std::string& unfinished() const { return line_; }

 private:
  std::string line_;
};

}  // namespace weir::engine
