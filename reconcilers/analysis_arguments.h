#pragma once

// The arguments of an AnalysisRun, and metrics with {{args.NAME}} replaced by them: in all of their
// texts, those of a Job's template included. A value may be a Secret's: what is filled in is for an
// Action, never for a status or an Event.

#include <map>
#include <string>
#include <vector>

#include "reconcilers/world.h"

namespace weir {

struct Arguments {
  std::map<std::string, std::string> values = {};
  std::map<std::string, std::string> secrets = {};  // those of Secrets, which are no part of it
  std::string problem = {};                         // why one of them has no value
};
Arguments arguments_of(const World& world, const api::AnalysisRun& run);

struct FilledMetric {
  api::Metric metric = {};
  std::string problem = {};  // a name that is no argument
};
FilledMetric fill_in(const api::Metric& metric, const std::map<std::string, std::string>& values);

}  // namespace weir
