#pragma once

// Channel: one end of a Unix socket between weir's own processes: lines of JSON, some of which
// bring an open file along. Both ends are ours, and still nothing is unbounded. One thread.

#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace weir::gateway {

class Channel {
 public:
  explicit Channel(int fd) : fd_(fd) {}
  ~Channel();
  Channel(Channel&& other) noexcept;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  int fd() const { return fd_; }
  // Takes what has come, without waiting. False: the other end has gone, or sends nonsense.
  bool read(const std::function<void(std::string_view line)>& on_line);
  // The file that came with the line just given; -1: none did. The caller's from now on.
  int take_file();
  // Waits until it is written, for a few seconds at most. False: the other end has gone.
  bool write(std::string line, int file = -1) const;

 private:
  int fd_;
  std::string in_;
  std::deque<int> files_;
};

// A listening socket at this path, and a connection to one. -1 and errno when it fails.
int listen_at(const std::string& path);
int connect_to(const std::string& path);

}  // namespace weir::gateway
