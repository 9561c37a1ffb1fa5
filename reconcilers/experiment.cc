#include "reconcilers/experiment.h"

#include <algorithm>
#include <array>

#include "reconcilers/analysis_metric.h"
#include "reconcilers/conditions.h"
#include "reconcilers/duration.h"
#include "reconcilers/experiment_analyses.h"
#include "reconcilers/experiment_templates.h"
#include "reconcilers/reconciler.h"

namespace weir {

namespace {

// --- Steps ---------------------------------------------------------------------------------------

Verdict deletion(const ExperimentView& view, ExperimentDraft&) {
  if (!view.experiment.metadata.deletionTimestamp) return next();
  return stop("being deleted: garbage collection goes on");
}

// What it needs may be applied after it.
Verdict begin(const ExperimentView& view, ExperimentDraft& draft) {
  if (!draft.status.templateStatuses.empty() || view.experiment.spec.terminate) return next();
  draft.status.phase = analysis::kPending;
  draft.status.message = analysis_problem(view);
  if (!draft.status.message.empty()) return stop(draft.status.message);
  for (const TemplateView& one : view.templates) draft.template_status(one.name());
  for (const api::ExperimentAnalysis& one : view.experiment.spec.analyses) {
    draft.analysis_status(one.name);
  }
  return next();
}

Verdict templates(const ExperimentView& view, ExperimentDraft& draft) {
  if (is_completed(draft.status.phase) || view.experiment.spec.terminate) {
    state_templates(view, draft);
    return next();
  }
  if (const auto* home = view.world.get<api::Namespace>("", view.key.ns);
      home && home->metadata.deletionTimestamp) {
    return stop("namespace " + view.key.ns + " is being terminated: nothing new is made in it");
  }
  make_templates(view, draft);
  state_templates(view, draft);
  const bool all = std::all_of(view.templates.begin(), view.templates.end(),
                               [](const TemplateView& one) { return one.is_available(); });
  if (all && !draft.status.availableAt) draft.status.availableAt = to_seconds(view.now);
  return next(all ? "all templates are available" : "templates are becoming available");
}

Verdict analyses(const ExperimentView& view, ExperimentDraft& draft) {
  look_at_analyses(view, draft);
  const bool ends = view.experiment.spec.terminate || is_completed(draft.status.phase);
  if (draft.status.availableAt && !ends) start_analyses(view, draft);
  return next();
}

struct Outcome {
  std::string phase = {};
  std::string message = {};
};

// The worst that a template or an analysis has come to, if that is bad.
Outcome failure_of(const ExperimentView& view, ExperimentDraft& draft) {
  Outcome worst{.phase = analysis::kSuccessful};
  const auto take = [&](const std::string& phase, const std::string& message) {
    if (is_bad(phase) && phase != worst.phase && worse(worst.phase, phase) == phase) {
      worst = {phase, message};
    }
  };
  for (const TemplateView& one : view.templates) {
    take(draft.template_status(one.name()).status, draft.template_status(one.name()).message);
  }
  if (is_bad(worst.phase)) return worst;
  for (const api::ExperimentAnalysis& analysis : view.experiment.spec.analyses) {
    const auto& status = draft.analysis_status(analysis.name);
    const std::string why = status.message.empty() ? "" : ": " + status.message;
    take(status.phase, "Analysis '" + analysis.name + "' " + status.phase + why);
  }
  return worst;
}

// Whether it has run for as long as it should: until the analyses that it requires are done, or for
// its duration, or until all analyses are done.
bool has_run(const ExperimentView& view, ExperimentDraft& draft) {
  const api::ExperimentSpec& spec = view.experiment.spec;
  if (!draft.status.availableAt) return false;
  std::size_t required = 0, missing = 0, open = 0;
  for (const api::ExperimentAnalysis& analysis : spec.analyses) {
    const bool done = is_completed(draft.analysis_status(analysis.name).phase);
    required += analysis.requiredForCompletion;
    missing += analysis.requiredForCompletion && !done;
    open += !done;
  }
  if (required > 0) return missing == 0;
  const auto duration = parse_seconds(spec.duration);
  if (!duration) return !spec.analyses.empty() && open == 0;
  const Time end = *draft.status.availableAt + *duration;
  if (view.now < end) draft.plan.wake(end);
  return view.now >= end;
}

Verdict judge(const ExperimentView& view, ExperimentDraft& draft) {
  api::ExperimentStatus& status = draft.status;
  if (is_completed(status.phase)) return next("it has ended: " + status.phase);
  const Outcome failure = failure_of(view, draft);
  const bool running = std::all_of(view.templates.begin(), view.templates.end(), [&](auto& one) {
    return draft.template_status(one.name()).status == experiment_template::kRunning;
  });
  if (is_bad(failure.phase)) {
    status.phase = failure.phase;
  } else if (view.experiment.spec.terminate || has_run(view, draft)) {
    status.phase = analysis::kSuccessful;
  } else {
    status.phase = running ? analysis::kRunning : analysis::kPending;
  }
  status.message = failure.message;
  return next();
}

Verdict end(const ExperimentView& view, ExperimentDraft& draft) {
  if (!is_completed(draft.status.phase)) return next();
  end_analyses(view, draft);
  end_templates(view, draft);
  return next();
}

struct Step {
  const char* name;
  Verdict (*run)(const ExperimentView&, ExperimentDraft&);
};
constexpr std::array kSteps{
    Step{"deletion", deletion},    // a dying Experiment changes nothing
    Step{"begin", begin},          // what it names is there
    Step{"templates", templates},  // a ReplicaSet for each, and how far they are
    Step{"analyses", analyses},    // once all templates are available
    Step{"judge", judge},          // what all of it has come to
    Step{"end", end},              // nothing is measured any more, and the Pods go
};

// --- The status ----------------------------------------------------------------------------------

void state_condition(const ExperimentView& view, ExperimentDraft& draft) {
  const std::string& phase = draft.status.phase;
  const std::string who = "Experiment \"" + view.key.name + "\" ";
  Statement progress{.type = "Progressing",
                     .status = "True",
                     .reason = "ReplicaSetUpdated",
                     .message = who + "is progressing."};
  if (phase == analysis::kRunning) {
    progress.reason = "NewReplicaSetAvailable";
    progress.message = who + "is running.";
  } else if (phase == analysis::kSuccessful) {
    progress = {"Progressing", "False", "ExperimentCompleted",
                who + "has successfully ran and completed."};
  } else if (is_completed(phase)) {
    progress = {"Progressing", "False", "Experiment" + phase, who + "has ended: " + phase};
  }
  set_condition(draft.status.conditions, progress, view.now);
}

// Whatever has another word for where it stands than it had is an Event, by Argo's names.
void note_transitions(const ExperimentView& view, ExperimentDraft& draft) {
  const auto note = [&](const std::string& kind, const std::string& who, const std::string& before,
                        const std::string& after, const std::string& message) {
    if (before == after || after.empty()) return;
    const std::string why = message.empty() ? "" : ": " + message;
    draft.note(view, kind + after,
               kind + who + " transitioned from " + before + " -> " + after + why, is_bad(after));
  };
  ExperimentDraft before{.status = view.experiment.status};
  for (const auto& one : draft.status.templateStatuses) {
    note("Template", " '" + one.name + "'", before.template_status(one.name).status, one.status,
         one.message);
  }
  for (const auto& one : draft.status.analysisRuns) {
    note("AnalysisRun", " '" + one.name + "'", before.analysis_status(one.name).phase, one.phase,
         one.message);
  }
  note("Experiment", "", before.status.phase, draft.status.phase, draft.status.message);
}

void finish(const ExperimentView& view, ExperimentDraft& draft) {
  state_condition(view, draft);
  note_transitions(view, draft);
  draft.plan.reasons.push_back(
      {.step = "status", .verdict = draft.status.phase + ": " + draft.status.message});
  if (draft.status == view.experiment.status) return;
  api::Experiment experiment = view.experiment;
  experiment.status = draft.status;
  draft.plan.changes.push_back(UpdateStatus{std::move(experiment)});
}

}  // namespace

Plan plan_experiment(const World& world, const Key& key, Time now) {
  const auto* experiment = world.get<api::Experiment>(key.ns, key.name);
  if (!experiment) return {};
  const ExperimentView view = view_of_experiment(world, key, *experiment, now);
  ExperimentDraft draft{.status = experiment->status};
  for (const Step& step : kSteps) {
    const Verdict verdict = step.run(view, draft);
    if (!verdict.text.empty()) {
      draft.plan.reasons.push_back({.step = step.name, .verdict = verdict.text});
    }
    if (verdict.stop) break;
  }
  finish(view, draft);
  return std::move(draft.plan);
}

}  // namespace weir
