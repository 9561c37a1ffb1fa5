// Io on io_uring: multishot accept and receive into provided buffers, one send under way a stream,
// one system call a turn. What liburing 2.3 lacks, and what kernels have got wrong, is worked
// around where it says so; no bundles and no incremental buffers.

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/intrusive/list.hpp>
#include <cerrno>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "controller/gateway/io.h"
#include "controller/gateway/sockets.h"
#include "controller/gateway/uring_ring.h"

namespace weir::gateway {

namespace {

constexpr std::chrono::seconds kLinger{5};

using SteadyTime = std::chrono::steady_clock::time_point;

class Uring;
using Linked =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

class UringStream final : public Stream, public Linked {
 public:
  UringStream(Uring& io, int fd, StreamUser* user, bool connected);
  ~UringStream() override;

  void use(StreamUser& user) override { user_ = &user; }
  void send(std::string_view bytes) override;
  std::size_t unsent() const override { return out_.size() + sending_.size() - sent_; }
  void pause() override;
  void resume() override;
  void finish() override;
  void close() override;
  void reset() override;

  void connect(const Address& to);
  void settle();
  void fail(int error);
  bool idle() const { return !receiving_ && !sending_now_ && !connecting_; }

 private:
  // One of the three things that may be under way.
  template <void (UringStream::*Then)(int, unsigned)>
  struct Step final : Operation {
    explicit Step(UringStream& of) : stream(of) {}
    void completed(int result, unsigned flags) override { (stream.*Then)(result, flags); }
    UringStream& stream;
  };
  void receive();
  void received(int result, unsigned flags);
  void push();
  void pushed(int result, unsigned flags);
  void connected(int result, unsigned flags);
  void touch();
  void let_go();

  Uring& io_;
  const int fd_;
  StreamUser* user_;             // null: closed, only the rest is sent
  std::unique_ptr<Address> to_;  // which the kernel reads while it connects
  Step<&UringStream::received> receive_{*this};
  Step<&UringStream::pushed> send_{*this};
  Step<&UringStream::connected> connect_{*this};
  std::string out_;      // waits
  std::string sending_;  // the kernel reads it
  std::size_t sent_ = 0;
  bool connected_;
  bool connecting_ = false;
  bool receiving_ = false;
  bool sending_now_ = false;
  bool reads_ = true;
  bool ended_ = false;
  bool finishing_ = false;
  bool finished_ = false;
  bool touched_ = false;
  bool over_ = false;
};

class UringListener final : public Operation {
 public:
  UringListener(Uring& io, int fd, Io::OnAccept on_accept)
      : io_(io), fd_(fd), on_accept_(std::move(on_accept)) {}
  void accept();
  void completed(int result, unsigned flags) override;
  void stop(std::function<void()> stopped);
  bool is_over() const { return over_; }

 private:
  Uring& io_;
  const int fd_;
  const Io::OnAccept on_accept_;
  std::function<void()> stopped_;
  bool over_ = false;
};

class Uring final : public Io, private Operation {
 public:
  Uring() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Uring() override;
  bool open() { return ring_.open(); }

  void listen(int fd, OnAccept on_accept) override;
  void stop_listening(int fd, std::function<void()> stopped) override;
  StreamPtr adopt(int fd) override { return StreamPtr(new UringStream(*this, fd, nullptr, true)); }
  StreamPtr connect(const Address& to, StreamUser& user) override;
  void turn(std::chrono::milliseconds at_most) override;
  void wake() override {
    const std::uint64_t one = 1;
    (void)!::write(wake_, &one, sizeof one);
  }
  const char* name() const override { return "io_uring"; }

  // For streams and listeners.
  Ring& ring() { return ring_; }
  void born(UringStream& stream) { streams_.push_back(stream); }
  void touched(UringStream* stream) { touched_.push_back(stream); }
  void died(UringStream* stream) { dead_.push_back(stream); }
  void lingers(UringStream* stream) {
    lingering_.emplace(std::chrono::steady_clock::now() + kLinger, stream);
  }

 private:
  void completed(int result, unsigned flags) override;  // of the read of wake_
  void await_wake();
  void bury();

  Ring ring_;
  const int wake_;
  std::uint64_t woken_ = 0;
  bool started_ = false;
  std::map<int, std::unique_ptr<UringListener>> listeners_;
  std::vector<std::unique_ptr<UringListener>> retired_;
  boost::intrusive::list<UringStream, boost::intrusive::constant_time_size<false>> streams_;
  std::vector<UringStream*> touched_;
  std::vector<UringStream*> dead_;
  std::vector<std::pair<UringStream*, int>> failed_;
  std::multimap<SteadyTime, UringStream*> lingering_;
};

// --- A stream ------------------------------------------------------------------------------------

UringStream::UringStream(Uring& io, int fd, StreamUser* user, bool connected)
    : io_(io), fd_(fd), user_(user), connected_(connected) {
  prepare_stream(fd_);
  io_.born(*this);
  if (connected_) receive();
}

UringStream::~UringStream() {
  if (fd_ >= 0) ::close(fd_);
}

void UringStream::connect(const Address& to) {
  to_ = std::make_unique<Address>(to);
  connecting_ = true;
  io_uring_sqe* sqe = io_.ring().next();
  io_uring_prep_connect(sqe, fd_, reinterpret_cast<const sockaddr*>(&to_->bytes), to_->size);
  Ring::set(sqe, connect_);
}

void UringStream::connected(int result, unsigned) {
  connecting_ = false;
  to_.reset();
  if (over_) return;
  if (result < 0) return fail(-result);
  connected_ = true;
  receive();
  if (user_) user_->on_connected();
  touch();
}

void UringStream::receive() {
  if (receiving_ || !reads_ || ended_ || over_ || !connected_) return;
  receiving_ = true;
  io_uring_sqe* sqe = io_.ring().next();
  io_uring_prep_recv_multishot(sqe, fd_, nullptr, 0, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = 0;
  Ring::set(sqe, receive_);
}

void UringStream::received(int result, unsigned flags) {
  if (!(flags & IORING_CQE_F_MORE)) receiving_ = false;
  if (result > 0) {
    const unsigned buffer = flags >> IORING_CQE_BUFFER_SHIFT;
    if (user_ && !over_) {
      user_->on_bytes({io_.ring().buffer(buffer), static_cast<std::size_t>(result)});
    }
    io_.ring().give_back(buffer);
  } else if (result == 0) {
    ended_ = true;
    if (user_ && !over_) user_->on_end(0);
  } else if (result != -ENOBUFS && result != -ECANCELED) {
    if (!over_) fail(-result);
  }
  // It has ended for want of a buffer, or as it pleased: those of this turn are back by now.
  receive();
}

void UringStream::pause() {
  reads_ = false;
  if (receiving_) io_.ring().cancel(receive_);
}

void UringStream::resume() {
  reads_ = true;
  receive();
}

void UringStream::send(std::string_view bytes) {
  if (over_ || finishing_) return;
  io_.buffers().append(out_, bytes);
  touch();
}

// At the end of the turn it is looked at: what waits goes out.
void UringStream::touch() {
  if (!std::exchange(touched_, true)) io_.touched(this);
}

void UringStream::settle() {
  touched_ = false;
  if (over_ || !connected_ || sending_now_) return;
  if (!out_.empty()) {
    sending_.swap(out_);
    return push();
  }
  if (finishing_ && !std::exchange(finished_, true)) ::shutdown(fd_, SHUT_WR);
  if (!user_) let_go();
}

void UringStream::push() {
  sending_now_ = true;
  io_uring_sqe* sqe = io_.ring().next();
  io_uring_prep_send(sqe, fd_, sending_.data() + sent_, sending_.size() - sent_,
                     MSG_NOSIGNAL | MSG_WAITALL);
  Ring::set(sqe, send_);
}

void UringStream::pushed(int result, unsigned) {
  sending_now_ = false;
  if (over_) return;
  if (result < 0) return fail(-result);
  sent_ += static_cast<std::size_t>(result);
  if (sent_ < sending_.size()) return push();
  io_.buffers().give_back(sending_);
  sent_ = 0;
  if (!out_.empty() || finishing_ || !user_) return touch();
  user_->on_sent();
}

void UringStream::finish() {
  if (over_ || finishing_) return;
  finishing_ = true;
  touch();
}

void UringStream::close() {
  user_ = nullptr;
  if (over_) return;
  if (unsent() == 0 || !connected_) return let_go();
  pause();
  touch();
  io_.lingers(this);
}

void UringStream::reset() {
  if (over_) return;
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  user_ = nullptr;
  let_go();
}

void UringStream::let_go() {
  if (over_) return;
  over_ = true;
  if (receiving_) io_.ring().cancel(receive_);
  if (sending_now_) io_.ring().cancel(send_);
  if (connecting_) io_.ring().cancel(connect_);
  io_.died(this);
}

void UringStream::fail(int error) {
  if (over_) return;
  StreamUser* user = std::exchange(user_, nullptr);
  let_go();
  if (user) user->on_end(error);
}

// --- A listener ----------------------------------------------------------------------------------

void UringListener::accept() {
  io_uring_sqe* sqe = io_.ring().next();
  io_uring_prep_multishot_accept(sqe, fd_, nullptr, nullptr, SOCK_CLOEXEC);
  Ring::set(sqe, *this);
}

// What was accepted before the cancellation took effect is served: it is in nobody else's hands.
void UringListener::completed(int result, unsigned flags) {
  if (result >= 0) {
    Address peer;
    peer.size = sizeof peer.bytes;
    ::getpeername(result, reinterpret_cast<sockaddr*>(&peer.bytes), &peer.size);
    on_accept_(result, peer);
  }
  if (flags & IORING_CQE_F_MORE) return;
  if (!stopped_) return accept();
  over_ = true;
  stopped_();
}

void UringListener::stop(std::function<void()> stopped) {
  stopped_ = std::move(stopped);
  io_.ring().cancel(*this);
}

// --- The loop ------------------------------------------------------------------------------------

Uring::~Uring() {
  tasks_.run();   // what waits only to be freed
  ring_.close();  // nothing completes any more
  while (!streams_.empty()) delete &streams_.front();
  ::close(wake_);
}

void Uring::listen(int fd, OnAccept on_accept) {
  auto& listener = listeners_[fd];
  listener = std::make_unique<UringListener>(*this, fd, std::move(on_accept));
  listener->accept();
}

void Uring::stop_listening(int fd, std::function<void()> stopped) {
  auto listener = listeners_.extract(fd);
  if (!listener) return stopped();
  listener.mapped()->stop(std::move(stopped));
  retired_.push_back(std::move(listener.mapped()));
}

StreamPtr Uring::connect(const Address& to, StreamUser& user) {
  const int fd = ::socket(to.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int error = errno;
  auto* stream = new UringStream(*this, fd, &user, false);
  if (fd >= 0) {
    stream->connect(to);
  } else {
    failed_.emplace_back(stream, error);  // told as all else is: by a call, later
  }
  return StreamPtr(stream);
}

void Uring::await_wake() {
  io_uring_sqe* sqe = ring_.next();
  io_uring_prep_read(sqe, wake_, &woken_, sizeof woken_, 0);
  Ring::set(sqe, *this);
}

void Uring::completed(int, unsigned) { await_wake(); }

void Uring::turn(std::chrono::milliseconds at_most) {
  if (!std::exchange(started_, true)) {
    ring_.enable();  // from now on it is this thread's
    await_wake();
  }
  const bool work_left = !failed_.empty() || !touched_.empty() || !tasks_.empty();
  ring_.wait(work_left ? std::chrono::milliseconds(0) : at_most);
  for (const auto& [stream, error] : std::exchange(failed_, {})) stream->fail(error);
  while (!touched_.empty() || !tasks_.empty()) {
    tasks_.run();
    for (UringStream* stream : std::exchange(touched_, {})) stream->settle();
  }
  bury();
}

void Uring::bury() {
  if (!lingering_.empty()) {
    const SteadyTime now = std::chrono::steady_clock::now();
    while (!lingering_.empty() && lingering_.begin()->first <= now) {
      lingering_.extract(lingering_.begin()).mapped()->reset();
    }
  }
  std::erase_if(dead_, [&](UringStream* stream) {
    if (!stream->idle()) return false;  // the kernel still has its memory
    std::erase_if(lingering_, [&](const auto& one) { return one.second == stream; });
    delete stream;
    return true;
  });
  std::erase_if(retired_, [](const auto& listener) { return listener->is_over(); });
}

}  // namespace

std::unique_ptr<Io> make_io_uring() {
  auto io = std::make_unique<Uring>();
  if (!io->open()) return nullptr;
  return io;
}

}  // namespace weir::gateway
