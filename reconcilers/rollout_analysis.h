#pragma once

// The AnalysisRuns of a Rollout: one for its step, one beside the steps, one before and one after
// the switch of blue-green. Which is which is in the Rollout's status; what a run says is read from
// it at the start of each plan, and a bad one aborts the rollout.

#include <string>

#include "reconcilers/rollout_view.h"

namespace weir {

enum class AnalysisSlot { step, background, before_switch, after_switch };

inline constexpr char kInconclusiveAnalysis[] = "InconclusiveAnalysisRun";

// Why an analysis that the Rollout asks for cannot be made: a template that is not there, an
// argument without a value. Those of Experiments, too. Empty: they all can.
std::string analysis_problem(const RolloutView& view);

// What the runs say now: one that has failed aborts the rollout, an inconclusive one pauses it.
void look_at_analyses(const RolloutView& view, RolloutDraft& draft);

// Whether the run in this slot has passed, or somebody went on though it was inconclusive. Makes
// the run if there is none.
bool analyse(const RolloutView& view, RolloutDraft& draft, AnalysisSlot slot,
             const api::RolloutAnalysis& analysis);
// Beside the steps, from its startingStep on.
void analyse_background(const RolloutView& view, RolloutDraft& draft);

// The slot is empty from now on: the run in it, if it is under way, ends.
void leave_analysis(RolloutDraft& draft, AnalysisSlot slot);
void leave_analyses(RolloutDraft& draft);
// Whether the run in the slot has come to no verdict yet.
bool is_analysing(const RolloutDraft& draft, AnalysisSlot slot);

// Ends runs that nothing waits for, and forgets those past the history limits.
void tidy_analyses(const RolloutView& view, RolloutDraft& draft);

}  // namespace weir
