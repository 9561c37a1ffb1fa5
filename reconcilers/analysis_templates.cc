#include "reconcilers/analysis_templates.h"

#include <algorithm>
#include <set>

namespace weir {

namespace {

const api::AnalysisTemplateSpec* find_template(const World& world, const std::string& ns,
                                               const api::AnalysisTemplateRef& ref) {
  if (ref.clusterScope) {
    const auto* found = world.get<api::ClusterAnalysisTemplate>("", ref.templateName);
    return found ? &found->spec : nullptr;
  }
  const auto* found = world.get<api::AnalysisTemplate>(ns, ref.templateName);
  return found ? &found->spec : nullptr;
}

class Maker {
 public:
  Maker(const World& world, const std::string& ns, const AnalysisRequest& request)
      : world_(world), ns_(ns), request_(request) {
    made_.spec.dryRun = request.dry_run;
    made_.spec.measurementRetention = request.retention;
  }

  MadeAnalysis make() {
    for (const auto& ref : request_.templates) add(ref);
    if (made_.problem.empty() && made_.spec.metrics.empty()) {
      made_.problem = "its templates have no metrics";
    }
    for (const auto& [name, argument] : args_) {
      const bool has_value = argument.value || argument.valueFrom;
      if (!has_value && made_.problem.empty()) {
        made_.problem = "args." + name + " was not resolved";
      }
      made_.spec.args.push_back(argument);
    }
    return std::move(made_);
  }

 private:
  // Each template once: they may name each other.
  void add(const api::AnalysisTemplateRef& ref) {
    if (!made_.problem.empty() || !seen_.insert({ref.clusterScope, ref.templateName}).second) {
      return;
    }
    const auto* found = find_template(world_, ns_, ref);
    if (!found) {
      made_.problem =
          std::string(ref.clusterScope ? "ClusterAnalysisTemplate" : "AnalysisTemplate") + " '" +
          ref.templateName + "' not found";
      return;
    }
    for (const api::AnalysisArgument& argument : found->args) add(argument);
    for (const api::Metric& metric : found->metrics) add(metric);
    auto& spec = made_.spec;
    spec.dryRun.insert(spec.dryRun.end(), found->dryRun.begin(), found->dryRun.end());
    spec.measurementRetention.insert(spec.measurementRetention.end(),
                                     found->measurementRetention.begin(),
                                     found->measurementRetention.end());
    for (const auto& nested : found->templates) add(nested);
  }

  // What the templates do not ask for is not passed on (Argo). The first that has a value wins.
  void add(const api::AnalysisArgument& argument) {
    const auto given = request_.args.find(argument.name);
    api::AnalysisArgument& known = args_[argument.name];
    if (given != request_.args.end()) {
      known = given->second;
    } else if (!known.value && !known.valueFrom) {
      known = argument;
    }
  }

  void add(api::Metric metric) {
    const bool twice = std::any_of(made_.spec.metrics.begin(), made_.spec.metrics.end(),
                                   [&](const auto& known) { return known.name == metric.name; });
    if (twice && made_.problem.empty()) {
      made_.problem = "two metrics have the name '" + metric.name + "'";
    }
    if (auto& of_gateway = metric.provider.weir) {
      if (of_gateway->canary.empty()) of_gateway->canary = request_.canary;
      if (of_gateway->stable.empty()) of_gateway->stable = request_.stable;
    }
    made_.spec.metrics.push_back(std::move(metric));
  }

  const World& world_;
  const std::string& ns_;
  const AnalysisRequest& request_;
  std::set<std::pair<bool, std::string>> seen_;
  std::map<std::string, api::AnalysisArgument> args_;
  MadeAnalysis made_;
};

}  // namespace

MadeAnalysis make_analysis(const World& world, const std::string& ns,
                           const AnalysisRequest& request) {
  return Maker(world, ns, request).make();
}

}  // namespace weir
