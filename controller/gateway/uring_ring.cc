#include "controller/gateway/uring_ring.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace weir::gateway {

namespace {

void* map(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

bool Ring::open() {
  io_uring_params params = {};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_R_DISABLED |
                 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
  params.cq_entries = kCompletions;
  if (io_uring_queue_init_params(kEntries, &ring_, &params) != 0) return false;
  open_ = true;
  if (add_buffers()) return true;
  close();
  return false;
}

bool Ring::add_buffers() {
  free_ = static_cast<io_uring_buf_ring*>(map(kBuffers * sizeof(io_uring_buf)));
  buffers_ = static_cast<char*>(map(kBuffers * kBufferSize));
  if (!free_ || !buffers_) return false;
  io_uring_buf_reg registration = {};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(free_);
  registration.ring_entries = kBuffers;
  if (io_uring_register_buf_ring(&ring_, &registration, 0) != 0) return false;
  for (unsigned i = 0; i < kBuffers; ++i) give_back(i);
  return true;
}

// Debian's liburing declares io_uring_enable_rings() and does not export it.
void Ring::enable() {
  ::syscall(__NR_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
}

void Ring::close() {
  if (open_) io_uring_queue_exit(&ring_);
  open_ = false;
  if (free_) ::munmap(free_, kBuffers * sizeof(io_uring_buf));
  if (buffers_) ::munmap(buffers_, kBuffers * kBufferSize);
  free_ = nullptr;
  buffers_ = nullptr;
}

io_uring_sqe* Ring::next() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (!sqe) {
    io_uring_submit(&ring_);
    sqe = io_uring_get_sqe(&ring_);
  }
  return sqe;
}

void Ring::set(io_uring_sqe* sqe, Operation& operation) { io_uring_sqe_set_data(sqe, &operation); }

void Ring::cancel(Operation& operation) {
  io_uring_sqe* sqe = next();
  io_uring_prep_cancel(sqe, &operation, 0);
  io_uring_sqe_set_data(sqe, nullptr);
}

void Ring::give_back(unsigned number) {
  io_uring_buf_ring_add(free_, buffers_ + number * kBufferSize, kBufferSize,
                        static_cast<unsigned short>(number), io_uring_buf_ring_mask(kBuffers), 0);
  io_uring_buf_ring_advance(free_, 1);
}

void Ring::wait(std::chrono::milliseconds at_most) {
  __kernel_timespec timeout{.tv_sec = at_most.count() / 1000,
                            .tv_nsec = at_most.count() % 1000 * 1'000'000};
  io_uring_cqe* first = nullptr;
  io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
  unsigned head;
  unsigned count = 0;
  io_uring_cqe* cqe;
  io_uring_for_each_cqe(&ring_, head, cqe) {
    ++count;
    auto* operation = static_cast<Operation*>(io_uring_cqe_get_data(cqe));
    if (operation) operation->completed(cqe->res, cqe->flags);
  }
  io_uring_cq_advance(&ring_, count);
}

}  // namespace weir::gateway
