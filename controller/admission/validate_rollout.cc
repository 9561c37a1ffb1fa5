#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "controller/admission/validate.h"
#include "controller/pattern/pattern.h"
#include "reconcilers/duration.h"
#include "reconcilers/labels.h"
#include "reconcilers/rollout_steps.h"
#include "reconcilers/rollout_view.h"

namespace weir {
namespace {

bool is_zero(const std::optional<api::IntOrString>& value) {
  if (!value) return false;
  return value->is_string ? value->text == "0" || value->text == "0%" : value->number == 0;
}

void validate_share(const std::optional<api::IntOrString>& value, const std::string& path,
                    Causes& causes) {
  if (!value) return;
  if (!value->is_string) {
    if (value->number < 0) {
      causes.invalid(path, shown(value->number), "must be greater than or equal to 0");
    }
    return;
  }
  const std::string& text = value->text;
  const std::string digits = text.ends_with('%') ? text.substr(0, text.size() - 1) : text;
  if (digits.empty() || digits.size() > 9 ||
      digits.find_first_not_of("0123456789") != std::string::npos) {
    causes.invalid(path, shown(text), "must be a number of pods, or a percentage such as \"25%\"");
  }
}

// What the gateway will compile: RE2, whose cost is bounded.
void validate_match(const std::optional<api::StringMatch>& match, const std::string& path,
                    Causes& causes) {
  if (!match) return;
  const int given = !match->exact.empty() + !match->prefix.empty() + !match->regex.empty();
  if (given > 1) causes.invalid(path, "{}", "must have one of exact, prefix and regex");
  if (match->regex.empty()) return;
  if (match->regex.size() > kPatternBytesMax) {
    return causes.invalid(at(path, "regex"), shown(match->regex), "is too long");
  }
  const auto pattern = compile_pattern(match->regex);
  if (!pattern->ok()) {
    causes.invalid(at(path, "regex"), shown(match->regex),
                   "is no regular expression: " + pattern->error());
  }
}

void validate_managed(const api::CanaryStrategy& canary, const std::string& name,
                      const std::string& path, Causes& causes) {
  if (!canary.trafficRouting) {
    return causes.invalid(path, shown(name), "needs spec.strategy.canary.trafficRouting");
  }
  const auto& managed = canary.trafficRouting->managedRoutes;
  if (std::none_of(managed.begin(), managed.end(),
                   [&](const api::ManagedRoute& route) { return route.name == name; })) {
    causes.invalid(at(path, "name"), shown(name), "is not in trafficRouting.managedRoutes");
  }
}

void validate_scale(const api::CanaryStrategy& canary, const api::SetCanaryScale& scale,
                    const std::string& path, Causes& causes) {
  if (!canary.trafficRouting) {
    causes.invalid(path, "{}", "needs spec.strategy.canary.trafficRouting");
  }
  const int given =
      scale.replicas.has_value() + scale.weight.has_value() + scale.matchTrafficWeight;
  if (given != 1) {
    causes.invalid(path, "{}", "must have one of replicas, weight and matchTrafficWeight");
  }
}

// Of a step, in the background, before or after the switch.
void validate_analysis_of(const auto& analysis, const std::string& path, Causes& causes) {
  if (analysis.templates.empty()) causes.required(at(path, "templates"));
  for (std::size_t i = 0; i < analysis.templates.size(); ++i) {
    if (analysis.templates[i].templateName.empty()) {
      causes.required(at(at(at(path, "templates"), i), "templateName"));
    }
  }
  validate_arguments(analysis.args, at(path, "args"), causes);
  validate_rules(analysis.dryRun, at(path, "dryRun"), causes);
  validate_rules(analysis.measurementRetention, at(path, "measurementRetention"), causes);
}

void validate_step(const api::CanaryStrategy& canary, const api::CanaryStep& step,
                   const std::string& path, Causes& causes) {
  const bool plugin = !step.plugin.text.empty();
  const int given = step.setWeight.has_value() + step.pause.has_value() +
                    step.setCanaryScale.has_value() + step.setHeaderRoute.has_value() +
                    step.setMirrorRoute.has_value() + step.analysis.has_value() +
                    step.experiment.has_value() + plugin;
  if (given != 1) return causes.invalid(path, "{}", "must have exactly one kind of step");
  if (plugin) causes.forbidden(at(path, "plugin"), "weir loads no plugins");
  if (step.analysis) validate_analysis_of(*step.analysis, at(path, "analysis"), causes);
  if (step.setWeight && *step.setWeight > most_weight(canary)) {
    causes.invalid(at(path, "setWeight"), shown(*step.setWeight),
                   "must be between 0 and " + std::to_string(most_weight(canary)));
  }
  if (step.pause && step.pause->duration && !parse_seconds(*step.pause->duration)) {
    causes.invalid(at(path, "pause.duration"), shown(step.pause->duration->text),
                   "must be seconds, or a duration such as 30s, 5m or 1h");
  }
  if (step.setCanaryScale) {
    validate_scale(canary, *step.setCanaryScale, at(path, "setCanaryScale"), causes);
  }
  if (const auto& route = step.setHeaderRoute) {
    const std::string here = at(path, "setHeaderRoute");
    validate_managed(canary, route->name, here, causes);
    for (std::size_t i = 0; i < route->match.size(); ++i) {
      const std::string place = at(at(here, "match"), i);
      validate_match(route->match[i].headerValue, place, causes);
      if (!route->match[i].headerValue) causes.required(at(place, "headerValue"));
    }
  }
  if (const auto& route = step.setMirrorRoute) {
    const std::string here = at(path, "setMirrorRoute");
    validate_managed(canary, route->name, here, causes);
    for (std::size_t i = 0; i < route->match.size(); ++i) {
      const std::string place = at(at(here, "match"), i);
      validate_match(route->match[i].path, at(place, "path"), causes);
      validate_match(route->match[i].method, at(place, "method"), causes);
      for (const auto& [name, value] : route->match[i].headers) {
        validate_match(value, at_key(at(place, "headers"), name), causes);
      }
    }
  }
}

void validate_canary(const api::RolloutSpec& spec, Causes& causes) {
  const api::CanaryStrategy& canary = *spec.strategy.canary;
  const std::string path = "spec.strategy.canary";
  validate_share(canary.maxSurge, at(path, "maxSurge"), causes);
  validate_share(canary.maxUnavailable, at(path, "maxUnavailable"), causes);
  if (is_zero(canary.maxSurge) && is_zero(canary.maxUnavailable)) {
    causes.invalid(at(path, "maxUnavailable"), "0", "may not be 0 when maxSurge is 0");
  }
  if (!canary.stableService.empty() && canary.stableService == canary.canaryService) {
    causes.invalid(at(path, "stableService"), shown(canary.stableService),
                   "must differ from canaryService");
  }
  const bool has_stable = !canary.stableService.empty();
  if (canary.trafficRouting && has_stable != !canary.canaryService.empty()) {
    causes.required(at(path, has_stable ? "canaryService" : "stableService"),
                    "trafficRouting has both Services or none");
  }
  if (canary.pingPong && (has_stable || !canary.canaryService.empty())) {
    causes.invalid(at(path, "pingPong"), "{}",
                   "takes the place of stableService and canaryService");
  }
  if (!canary.trafficRouting) {
    if (canary.scaleDownDelaySeconds) {
      causes.invalid(at(path, "scaleDownDelaySeconds"), shown(*canary.scaleDownDelaySeconds),
                     "needs trafficRouting");
    }
    if (canary.dynamicStableScale) {
      causes.invalid(at(path, "dynamicStableScale"), "true", "needs trafficRouting");
    }
  } else if (canary.dynamicStableScale && canary.scaleDownDelaySeconds) {
    causes.invalid(at(path, "dynamicStableScale"), "true",
                   "cannot be used with scaleDownDelaySeconds");
  }
  if (canary.analysis) validate_analysis_of(*canary.analysis, at(path, "analysis"), causes);
  for (std::size_t i = 0; i < canary.steps.size(); ++i) {
    const std::string here = at(at(path, "steps"), i);
    validate_step(canary, canary.steps[i], here, causes);
    if (!canary.steps[i].experiment) continue;
    validate_experiment_step(canary, i,
                             spec.workloadRef ? nullptr : &spec.template_.metadata.labels,
                             at(here, "experiment"), causes);
  }
}

void validate_blue_green(const api::BlueGreenStrategy& blue_green, Causes& causes) {
  const std::string path = "spec.strategy.blueGreen";
  validate_share(blue_green.maxUnavailable, at(path, "maxUnavailable"), causes);
  if (blue_green.activeService == blue_green.previewService) {
    causes.invalid(at(path, "previewService"), shown(blue_green.previewService),
                   "must differ from activeService");
  }
  if (const auto& before = blue_green.prePromotionAnalysis) {
    validate_analysis_of(*before, at(path, "prePromotionAnalysis"), causes);
  }
  if (const auto& after = blue_green.postPromotionAnalysis) {
    validate_analysis_of(*after, at(path, "postPromotionAnalysis"), causes);
  }
}

void validate_template(const api::RolloutSpec& spec, Causes& causes) {
  const std::string path = "spec.template";
  const api::PodTemplateSpec& pods = spec.template_;
  if (spec.workloadRef) {
    if (!pods.spec.containers.empty()) {
      causes.invalid("spec.workloadRef", shown(spec.workloadRef->name),
                     "takes the place of spec.template");
    }
    return;
  }
  if (!spec.selector || is_empty(*spec.selector)) {
    causes.required("spec.selector");
  } else {
    validate_selector(*spec.selector, "spec.selector", causes);
    if (!matches(*spec.selector, pods.metadata.labels)) {
      causes.invalid(at(path, "metadata.labels"), shown(pods.metadata.labels),
                     "`selector` does not match template `labels`");
    }
  }
  validate_labels(pods.metadata.labels, at(path, "metadata.labels"), causes);
  validate_pod_spec(pods.spec, at(path, "spec"), causes);
  if (pods.spec.restartPolicy != "Always") {
    causes.unsupported(at(path, "spec.restartPolicy"), shown(pods.spec.restartPolicy), {"Always"});
  }
}

}  // namespace

void validate_arguments(const std::vector<api::AnalysisRunArgument>& arguments,
                        const std::string& path, Causes& causes) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& from = arguments[i].valueFrom;
    const int given = arguments[i].value.has_value() + (from && from->fieldRef.has_value()) +
                      (from && !from->podTemplateHashValue.empty());
    if (given == 1) continue;
    causes.invalid(at(path, i), shown(arguments[i].name),
                   "must have one of value, valueFrom.podTemplateHashValue and valueFrom.fieldRef");
  }
}

void validate_rollout(const api::RolloutSpec& spec, Causes& causes) {
  validate_template(spec, causes);
  const auto& strategy = spec.strategy;
  if (strategy.canary.has_value() == strategy.blueGreen.has_value()) {
    causes.invalid("spec.strategy", "{}", "must have one of canary and blueGreen");
  }
  if (strategy.canary) validate_canary(spec, causes);
  if (strategy.blueGreen) validate_blue_green(*strategy.blueGreen, causes);
  if (spec.progressDeadlineSeconds <= spec.minReadySeconds) {
    causes.invalid("spec.progressDeadlineSeconds", shown(spec.progressDeadlineSeconds),
                   "must be greater than minReadySeconds");
  }
}

void validate_rollout_update(const api::RolloutSpec& before, const api::RolloutSpec& after,
                             Causes& causes) {
  if (before.selector != after.selector) {
    causes.invalid("spec.selector", "{}", "field is immutable");
  }
}

}  // namespace weir
