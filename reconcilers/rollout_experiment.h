#pragma once

// The Experiment of a Rollout's step: made when the step comes, waited for, and told to end when
// nobody waits any more. Its name is in the Rollout's status; what it says is read from it at the
// start of each plan, and a bad one aborts the rollout. While it runs, its templates may have
// shares of the requests.

#include <string>
#include <vector>

#include "reconcilers/rollout_view.h"

namespace weir {

inline constexpr char kInconclusiveExperiment[] = "InconclusiveExperiment";

// Why one of its analyses cannot be made. Empty: they all can.
std::string experiment_problem(const RolloutView& view, const api::RolloutExperimentStep& step);

// What it says now: one that has failed aborts the rollout, an inconclusive one pauses it.
void look_at_experiment(const RolloutView& view, RolloutDraft& draft);

// Whether it was a success, or somebody went on though it was inconclusive. Makes it if there is
// none.
bool experiment(const RolloutView& view, RolloutDraft& draft,
                const api::RolloutExperimentStep& step);

// What its templates get of the requests now: as long as all of their Pods are available.
std::vector<api::WeightDestination> experiment_weights(const RolloutView& view,
                                                       const RolloutDraft& draft);

void leave_experiment(RolloutDraft& draft);
// It has come to nothing yet.
bool is_experimenting(const RolloutDraft& draft);

// Ends Experiments that nothing waits for, and forgets those past the history limits.
void tidy_experiments(const RolloutView& view, RolloutDraft& draft);

}  // namespace weir
