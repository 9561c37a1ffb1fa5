#include "reconcilers/flux.h"

#include <algorithm>

#include "reconcilers/duration.h"

namespace weir {

namespace {

constexpr std::chrono::seconds kFirstRetry{2};
constexpr int kDoublings = 12;

}  // namespace

Duration duration_of(const std::string& text, Duration otherwise) {
  const auto seconds = parse_seconds(text);
  return seconds ? Duration(*seconds) : otherwise;
}

Duration back_off(int failures, Duration longest) {
  const int doublings = std::clamp(failures - 1, 0, kDoublings);
  return std::min<Duration>(longest, kFirstRetry * (1 << doublings));
}

void say(std::vector<api::Condition>& conditions, const Statement& what, Time now,
         std::int64_t generation) {
  state_condition(conditions, what, now);
  for (api::Condition& condition : conditions) {
    if (condition.type == what.type) condition.observedGeneration = generation;
  }
}

std::string qualified(const std::string& ns, const std::string& name) {
  return ns.empty() ? name : ns + "/" + name;
}

}  // namespace weir
