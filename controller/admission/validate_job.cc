#include <algorithm>

#include "controller/admission/validate.h"
#include "controller/admission/validate_names.h"
#include "reconcilers/job_pods.h"
#include "reconcilers/labels.h"

namespace weir {
namespace {

constexpr std::size_t kHostNameMax = 63;

void validate_failure_policy(const api::JobSpec& spec, Causes& causes) {
  const std::string path = "spec.podFailurePolicy.rules";
  if (!spec.podFailurePolicy) return;
  if (spec.template_.spec.restartPolicy != "Never") {
    causes.invalid("spec.template.spec.restartPolicy", shown(spec.template_.spec.restartPolicy),
                   "only \"Never\" is supported when podFailurePolicy is specified");
  }
  const auto& rules = spec.podFailurePolicy->rules;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const api::PodFailurePolicyRule& rule = rules[i];
    if (rule.onExitCodes.has_value() == !rule.onPodConditions.empty()) {
      causes.invalid(at(path, i), shown(rule.action),
                     "specifying one of OnExitCodes and OnPodConditions is required");
    }
    if (rule.action == "FailIndex" && !spec.backoffLimitPerIndex) {
      causes.invalid(at(at(path, i), "action"), shown(rule.action),
                     "requires the backoffLimitPerIndex to be set");
    }
    if (!rule.onExitCodes) continue;
    const auto& codes = *rule.onExitCodes;
    const std::string values = at(at(path, i), "onExitCodes.values");
    if (codes.values.empty()) causes.invalid(values, "[]", "at least one value is required");
    if (codes.operator_ == "In" && std::count(codes.values.begin(), codes.values.end(), 0) > 0) {
      causes.invalid(values, "0", "must not be 0 for the In operator");
    }
  }
}

void validate_indexed(const api::JobSpec& spec, Causes& causes) {
  const auto needs = [&](const char* field, bool given) {
    if (given) causes.invalid(at("spec", field), "", "requires indexed completion mode");
  };
  if (is_indexed(spec)) {
    if (!spec.completions) {
      causes.required("spec.completions", "when completion mode is Indexed");
    } else if (*spec.completions > kIndexesMax) {
      causes.invalid("spec.completions", shown(*spec.completions),
                     "must be less than or equal to 100000 when completion mode is Indexed");
    }
  } else {
    needs("backoffLimitPerIndex", spec.backoffLimitPerIndex.has_value());
    needs("successPolicy", spec.successPolicy.has_value());
  }
  if (spec.maxFailedIndexes && !spec.backoffLimitPerIndex) {
    causes.required("spec.backoffLimitPerIndex", "when maxFailedIndexes is specified");
  }
  if (spec.backoffLimitPerIndex && spec.template_.spec.restartPolicy != "Never") {
    causes.invalid("spec.template.spec.restartPolicy", shown(spec.template_.spec.restartPolicy),
                   "only \"Never\" is supported when backoffLimitPerIndex is specified");
  }
  if (!spec.successPolicy) return;
  const auto& rules = spec.successPolicy->rules;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string path = at("spec.successPolicy.rules", i);
    if (rules[i].succeededIndexes.empty() && !rules[i].succeededCount) {
      causes.required(path, "at least one of succeededCount or succeededIndexes must be specified");
    }
    if (!parse_indexes(rules[i].succeededIndexes)) {
      causes.invalid(at(path, "succeededIndexes"), shown(rules[i].succeededIndexes),
                     "must be indexes and ranges of them, in ascending order, such as \"0-2,5\"");
    }
  }
}

}  // namespace

void validate_job(const api::Job& job, Causes& causes) {
  const api::JobSpec& spec = job.spec;
  const std::string path = "spec.template";
  validate_selector(spec.selector, "spec.selector", causes);
  if (spec.manualSelector.value_or(false) && is_empty(spec.selector)) {
    causes.required("spec.selector", "when manualSelector is true");
  }
  if (!is_empty(spec.selector) && !matches(spec.selector, spec.template_.metadata.labels)) {
    causes.invalid(at(path, "metadata.labels"), shown(spec.template_.metadata.labels),
                   "`selector` does not match template `labels`");
  }
  validate_labels(spec.template_.metadata.labels, at(path, "metadata.labels"), causes);
  validate_pod_spec(spec.template_.spec, at(path, "spec"), causes);
  const std::string& restart = spec.template_.spec.restartPolicy;
  if (restart != "Never" && restart != "OnFailure") {
    causes.unsupported(at(path, "spec.restartPolicy"), shown(restart), {"Never", "OnFailure"});
  }
  validate_indexed(spec, causes);
  validate_failure_policy(spec, causes);
  if (!is_indexed(spec) || !spec.completions || *spec.completions == 0) return;
  const std::string last = job.metadata.name + "-" + std::to_string(*spec.completions - 1);
  if (last.size() > kHostNameMax) {
    causes.invalid("metadata.name", shown(job.metadata.name),
                   "the host names of its pods, as " + last + ", would be too long");
  }
}

// What a Job does is decided when it is made: how many at a time, whether it goes on, and how long
// it may take are not.
void validate_job_update(const api::JobSpec& before, const api::JobSpec& after, Causes& causes) {
  const auto same = [&](const char* field, bool equal) {
    if (!equal) causes.invalid(at("spec", field), "", "field is immutable");
  };
  const bool elastic = is_indexed(before) && before.parallelism == before.completions &&
                       after.parallelism == after.completions;
  same("completions", before.completions == after.completions || elastic);
  same("completionMode", before.completionMode == after.completionMode);
  same("selector", before.selector == after.selector || is_empty(before.selector));
  same("podFailurePolicy", before.podFailurePolicy == after.podFailurePolicy);
  same("backoffLimitPerIndex", before.backoffLimitPerIndex == after.backoffLimitPerIndex);
  same("successPolicy", before.successPolicy == after.successPolicy);
  api::PodTemplateSpec allowed = after.template_;
  if (is_empty(before.selector)) allowed.metadata.labels = before.template_.metadata.labels;
  same("template", before.template_ == allowed);
}

}  // namespace weir
