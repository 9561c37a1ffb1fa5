#include <poll.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "controller/gateway/channel.h"
#include "controller/gateway/holder.h"
#include "controller/gateway/privileges.h"
#include "controller/gateway/wire.h"

namespace weir::gateway {

namespace {

// While something is under way (an epoch, a drain) it is looked at this often.
constexpr int kLookMilliseconds = 5;
constexpr std::chrono::seconds kTrafficEvery{1};  // at most, and only if there was any
constexpr std::chrono::seconds kDrainMax{60};     // then what is left is cut

void obey(const Message& message, Channel& holder, Worker& worker, bool& drain) {
  if (message.publish != 0) worker.publish(message.publish, message.table);
  if (!message.listen.empty()) worker.listen(message.listen, holder.take_file());
  if (!message.unlisten.empty()) worker.unlisten(message.unlisten);
  drain = drain || message.drain;
}

}  // namespace

int run_worker(int channel, const std::string& io) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);  // the end of the channel says when
  try {
    gain_no_privileges();
    Worker worker({.io = io == "epoll"      ? IoChoice::epoll
                         : io == "io_uring" ? IoChoice::io_uring
                                            : IoChoice::best});
    Channel holder(channel);
    const std::string program = this_program().identity;
    drop_privileges();
    std::uint64_t newest = 0;
    std::optional<Progress> told;
    TrafficReport told_traffic;
    Clock::time_point traffic_due = Clock::now() + kTrafficEvery;
    std::optional<Clock::time_point> cut_at;  // set: it drains
    // What drains goes on reporting: who ends while it still answers must be waited for.
    while (!cut_at || (worker.sessions() > 0 && Clock::now() < *cut_at)) {
      const bool settled = !cut_at && told && told->epoch == newest && told->draining.empty();
      pollfd readable{.fd = holder.fd(), .events = POLLIN, .revents = 0};
      ::poll(&readable, 1,
             settled ? static_cast<int>(std::chrono::milliseconds(kTrafficEvery).count())
                     : kLookMilliseconds);
      bool drain = false;
      const bool there = holder.read([&](std::string_view line) {
        const Result<Message> message = read_message(line);
        if (!message) return;
        newest = std::max(newest, message->publish);
        obey(*message, holder, worker, drain);
      });
      const Progress progress = worker.progress();
      if (progress != told) holder.write(progress_line(*(told = progress), program));
      if (Clock::now() >= traffic_due) {
        traffic_due = Clock::now() + kTrafficEvery;
        TrafficReport traffic = worker.traffic();
        if (traffic != told_traffic) {
          told_traffic = std::move(traffic);
          holder.write(traffic_line(told_traffic));
        }
      }
      if (!cut_at && (drain || !there)) {
        cut_at = Clock::now() + kDrainMax;
        worker.drain();
      }
      if (!there) ::poll(nullptr, 0, kLookMilliseconds);
    }
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "weir gateway: %s\n", e.what());
    return 1;
  }
}

}  // namespace weir::gateway
