#pragma once

// GitOps: the door to Git servers, and to what is made of their files. Behind it
// controller/real_git_ops.h, or the simulator's. Calls come from the loop's thread; answers from
// any, so they go through the mailbox. Each is answered exactly once, and within its timeout.

#include <functional>

#include "reconcilers/plan.h"

namespace weir {

class GitOps {
 public:
  virtual ~GitOps() = default;
  // Of the answer, when it failed: reason, message, stalled; else the artifact, and none when the
  // server still has last_commit and its files are known.
  virtual void fetch(const FetchSource& what, std::function<void(Source)> on_fetched) = 0;
  // Of the answer: everything but asked, revision, times and failures.
  virtual void apply(const ApplySource& what, std::function<void(Applied)> on_applied) = 0;
};

}  // namespace weir
