#include "reconcilers/replica_set_victims.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <tuple>

#include "reconcilers/labels.h"
#include "reconcilers/replicas.h"

namespace weir {

namespace {

int phase_rank(const std::string& phase) {
  if (phase == "Running") return 2;
  if (phase == "Unknown") return 1;
  return 0;  // Pending, or not yet looked at
}

std::int64_t restarts(const api::Pod& pod) {
  std::int64_t most = 0;
  for (const api::ContainerStatus& status : pod.status.containerStatuses) {
    most = std::max(most, status.restartCount);
  }
  return most;
}

// Everything by which two Pods are told apart, so arranged that the smaller goes first.
struct Rank {
  bool assigned;
  int phase;
  bool ready;
  std::int64_t deletion_cost;
  // Negative: the later moment goes first. No moment is the latest of all.
  std::chrono::milliseconds ready_age;
  std::int64_t fewer_restarts;
  std::chrono::milliseconds age;
  auto operator<=>(const Rank&) const = default;
};

constexpr std::chrono::milliseconds kNoMoment = std::chrono::milliseconds::min();

Rank rank_of(const api::Pod& pod) {
  const auto since = ready_since(pod);
  const auto created = pod.metadata.creationTimestamp;
  const bool ready = is_ready(pod);
  return {.assigned = !pod.spec.nodeName.empty(),
          .phase = phase_rank(pod.status.phase),
          .ready = ready,
          .deletion_cost =
              number_at(pod.metadata.annotations, annotation::kPodDeletionCost).value_or(0),
          .ready_age = !ready  ? std::chrono::milliseconds(0)
                       : since ? -since->time_since_epoch()
                               : kNoMoment,
          .fewer_restarts = -restarts(pod),
          .age = created ? -std::chrono::milliseconds(created->time_since_epoch()) : kNoMoment};
}

}  // namespace

std::vector<const api::Pod*> victims(std::vector<const api::Pod*> pods, std::size_t count) {
  struct Candidate {
    Rank rank;
    const api::Pod* pod;
  };
  std::vector<Candidate> candidates;
  for (const api::Pod* pod : pods) candidates.push_back({rank_of(*pod), pod});
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.rank, a.pod->metadata.name) < std::tie(b.rank, b.pod->metadata.name);
  });
  pods.clear();
  for (const Candidate& candidate : candidates) {
    if (pods.size() == count) break;
    pods.push_back(candidate.pod);
  }
  return pods;
}

}  // namespace weir
