#include "reconcilers/experiment_view.h"

#include <algorithm>

#include "reconcilers/claims.h"
#include "reconcilers/labels.h"
#include "reconcilers/names.h"

namespace weir {

namespace {

// Two templates may be equal, and equal a Rollout's revision, and still requests are counted and
// divided by the hash: the name is a part of what it is of.
std::string hash_of(const ExperimentView& view, const TemplateView& one) {
  api::PodTemplateSpec marked = one.spec->template_;
  marked.metadata.labels.erase(kRolloutsPodTemplateHash);
  marked.metadata.annotations[annotation::kExperimentTemplate] = replica_set_name(view, one);
  return pod_template_hash(marked, std::nullopt);
}

template <class T>
T& named(std::vector<T>& all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const T& t) { return t.name == name; });
  if (found != all.end()) return *found;
  T& made = all.emplace_back();
  made.name = name;
  return made;
}

}  // namespace

ExperimentView view_of_experiment(const World& world, const Key& key,
                                  const api::Experiment& experiment, Time now) {
  ExperimentView view{.world = world, .key = key, .experiment = experiment, .now = now};
  for (const api::ExperimentTemplate& spec : experiment.spec.templates) {
    TemplateView& one = view.templates.emplace_back();
    one.spec = &spec;
    one.hash = hash_of(view, one);
    if (!spec.service) continue;
    const auto* service = world.get<api::Service>(key.ns, service_name(view, one));
    const bool own = service && is_controlled_by(service->metadata, experiment.metadata.uid);
    if (own) one.service = service;
  }
  for (const Key& dependent : world.dependents(experiment.metadata.uid)) {
    const auto* set = dependent.kind == Kind::ReplicaSet
                          ? world.get<api::ReplicaSet>(dependent.ns, dependent.name)
                          : nullptr;
    if (!set || !is_controlled_by(set->metadata, experiment.metadata.uid)) continue;
    const auto of = std::find_if(view.templates.begin(), view.templates.end(), [&](auto& one) {
      return replica_set_name(view, one) == set->metadata.name;
    });
    if (of == view.templates.end()) {
      view.unwanted.push_back(set);
      continue;
    }
    of->set = set;
    of->hash = text_at(set->metadata.labels, kRolloutsPodTemplateHash);
    of->replicas =
        count(pods_of(world, *set), *set, std::chrono::seconds(of->spec->minReadySeconds), now);
  }
  return view;
}

std::string replica_set_name(const ExperimentView& view, const TemplateView& one) {
  return view.key.name + "-" + one.name();
}

std::string service_name(const ExperimentView& view, const TemplateView& one) {
  const auto& service = one.spec->service;
  return service && !service->name.empty() ? service->name : replica_set_name(view, one);
}

api::ExperimentTemplateStatus& ExperimentDraft::template_status(const std::string& name) {
  return named(status.templateStatuses, name);
}

api::ExperimentAnalysisRunStatus& ExperimentDraft::analysis_status(const std::string& name) {
  return named(status.analysisRuns, name);
}

void ExperimentDraft::note(const ExperimentView& view, std::string reason, std::string message,
                           bool warning) {
  plan.events.push_back({.about = view.key,
                         .warning = warning,
                         .reason = std::move(reason),
                         .message = std::move(message)});
}

}  // namespace weir
