#pragma once

// Io: the sockets of one thread. A stream is one TCP connection; what happens to it comes to its
// user as calls: bytes came, all bytes have gone, it ended. Two implementations, one behaviour:
// io_uring where the kernel lets us (io_uring.cc), epoll everywhere (io_epoll.cc).
//
// All on one thread, which made the Io, save wake(). A user may close any stream, its own too, in
// any call; after close() no call comes. Sends never block: what the kernel does not take waits
// here, and unsent() says how much, so that a user stops reading from who sends faster than the
// other reads.

#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "controller/gateway/send_buffers.h"
#include "controller/gateway/task.h"

namespace weir::gateway {

struct Address {
  sockaddr_storage bytes = {};
  socklen_t size = 0;

  static Address of(const std::string& ip, int port);  // size 0: not an address
  std::string ip() const;
  int port() const;
};

class StreamUser {
 public:
  virtual ~StreamUser() = default;
  virtual void on_connected() {}
  virtual void on_bytes(std::string_view bytes) = 0;
  virtual void on_sent() {}            // nothing is unsent any more
  virtual void on_end(int error) = 0;  // 0: the peer sends no more; else errno, and all is over
};

class Stream {
 public:
  virtual ~Stream() = default;
  virtual void use(StreamUser& user) = 0;
  virtual void send(std::string_view bytes) = 0;
  virtual std::size_t unsent() const = 0;
  virtual void pause() = 0;   // on_bytes() comes no more (one may be under way)
  virtual void resume() = 0;  // until this
  virtual void finish() = 0;  // after what is unsent: no more from us
  virtual void close() = 0;   // after what is unsent, for at most a few seconds; then it is gone
  virtual void reset() = 0;   // at once, and the peer sees that it was cut
};
// close() on destruction.
struct CloseStream {
  void operator()(Stream* stream) const { stream->close(); }
};
using StreamPtr = std::unique_ptr<Stream, CloseStream>;

class Io {
 public:
  virtual ~Io() = default;
  using OnAccept = std::function<void(int fd, const Address& peer)>;

  virtual void listen(int fd, OnAccept on_accept) = 0;
  // No connection is accepted after `stopped`; one that was before it has come to on_accept.
  virtual void stop_listening(int fd, std::function<void()> stopped) = 0;
  // A connection that an Io of this kind has accepted, on this thread or on another.
  virtual StreamPtr adopt(int fd) = 0;
  virtual StreamPtr connect(const Address& to, StreamUser& user) = 0;
  // Waits for at most so long, and makes the calls that are due.
  virtual void turn(std::chrono::milliseconds at_most) = 0;
  virtual void wake() = 0;  // from any thread: turn() returns
  virtual const char* name() const = 0;
  Tasks& tasks() { return tasks_; }  // run at the end of each turn
  SendBuffers& buffers() { return buffers_; }

 protected:
  Tasks tasks_;
  SendBuffers buffers_;
};

std::unique_ptr<Io> make_epoll();
// Null where the kernel, a seccomp filter or a limit does not let us.
std::unique_ptr<Io> make_io_uring();

}  // namespace weir::gateway
