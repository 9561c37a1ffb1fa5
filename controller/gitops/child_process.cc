#include "controller/gitops/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

namespace weir::gitops {

namespace {

using SteadyClock = std::chrono::steady_clock;
using How = ChildEnd::How;

constexpr std::chrono::milliseconds kLook{5};  // once its output ended, is it gone?

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { close(); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// A socket rather than a pipe for the input: who writes to one whose reader has gone gets an error,
// and no SIGPIPE.
struct Ends {
  Fd ours;
  Fd its;
};

Ends socket_pair() {
  std::array<int, 2> fds{-1, -1};
  ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data());
  return {Fd(fds[0]), Fd(fds[1])};
}

Ends pipe_pair() {
  std::array<int, 2> fds{-1, -1};
  (void)!::pipe2(fds.data(), O_CLOEXEC);
  return {Fd(fds[0]), Fd(fds[1])};
}

class Actions {
 public:
  Actions(const ChildRun& run, int input, int output) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    if (run.hide_errors) {
      posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    }
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    const int group = run.own_group ? POSIX_SPAWN_SETPGROUP : 0;
    posix_spawnattr_setflags(
        &attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group));
  }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  ~Actions() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
};

int milliseconds_to(SteadyClock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

// A process that has been started, until it is gone.
class Child {
 public:
  Child(const ChildRun& run, pid_t pid, Fd input, Fd output)
      : run_(run), pid_(pid), input_(std::move(input)), output_(std::move(output)) {}

  ChildEnd finish() {
    ChildEnd end;
    const auto cut = talk(end.output);
    const auto late = cut ? cut : wait();
    ::kill(run_.own_group ? -pid_ : pid_, SIGKILL);  // its id is its own until it is reaped
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    end.how = late ? *late : WIFSIGNALED(status) ? How::killed : How::exited;
    end.number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    return end;
  }

 private:
  // Until its output ends. A reason: it has to be cut.
  std::optional<How> talk(std::string& out) {
    std::size_t sent = 0;
    if (run_.input.empty()) input_.close();
    for (;;) {
      std::array<pollfd, 3> polled{{{.fd = output_.get(), .events = POLLIN, .revents = 0},
                                    {.fd = run_.stop_fd, .events = POLLIN, .revents = 0},
                                    {.fd = input_.get(), .events = POLLOUT, .revents = 0}}};
      const int left = milliseconds_to(run_.deadline);
      if (left == 0) return How::deadline;
      if (::poll(polled.data(), polled.size(), left) < 0 && errno != EINTR) return How::deadline;
      if (polled[1].revents != 0) return How::stopped;
      if (polled[2].revents != 0) send(sent);
      if (polled[0].revents == 0) continue;
      std::array<char, 65536> bytes{};
      const ssize_t got = ::read(output_.get(), bytes.data(), bytes.size());
      if (got <= 0) return std::nullopt;
      out.append(bytes.data(), static_cast<std::size_t>(got));
      if (out.size() > run_.output_max) return How::too_much_output;
    }
  }

  void send(std::size_t& sent) {
    const ssize_t taken = ::send(input_.get(), run_.input.data() + sent, run_.input.size() - sent,
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken > 0) sent += static_cast<std::size_t>(taken);
    const bool gone = taken < 0 && errno != EAGAIN && errno != EINTR;
    if (gone || sent == run_.input.size()) input_.close();
  }

  std::optional<How> wait() const {
    for (;;) {
      siginfo_t info{};
      if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
          info.si_pid == pid_) {
        return std::nullopt;
      }
      if (milliseconds_to(run_.deadline) == 0) return How::deadline;
      pollfd stop{.fd = run_.stop_fd, .events = POLLIN, .revents = 0};
      if (::poll(&stop, 1, static_cast<int>(kLook.count())) > 0) return How::stopped;
    }
  }

  const ChildRun& run_;
  const pid_t pid_;
  Fd input_;
  Fd output_;
};

}  // namespace

Result<ChildEnd> run_child(const ChildRun& run) {
  Ends input = socket_pair(), output = pipe_pair();
  if (input.ours.get() < 0 || output.ours.get() < 0) {
    return fail(Code::unavailable, std::string("no pipe can be made: ") + std::strerror(errno));
  }
  std::vector<char*> words;
  for (const std::string& word : run.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  // Nothing of our own environment: it may hold what is none of its business.
  std::array<const char*, 3> environment{"PATH=/usr/bin:/bin", "LC_ALL=C", nullptr};
  const Actions actions(run, input.its.get(), output.its.get());
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, words.front(), &actions.files, &actions.attributes,
                                  words.data(), const_cast<char**>(environment.data()));
  if (error != 0) {
    return fail(Code::unavailable,
                run.words.front() + " cannot be started: " + std::strerror(error));
  }
  input.its.close();
  output.its.close();
  return Child(run, pid, std::move(input.ours), std::move(output.ours)).finish();
}

}  // namespace weir::gitops
