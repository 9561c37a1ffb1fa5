#include "reconcilers/restart.h"

#include <algorithm>

#include "reconcilers/pod_containers.h"

namespace weir {

namespace {

constexpr Duration kFirstPause = std::chrono::seconds(10);
constexpr Duration kLongestPause = std::chrono::seconds(300);
constexpr int kLastStep = 6;  // 10 s × 2^5 is already beyond the longest
constexpr Duration kRanWell = std::chrono::minutes(10);

// A container that was never started has no times of its own.
Time end_of(const World& world, const Container& c, Time now) {
  if (const auto end = state_began(c, now)) return *end;
  const auto failed = world.attempts.find("start " + c.id);
  if (failed != world.attempts.end()) return failed->second.last_at;
  return c.created_at && *c.created_at <= now ? *c.created_at : Time{};
}

bool wanted(const api::PodSpec& pod, const Container& ended, bool killed) {
  if (pod.restartPolicy == "Never") return false;
  if (pod.restartPolicy == "OnFailure")
    return killed || ended.exit_code != 0 || start_failed(ended);
  return true;
}

}  // namespace

Duration restart_pause(int step) {
  if (step <= 0) return Duration(0);
  return std::min(kLongestPause, kFirstPause * (1 << (std::min(step, kLastStep) - 1)));
}

Restart restart_after(const World& world, const api::PodSpec& pod, const std::string& hash,
                      const Container& ended, bool killed, Time now) {
  // Made from another spec: it ended because of that, and its successor starts with a clean record.
  if (ended.spec_hash != hash) return {.wanted = true};
  if (!wanted(pod, ended, killed)) return {};
  const Time end = end_of(world, ended, now);
  const bool ran_well =
      ended.started_at && ended.finished_at && *ended.finished_at - *ended.started_at >= kRanWell;
  const int step = ran_well ? 0 : std::min(ended.backoff, kLastStep);
  const Duration pause = restart_pause(step);
  return {.wanted = true,
          .not_before = end + pause,
          .step = std::min(step + 1, kLastStep),
          .pause = pause};
}

}  // namespace weir
