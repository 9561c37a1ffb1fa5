#include "controller/engine/streams.h"

#include <algorithm>

namespace weir::engine {

namespace {
constexpr std::size_t kHeader = 8;
}

Result<bool> FrameReader::feed(std::string_view piece,
                               const std::function<bool(std::string_view)>& on_bytes) {
  while (!piece.empty()) {
    if (left_ == 0) {
      const std::size_t take = std::min(kHeader - header_.size(), piece.size());
      header_.append(piece.substr(0, take));
      piece.remove_prefix(take);
      if (header_.size() < kHeader) break;
      if (header_[0] > 3 || header_[1] != 0 || header_[2] != 0 || header_[3] != 0) {
        return fail(Code::internal, "the engine's stream is not made of Docker's frames");
      }
      for (std::size_t i = 4; i < kHeader; ++i) {
        left_ = left_ << 8 | static_cast<unsigned char>(header_[i]);
      }
      header_.clear();
      continue;
    }
    const std::string_view bytes = piece.substr(0, left_);
    left_ -= bytes.size();
    piece.remove_prefix(bytes.size());
    if (!on_bytes(bytes)) return false;
  }
  return true;
}

Result<void> LineReader::feed(std::string_view piece,
                              const std::function<void(std::string_view)>& on_line) {
  while (!piece.empty()) {
    const std::size_t end = piece.find('\n');
    line_.append(piece.substr(0, end));
    if (line_.size() > kLineMax) {
      return fail(Code::too_large, "the engine sent a line of more than 1 MiB");
    }
    if (end == piece.npos) break;
    piece.remove_prefix(end + 1);
    std::string line;
    line.swap(line_);
    if (line.find_first_not_of(" \r") != line.npos) on_line(line);
  }
  return {};
}

}  // namespace weir::engine
