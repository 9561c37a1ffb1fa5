#pragma once

// SendBuffers: what the streams of one Io send from. One that has sent all gives its buffer back,
// so that of thousands of connections that wait none holds any. On the Io's thread.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::gateway {

class SendBuffers {
 public:
  void append(std::string& to, std::string_view bytes) {
    if (to.empty() && !kept_.empty()) {
      to = std::move(kept_.back());
      kept_.pop_back();
    }
    to.append(bytes);
  }
  void give_back(std::string& buffer) {
    std::string given = std::exchange(buffer, {});
    if (given.capacity() > kLargest || kept_.size() == kMost) return;
    given.clear();
    kept_.push_back(std::move(given));
  }

 private:
  static constexpr std::size_t kMost = 64;
  static constexpr std::size_t kLargest = 128 << 10;
  std::vector<std::string> kept_;  // empty ones
};

}  // namespace weir::gateway
