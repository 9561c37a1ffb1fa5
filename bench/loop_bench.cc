// weir_loop_bench: the loop on the simulated engine at 100, 1,000 and 10,000 pods, in Deployments
// of ten: what one event costs (a container dies and is replaced: all turns that follow from it), a
// full resync (every container listed and compared), and memory per pod. Ratios against 100 pods.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "tests/sim/simulation.h"

namespace {

using Wall = std::chrono::steady_clock;

constexpr std::chrono::seconds kListEvery{20};  // the observer's

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// Wall time of the loop's own turns until nothing is left to do at this instant and soon after.
double seconds_of_turns(weir::sim::Simulation& sim, weir::Duration time) {
  const auto began = Wall::now();
  sim.run_for(time);
  return std::chrono::duration<double>(Wall::now() - began).count();
}

struct Figures {
  double event_microseconds = 0;
  double resync_milliseconds = 0;
  double kilobytes_per_pod = 0;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// How long from now to the second after a list: the second of the period that takes longest.
weir::Duration until_after_a_list(weir::sim::Simulation& sim) {
  const std::chrono::seconds second{1};
  std::vector<double> period;
  for (auto t = second; t <= kListEvery; t += second) {
    period.push_back(seconds_of_turns(sim, second));
  }
  return second * (std::max_element(period.begin(), period.end()) - period.begin() + 1);
}

Figures measure(int pods) {
  const double memory_before = resident_bytes();
  weir::sim::Simulation sim(1);
  sim.check_nothing();
  weir::api::Namespace ns;
  ns.metadata.name = "default";
  sim.apply(weir::Object(ns));
  for (int i = 0; i < pods / 10; ++i) {
    auto deployment = weir::sim::deployment({.name = "web-" + std::to_string(i), .replicas = 10});
    deployment.spec.template_.spec.containers[0].readinessProbe.reset();
    sim.apply(weir::Object(deployment));
    sim.run_for(std::chrono::seconds(2));
  }
  sim.run_for(std::chrono::minutes(5));
  Figures figures;
  figures.kilobytes_per_pod = (resident_bytes() - memory_before) / 1024 / pods;

  // Each list is followed by a quiet stretch, and that by one with some events, which cost what
  // their stretch takes more. Medians, because other work on the machine hits some of them.
  constexpr weir::Duration kStretch = std::chrono::seconds(8);
  constexpr int kStretches = 21;
  constexpr int kAtOnce = 4;
  const auto ids = sim.engine.ours();
  std::vector<double> lists, events;
  sim.run_for(until_after_a_list(sim));
  for (int i = 0; i < kStretches; ++i) {
    const double quiet = seconds_of_turns(sim, kStretch);
    for (int k = 0; k < kAtOnce; ++k) {
      sim.engine.kill(ids[static_cast<std::size_t>(i * kAtOnce + k) * 37 % ids.size()], 1);
    }
    events.push_back((seconds_of_turns(sim, kStretch) - quiet) / kAtOnce);
    lists.push_back(seconds_of_turns(sim, kListEvery - 2 * kStretch));
  }
  figures.resync_milliseconds = median(lists) * 1e3;
  figures.event_microseconds = median(events) * 1e6;
  return figures;
}

}  // namespace

int main() {
  double event_at_100 = 0;
  for (const int pods : {100, 1'000, 10'000}) {
    const Figures figures = measure(pods);
    if (pods == 100) event_at_100 = figures.event_microseconds;
    std::printf(
        "%6d pods: %8.0f us an event (%.2f x that at 100), %8.2f ms a full resync, "
        "%.1f KB a pod (engine's model included)\n",
        pods, figures.event_microseconds, figures.event_microseconds / event_at_100,
        figures.resync_milliseconds, figures.kilobytes_per_pod);
    std::fflush(stdout);
  }
}
