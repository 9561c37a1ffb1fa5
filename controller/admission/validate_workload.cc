#include <algorithm>
#include <charconv>

#include "controller/admission/validate.h"
#include "reconcilers/deployment_strategy.h"
#include "reconcilers/duration.h"
#include "reconcilers/labels.h"
#include "reconcilers/object_text.h"

namespace weir {
namespace {

std::string shown(const api::IntOrString& value) {
  return value.is_string ? weir::shown(value.text) : weir::shown(value.number);
}

std::string shown(const api::LabelSelector& selector) {
  std::string out = "{";
  if (!selector.matchLabels.empty()) out += "\"matchLabels\":" + weir::shown(selector.matchLabels);
  if (!selector.matchExpressions.empty()) {
    out += std::string(out.size() > 1 ? "," : "") + "\"matchExpressions\":[…]";
  }
  return out + "}";
}

// The number in "25%"; nullopt when the text is not a percentage.
std::optional<std::int64_t> percentage(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = error == std::errc{} && number >= 0 && text.front() != '+' &&
                    end + 1 == text.data() + text.size() && *end == '%';
  return good ? std::optional(number) : std::nullopt;
}

bool is_zero(const std::optional<api::IntOrString>& value) {
  if (!value) return true;
  return value->is_string ? percentage(value->text) == 0 : value->number == 0;
}

void validate_count_or_percent(const api::IntOrString& value, const std::string& path,
                               bool at_most_all, Causes& causes) {
  if (!value.is_string) {
    if (value.number < 0) {
      causes.invalid(path, shown(value), "must be greater than or equal to 0");
    }
    return;
  }
  const auto percent = percentage(value.text);
  if (!percent) {
    causes.invalid(path, shown(value),
                   "a valid percent string must be a numeric string followed by an ending '%' "
                   "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')");
  } else if (at_most_all && *percent > 100) {
    causes.invalid(path, shown(value), "must not be greater than 100%");
  }
}

void validate_strategy(const api::DeploymentStrategy& strategy, Causes& causes) {
  const std::string path = "spec.strategy.rollingUpdate";
  if (!strategy.rollingUpdate) return;
  if (strategy.type == "Recreate") {
    return causes.forbidden(path, "may not be specified when strategy `type` is 'Recreate'");
  }
  const api::RollingUpdateDeployment& rolling = *strategy.rollingUpdate;
  validate_count_or_percent(rolling.maxUnavailable, at(path, "maxUnavailable"), true, causes);
  validate_count_or_percent(rolling.maxSurge, at(path, "maxSurge"), false, causes);
  if (is_zero(rolling.maxUnavailable) && is_zero(rolling.maxSurge)) {
    causes.invalid(at(path, "maxUnavailable"), shown(rolling.maxUnavailable),
                   "may not be 0 when `maxSurge` is 0");
  }
}

// Which labels of the selector changed, and the way out.
void validate_same_selector(const api::LabelSelector& before, const api::LabelSelector& after,
                            const std::string& resource, Causes& causes) {
  if (before == after) return;
  std::string keys;
  const auto name = [&](const std::string& key) { keys += (keys.empty() ? "" : ", ") + key; };
  for (const auto& [key, value] : before.matchLabels) {
    const auto found = after.matchLabels.find(key);
    if (found == after.matchLabels.end() || found->second != value) name(key);
  }
  for (const auto& [key, value] : after.matchLabels) {
    if (!before.matchLabels.contains(key)) name(key);
  }
  if (before.matchExpressions != after.matchExpressions) name("matchExpressions");
  causes.invalid("spec.selector", shown(after),
                 "field is immutable (changed: " + keys +
                     "; to change it all the same, `kubectl delete " + resource +
                     " --cascade=orphan` keeps the pods running, then apply again)");
}

}  // namespace

void validate_pods(const api::LabelSelector& selector, const api::PodTemplateSpec& pods,
                   const std::string& parent, const std::string& kind, Causes& causes) {
  const std::string path = at(parent, "template");
  validate_selector(selector, at(parent, "selector"), causes);
  if (is_empty(selector)) {
    causes.invalid(at(parent, "selector"), "{}", "empty selector is invalid for " + kind);
  } else if (!matches(selector, pods.metadata.labels)) {
    causes.invalid(at(path, "metadata.labels"), weir::shown(pods.metadata.labels),
                   "`selector` does not match template `labels`");
  }
  validate_labels(pods.metadata.labels, at(path, "metadata.labels"), causes);
  validate_pod_spec(pods.spec, at(path, "spec"), causes);
  if (pods.spec.restartPolicy != "Always") {
    causes.unsupported(at(path, "spec.restartPolicy"), weir::shown(pods.spec.restartPolicy),
                       {"Always"});
  }
  if (pods.spec.activeDeadlineSeconds) {
    causes.forbidden(at(path, "spec.activeDeadlineSeconds"),
                     "activeDeadlineSeconds in ReplicaSet is not Supported");
  }
}

void validate_deployment(const api::DeploymentSpec& spec, Causes& causes) {
  validate_pods(spec.selector, spec.template_, "spec", "deployment", causes);
  validate_strategy(spec.strategy, causes);
  if (spec.progressDeadlineSeconds <= spec.minReadySeconds) {
    causes.invalid("spec.progressDeadlineSeconds", weir::shown(spec.progressDeadlineSeconds),
                   "must be greater than minReadySeconds");
  }
}

void validate_rollout_annotations(const api::Deployment& deployment, Causes& causes) {
  const auto& annotations = deployment.metadata.annotations;
  const std::string path = "metadata.annotations";
  const std::string pause = text_at(annotations, annotation::kStrategyPause);
  if (!pause.empty() && !parse_seconds(pause)) {
    causes.invalid(at_key(path, annotation::kStrategyPause), weir::shown(pause),
                   "must be a duration such as 30s, 5m or 1h");
  }
  const std::string strategy = text_at(annotations, annotation::kStrategy);
  if (strategy.empty()) return;
  if (!has_strategy(deployment)) {
    causes.unsupported(at_key(path, annotation::kStrategy), weir::shown(strategy),
                       {"canary", "blue-green"});
  }
  if (deployment.spec.strategy.type == "Recreate") {
    causes.invalid(at_key(path, annotation::kStrategy), weir::shown(strategy),
                   "needs spec.strategy.type RollingUpdate: both versions run beside each other");
  }
}

void validate_deployment_update(const api::DeploymentSpec& before, const api::DeploymentSpec& after,
                                Causes& causes) {
  validate_same_selector(before.selector, after.selector, "deployment", causes);
}

void validate_replica_set(const api::ReplicaSetSpec& spec, Causes& causes) {
  validate_pods(spec.selector, spec.template_, "spec", "replica set", causes);
}

void validate_replica_set_update(const api::ReplicaSetSpec& before,
                                 const api::ReplicaSetSpec& after, Causes& causes) {
  validate_same_selector(before.selector, after.selector, "replicaset", causes);
}

}  // namespace weir
