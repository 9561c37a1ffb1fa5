// Io on epoll: level-triggered, one shared buffer for what comes in; what a stream sends in one
// turn goes out in one piece at its end.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <boost/intrusive/list.hpp>
#include <cerrno>
#include <map>
#include <utility>
#include <vector>

#include "controller/gateway/io.h"
#include "controller/gateway/sockets.h"

namespace weir::gateway {

namespace {

constexpr std::size_t kReadAtOnce = 64 << 10;
constexpr int kAcceptsAtOnce = 64;

constexpr std::chrono::seconds kLinger{
    5};  // what is unsent when a stream is closed may take so long

using SteadyTime = std::chrono::steady_clock::time_point;

class Epoll;
using Linked =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// What the kernel's events are about. One that has ended stays until the end of the turn: other
// events of the turn may be about it.
class Watched {
 public:
  virtual ~Watched() = default;
  virtual void ready(std::uint32_t events) = 0;
};

class EpollStream final : public Stream, public Watched, public Linked {
 public:
  EpollStream(Epoll& io, int fd, StreamUser* user, bool connected);
  ~EpollStream() override;

  void use(StreamUser& user) override { user_ = &user; }
  void send(std::string_view bytes) override;
  std::size_t unsent() const override { return out_.size() - sent_; }
  void pause() override { want_reads(false); }
  void resume() override { want_reads(!ended_); }
  void finish() override;
  void close() override;
  void reset() override;

  void ready(std::uint32_t events) override;
  void settle();
  void fail(int error);

 private:
  void want_reads(bool wanted);
  void follow();  // tells the kernel what we wait for
  void read();
  void touch();
  void flush();
  void let_go();

  Epoll& io_;
  const int fd_;
  StreamUser* user_;  // null: closed, only the rest is sent
  std::string out_;
  std::size_t sent_ = 0;
  std::uint32_t following_ = 0;
  bool connected_;
  bool reads_ = true;
  bool ended_ = false;      // the peer sends no more
  bool finishing_ = false;  // a FIN is to follow what is unsent
  bool finished_ = false;
  bool touched_ = false;
  bool over_ = false;  // to be freed
};

class Listener final : public Watched {
 public:
  Listener(int fd, Io::OnAccept on_accept) : fd_(fd), on_accept_(std::move(on_accept)) {}
  void ready(std::uint32_t events) override;
  void stop() { on_accept_ = nullptr; }

 private:
  const int fd_;
  Io::OnAccept on_accept_;
};

class WakeUp final : public Watched {
 public:
  WakeUp() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~WakeUp() override { ::close(fd_); }
  void ready(std::uint32_t) override {
    std::uint64_t ignored;
    (void)!::read(fd_, &ignored, sizeof ignored);
  }
  void wake() const {
    const std::uint64_t one = 1;
    (void)!::write(fd_, &one, sizeof one);
  }
  int fd() const { return fd_; }

 private:
  const int fd_;
};

class Epoll final : public Io {
 public:
  Epoll() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    follow(wake_.fd(), EPOLLIN, &wake_, EPOLL_CTL_ADD);
  }
  ~Epoll() override {
    tasks_.run();  // what waits only to be freed
    while (!streams_.empty()) delete &streams_.front();
    ::close(epoll_);
  }

  void listen(int fd, OnAccept on_accept) override {
    auto& listener = listeners_[fd];
    listener = std::make_unique<Listener>(fd, std::move(on_accept));
    follow(fd, EPOLLIN | EPOLLEXCLUSIVE, listener.get(), EPOLL_CTL_ADD);
  }
  void stop_listening(int fd, std::function<void()> stopped) override {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    if (auto listener = listeners_.extract(fd)) {
      listener.mapped()->stop();
      retired_.push_back(std::move(listener.mapped()));
    }
    stopped();
  }
  StreamPtr adopt(int fd) override { return StreamPtr(new EpollStream(*this, fd, nullptr, true)); }
  StreamPtr connect(const Address& to, StreamUser& user) override {
    const int fd = ::socket(to.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const auto* address = reinterpret_cast<const sockaddr*>(&to.bytes);
    const int error = fd >= 0 && ::connect(fd, address, to.size) == 0 ? 0 : errno;
    auto* stream = new EpollStream(*this, fd, &user, false);
    // Whatever went wrong at once is told as all else is: by a call, later.
    if (error != 0 && error != EINPROGRESS) failed_.emplace_back(stream, error);
    return StreamPtr(stream);
  }
  void turn(std::chrono::milliseconds at_most) override;
  void wake() override { wake_.wake(); }
  const char* name() const override { return "epoll"; }

  // For the streams.
  void follow(int fd, std::uint32_t events, Watched* what, int operation) const {
    epoll_event event{.events = events, .data = {.ptr = what}};
    ::epoll_ctl(epoll_, operation, fd, &event);
  }
  void born(EpollStream& stream) { streams_.push_back(stream); }
  void touched(EpollStream* stream) { touched_.push_back(stream); }
  void died(EpollStream* stream) { dead_.push_back(stream); }
  void lingers(EpollStream* stream) {
    lingering_.emplace(std::chrono::steady_clock::now() + kLinger, stream);
  }
  std::array<char, kReadAtOnce>& buffer() { return buffer_; }

 private:
  void bury();

  const int epoll_;
  WakeUp wake_;
  std::map<int, std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Listener>> retired_;
  boost::intrusive::list<EpollStream, boost::intrusive::constant_time_size<false>> streams_;
  std::vector<EpollStream*> touched_;
  std::vector<EpollStream*> dead_;
  std::vector<std::pair<EpollStream*, int>> failed_;
  std::multimap<SteadyTime, EpollStream*> lingering_;
  std::array<char, kReadAtOnce> buffer_;
};

// --- A stream ------------------------------------------------------------------------------------

EpollStream::EpollStream(Epoll& io, int fd, StreamUser* user, bool connected)
    : io_(io), fd_(fd), user_(user), connected_(connected) {
  prepare_stream(fd_);
  following_ = connected_ ? EPOLLIN : EPOLLOUT;
  if (fd_ >= 0) io_.follow(fd_, following_, this, EPOLL_CTL_ADD);
  io_.born(*this);
}

EpollStream::~EpollStream() {
  if (fd_ >= 0) ::close(fd_);
}

void EpollStream::follow() {
  if (over_) return;
  const bool writes = !connected_ || unsent() > 0;
  const std::uint32_t events = (writes ? EPOLLOUT : 0u) | (reads_ && connected_ ? EPOLLIN : 0u);
  if (events == following_) return;
  following_ = events;
  io_.follow(fd_, events, this, EPOLL_CTL_MOD);
}

void EpollStream::want_reads(bool wanted) {
  reads_ = wanted;
  follow();
}

void EpollStream::send(std::string_view bytes) {
  if (over_ || finishing_) return;
  io_.buffers().append(out_, bytes);
  touch();
}

// At the end of the turn it is looked at: what waits goes out.
void EpollStream::touch() {
  if (!std::exchange(touched_, true)) io_.touched(this);
}

void EpollStream::settle() {
  touched_ = false;
  if (!over_ && connected_) flush();
}

void EpollStream::flush() {
  while (unsent() > 0) {
    const ssize_t count = ::send(fd_, out_.data() + sent_, unsent(), MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return follow();
      return fail(errno);
    }
    sent_ += static_cast<std::size_t>(count);
  }
  const bool sent_some = sent_ > 0;
  if (sent_some) io_.buffers().give_back(out_);
  sent_ = 0;
  if (finishing_ && !finished_) {
    finished_ = true;
    ::shutdown(fd_, SHUT_WR);
  }
  if (!user_) return let_go();
  follow();
  if (sent_some) user_->on_sent();
}

void EpollStream::finish() {
  if (over_ || finishing_) return;
  finishing_ = true;
  touch();
}

void EpollStream::close() {
  user_ = nullptr;
  if (over_) return;
  if (unsent() == 0 || !connected_) return let_go();
  reads_ = false;
  touch();
  io_.lingers(this);
}

void EpollStream::reset() {
  if (over_) return;
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  user_ = nullptr;
  let_go();
}

void EpollStream::let_go() {
  if (over_) return;
  over_ = true;
  if (fd_ >= 0) io_.follow(fd_, 0, nullptr, EPOLL_CTL_DEL);
  io_.died(this);
}

void EpollStream::fail(int error) {
  if (over_) return;
  StreamUser* user = std::exchange(user_, nullptr);
  let_go();
  if (user) user->on_end(error);
}

void EpollStream::read() {
  auto& buffer = io_.buffer();
  const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (count > 0) {
    user_->on_bytes({buffer.data(), static_cast<std::size_t>(count)});
  } else if (count == 0) {
    ended_ = true;
    want_reads(false);
    user_->on_end(0);
  } else if (errno != EAGAIN && errno != EINTR) {
    fail(errno);
  }
}

void EpollStream::ready(std::uint32_t events) {
  if (over_) return;
  if (events & EPOLLOUT) {
    if (!connected_) {
      if (const int error = socket_error(fd_)) return fail(error);
      connected_ = true;
      follow();
      if (user_) user_->on_connected();
      touch();
    } else {
      flush();
    }
  }
  if (over_) return;
  if ((events & EPOLLERR) != 0 || ((events & EPOLLHUP) != 0 && !reads_)) {
    const int error = socket_error(fd_);
    return fail(error ? error : ECONNRESET);
  }
  if ((events & (EPOLLIN | EPOLLHUP)) && reads_ && user_) read();
}

// --- The loop ------------------------------------------------------------------------------------

void Listener::ready(std::uint32_t) {
  for (int i = 0; i < kAcceptsAtOnce && on_accept_; ++i) {
    Address peer;
    peer.size = sizeof peer.bytes;
    const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&peer.bytes), &peer.size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    on_accept_(fd, peer);
  }
}

void Epoll::turn(std::chrono::milliseconds at_most) {
  constexpr int kEventsMax = 256;
  epoll_event events[kEventsMax];
  const bool work_left = !failed_.empty() || !touched_.empty() || !dead_.empty() || !tasks_.empty();
  const int timeout = work_left ? 0 : static_cast<int>(at_most.count());
  const int count = ::epoll_wait(epoll_, events, kEventsMax, timeout);
  for (int i = 0; i < count; ++i)
    static_cast<Watched*>(events[i].data.ptr)->ready(events[i].events);
  for (const auto& [stream, error] : std::exchange(failed_, {})) stream->fail(error);
  while (!touched_.empty() || !tasks_.empty()) {
    tasks_.run();
    for (EpollStream* stream : std::exchange(touched_, {})) stream->settle();
  }
  bury();
}

void Epoll::bury() {
  if (!lingering_.empty()) {
    const SteadyTime now = std::chrono::steady_clock::now();
    while (!lingering_.empty() && lingering_.begin()->first <= now) {
      lingering_.extract(lingering_.begin()).mapped()->reset();
    }
  }
  for (EpollStream* stream : std::exchange(dead_, {})) {
    std::erase_if(lingering_, [&](const auto& one) { return one.second == stream; });
    delete stream;
  }
  retired_.clear();
}

}  // namespace

std::unique_ptr<Io> make_epoll() { return std::make_unique<Epoll>(); }

}  // namespace weir::gateway
