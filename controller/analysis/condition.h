#pragma once

// Conditions of AnalysisTemplates: `result[0] >= 0.95 && len(result) > 1`, in the language of the
// Go library expr that Argo Rollouts uses, as far as conditions have use for it:
//   1, 0.5, 1e3, 'text', "text", true, false, nil, [1, 2]
//   result, result.a['b'][0], result[-1], result?.a
//   or ||   and &&   == != < > <= >= in contains startsWith endsWith, and `not` before the words
//   + -   * / %   ** ^   ??   - + ! not   a ? b : c   (by rising precedence, as expr has it)
//   len asInt asFloat isNaN isInf isNil default
//   all any none one filter map count, with a predicate: all(result.items, {.up && .load < 1})
// There is no `matches`: weir has no regular expressions of bounded cost.
//
// Parsed by admission, to refuse what would never work, and by whoever measures. Pure; a Condition
// is immutable and may be used by any threads.

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "controller/result.h"

namespace weir::analysis {

class Condition {
 public:
  // Whether `result`, what was measured, fulfils the condition. Its floats may be NaN or infinite.
  // An error is in words: an index out of range, a type that does not fit, a value that is no
  // boolean, or work out of all proportion (a million steps).
  Result<bool> holds(const nlohmann::json& result) const;

  struct Node;

 private:
  friend Result<Condition> parse_condition(std::string_view text);
  explicit Condition(std::shared_ptr<const Node> root) : root_(std::move(root)) {}

  std::shared_ptr<const Node> root_;
};

// An error (Code::invalid) names the place: `at column 12: expected a value, not ")"`. At most
// 4096 bytes, 64 levels deep.
Result<Condition> parse_condition(std::string_view text);

}  // namespace weir::analysis
