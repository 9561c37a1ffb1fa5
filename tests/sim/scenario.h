#pragma once

// One seed of the simulator, from start to end: users change Deployments while everything goes
// wrong; then the faults stop, and everything must come to what the users asked for last, and stay.

#include <cstdint>
#include <string>

namespace weir::sim {

struct Outcome {
  std::uint64_t seed = 0;
  std::string failure = {};  // empty: every invariant held
  std::uint64_t steps = 0;
  std::uint64_t effects = 0;
  std::uint64_t faults = 0;
  std::uint64_t crashes = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t requests = 0;  // that were sent to pods
};

// `trace`: every effect on the engine is printed with its time.
Outcome run_seed(std::uint64_t seed, bool trace = false);

}  // namespace weir::sim
