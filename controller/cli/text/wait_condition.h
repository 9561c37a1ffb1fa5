#pragma once

// --for of `weir wait`: read, and judged against an object. Pure.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "controller/json_path/json_path.h"
#include "controller/result.h"

namespace weir::cli {

struct WaitCondition {
  enum class Kind { condition, json_path, deleted, created };
  Kind kind = Kind::condition;
  std::string name = {};            // condition: its type
  std::string value = {};           // condition: its status; json_path: "" for any value
  std::vector<JsonPath> path = {};  // exactly one, for json_path
};

// condition=NAME[=VALUE], jsonpath={PATH}[=VALUE], delete, create.
Result<WaitCondition> parse_wait_condition(const std::string& text);

// `object` is null when there is none; `uid` is that of the object first seen.
bool condition_met(const WaitCondition& condition, const nlohmann::json& object,
                   const std::string& uid);

}  // namespace weir::cli
