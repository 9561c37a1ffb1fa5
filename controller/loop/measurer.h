#pragma once

// Measurer: the door to what AnalysisRuns measure. Behind it controller/real_measurer.h, or the
// simulator's. Calls come from the loop's thread; answers from any, so they go through the mailbox.

#include <functional>
#include <string>

#include "reconcilers/plan.h"

namespace weir {

// As Reading has it: phase empty while there is too little to measure.
struct Measured {
  std::string phase = {};
  std::string value = {};
  std::string message = {};
};

class Measurer {
 public:
  virtual ~Measurer() = default;
  // Answered exactly once, within the deadline of the metric's provider.
  virtual void measure(const Measure& what, std::function<void(Measured)> on_measured) = 0;
};

}  // namespace weir
