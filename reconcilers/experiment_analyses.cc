#include "reconcilers/experiment_analyses.h"

#include <algorithm>

#include "reconcilers/analysis_arguments.h"
#include "reconcilers/analysis_metric.h"
#include "reconcilers/analysis_templates.h"
#include "reconcilers/claims.h"
#include "reconcilers/duration.h"
#include "reconcilers/names.h"
#include "reconcilers/object_text.h"

namespace weir {

namespace {

std::string hash_of(const ExperimentView& view, const std::string& name) {
  const auto found = std::find_if(view.templates.begin(), view.templates.end(),
                                  [&](const TemplateView& one) { return one.name() == name; });
  return found == view.templates.end() ? "" : found->hash;
}

// Argo's names: {{templates.canary.podTemplateHash}}, {{experiment.availableAt}} ….
std::optional<std::string> value_of(const ExperimentView& view, const ExperimentDraft& draft,
                                    std::string_view name) {
  for (const TemplateView& one : view.templates) {
    const std::string prefix = "templates." + one.name() + ".";
    if (name == prefix + "podTemplateHash") return one.hash;
    if (name == prefix + "replicaset.name") return replica_set_name(view, one);
  }
  const auto& since = draft.status.availableAt;
  const auto duration = parse_seconds(view.experiment.spec.duration);
  if (!since || !duration) return std::nullopt;
  if (name == "experiment.availableAt") return time_text(*since);
  if (name == "experiment.finishedAt") return time_text(*since + *duration);
  return std::nullopt;
}

MadeAnalysis make(const ExperimentView& view, const ExperimentDraft& draft,
                  const api::ExperimentAnalysis& analysis) {
  const api::ExperimentSpec& spec = view.experiment.spec;
  AnalysisRequest request{
      .templates = {{.clusterScope = analysis.clusterScope, .templateName = analysis.templateName}},
      .dry_run = spec.dryRun,
      .retention = spec.measurementRetention,
      .canary = hash_of(view, "canary"),
      .stable = hash_of(view, "stable")};
  if (request.stable.empty()) request.stable = hash_of(view, "baseline");
  for (const api::AnalysisArgument& argument : analysis.args) {
    api::AnalysisArgument& made = request.args[argument.name] = argument;
    if (!made.value) continue;
    made.value = replace_names(*made.value,
                               [&](std::string_view name) { return value_of(view, draft, name); });
  }
  return make_analysis(view.world, view.key.ns, request);
}

const api::AnalysisRun* run_of(const ExperimentView& view,
                               const api::ExperimentAnalysisRunStatus& status) {
  return status.analysisRun.empty()
             ? nullptr
             : view.world.get<api::AnalysisRun>(view.key.ns, status.analysisRun);
}

void start(const ExperimentView& view, ExperimentDraft& draft,
           const api::ExperimentAnalysis& analysis) {
  api::ExperimentAnalysisRunStatus& status = draft.analysis_status(analysis.name);
  MadeAnalysis made = make(view, draft, analysis);
  if (!made.problem.empty()) {
    status.phase = analysis::kError;
    status.message = "Failed to create AnalysisRun: " + made.problem;
    return;
  }
  api::AnalysisRun run;
  if (const auto& more = view.experiment.spec.analysisRunMetadata) {
    run.metadata.labels = more->labels;
    run.metadata.annotations = more->annotations;
  }
  run.metadata.name = free_name(
      view.world,
      {.kind = Kind::AnalysisRun, .ns = view.key.ns, .name = view.key.name + "-" + analysis.name});
  run.metadata.namespace_ = view.key.ns;
  run.metadata.ownerReferences = {controller_reference(Kind::Experiment, view.experiment.metadata)};
  run.spec = std::move(made.spec);
  status.analysisRun = run.metadata.name;
  status.phase = analysis::kPending;
  draft.plan.changes.push_back(CreateObject{std::move(run)});
}

}  // namespace

std::string analysis_problem(const ExperimentView& view) {
  for (const api::ExperimentAnalysis& analysis : view.experiment.spec.analyses) {
    const MadeAnalysis made = make(view, {}, analysis);
    if (!made.problem.empty()) return "Analysis '" + analysis.name + "': " + made.problem;
  }
  return {};
}

void start_analyses(const ExperimentView& view, ExperimentDraft& draft) {
  for (const api::ExperimentAnalysis& analysis : view.experiment.spec.analyses) {
    if (draft.analysis_status(analysis.name).phase.empty()) start(view, draft, analysis);
  }
}

void look_at_analyses(const ExperimentView& view, ExperimentDraft& draft) {
  for (const api::ExperimentAnalysis& analysis : view.experiment.spec.analyses) {
    api::ExperimentAnalysisRunStatus& status = draft.analysis_status(analysis.name);
    if (status.analysisRun.empty() || is_completed(status.phase)) continue;
    if (const api::AnalysisRun* run = run_of(view, status)) {
      status.phase = run->status.phase.empty() ? analysis::kPending : run->status.phase;
      status.message = run->status.message;
    } else {  // somebody deleted it: nobody knows what it would have said
      status.phase = analysis::kError;
      status.message = "analysisruns \"" + status.analysisRun + "\" not found";
    }
  }
}

void end_analyses(const ExperimentView& view, ExperimentDraft& draft) {
  for (const api::ExperimentAnalysis& analysis : view.experiment.spec.analyses) {
    const api::AnalysisRun* run = run_of(view, draft.analysis_status(analysis.name));
    if (!run || run->spec.terminate || is_completed(run->status.phase)) continue;
    api::AnalysisRun next = *run;
    next.spec.terminate = true;
    draft.note(view, "AnalysisRunTerminating",
               "Terminating " + analysis.name + " (" + run->metadata.name + ")");
    draft.plan.changes.push_back(UpdateObject{std::move(next)});
  }
}

}  // namespace weir
