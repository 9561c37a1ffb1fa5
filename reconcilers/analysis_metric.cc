#include "reconcilers/analysis_metric.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "reconcilers/duration.h"

namespace weir {

namespace {

constexpr std::chrono::seconds kErrorRetry{10};
constexpr std::chrono::seconds kShortestInterval{1};

// From good to bad.
constexpr std::array kOrder{analysis::kSuccessful,   analysis::kRunning, analysis::kPending,
                            analysis::kInconclusive, analysis::kError,   analysis::kFailed};

std::ptrdiff_t rank(const std::string& phase) {
  return std::find(kOrder.begin(), kOrder.end(), phase) - kOrder.begin();
}

void read(const std::optional<api::IntOrString>& from, const char* field, std::string& problem,
          std::optional<std::int64_t>& to) {
  if (!from || (from->is_string && from->text.empty())) return;
  if (!from->is_string) {
    to = from->number;
    return;
  }
  std::int64_t number = 0;
  const char* end = from->text.data() + from->text.size();
  const auto [stopped, error] = std::from_chars(from->text.data(), end, number);
  if (error == std::errc{} && stopped == end) {
    to = number;
  } else if (problem.empty()) {
    problem = std::string(field) + " is not a number";
  }
}

void read(const std::optional<api::IntOrString>& from, const char* field, std::string& problem,
          std::int64_t& to) {
  std::optional<std::int64_t> value;
  read(from, field, problem, value);
  to = value.value_or(to);
}

std::string over(const char* what, std::int64_t count, const char* limit, std::int64_t most) {
  return std::string(what) + " (" + std::to_string(count) + ") > " + limit + " (" +
         std::to_string(most) + ")";
}

}  // namespace

bool is_completed(const std::string& phase) {
  return phase == analysis::kSuccessful || is_bad(phase);
}

bool is_bad(const std::string& phase) {
  return phase == analysis::kFailed || phase == analysis::kError ||
         phase == analysis::kInconclusive;
}

const std::string& worse(const std::string& a, const std::string& b) {
  return rank(a) < rank(b) ? b : a;
}

MetricLimits limits_of(const api::Metric& metric) {
  MetricLimits limits;
  std::string& problem = limits.problem;
  read(metric.count, "count", problem, limits.count);
  read(metric.failureLimit, "failureLimit", problem, limits.failures);
  read(metric.inconclusiveLimit, "inconclusiveLimit", problem, limits.inconclusive);
  read(metric.consecutiveErrorLimit, "consecutiveErrorLimit", problem, limits.consecutive_errors);
  read(metric.consecutiveSuccessLimit, "consecutiveSuccessLimit", problem,
       limits.consecutive_successes);
  if (!metric.interval.empty()) {
    limits.interval = parse_seconds(metric.interval);
    if (!limits.interval) problem = "interval is not a duration such as 30s, 5m or 1h";
  }
  if (!metric.initialDelay.empty()) {
    const auto delay = parse_seconds(metric.initialDelay);
    if (!delay) problem = "initialDelay is not a duration such as 30s, 5m or 1h";
    limits.initial_delay = delay.value_or(std::chrono::seconds(0));
  }
  // Argo: a count of 0 is none, and any number of failures only where successes decide. Arguments
  // are filled in after admission: what they bring must do no harm.
  if (limits.count.value_or(0) <= 0) limits.count.reset();
  if (limits.consecutive_successes <= 0)
    limits.failures = std::max<std::int64_t>(0, limits.failures);
  limits.inconclusive = std::max<std::int64_t>(0, limits.inconclusive);
  limits.consecutive_errors = std::max<std::int64_t>(0, limits.consecutive_errors);
  if (limits.interval) limits.interval = std::max(*limits.interval, kShortestInterval);
  if (!limits.count && !limits.interval) limits.count = 1;
  return limits;
}

void add_measurement(api::MetricResult& result, api::Measurement measurement) {
  result.measurements.push_back(std::move(measurement));
  if (is_completed(result.measurements.back().phase)) count_last(result);
}

void count_last(api::MetricResult& result) {
  const api::Measurement& last = result.measurements.back();
  const bool good = last.phase == analysis::kSuccessful;
  const bool error = last.phase == analysis::kError;
  result.message = good ? "" : last.message;
  result.consecutiveSuccess = good ? result.consecutiveSuccess + 1 : 0;
  result.consecutiveError = error ? result.consecutiveError + 1 : 0;
  if (error) {
    ++result.error;
    return;
  }
  ++result.count;
  ++(good                              ? result.successful
     : last.phase == analysis::kFailed ? result.failed
                                       : result.inconclusive);
}

std::int64_t measured(const api::MetricResult& result) { return result.count + result.error; }

MetricVerdict assess(const MetricLimits& limits, const api::MetricResult& result,
                     bool terminating) {
  if (is_completed(result.phase)) return {.phase = result.phase};
  if (result.measurements.empty()) {
    return {.phase = terminating ? analysis::kSuccessful : analysis::kPending};
  }
  if (!is_completed(result.measurements.back().phase)) return {.phase = analysis::kRunning};
  if (limits.failures >= 0 && result.failed > limits.failures) {
    return {.phase = analysis::kFailed,
            .reason = over("failed", result.failed, "failureLimit", limits.failures)};
  }
  if (result.inconclusive > limits.inconclusive) {
    return {.phase = analysis::kInconclusive,
            .reason = over("inconclusive", result.inconclusive, "inconclusiveLimit",
                           limits.inconclusive)};
  }
  if (result.consecutiveError > limits.consecutive_errors) {
    return {.phase = analysis::kError,
            .reason = over("consecutiveErrors", result.consecutiveError, "consecutiveErrorLimit",
                           limits.consecutive_errors)};
  }
  const std::int64_t enough = limits.consecutive_successes;
  if (enough > 0 && result.consecutiveSuccess >= enough) return {.phase = analysis::kSuccessful};
  if (limits.count && result.count >= *limits.count) {
    if (enough <= 0) return {.phase = analysis::kSuccessful};
    // Argo: too few in a row is a failure where they alone decide; else nobody knows.
    return {.phase = limits.failures < 0 ? analysis::kFailed : analysis::kInconclusive,
            .reason = "consecutiveSuccess (" + std::to_string(result.consecutiveSuccess) +
                      ") < consecutiveSuccessLimit (" + std::to_string(enough) + ")"};
  }
  return {.phase = terminating ? analysis::kSuccessful : analysis::kRunning};
}

std::optional<Time> next_measurement(const MetricLimits& limits, const api::MetricResult& result,
                                     Time started) {
  if (is_completed(result.phase)) return std::nullopt;
  if (result.measurements.empty()) return started + limits.initial_delay;
  const api::Measurement& last = result.measurements.back();
  if (!is_completed(last.phase)) return std::nullopt;
  if (limits.count && result.count >= *limits.count) return std::nullopt;
  const Time finished = last.finishedAt ? Time(*last.finishedAt) : started;
  return finished + limits.interval.value_or(kErrorRetry);
}

}  // namespace weir
