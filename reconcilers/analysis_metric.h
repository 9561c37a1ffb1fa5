#pragma once

// One metric of an AnalysisRun: when it is measured next, and what it has come to, by the rules of
// Argo Rollouts. A measurement's own phase was decided where it was taken
// (controller/analysis/condition.h); here they are counted.

#include <chrono>
#include <optional>
#include <string>

#include "gen/types.h"
#include "reconcilers/time.h"

namespace weir {

namespace analysis {
inline constexpr char kPending[] = "Pending";
inline constexpr char kRunning[] = "Running";
inline constexpr char kSuccessful[] = "Successful";
inline constexpr char kInconclusive[] = "Inconclusive";
inline constexpr char kError[] = "Error";
inline constexpr char kFailed[] = "Failed";
}  // namespace analysis

// It will not change any more.
bool is_completed(const std::string& phase);
// Completed, and not Successful.
bool is_bad(const std::string& phase);
// Argo: Successful < Running < Pending < Inconclusive < Error < Failed.
const std::string& worse(const std::string& a, const std::string& b);

// The numbers of a metric, with its arguments filled in.
struct MetricLimits {
  std::optional<std::int64_t> count = {};  // none: as many as there is time for
  std::int64_t failures = 0;               // negative: any number
  std::int64_t inconclusive = 0;
  std::int64_t consecutive_errors = 4;
  std::int64_t consecutive_successes = 0;  // 0: they never end it
  std::chrono::seconds initial_delay{0};
  std::optional<std::chrono::seconds> interval = {};
  std::string problem = {};  // a text that is no number, or no duration
};
MetricLimits limits_of(const api::Metric& metric);

void add_measurement(api::MetricResult& result, api::Measurement measurement);
// Counts one that has its final phase, the last in the list.
void count_last(api::MetricResult& result);

struct MetricVerdict {
  std::string phase = {};
  std::string reason = {};  // "failed (1) > failureLimit (0)"
};
// `terminating`: no further measurement is taken.
MetricVerdict assess(const MetricLimits& limits, const api::MetricResult& result, bool terminating);

// When the next measurement is due; nullopt: none is, or one is under way.
std::optional<Time> next_measurement(const MetricLimits& limits, const api::MetricResult& result,
                                     Time started);

// How many measurements it has had, errors included.
std::int64_t measured(const api::MetricResult& result);

}  // namespace weir
