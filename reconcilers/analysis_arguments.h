#pragma once

// The arguments of an AnalysisRun, and metrics with {{args.NAME}} replaced by them: in all of their
// texts, those of a Job's template included. A value may be a Secret's: what is filled in is for an
// Action, never for a status or an Event.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
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

// The text with each {{NAME}} replaced by what `value_of` says; where it says nothing, the braces
// stay.
std::string replace_names(
    const std::string& text,
    const std::function<std::optional<std::string>(std::string_view name)>& value_of);

}  // namespace weir
