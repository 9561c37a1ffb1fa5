#pragma once

// Ring: one io_uring, its provided buffers, and the operations that complete on it. Opened by any
// thread; from enable() on only the thread that called it may use it (SINGLE_ISSUER,
// DEFER_TASKRUN).
//
// What liburing 2.3 lacks, and what kernels have got wrong, is worked around here: completions have
// room for a flood (an overflow has lost some, liburing #1062), buffers are returned before
// completions are (c44319a6), bundles and incremental buffers are left alone (#1409, #1433).

#include <liburing.h>

#include <chrono>
#include <cstddef>

namespace weir::gateway {

// Something asked of the kernel. It lives until its last completion, the one without F_MORE.
class Operation {
 public:
  virtual ~Operation() = default;
  virtual void completed(int result, unsigned flags) = 0;
};

class Ring {
 public:
  Ring() = default;
  ~Ring() { close(); }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  bool open();  // false: it is refused here
  void enable();
  void close();

  io_uring_sqe* next();  // never null: when the queue is full, it is submitted first
  static void set(io_uring_sqe* sqe, Operation& operation);  // what completes; after it is prepared
  void cancel(Operation& operation);
  // Submits what is asked, waits for at most so long, and makes the calls that are due.
  void wait(std::chrono::milliseconds at_most);

  const char* buffer(unsigned number) const { return buffers_ + number * kBufferSize; }
  void give_back(unsigned number);

 private:
  static constexpr unsigned kEntries = 1024;
  static constexpr unsigned kCompletions = 16384;
  static constexpr unsigned kBuffers = 256;  // a power of two
  static constexpr unsigned kBufferSize = 16 << 10;

  bool add_buffers();

  io_uring ring_ = {};
  bool open_ = false;
  io_uring_buf_ring* free_ = nullptr;
  char* buffers_ = nullptr;
};

}  // namespace weir::gateway
