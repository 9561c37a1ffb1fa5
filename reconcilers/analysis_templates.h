#pragma once

// AnalysisRuns as Rollouts and Experiments have them made: the metrics of the templates that are
// named, and of those that these name, with their arguments.

#include <map>
#include <string>
#include <vector>

#include "reconcilers/world.h"

namespace weir {

struct AnalysisRequest {
  std::vector<api::AnalysisTemplateRef> templates = {};
  std::map<std::string, api::AnalysisArgument> args = {};  // by name: they go before the templates'
  std::vector<api::DryRun> dry_run = {};
  std::vector<api::MeasurementRetention> retention = {};
  // Whom metrics of the gateway compare that do not say it: hashes of pod templates.
  std::string canary = {};
  std::string stable = {};
};

struct MadeAnalysis {
  api::AnalysisRunSpec spec = {};
  std::string problem = {};  // what is missing, or twice there; empty: nothing
};
MadeAnalysis make_analysis(const World& world, const std::string& ns,
                           const AnalysisRequest& request);

}  // namespace weir
