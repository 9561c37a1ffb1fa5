#pragma once

// The verdict on one measurement of an analysis, by its metric's two conditions. Pure.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace weir::analysis {

struct Judgement {
  std::string phase = {};    // Successful, Failed, Inconclusive, Error
  std::string message = {};  // of an Error: which condition could not be evaluated, and why
  bool operator==(const Judgement&) const = default;
};

// A condition that is empty is not asked. None: Successful. One: what it says, either way. Both:
// Failed if failure holds, else Successful if success does, else Inconclusive.
Judgement judge(const std::string& success_condition, const std::string& failure_condition,
                const nlohmann::json& result);

}  // namespace weir::analysis
