// weir_loop_bench: the loop on the simulated engine at 100, 1,000 and 10,000 pods, in Deployments
// of ten: what one event costs (a container dies and is replaced: all turns that follow from it), a
// full resync (every container listed and compared), and memory per pod. Ratios against 100 pods.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "tests/sim/simulation.h"

namespace {

constexpr std::chrono::seconds kListEvery{20};  // the observer's

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// CPU time, which a neighbour's work disturbs least.
double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

// What the turns cost until nothing is left to do at this instant and soon after.
double seconds_of_turns(weir::sim::Simulation& sim, weir::Duration time) {
  const double began = cpu_seconds();
  sim.run_for(time);
  return cpu_seconds() - began;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// A host with so many pods, and what was measured on it.
struct Host {
  explicit Host(int pods_) : pods(pods_) {
    const double memory_before = resident_bytes();
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
    kilobytes_per_pod = (resident_bytes() - memory_before) / 1024 / pods;
    ids = sim.engine.ours();
    sim.run_for(until_after_a_list());
  }

  // How long from now to the second after a list: the second of the period that takes longest.
  weir::Duration until_after_a_list() {
    const std::chrono::seconds second{1};
    std::vector<double> period;
    for (auto t = second; t <= kListEvery; t += second) {
      period.push_back(seconds_of_turns(sim, second));
    }
    return second * (std::max_element(period.begin(), period.end()) - period.begin() + 1);
  }

  double seconds_per_event(std::size_t count) {
    const double quiet = seconds_of_turns(sim, kStretch);
    for (std::size_t i = 0; i < count; ++i) sim.engine.kill(ids[killed_++ * 37 % ids.size()], 1);
    return (seconds_of_turns(sim, kStretch) - quiet) / static_cast<double>(count);
  }

  // Between two lists some events, for which the caches were warmed by others; then the list.
  void measure() {
    seconds_per_event(2);
    events.push_back(seconds_per_event(4));
    lists.push_back(seconds_of_turns(sim, kListEvery - 4 * kStretch));
  }

  static constexpr weir::Duration kStretch = std::chrono::seconds(4);
  int pods = 0;
  weir::sim::Simulation sim{1};
  double kilobytes_per_pod = 0;
  std::vector<std::string> ids;
  std::vector<double> events, lists;

 private:
  std::size_t killed_ = 0;
};

}  // namespace

int main() {
  Host hundred(100), thousand(1'000), ten_thousand(10'000);
  const std::array hosts{&hundred, &thousand, &ten_thousand};
  // In turns, so that what else the machine does hits all three. No container dies twice: that
  // would be a crash loop, which waits.
  constexpr int kRounds = 15;
  for (int round = 0; round < kRounds; ++round) {
    for (Host* host : hosts) host->measure();
  }
  for (const Host* host : hosts) {
    std::printf(
        "%6d pods: %8.0f us an event (%.2f x that at 100), %8.2f ms a full resync, "
        "%.1f KB a pod (engine's model included)\n",
        host->pods, median(host->events) * 1e6, median(host->events) / median(hundred.events),
        median(host->lists) * 1e3, host->kilobytes_per_pod);
  }
}
