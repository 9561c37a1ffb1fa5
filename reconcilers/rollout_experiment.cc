#include "reconcilers/rollout_experiment.h"

#include <algorithm>

#include "reconcilers/analysis_metric.h"
#include "reconcilers/analysis_templates.h"
#include "reconcilers/labels.h"
#include "reconcilers/rollout_runs.h"
#include "reconcilers/rollout_strategy.h"

namespace weir {

namespace {

const api::Experiment* current_experiment(const RolloutView& view, const RolloutDraft& draft) {
  const std::string& name = draft.status.canary.currentExperiment;
  return name.empty() ? nullptr : view.world.get<api::Experiment>(view.key.ns, name);
}

// --- Making one ----------------------------------------------------------------------------------

template <class Map>
void add(Map& to, const Map& more) {
  for (const auto& [key, value] : more) to[key] = value;
}

// Of a revision, with what the step adds.
api::ExperimentTemplate template_of(const RolloutView& view, const Revision& revision,
                                    const api::RolloutExperimentTemplate& wanted) {
  api::ExperimentTemplate made;
  made.name = wanted.name;
  made.replicas = wanted.replicas.value_or(1);
  made.minReadySeconds = revision.set->spec.minReadySeconds;
  made.service = wanted.service;
  made.template_ = revision.set->spec.template_;
  made.template_.metadata.labels.erase(kRolloutsPodTemplateHash);
  made.selector = view.selector();
  if (wanted.metadata) {
    add(made.template_.metadata.labels, wanted.metadata->labels);
    add(made.template_.metadata.annotations, wanted.metadata->annotations);
    add(made.selector.matchLabels, wanted.metadata->labels);
  }
  if (wanted.selector) {
    add(made.selector.matchLabels, wanted.selector->matchLabels);
    const auto& more = wanted.selector->matchExpressions;
    auto& all = made.selector.matchExpressions;
    all.insert(all.end(), more.begin(), more.end());
  }
  return made;
}

std::vector<api::AnalysisArgument> arguments_of(const RolloutView& view, const RolloutDraft& draft,
                                                const api::RolloutExperimentAnalysis& analysis) {
  std::string problem;  // of a field that is not there: then the template's own value is it
  std::vector<api::AnalysisArgument> arguments;
  for (auto& [name, argument] :
       resolve(view, analysis.args,
               {.stable = draft.status.stableRS, .latest = view.current_hash()}, problem)) {
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

api::Experiment new_experiment(const RolloutView& view, const RolloutDraft& draft,
                               const api::RolloutExperimentStep& step) {
  api::Experiment made;
  made.metadata = run_metadata(
      view, draft, {.kind = Kind::Experiment, .type = "Step", .suffix = {}, .of_step = true});
  made.spec.analysisRunMetadata = step.analysisRunMetadata;
  made.spec.dryRun = step.dryRun;
  made.spec.duration = step.duration;
  made.spec.progressDeadlineSeconds = view.rollout.spec.progressDeadlineSeconds;
  made.spec.scaleDownDelaySeconds = step.scaleDownDelaySeconds;
  for (const api::RolloutExperimentTemplate& wanted : step.templates) {
    const Revision& revision = wanted.specRef == "stable" ? *draft.stable(view) : *view.current();
    made.spec.templates.push_back(template_of(view, revision, wanted));
  }
  for (const api::RolloutExperimentAnalysis& analysis : step.analyses) {
    made.spec.analyses.push_back({.args = arguments_of(view, draft, analysis),
                                  .clusterScope = analysis.clusterScope,
                                  .name = analysis.name,
                                  .requiredForCompletion = analysis.requiredForCompletion,
                                  .templateName = analysis.templateName});
  }
  return made;
}

}  // namespace

std::string experiment_problem(const RolloutView& view, const api::RolloutExperimentStep& step) {
  for (const api::RolloutExperimentAnalysis& analysis : step.analyses) {
    std::string problem;
    const AnalysisRequest request{.templates = {{.clusterScope = analysis.clusterScope,
                                                 .templateName = analysis.templateName}},
                                  .args = resolve(view, analysis.args, {}, problem)};
    if (problem.empty()) problem = make_analysis(view.world, view.key.ns, request).problem;
    if (!problem.empty()) return problem;
  }
  return {};
}

void look_at_experiment(const RolloutView& view, RolloutDraft& draft) {
  if (draft.aborted()) return;
  const api::Experiment* experiment = current_experiment(view, draft);
  // Somebody deleted it, and another one is made, or went on past its step.
  if (!experiment || !is_of_step(experiment->metadata, draft)) return leave_experiment(draft);
  const api::ExperimentStatus& status = experiment->status;
  abort_if_failed(draft, status.phase, "Experiment", status.message);
  if (status.phase == analysis::kInconclusive && !paused_since(draft, kInconclusiveExperiment) &&
      !is_resumed(draft)) {
    pause(view, draft, kInconclusiveExperiment);
  }
}

bool experiment(const RolloutView& view, RolloutDraft& draft,
                const api::RolloutExperimentStep& step) {
  if (const api::Experiment* current = current_experiment(view, draft)) {
    const std::string& phase = current->status.phase;
    return phase == analysis::kSuccessful ||
           (phase == analysis::kInconclusive && !paused_since(draft, kInconclusiveExperiment));
  }
  api::Experiment made = new_experiment(view, draft, step);
  draft.status.canary.currentExperiment = made.metadata.name;
  note(view, draft, "ExperimentCreated", "Created Experiment '" + made.metadata.name + "'");
  draft.plan.changes.push_back(CreateObject{std::move(made)});
  return false;
}

std::vector<api::WeightDestination> experiment_weights(const RolloutView& view,
                                                       const RolloutDraft& draft) {
  std::vector<api::WeightDestination> weights;
  const api::Experiment* experiment = current_experiment(view, draft);
  const auto index = static_cast<std::size_t>(draft.status.currentStepIndex.value_or(0));
  const bool runs = experiment && experiment->status.phase == analysis::kRunning &&
                    !experiment->spec.terminate && !draft.aborted();
  if (!runs || index >= view.steps().size() || !view.steps()[index].experiment) return weights;
  for (const auto& wanted : view.steps()[index].experiment->templates) {
    for (const auto& status : experiment->status.templateStatuses) {
      if (status.name != wanted.name || wanted.weight.value_or(0) == 0) continue;
      weights.push_back({.podTemplateHash = status.podTemplateHash,
                         .serviceName = status.serviceName,
                         .weight = *wanted.weight});
    }
  }
  return weights;
}

void leave_experiment(RolloutDraft& draft) { draft.status.canary.currentExperiment.clear(); }

bool is_experimenting(const RolloutDraft& draft) {
  return !draft.status.canary.currentExperiment.empty();
}

void tidy_experiments(const RolloutView& view, RolloutDraft& draft) {
  tidy_runs<api::Experiment>(view, draft, {draft.status.canary.currentExperiment});
}

}  // namespace weir
