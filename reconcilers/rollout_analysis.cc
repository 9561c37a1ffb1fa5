#include "reconcilers/rollout_analysis.h"

#include <algorithm>
#include <array>

#include "reconcilers/analysis_metric.h"
#include "reconcilers/analysis_templates.h"
#include "reconcilers/field_ref.h"
#include "reconcilers/labels.h"
#include "reconcilers/rollout_strategy.h"

namespace weir {

namespace {

constexpr char kRolloutType[] = "rollout-type";  // Argo's labels
constexpr char kStepIndex[] = "step-index";

struct SlotWords {
  AnalysisSlot slot;
  const char* type;     // the label rollout-type
  const char* subject;  // of the message of an abort
};
constexpr std::array kSlots{
    SlotWords{AnalysisSlot::step, "Step", "Step-based"},
    SlotWords{AnalysisSlot::background, "Background", "Background"},
    SlotWords{AnalysisSlot::before_switch, "PrePromotion", "Pre-promotion"},
    SlotWords{AnalysisSlot::after_switch, "PostPromotion", "Post-promotion"},
};

using RunStatus = decltype(api::CanaryStatus::currentStepAnalysisRunStatus);

RunStatus& status_of(api::RolloutStatus& status, AnalysisSlot slot) {
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

std::vector<const api::AnalysisRun*> runs_of(const RolloutView& view) {
  std::vector<const api::AnalysisRun*> runs;
  for (const Key& key : view.world.dependents(view.rollout.metadata.uid)) {
    const auto* run = key.kind == Kind::AnalysisRun
                          ? view.world.get<api::AnalysisRun>(key.ns, key.name)
                          : nullptr;
    if (run && is_controlled_by(run->metadata, view.rollout.metadata.uid)) runs.push_back(run);
  }
  return runs;
}

// --- Making one ----------------------------------------------------------------------------------

struct Hashes {
  std::string stable;
  std::string latest;
};

AnalysisRequest request_of(const RolloutView& view, const api::RolloutAnalysis& analysis,
                           const Hashes& hashes, std::string& problem) {
  AnalysisRequest request{.templates = analysis.templates,
                          .dry_run = analysis.dryRun,
                          .retention = analysis.measurementRetention};
  for (const api::AnalysisRunArgument& argument : analysis.args) {
    api::AnalysisArgument& made = request.args[argument.name];
    made.name = argument.name;
    made.value = argument.value;
    if (!argument.valueFrom) continue;
    const auto& from = *argument.valueFrom;
    if (from.podTemplateHashValue == "Stable") made.value = hashes.stable;
    if (from.podTemplateHashValue == "Latest") made.value = hashes.latest;
    if (!from.fieldRef) continue;
    const Lookup found = metadata_value(view.rollout.metadata, from.fieldRef->fieldPath);
    made.value = found.value;
    if (problem.empty()) problem = found.error;
  }
  return request;
}

MadeAnalysis make(const RolloutView& view, const api::RolloutAnalysis& analysis,
                  const Hashes& hashes) {
  std::string problem;
  MadeAnalysis made =
      make_analysis(view.world, view.key.ns, request_of(view, analysis, hashes, problem));
  if (!problem.empty()) made.problem = problem;
  for (api::Metric& metric : made.spec.metrics) {
    auto& provider = metric.provider.weir;
    if (!provider) continue;
    if (provider->canary.empty()) provider->canary = hashes.latest;
    if (provider->stable.empty()) provider->stable = hashes.stable;
  }
  return made;
}

api::RolloutAnalysis without_start(const api::BackgroundAnalysis& background) {
  return {.analysisRunMetadata = background.analysisRunMetadata,
          .args = background.args,
          .dryRun = background.dryRun,
          .measurementRetention = background.measurementRetention,
          .templates = background.templates};
}

// "web-5d9c-2-1": the revision's, and the step's. A run of before an abort may have the name.
std::string free_name(const RolloutView& view, const RolloutDraft& draft, AnalysisSlot slot) {
  std::string name =
      view.key.name + "-" + view.current_hash() + "-" + std::to_string(view.current()->number);
  if (slot == AnalysisSlot::step) {
    name += "-" + std::to_string(draft.status.currentStepIndex.value_or(0));
  } else if (slot == AnalysisSlot::before_switch) {
    name += "-pre";
  } else if (slot == AnalysisSlot::after_switch) {
    name += "-post";
  }
  std::string free = name;
  for (int n = 1; view.world.get<api::AnalysisRun>(view.key.ns, free); ++n) {
    free = name + "." + std::to_string(n);
  }
  return free;
}

api::ObjectMeta metadata_of(const RolloutView& view, const RolloutDraft& draft, AnalysisSlot slot,
                            const api::RolloutAnalysis& analysis) {
  api::ObjectMeta metadata;
  if (analysis.analysisRunMetadata) {
    metadata.labels = analysis.analysisRunMetadata->labels;
    metadata.annotations = analysis.analysisRunMetadata->annotations;
  }
  metadata.name = free_name(view, draft, slot);
  metadata.namespace_ = view.key.ns;
  metadata.ownerReferences = {controller_reference(Kind::Rollout, view.rollout.metadata)};
  metadata.labels[kRolloutsPodTemplateHash] = view.current_hash();
  metadata.labels[kRolloutType] = words_of(slot).type;
  metadata.annotations[annotation::kRolloutRevision] = std::to_string(view.current()->number);
  if (slot == AnalysisSlot::step) {
    metadata.labels[kStepIndex] = std::to_string(draft.status.currentStepIndex.value_or(0));
  }
  return metadata;
}

bool is_of_step(const api::AnalysisRun& run, const RolloutDraft& draft) {
  return text_at(run.metadata.labels, kStepIndex) ==
         std::to_string(draft.status.currentStepIndex.value_or(0));
}

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
      return is_of_step(run, draft);
  }
}

// The newest of each kind stay, as many as the limits say; those of a revision that is gone go.
void forget_old(const RolloutView& view, RolloutDraft& draft,
                std::vector<const api::AnalysisRun*> ended) {
  std::stable_sort(ended.begin(), ended.end(), [](const auto* a, const auto* b) {
    return a->metadata.creationTimestamp > b->metadata.creationTimestamp;
  });
  const auto& limits = view.rollout.spec.analysis;
  std::int64_t good = limits ? limits->successfulRunHistoryLimit : 5;
  std::int64_t bad = limits ? limits->unsuccessfulRunHistoryLimit : 5;
  for (const api::AnalysisRun* run : ended) {
    if (run->metadata.deletionTimestamp) continue;
    std::int64_t& left = is_bad(run->status.phase) ? bad : good;
    const bool known = view.with_hash(text_at(run->metadata.labels, kRolloutsPodTemplateHash));
    if (known && left-- > 0) continue;
    draft.plan.changes.push_back(DeleteObject{
        .key = {.kind = Kind::AnalysisRun, .ns = view.key.ns, .name = run->metadata.name},
        .uid = run->metadata.uid});
  }
}

}  // namespace

std::string analysis_problem(const RolloutView& view) {
  std::string problem;
  const auto look = [&](const std::string& path, const auto& analysis) {
    if (!analysis || !problem.empty()) return;
    const MadeAnalysis made = make(view, *analysis, {});
    if (made.problem.empty()) return;
    problem = "The Rollout \"" + view.key.name + "\" is invalid: spec.strategy." + path +
              ".templates: Invalid value: " + made.problem;
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
      look("canary.steps[" + std::to_string(i) + "].analysis", canary->steps[i].analysis);
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
    if (known->status == analysis::kFailed || known->status == analysis::kError) {
      draft.status.abort = true;
      draft.abort_reason =
          std::string(words.subject) + " analysis phase error/failed: " + known->message;
    } else if (known->status == analysis::kInconclusive && before != known->status) {
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
  api::RolloutStatus status = draft.status;
  const auto& known = status_of(status, slot);
  return known && !is_completed(known->status);
}

void tidy_analyses(const RolloutView& view, RolloutDraft& draft) {
  std::vector<const api::AnalysisRun*> ended;
  for (const api::AnalysisRun* run : runs_of(view)) {
    const bool current = std::any_of(kSlots.begin(), kSlots.end(), [&](const SlotWords& words) {
      const auto& known = status_of(draft.status, words.slot);
      return known && known->name == run->metadata.name;
    });
    if (is_completed(run->status.phase)) {
      if (!current) ended.push_back(run);
      continue;
    }
    if (run->spec.terminate || (current && !draft.aborted())) continue;
    api::AnalysisRun next = *run;
    next.spec.terminate = true;
    draft.plan.changes.push_back(UpdateObject{std::move(next)});
  }
  forget_old(view, draft, std::move(ended));
}

}  // namespace weir
