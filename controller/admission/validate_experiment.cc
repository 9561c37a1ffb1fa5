#include <set>

#include "controller/admission/validate.h"
#include "controller/admission/validate_names.h"
#include "reconcilers/duration.h"
#include "reconcilers/labels.h"
#include "reconcilers/rollout_steps.h"

namespace weir {
namespace {

// Of templates and of analyses: they end the names of objects.
template <class Named>
void validate_names(const std::vector<Named>& all, const std::string& path, Causes& causes) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string here = at(at(path, i), "name");
    causes.check(here, all[i].name, dns_subdomain_problem(all[i].name));
    if (!names.insert(all[i].name).second) causes.duplicate(here, shown(all[i].name));
  }
}

// What an Experiment and a step that has one made say in the same way.
void validate_common(const auto& experiment, const std::string& path, Causes& causes) {
  if (experiment.templates.empty()) causes.required(at(path, "templates"));
  validate_names(experiment.templates, at(path, "templates"), causes);
  validate_names(experiment.analyses, at(path, "analyses"), causes);
  for (std::size_t i = 0; i < experiment.templates.size(); ++i) {
    const auto& service = experiment.templates[i].service;
    if (!service || service->name.empty()) continue;
    causes.check(at(at(at(path, "templates"), i), "service.name"), service->name,
                 dns_label_problem(service->name));
  }
  for (std::size_t i = 0; i < experiment.analyses.size(); ++i) {
    if (experiment.analyses[i].templateName.empty()) {
      causes.required(at(at(at(path, "analyses"), i), "templateName"));
    }
  }
  if (!experiment.duration.empty() && !parse_seconds(experiment.duration)) {
    causes.invalid(at(path, "duration"), shown(experiment.duration),
                   "must be a duration such as 30s, 5m or 1h");
  }
  validate_rules(experiment.dryRun, at(path, "dryRun"), causes);
}

void validate_analysis_of(const api::ExperimentAnalysis& analysis, const std::string& path,
                          Causes& causes) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < analysis.args.size(); ++i) {
    const api::AnalysisArgument& argument = analysis.args[i];
    const std::string here = at(at(path, "args"), i);
    if (!names.insert(argument.name).second)
      causes.duplicate(at(here, "name"), shown(argument.name));
    if (argument.valueFrom && argument.valueFrom->fieldRef) {
      causes.forbidden(at(here, "valueFrom.fieldRef"), "is for the arguments of a Rollout");
    }
  }
}

// What comes to the templates and to the canary comes from the stable pods.
void validate_weights(const api::CanaryStrategy& canary, std::size_t index, const std::string& path,
                      Causes& causes) {
  const std::int64_t most = most_weight(canary);
  std::int64_t sum = weight_at(canary, static_cast<std::int64_t>(index));
  const auto& templates = canary.steps[index].experiment->templates;
  for (std::size_t i = 0; i < templates.size(); ++i) {
    if (!templates[i].weight) continue;
    sum += *templates[i].weight;
    const std::string here = at(at(at(path, "templates"), i), "weight");
    const std::string value = shown(*templates[i].weight);
    if (!canary.trafficRouting) {
      causes.invalid(here, value, "needs spec.strategy.canary.trafficRouting");
    } else if (sum > most) {
      causes.invalid(here, value,
                     "must leave something: with the canary's own weight and those before it, it "
                     "comes to " +
                         std::to_string(sum) + " of " + std::to_string(most));
    }
  }
}

}  // namespace

void validate_experiment(const api::ExperimentSpec& spec, Causes& causes) {
  validate_common(spec, "spec", causes);
  validate_rules(spec.measurementRetention, "spec.measurementRetention", causes);
  for (std::size_t i = 0; i < spec.templates.size(); ++i) {
    const api::ExperimentTemplate& one = spec.templates[i];
    validate_pods(one.selector, one.template_, at("spec.templates", i), "experiment", causes);
    if (spec.progressDeadlineSeconds <= one.minReadySeconds) {
      causes.invalid(at(at("spec.templates", i), "minReadySeconds"), shown(one.minReadySeconds),
                     "must be less than progressDeadlineSeconds");
    }
  }
  for (std::size_t i = 0; i < spec.analyses.size(); ++i) {
    validate_analysis_of(spec.analyses[i], at("spec.analyses", i), causes);
  }
}

void validate_experiment_update(const api::ExperimentSpec& before, const api::ExperimentSpec& after,
                                Causes& causes) {
  if (before.terminate && !after.terminate) {
    causes.invalid("spec.terminate", "false", "one that was told to end does not go on");
  }
}

void validate_experiment_step(const api::CanaryStrategy& canary, std::size_t index,
                              const std::map<std::string, std::string>* pods,
                              const std::string& path, Causes& causes) {
  const api::RolloutExperimentStep& step = *canary.steps[index].experiment;
  validate_common(step, path, causes);
  validate_weights(canary, index, path, causes);
  if (step.duration.empty() && step.analyses.empty()) {
    causes.required(at(path, "duration"), "or analyses: without them it has no end");
  }
  for (std::size_t i = 0; i < step.templates.size(); ++i) {
    const api::RolloutExperimentTemplate& one = step.templates[i];
    std::map<std::string, std::string> labels;
    if (one.metadata) labels = one.metadata->labels;
    const std::string here = at(at(path, "templates"), i);
    validate_labels(labels, at(here, "metadata.labels"), causes);
    if (!one.selector) continue;
    validate_selector(*one.selector, at(here, "selector"), causes);
    if (pods) labels.insert(pods->begin(), pods->end());
    if (pods && !matches(*one.selector, labels)) {
      causes.invalid(at(here, "selector"), "{}", "does not match the labels of its pods");
    }
  }
  for (std::size_t i = 0; i < step.analyses.size(); ++i) {
    validate_arguments(step.analyses[i].args, at(at(at(path, "analyses"), i), "args"), causes);
  }
}

}  // namespace weir
