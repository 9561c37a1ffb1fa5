// weir_sim [--seeds N] [--seed S] [--first S] [--failures N] [--trace]: the simulator. Prints what
// it did, and for a failure the seed that replays it.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "tests/sim/scenario.h"

int main(int argc, char** argv) {
  CLI::App app("weir's simulator: the real loop, store and reconcilers on a simulated engine");
  std::uint64_t seeds = 1000, first = 1, only = 0;
  app.add_option("--seeds", seeds, "how many seeds to run");
  app.add_option("--first", first, "the first of them");
  app.add_option("--seed", only, "replays this seed alone");
  std::uint64_t failures = 10;
  app.add_option("--failures", failures, "ends after so many");
  bool trace = false;
  app.add_flag("--trace", trace, "prints every effect on the engine");
  CLI11_PARSE(app, argc, argv);
  if (only != 0) {
    first = only;
    seeds = 1;
  }
  weir::sim::Outcome total;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const weir::sim::Outcome outcome = weir::sim::run_seed(seed, trace);
    total.steps += outcome.steps;
    total.effects += outcome.effects;
    total.faults += outcome.faults;
    total.crashes += outcome.crashes;
    total.acknowledged += outcome.acknowledged;
    total.requests += outcome.requests;
    if (outcome.failure.empty()) continue;
    ++failed;
    std::printf("seed %llu: %s\n  replay it with: weir_sim --seed %llu\n",
                static_cast<unsigned long long>(seed), outcome.failure.c_str(),
                static_cast<unsigned long long>(seed));
    if (failed >= failures) break;
  }
  std::printf(
      "%llu seeds, %llu failed; %llu steps, %llu engine effects, %llu faults, %llu crashes, "
      "%llu acknowledged writes, %llu requests\n",
      static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(failed),
      static_cast<unsigned long long>(total.steps), static_cast<unsigned long long>(total.effects),
      static_cast<unsigned long long>(total.faults), static_cast<unsigned long long>(total.crashes),
      static_cast<unsigned long long>(total.acknowledged),
      static_cast<unsigned long long>(total.requests));
  // A run in which nothing went wrong has tested nothing.
  const bool honest = seeds < 100 || (total.faults > seeds && total.crashes > seeds / 10 &&
                                      total.effects > 10 * seeds && total.requests > 100 * seeds);
  if (!honest) std::printf("too few faults, crashes, effects or requests: it proves nothing\n");
  return failed == 0 && honest ? EXIT_SUCCESS : EXIT_FAILURE;
}
