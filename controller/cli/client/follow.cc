#include "controller/cli/client/follow.h"

#include <nlohmann/json.hpp>
#include <thread>

#include "controller/cli/text/fields.h"

namespace weir::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

// An upgrade or restart of the server takes seconds; after this long it is not coming back.
constexpr std::chrono::seconds kReconnectFor{30};
constexpr std::chrono::milliseconds kReconnectPause{250};

struct Deadline {
  std::optional<SteadyClock::time_point> at;
  explicit Deadline(std::optional<Duration> timeout) {
    if (timeout) at = SteadyClock::now() + *timeout;
  }
  std::optional<Duration> left() const {
    if (!at) return std::nullopt;
    return std::chrono::ceil<Duration>(*at - SteadyClock::now());
  }
};

}  // namespace

Result<json> until_available(Client& client, const std::function<Result<json>()>& request) {
  const auto give_up = SteadyClock::now() + kReconnectFor;
  while (true) {
    auto answer = request();
    const bool again = !answer && answer.error().code == Code::unavailable &&
                       SteadyClock::now() < give_up && !client.interrupted();
    if (!again) return answer;
    std::this_thread::sleep_for(kReconnectPause);
  }
}

Result<Followed> follow(Client& client, const Resource& resource, const std::string& namespace_name,
                        const std::string& name, std::optional<Duration> timeout,
                        const Follower& follower) {
  const Deadline deadline(timeout);
  const std::string path = resource.path(namespace_name, "");
  const Query query{{"fieldSelector", "metadata.name=" + name}};
  const auto list_once = [&] { return client.get(path, query); };
  Result<json> list = list_once();
  while (true) {
    if (!list) return tl::unexpected(list.error());
    const auto& objects = items(at(*list, {"items"}));
    if (follower.see(objects.empty() ? json() : objects.front())) return Followed::stopped;
    const auto left = deadline.left();
    if (left && *left <= Duration{0}) return Followed::timed_out;
    const WatchReceiver receiver{.event =
                                     [&](const std::string& type, const json& object) {
                                       return !follower.see(type == "DELETED" ? json() : object);
                                     },
                                 .tick =
                                     [&] {
                                       if (follower.tick) follower.tick();
                                       return true;
                                     }};
    const auto end = client.watch({.path = path,
                                   .query = query,
                                   .resource_version = text(*list, {"metadata", "resourceVersion"}),
                                   .timeout = left},
                                  receiver);
    if (!end && end.error().code != Code::unavailable) return tl::unexpected(end.error());
    if (end && *end == WatchEnd::stopped) return Followed::stopped;
    if (end && *end == WatchEnd::timed_out) return Followed::timed_out;
    list = until_available(client, list_once);
  }
}

}  // namespace weir::cli
