#include "controller/gateway_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "controller/gateway/wire.h"

namespace weir {

namespace {

constexpr int kReachAgainMilliseconds = 20;  // one that was just started
constexpr int kLookMilliseconds = 1000;      // for one that somebody else started
constexpr std::chrono::seconds kStartMax{5};

}  // namespace

GatewayClient::GatewayClient(GatewayClientOptions options)
    : options_(std::move(options)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

GatewayClient::~GatewayClient() {
  stopping_ = true;
  ::eventfd_write(wake_, 1);
  if (thread_.joinable()) thread_.join();
  ::close(wake_);
}

void GatewayClient::follow(std::function<void(GatewayReport)> on_report) {
  on_report_ = std::move(on_report);
  thread_ = std::thread([this] { run(); });
}

void GatewayClient::publish(const RouteTable& table, std::function<void(Result<void>)> on_ack) {
  {
    const std::lock_guard lock(mutex_);
    due_.push_back({.table = table, .on_ack = std::move(on_ack)});
  }
  ::eventfd_write(wake_, 1);
}

// It is to outlive us: a session and a parent of its own, and none of our files but our output, for
// its access log and its errors.
void GatewayClient::start_gateway() const {
  const pid_t pid = ::fork();
  if (pid > 0) ::waitpid(pid, nullptr, 0);
  if (pid != 0) return;
  ::setsid();
  if (::fork() != 0) ::_exit(0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(::open("/dev/null", O_RDWR), 0);
  ::close_range(3, ~0U, 0);
  ::execl("/proc/self/exe", "weir", "gateway", "run", "--socket", options_.socket.c_str(), "--io",
          options_.io.c_str(), nullptr);
  ::_exit(127);
}

void GatewayClient::await(int milliseconds) const {
  pollfd woken{.fd = wake_, .events = POLLIN, .revents = 0};
  ::poll(&woken, 1, milliseconds);
  eventfd_t ignored;
  ::eventfd_read(wake_, &ignored);
}

bool GatewayClient::wanted() {
  const std::lock_guard lock(mutex_);
  return !due_.empty();
}

// While no table is to be told, no gateway is needed; one that runs already is found all the same.
void GatewayClient::run() {
  using Clock = std::chrono::steady_clock;
  std::optional<Clock::time_point> give_up;  // on the one that was started
  bool said_absent = false;
  while (!stopping_) {
    const int fd = gateway::connect_to(options_.socket);
    if (fd >= 0) {
      converse(fd);
      give_up.reset();
      said_absent = false;
    } else if (!wanted()) {
      if (!std::exchange(said_absent, true)) on_report_({.absent = true});
      await(kLookMilliseconds);
    } else if (!give_up) {
      start_gateway();
      give_up = Clock::now() + kStartMax;
    } else if (Clock::now() < *give_up) {
      ::poll(nullptr, 0, kReachAgainMilliseconds);
    } else {
      lost("the gateway is not reached at " + options_.socket + ": " + std::strerror(errno));
      give_up.reset();
    }
  }
}

void GatewayClient::converse(int fd) {
  gateway::Channel channel(fd);
  while (!stopping_) {
    send_due(channel);
    pollfd waiting[] = {{channel.fd(), POLLIN, 0}, {wake_, POLLIN, 0}};
    ::poll(waiting, 2, -1);
    eventfd_t ignored;
    ::eventfd_read(wake_, &ignored);
    if (!channel.read([&](std::string_view line) { heard(line, channel); })) break;
  }
  lost("the gateway has gone");
}

void GatewayClient::send_due(gateway::Channel& channel) {
  if (!greeted_) return;
  std::vector<Publication> due;
  {
    const std::lock_guard lock(mutex_);
    due.swap(due_);
  }
  for (Publication& one : due) {
    sent_[++epoch_] = std::move(one.on_ack);
    channel.write(gateway::publish_line(epoch_, one.table));
  }
}

void GatewayClient::heard(std::string_view line, const gateway::Channel& channel) {
  Result<gateway::Message> message = gateway::read_message(line);
  if (!message) return lost(message.error().message);
  if (message->traffic) {
    if (options_.on_traffic) options_.on_traffic(*message->traffic);
    const std::lock_guard lock(mutex_);
    traffic_ = *std::move(message->traffic);
  }
  if (message->closed) on_report_({.reached = true, .closed = message->closed});
  epoch_ = std::max(epoch_, message->published);
  if (!message->progress) return;
  const gateway::Progress& progress = *message->progress;
  std::map<std::string, std::int64_t> in_use = progress.draining;
  for (const std::string& id : progress.routed) in_use.emplace(id, 0);
  on_report_({.reached = true, .in_use = std::move(in_use)});
  // One of another program was left by the weir before us.
  const gateway::Program ours = gateway::this_program();
  if (message->program != ours.identity && !ours.path.empty() &&
      std::exchange(upgraded_, message->program) != message->program) {
    channel.write(gateway::upgrade_line(ours.path));
  }
  greeted_ = true;
  epoch_ = std::max(epoch_, progress.epoch);
  while (!sent_.empty() && sent_.begin()->first <= progress.epoch) {
    sent_.extract(sent_.begin()).mapped()({});
  }
}

gateway::TrafficReport GatewayClient::traffic() const {
  const std::lock_guard lock(mutex_);
  return traffic_;
}

void GatewayClient::lost(const std::string& why) {
  greeted_ = false;
  on_report_({.reached = false, .trouble = why});
  for (auto& [epoch, on_ack] : std::exchange(sent_, {})) on_ack(fail(Code::timed_out, why));
  std::vector<Publication> due;
  {
    const std::lock_guard lock(mutex_);
    due.swap(due_);
    traffic_ = {};
  }
  for (Publication& one : due) one.on_ack(fail(Code::unavailable, why));
}

}  // namespace weir
