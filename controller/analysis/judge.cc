#include "controller/analysis/judge.h"

#include <optional>

#include "controller/analysis/condition.h"

namespace weir::analysis {

namespace {

Result<bool> holds(const std::string& text, const nlohmann::json& result) {
  TRY(const Condition condition, parse_condition(text));
  return condition.holds(result);
}

}  // namespace

Judgement judge(const std::string& success_condition, const std::string& failure_condition,
                const nlohmann::json& result) {
  std::optional<bool> success, failure;
  if (!success_condition.empty()) {
    const Result<bool> said = holds(success_condition, result);
    if (!said) return {.phase = "Error", .message = "successCondition: " + said.error().message};
    success = *said;
  }
  if (!failure_condition.empty()) {
    const Result<bool> said = holds(failure_condition, result);
    if (!said) return {.phase = "Error", .message = "failureCondition: " + said.error().message};
    failure = *said;
  }
  if (failure.value_or(!success.value_or(true))) return {.phase = "Failed"};
  return {.phase = success.value_or(true) ? "Successful" : "Inconclusive"};
}

}  // namespace weir::analysis
