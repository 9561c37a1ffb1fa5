#include "controller/gateway/holder.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <list>
#include <optional>
#include <set>
#include <thread>

#include "controller/gateway/channel.h"
#include "controller/gateway/wire.h"

namespace weir::gateway {

namespace {

constexpr int kBacklog = 4096;  // what waits here while there is no worker
constexpr std::chrono::milliseconds kRespawnPause{100};
constexpr int kTryAgainMilliseconds = 1000;  // to open what cannot be opened

void say(const std::string& what) { std::fprintf(stderr, "weir gateway: %s\n", what.c_str()); }

// A listening socket in the network namespace of the process that this /proc path names, or in
// ours. A thread of its own goes there: a namespace is a thread's.
int open_listener(const RouteListener& listener, std::string& trouble) {
  int result = -1;
  std::thread opener([&] {
    if (!listener.sandbox.empty()) {
      const int home = ::open(listener.sandbox.c_str(), O_RDONLY | O_CLOEXEC);
      const bool entered = home >= 0 && ::setns(home, CLONE_NEWNET) == 0;
      if (home >= 0) ::close(home);
      if (!entered) {
        trouble = "cannot enter " + listener.sandbox + ": " + std::strerror(errno);
        return;
      }
    }
    const Address address =
        Address::of(listener.address.empty() ? "0.0.0.0" : listener.address, listener.port);
    const int fd = ::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.size != 0 &&
        ::bind(fd, reinterpret_cast<const sockaddr*>(&address.bytes), address.size) == 0 &&
        ::listen(fd, kBacklog) == 0) {
      result = fd;
      return;
    }
    trouble = "cannot listen on " + address.ip() + ":" + std::to_string(listener.port) + ": " +
              std::strerror(errno);
    if (fd >= 0) ::close(fd);
  });
  opener.join();
  return result;
}

class Holder {
 public:
  explicit Holder(const HolderOptions& options) : options_(options) {}
  ~Holder() {
    for (const auto& [name, socket] : sockets_) ::close(socket.fd);
  }
  int run();

 private:
  struct Socket {
    int fd;
    std::string sandbox, address;
    int port;
    bool is_for(const RouteListener& l) const {
      return sandbox == l.sandbox && address == l.address && port == l.port;
    }
  };
  struct Child {
    pid_t pid;
    Channel channel;
    bool leaving = false;
    bool draining = false;
    std::optional<Progress> progress = {};
    std::string program = {};
    TrafficReport traffic = {};
  };

  void spawn();
  void reap();
  void publish(std::string_view line, RouteTable table);
  void open_listeners();
  void close_listeners();
  void accept_serve(int control);
  void from_serve(std::string_view line);
  void from_worker(Child& child, std::string_view line);
  void tell_progress();
  TrafficReport traffic() const;
  void tell_serve(const std::string& line);

  const HolderOptions options_;
  std::string program_ = this_program().path;  // what is there now may be newer than we are
  RouteTable table_;
  std::string published_;    // the same, as it came
  std::uint64_t epoch_ = 0;  // its number
  std::map<std::string, Socket> sockets_;
  std::map<std::string, std::string> closed_;  // listeners that cannot be opened, and why
  std::chrono::steady_clock::time_point try_again_ = {};  // to open those
  std::string progress_;                                  // as it was told
  std::list<Child> children_;  // the newest last; those before it are leaving
  std::list<Channel> serves_;
  bool stopping_ = false;
};

void Holder::spawn() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
  const std::string channel = std::to_string(ends[1]);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::fcntl(ends[1], F_SETFD, 0);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execl(program_.c_str(), "weir", "gateway", "worker", "--channel", channel.c_str(), "--io",
            options_.io.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    return say(std::string("cannot start a worker: ") + std::strerror(errno));
  }
  Child& child = children_.emplace_back(Child{.pid = pid, .channel = Channel(ends[0])});
  // The table first: a listener without routes would answer 404.
  if (!published_.empty()) child.channel.write(published_);
  for (const auto& [name, socket] : sockets_) child.channel.write(listen_line(name), socket.fd);
}

void Holder::reap() {
  int status = 0;
  for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto child = std::find_if(children_.begin(), children_.end(),
                                    [&](const Child& one) { return one.pid == pid; });
    if (child == children_.end()) continue;
    const bool was_newest = &*child == &children_.back();
    if (!child->leaving) say("the worker ended (" + std::to_string(status) + ")");
    children_.erase(child);
    if (was_newest) {
      std::this_thread::sleep_for(kRespawnPause);  // one that dies at its start: no spinning
      spawn();
    }
    tell_progress();
  }
}

// Workers that are leaving get the table, too: until they have left they send requests by it.
void Holder::publish(std::string_view line, RouteTable table) {
  table_ = std::move(table);
  published_.assign(line);
  for (const Child& child : children_) child.channel.write(published_);
  tell_progress();
  close_listeners();
  open_listeners();
}

void Holder::close_listeners() {
  std::erase_if(sockets_, [&](const auto& one) {
    const bool wanted = std::any_of(
        table_.listeners.begin(), table_.listeners.end(),
        [&](const RouteListener& l) { return l.name == one.first && one.second.is_for(l); });
    if (wanted) return false;
    for (const Child& child : children_) child.channel.write(unlisten_line(one.first));
    ::close(one.second.fd);
    return true;
  });
}

// Those that cannot be opened are tried again: what holds the port may end.
void Holder::open_listeners() {
  std::map<std::string, std::string> closed;
  for (const RouteListener& listener : table_.listeners) {
    if (sockets_.contains(listener.name)) continue;
    std::string trouble;
    const int fd = open_listener(listener, trouble);
    if (fd < 0) {
      closed[listener.name] = trouble;
      continue;
    }
    sockets_[listener.name] = {
        .fd = fd, .sandbox = listener.sandbox, .address = listener.address, .port = listener.port};
    for (const Child& child : children_) {
      if (!child.leaving) child.channel.write(listen_line(listener.name), fd);
    }
  }
  if (closed == closed_) return;
  closed_ = std::move(closed);
  for (const auto& [name, why] : closed_) say(name + ": " + why);
  tell_serve(closed_line(closed_));
}

void Holder::accept_serve(int control) {
  const int fd = ::accept4(control, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  const Channel& serve = serves_.emplace_back(fd);
  serve.write(closed_line(closed_));
  serve.write(published_line(epoch_));
  if (!progress_.empty()) serve.write(progress_);
  serve.write(traffic_line(traffic()));
}

void Holder::from_serve(std::string_view line) {
  Result<Message> message = read_message(line);
  if (!message) return say(message.error().message);
  if (message->publish != 0) {
    epoch_ = message->publish;
    publish(line, std::move(message->table));
  }
  stopping_ = stopping_ || message->stop;
  if (!message->upgrade.empty()) {
    program_ = message->upgrade;
    for (Child& child : children_) child.leaving = true;
    spawn();
  }
}

void Holder::from_worker(Child& child, std::string_view line) {
  Result<Message> message = read_message(line);
  if (message && message->traffic) {
    child.traffic = *std::move(message->traffic);
    return tell_serve(traffic_line(traffic()));
  }
  if (!message || !message->progress) return;
  child.progress = std::move(message->progress);
  child.program = message->program;
  // The newest works: those before it may leave.
  if (&child == &children_.back()) {
    for (Child& other : children_) {
      if (other.leaving && !std::exchange(other.draining, true)) other.channel.write(kDrainLine);
    }
  }
  tell_progress();
}

// What is true of all workers: an epoch that each has reached, endpoints that any may ask, by a
// table that is on its way to them, too: a weir that has just started must not take those for idle.
void Holder::tell_progress() {
  Progress all{.epoch = UINT64_MAX};
  for_each_endpoint(table_, [&](const RouteEndpoint& e) { all.routed.insert(e.id); });
  for (const Child& child : children_) {
    if (!child.progress) return;  // it is about to tell
    all.epoch = std::min(all.epoch, child.progress->epoch);
    all.routed.insert(child.progress->routed.begin(), child.progress->routed.end());
    for (const auto& [id, requests] : child.progress->draining) all.draining[id] += requests;
  }
  if (children_.empty()) return;
  std::string line = progress_line(all, children_.back().program);
  if (line == progress_) return;
  progress_ = std::move(line);
  tell_serve(progress_);
}

TrafficReport Holder::traffic() const {
  TrafficReport all;
  for (const Child& child : children_) add(all, child.traffic);
  return all;
}

void Holder::tell_serve(const std::string& line) {
  for (const Channel& serve : serves_) serve.write(line);
}

int Holder::run() {
  const int control = listen_at(options_.socket);
  if (control < 0) {
    say("cannot listen at " + options_.socket + ": " + std::strerror(errno));
    return 1;
  }
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const int signalled = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  spawn();
  while (!stopping_) {
    std::vector<pollfd> waiting{{control, POLLIN, 0}, {signalled, POLLIN, 0}};
    for (const Channel& serve : serves_) waiting.push_back({serve.fd(), POLLIN, 0});
    for (const Child& child : children_) waiting.push_back({child.channel.fd(), POLLIN, 0});
    ::poll(waiting.data(), waiting.size(), closed_.empty() ? -1 : kTryAgainMilliseconds);
    const auto now = std::chrono::steady_clock::now();
    if (!closed_.empty() && now >= try_again_) {
      try_again_ = now + std::chrono::milliseconds(kTryAgainMilliseconds);
      open_listeners();
    }

    signalfd_siginfo signal;
    while (::read(signalled, &signal, sizeof signal) == sizeof signal) {
      if (signal.ssi_signo != SIGCHLD) return 0;
    }
    // The last words of a weir that has died come before its successor is greeted.
    std::erase_if(serves_, [&](Channel& serve) {
      return !serve.read([&](std::string_view line) { from_serve(line); });
    });
    if (waiting[0].revents & POLLIN) accept_serve(control);
    for (Child& child : children_) {
      child.channel.read([&](std::string_view line) { from_worker(child, line); });
    }
    reap();  // after its last words are read
  }
  return 0;
}

int tell_holder(const HolderOptions& options, const std::string& line) {
  const int fd = connect_to(options.socket);
  if (fd < 0) {
    say("not reached at " + options.socket + ": " + std::strerror(errno));
    return 1;
  }
  return Channel(fd).write(line) ? 0 : 1;
}

}  // namespace

int run_holder(const HolderOptions& options) { return Holder(options).run(); }

int upgrade(const HolderOptions& options) {
  return tell_holder(options, upgrade_line(this_program().path));
}

int stop(const HolderOptions& options) { return tell_holder(options, kStopLine); }

}  // namespace weir::gateway
