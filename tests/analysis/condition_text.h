#pragma once

// A condition's answer as text, for tables: "true", "false", or "error: …".

#include <nlohmann/json.hpp>
#include <string>

#include "controller/analysis/condition.h"

namespace weir::analysis {

inline std::string answer(const std::string& text, const nlohmann::json& result) {
  const Result<Condition> condition = parse_condition(text);
  if (!condition) return "refused: " + condition.error().message;
  const Result<bool> said = condition->holds(result);
  if (!said) return "error: " + said.error().message;
  return *said ? "true" : "false";
}

struct ConditionRow {
  const char* name;
  const char* text;
  nlohmann::json result;
  const char* want;
};

}  // namespace weir::analysis
