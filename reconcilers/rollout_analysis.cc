#include "reconcilers/rollout_analysis.h"

#include <array>
#include <set>

#include "reconcilers/analysis_metric.h"
#include "reconcilers/analysis_templates.h"
#include "reconcilers/rollout_experiment.h"
#include "reconcilers/rollout_runs.h"
#include "reconcilers/rollout_strategy.h"

namespace weir {

namespace {

struct SlotWords {
  AnalysisSlot slot;
  const char* type;     // the label rollout-type
  const char* subject;  // of the message of an abort
  const char* suffix;   // of its name
};
constexpr std::array kSlots{
    SlotWords{AnalysisSlot::step, "Step", "Step-based", ""},
    SlotWords{AnalysisSlot::background, "Background", "Background", ""},
    SlotWords{AnalysisSlot::before_switch, "PrePromotion", "Pre-promotion", "-pre"},
    SlotWords{AnalysisSlot::after_switch, "PostPromotion", "Post-promotion", "-post"},
};

// Of a RolloutStatus, const or not.
auto& status_of(auto& status, AnalysisSlot slot) {
  switch (slot) {
    case AnalysisSlot::background:
      return status.canary.currentBackgroundAnalysisRunStatus;
    case AnalysisSlot::before_switch:
      return status.blueGreen.prePromotionAnalysisRunStatus;
    case AnalysisSlot::after_switch:
      return status.blueGreen.postPromotionAnalysisRunStatus;
    default:
      return status.canary.currentStepAnalysisRunStatus;
  }
}

const SlotWords& words_of(AnalysisSlot slot) { return kSlots[static_cast<std::size_t>(slot)]; }

// --- Making one ----------------------------------------------------------------------------------

MadeAnalysis make(const RolloutView& view, const api::RolloutAnalysis& analysis,
                  const RevisionHashes& hashes) {
  std::string problem;
  MadeAnalysis made = make_analysis(view.world, view.key.ns,
                                    {.templates = analysis.templates,
                                     .args = resolve(view, analysis.args, hashes, problem),
                                     .dry_run = analysis.dryRun,
                                     .retention = analysis.measurementRetention,
                                     .canary = hashes.latest,
                                     .stable = hashes.stable});
  if (!problem.empty()) made.problem = problem;
  return made;
}

api::RolloutAnalysis without_start(const api::BackgroundAnalysis& background) {
  return {.analysisRunMetadata = background.analysisRunMetadata,
          .args = background.args,
          .dryRun = background.dryRun,
          .measurementRetention = background.measurementRetention,
          .templates = background.templates};
}

api::ObjectMeta metadata_of(const RolloutView& view, const RolloutDraft& draft, AnalysisSlot slot,
                            const api::RolloutAnalysis& analysis) {
  api::ObjectMeta given;
  if (analysis.analysisRunMetadata) {
    given.labels = analysis.analysisRunMetadata->labels;
    given.annotations = analysis.analysisRunMetadata->annotations;
  }
  const SlotWords& words = words_of(slot);
  return run_metadata(view, draft,
                      {.kind = Kind::AnalysisRun,
                       .type = words.type,
                       .suffix = words.suffix,
                       .of_step = slot == AnalysisSlot::step},
                      std::move(given));
}

// Whether the spec still has what the run in this slot is for.
bool is_wanted(const RolloutView& view, const RolloutDraft& draft, AnalysisSlot slot,
               const api::AnalysisRun& run) {
  const auto* canary = view.canary();
  const auto* blue_green = view.blue_green();
  switch (slot) {
    case AnalysisSlot::background:
      return canary && canary->analysis;
    case AnalysisSlot::before_switch:
      return blue_green && blue_green->prePromotionAnalysis;
    case AnalysisSlot::after_switch:
      return blue_green && blue_green->postPromotionAnalysis;
    default:
      return is_of_step(run.metadata, draft);
  }
}

}  // namespace

std::string analysis_problem(const RolloutView& view) {
  std::string problem;
  const auto say = [&](const std::string& path, const std::string& why) {
    if (why.empty() || !problem.empty()) return;
    problem = "The Rollout \"" + view.key.name + "\" is invalid: spec.strategy." + path +
              ": Invalid value: " + why;
  };
  const auto look = [&](const std::string& path, const auto& analysis) {
    if (analysis) say(path + ".templates", make(view, *analysis, {}).problem);
  };
  if (const auto* blue_green = view.blue_green()) {
    look("blueGreen.prePromotionAnalysis", blue_green->prePromotionAnalysis);
    look("blueGreen.postPromotionAnalysis", blue_green->postPromotionAnalysis);
  }
  if (const auto* canary = view.canary()) {
    if (canary->analysis) {
      look("canary.analysis", std::optional(without_start(*canary->analysis)));
    }
    for (std::size_t i = 0; i < canary->steps.size(); ++i) {
      const std::string path = "canary.steps[" + std::to_string(i) + "].";
      look(path + "analysis", canary->steps[i].analysis);
      const auto& experiment = canary->steps[i].experiment;
      if (experiment) say(path + "experiment.analyses", experiment_problem(view, *experiment));
    }
  }
  return problem;
}

void look_at_analyses(const RolloutView& view, RolloutDraft& draft) {
  for (const SlotWords& words : kSlots) {
    auto& known = status_of(draft.status, words.slot);
    if (!known) continue;
    const auto* run = view.world.get<api::AnalysisRun>(view.key.ns, known->name);
    if (!run) {  // somebody deleted it: another one is made where it is needed
      if (!draft.aborted()) known.reset();
      continue;
    }
    if (!draft.aborted() && !is_wanted(view, draft, words.slot, *run)) {
      known.reset();  // somebody went on past its step, or took it out
      continue;
    }
    const std::string before = known->status;
    known->status = run->status.phase.empty() ? analysis::kPending : run->status.phase;
    known->message = run->status.message;
    if (draft.aborted()) continue;
    abort_if_failed(draft, known->status, std::string(words.subject) + " analysis", known->message);
    if (known->status == analysis::kInconclusive && before != known->status) {
      pause(view, draft, kInconclusiveAnalysis);
    } else if (known->status == analysis::kInconclusive && is_resumed(draft) &&
               words.slot == AnalysisSlot::background) {
      known.reset();  // somebody goes on: it watches anew
    }
  }
}

bool analyse(const RolloutView& view, RolloutDraft& draft, AnalysisSlot slot,
             const api::RolloutAnalysis& analysis) {
  auto& known = status_of(draft.status, slot);
  if (known) {
    return known->status == analysis::kSuccessful || (known->status == analysis::kInconclusive &&
                                                      !paused_since(draft, kInconclusiveAnalysis));
  }
  MadeAnalysis made =
      make(view, analysis, {.stable = draft.status.stableRS, .latest = view.current_hash()});
  api::AnalysisRun run;
  run.metadata = metadata_of(view, draft, slot, analysis);
  run.spec = std::move(made.spec);
  known.emplace();
  known->name = run.metadata.name;
  known->status = analysis::kPending;
  note(view, draft, "AnalysisRunCreated", "Created AnalysisRun " + run.metadata.name);
  draft.plan.changes.push_back(CreateObject{std::move(run)});
  return false;
}

void analyse_background(const RolloutView& view, RolloutDraft& draft) {
  const auto* canary = view.canary();
  const bool wanted = canary && canary->analysis && draft.stable(view) && !draft.is_settled(view) &&
                      !draft.aborted() && !draft.status.promoteFull;
  if (!wanted) return;
  if (draft.status.currentStepIndex.value_or(0) < canary->analysis->startingStep) return;
  analyse(view, draft, AnalysisSlot::background, without_start(*canary->analysis));
}

void leave_analysis(RolloutDraft& draft, AnalysisSlot slot) {
  status_of(draft.status, slot).reset();
}

void leave_analyses(RolloutDraft& draft) {
  for (const SlotWords& words : kSlots) leave_analysis(draft, words.slot);
}

bool is_analysing(const RolloutDraft& draft, AnalysisSlot slot) {
  const auto& known = status_of(draft.status, slot);
  return known && !is_completed(known->status);
}

void tidy_analyses(const RolloutView& view, RolloutDraft& draft) {
  std::set<std::string> current;
  for (const SlotWords& words : kSlots) {
    const auto& known = status_of(draft.status, words.slot);
    if (known) current.insert(known->name);
  }
  tidy_runs<api::AnalysisRun>(view, draft, current);
}

}  // namespace weir
