// A TCP connection with deadlines, which knows how much of the answer has come.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bench/conserve/failure.h"

namespace weir::conserve {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

struct Address {
  sockaddr_storage storage;
  socklen_t size;
  std::string text;
};
// "ADDR:PORT", "[ADDR6]:PORT" or "NAME:PORT". Throws std::runtime_error, with what to do.
Address parse_address(const std::string& text);

class Connection {
 public:
  // Throws Failure(kRefused).
  Connection(const Address& to, Deadline deadline);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // From here on the bytes that come belong to a new answer.
  void begin_exchange();
  // False: the other side takes no more; what it has answered can still be received.
  bool send(std::string_view bytes, Deadline deadline);
  // Received and not yet used. Use it up from the front.
  std::string& buffer() { return buffer_; }
  // Adds to buffer(). False: the other side has ended the connection. Throws kReset, kTimeout.
  bool receive(Deadline deadline);
  // The same, if the end is an error: throws kUnanswered or kTruncated.
  void receive_more(Deadline deadline);

  // What is to be seen without waiting.
  enum class Pending { kNothing, kBytes, kEnd };
  Pending pending() const;
  std::uint64_t exchanges() const { return exchanges_; }
  std::uint64_t answer_bytes() const { return answer_bytes_; }
  Clock::duration since_begin() const { return Clock::now() - begun_; }

 private:
  void await(short events, Deadline deadline);
  std::string progress() const;

  int fd_;
  std::string buffer_;
  std::uint64_t exchanges_ = 0;
  std::uint64_t answer_bytes_ = 0;
  Clock::time_point begun_ = Clock::now();
};

}  // namespace weir::conserve
