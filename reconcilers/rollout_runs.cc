#include "reconcilers/rollout_runs.h"

#include <algorithm>

#include "reconcilers/analysis_metric.h"
#include "reconcilers/field_ref.h"
#include "reconcilers/labels.h"
#include "reconcilers/names.h"
#include "reconcilers/rollout_analysis.h"
#include "reconcilers/rollout_experiment.h"

namespace weir {

namespace {

constexpr char kRolloutType[] = "rollout-type";  // Argo's labels
constexpr char kStepIndex[] = "step-index";

std::string step_of(const RolloutDraft& draft) {
  return std::to_string(draft.status.currentStepIndex.value_or(0));
}

template <class Run>
std::vector<const Run*> runs_of(const RolloutView& view) {
  std::vector<const Run*> runs;
  for (const Key& key : view.world.dependents(view.rollout.metadata.uid)) {
    const auto* run =
        key.kind == KindOf<Run>::value ? view.world.get<Run>(key.ns, key.name) : nullptr;
    if (run && is_controlled_by(run->metadata, view.rollout.metadata.uid)) runs.push_back(run);
  }
  return runs;
}

// The newest of each kind stay, as many as the limits say; those of a revision that is gone go.
template <class Run>
void forget_old(const RolloutView& view, RolloutDraft& draft, std::vector<const Run*> ended) {
  std::stable_sort(ended.begin(), ended.end(), [](const auto* a, const auto* b) {
    return a->metadata.creationTimestamp > b->metadata.creationTimestamp;
  });
  const auto& limits = view.rollout.spec.analysis;
  std::int64_t good = limits ? limits->successfulRunHistoryLimit : 5;
  std::int64_t bad = limits ? limits->unsuccessfulRunHistoryLimit : 5;
  for (const Run* run : ended) {
    if (run->metadata.deletionTimestamp) continue;
    std::int64_t& left = is_bad(run->status.phase) ? bad : good;
    const bool known = view.with_hash(text_at(run->metadata.labels, kRolloutsPodTemplateHash));
    if (known && left-- > 0) continue;
    draft.plan.changes.push_back(
        DeleteObject{.key = key_of(Object(*run)), .uid = run->metadata.uid});
  }
}

}  // namespace

std::map<std::string, api::AnalysisArgument> resolve(
    const RolloutView& view, const std::vector<api::AnalysisRunArgument>& arguments,
    const RevisionHashes& hashes, std::string& problem) {
  std::map<std::string, api::AnalysisArgument> resolved;
  for (const api::AnalysisRunArgument& argument : arguments) {
    api::AnalysisArgument& made = resolved[argument.name];
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
  return resolved;
}

api::ObjectMeta run_metadata(const RolloutView& view, const RolloutDraft& draft,
                             const RunPurpose& purpose, api::ObjectMeta given) {
  api::ObjectMeta metadata = std::move(given);
  const std::string number = std::to_string(view.current()->number);
  const std::string name = view.key.name + "-" + view.current_hash() + "-" + number;
  metadata.name = free_name(
      view.world, {.kind = purpose.kind,
                   .ns = view.key.ns,
                   .name = name + (purpose.of_step ? "-" + step_of(draft) : purpose.suffix)});
  metadata.namespace_ = view.key.ns;
  metadata.ownerReferences = {controller_reference(Kind::Rollout, view.rollout.metadata)};
  metadata.labels[kRolloutsPodTemplateHash] = view.current_hash();
  metadata.labels[kRolloutType] = purpose.type;
  metadata.annotations[annotation::kRolloutRevision] = number;
  if (purpose.of_step) metadata.labels[kStepIndex] = step_of(draft);
  return metadata;
}

bool is_of_step(const api::ObjectMeta& run, const RolloutDraft& draft) {
  return text_at(run.labels, kStepIndex) == step_of(draft);
}

void abort_if_failed(RolloutDraft& draft, const std::string& phase, const std::string& subject,
                     const std::string& message) {
  if (phase != analysis::kFailed && phase != analysis::kError) return;
  draft.status.abort = true;
  draft.abort_reason = subject + " phase error/failed: " + message;
}

template <class Run>
void tidy_runs(const RolloutView& view, RolloutDraft& draft, const std::set<std::string>& current) {
  std::vector<const Run*> ended;
  for (const Run* run : runs_of<Run>(view)) {
    const bool is_current = current.contains(run->metadata.name);
    if (is_completed(run->status.phase)) {
      if (!is_current) ended.push_back(run);
      continue;
    }
    if (run->spec.terminate || (is_current && !draft.aborted())) continue;
    Run next = *run;
    next.spec.terminate = true;
    draft.plan.changes.push_back(UpdateObject{std::move(next)});
  }
  forget_old(view, draft, std::move(ended));
}
template void tidy_runs<api::AnalysisRun>(const RolloutView&, RolloutDraft&,
                                          const std::set<std::string>&);
template void tidy_runs<api::Experiment>(const RolloutView&, RolloutDraft&,
                                         const std::set<std::string>&);

void leave_runs(RolloutDraft& draft) {
  leave_analyses(draft);
  leave_experiment(draft);
}

}  // namespace weir
