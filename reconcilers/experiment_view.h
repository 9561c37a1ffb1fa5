#pragma once

// ExperimentView: what the World says about an Experiment and its templates, read once at the start
// of a plan; and ExperimentDraft, what the plan is going to write: it begins with the status as it
// is stored, and the steps of experiment.cc go on from there.

#include <string>
#include <vector>

#include "reconcilers/plan.h"
#include "reconcilers/replicas.h"

namespace weir {

namespace annotation {
// Argo's, on ReplicaSets and Services: whose they are.
inline constexpr char kExperimentName[] = "experiment.argoproj.io/experiment-name";
inline constexpr char kExperimentTemplate[] = "experiment.argoproj.io/template-name";
}  // namespace annotation

// Argo's words for where a template stands.
namespace experiment_template {
inline constexpr char kProgressing[] = "Progressing";
inline constexpr char kRunning[] = "Running";
inline constexpr char kSuccessful[] = "Successful";
inline constexpr char kFailed[] = "Failed";
inline constexpr char kError[] = "Error";
}  // namespace experiment_template

struct TemplateView {
  const api::ExperimentTemplate* spec = nullptr;
  const api::ReplicaSet* set = nullptr;   // null: it has none yet
  const api::Service* service = nullptr;  // likewise, where it wants one
  std::string hash = {};                  // of its Pods: none but they have it
  Replicas replicas = {};
  const std::string& name() const { return spec->name; }
  bool is_available() const { return set && replicas.available >= spec->replicas; }
};

struct ExperimentView {
  const World& world;
  const Key& key;
  const api::Experiment& experiment;
  Time now;
  std::vector<TemplateView> templates = {};           // as spec.templates
  std::vector<const api::ReplicaSet*> unwanted = {};  // its own, of templates that are not there
};

// `experiment` is the object of this key in the World, and outlives the view.
ExperimentView view_of_experiment(const World& world, const Key& key,
                                  const api::Experiment& experiment, Time now);

// "compare-canary": also that of its Service, unless the template names it.
std::string replica_set_name(const ExperimentView& view, const TemplateView& one);
std::string service_name(const ExperimentView& view, const TemplateView& one);

struct ExperimentDraft {
  Plan plan = {};
  api::ExperimentStatus status = {};

  // By the name that the spec has; made where it is not there.
  api::ExperimentTemplateStatus& template_status(const std::string& name);
  api::ExperimentAnalysisRunStatus& analysis_status(const std::string& name);
  void note(const ExperimentView& view, std::string reason, std::string message,
            bool warning = false);
};

}  // namespace weir
