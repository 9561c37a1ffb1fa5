#pragma once

// `weir plan -f FILE`: what would be done, and why, if these documents were applied. The
// reconcilers run over a copy of the World in which every change is taken for written and every
// action for done at once, until nothing more is planned. The store and the engine are not touched.

#include <string>
#include <vector>

#include "reconcilers/plan.h"

namespace weir {

struct PreviewStep {
  Key key;
  std::string text;  // the plan's lines
  std::vector<Reason> reasons;
};

// `desired`: the admitted objects, as the store would hold them. At most `steps_max` plans.
std::vector<PreviewStep> preview(World world, const std::vector<Object>& desired, Time now,
                                 std::size_t steps_max = 10'000);

}  // namespace weir
