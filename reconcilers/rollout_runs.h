#pragma once

// What AnalysisRuns (rollout_analysis.h) and Experiments (rollout_experiment.h) are to the Rollout
// that has them made: objects of its own that come to a phase, that end when they are told to, and
// of which the history limits keep some.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "reconcilers/rollout_view.h"

namespace weir {

// The pods that arguments and metrics speak of.
struct RevisionHashes {
  std::string stable = {};
  std::string latest = {};
};

// Each with a value. `problem`, if it is empty, says which of them has none.
std::map<std::string, api::AnalysisArgument> resolve(
    const RolloutView& view, const std::vector<api::AnalysisRunArgument>& arguments,
    const RevisionHashes& hashes, std::string& problem);

// Whose it is and what for. `type` is Argo's label rollout-type; those of a step are of the present
// one. Names are free: one of before an abort may have the name that it should have.
struct RunPurpose {
  Kind kind = Kind::AnalysisRun;
  std::string type = {};
  std::string suffix = {};  // of the name: "web-5d9c-2" and this
  bool of_step = false;
};
api::ObjectMeta run_metadata(const RolloutView& view, const RolloutDraft& draft,
                             const RunPurpose& purpose, api::ObjectMeta given = {});

bool is_of_step(const api::ObjectMeta& run, const RolloutDraft& draft);

// A run that has failed aborts the rollout.
void abort_if_failed(RolloutDraft& draft, const std::string& phase, const std::string& subject,
                     const std::string& message);

// Of this Rollout, all but the `current` ones: they end, and those past the history limits, or of a
// revision that is gone, are forgotten. An abort ends the current ones, too.
template <class Run>
void tidy_runs(const RolloutView& view, RolloutDraft& draft, const std::set<std::string>& current);

// Nothing is waited for any more.
void leave_runs(RolloutDraft& draft);

}  // namespace weir
