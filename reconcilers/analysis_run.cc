#include "reconcilers/analysis_run.h"

#include <algorithm>
#include <array>

#include "reconcilers/analysis_arguments.h"
#include "reconcilers/analysis_job.h"
#include "reconcilers/sandbox.h"

namespace weir {

namespace {

// Until there is enough to measure.
constexpr std::chrono::seconds kLookAgain{1};
constexpr std::int64_t kMeasurementsKept = 10;

bool names(const std::string& rule, const std::string& metric) {
  if (!rule.ends_with(".*")) return rule == metric;
  return metric.starts_with(std::string_view(rule).substr(0, rule.size() - 2));
}

// --- Steps ---------------------------------------------------------------------------------------

Verdict deletion(const RunView& view, RunDraft&) {
  return view.run.metadata.deletionTimestamp ? stop("being deleted") : next();
}

std::optional<std::int64_t> seconds_kept(const api::AnalysisRun& run) {
  const auto& ttl = run.spec.ttlStrategy;
  if (!ttl) return std::nullopt;
  if (run.status.phase == analysis::kSuccessful && ttl->secondsAfterSuccess) {
    return ttl->secondsAfterSuccess;
  }
  if (is_bad(run.status.phase) && ttl->secondsAfterFailure) return ttl->secondsAfterFailure;
  return ttl->secondsAfterCompletion;
}

Verdict finished(const RunView& view, RunDraft& draft) {
  if (!is_completed(view.run.status.phase)) return next();
  const auto seconds = seconds_kept(view.run);
  if (!seconds || !view.run.status.completedAt) return stop("it has finished");
  const Time due = *view.run.status.completedAt + bounded_seconds(*seconds);
  if (view.now < due) {
    draft.plan.wake(due);
    return stop("it has finished, and is deleted later");
  }
  draft.plan.changes.push_back(DeleteObject{.key = view.key, .uid = view.run.metadata.uid});
  return stop("it finished long enough ago: deleting it");
}

// Whatever is under way is waited for by nobody any more.
Verdict fail(const RunView& view, RunDraft& draft, const std::string& message) {
  const auto begun = draft.status.metricResults;
  for (const api::MetricResult& result : begun) {
    RunMetric metric;
    metric.metric.name = result.name;
    end_job(view, draft, metric);
  }
  draft.metrics.clear();
  draft.status.phase = analysis::kError;
  draft.status.message = message;
  return stop(message);
}

Verdict begin(const RunView& view, RunDraft& draft) {
  if (!draft.status.startedAt) draft.status.startedAt = to_seconds(view.now);
  const Arguments arguments = arguments_of(view.world, view.run);
  if (!arguments.problem.empty()) return fail(view, draft, arguments.problem);
  auto all = arguments.values;
  for (const auto& [name, secret] : arguments.secrets) {
    all[name] = secret;
    draft.secrets.push_back(secret);
  }
  for (const api::Metric& metric : view.run.spec.metrics) {
    // A Job is stored, and its containers can be inspected: it has secrets by its own env.
    FilledMetric filled = fill_in(metric, metric.provider.job ? arguments.values : all);
    MetricLimits limits = limits_of(filled.metric);
    const std::string& problem = filled.problem.empty() ? limits.problem : filled.problem;
    if (!problem.empty()) {
      return fail(view, draft, "metric \"" + metric.name + "\": " + problem);
    }
    draft.metrics.push_back({.metric = std::move(filled.metric),
                             .limits = std::move(limits),
                             .dry_run = is_dry_run(view.run.spec.dryRun, metric.name)});
  }
  return next();
}

// What has been measured since the last plan.
Verdict take(const RunView& view, RunDraft& draft) {
  for (const RunMetric& one : draft.metrics) {
    api::MetricResult& result = draft.result_of(one);
    if (one.metric.provider.job) {
      take_from_job(view, draft, one);
      continue;
    }
    const auto found = view.world.readings.find({view.run.metadata.uid, one.metric.name});
    if (found == view.world.readings.end() || found->second.number != measured(result)) continue;
    const Reading& reading = found->second;
    if (reading.phase.empty()) {
      result.message = reading.message;
      continue;
    }
    add_measurement(result, {.finishedAt = to_seconds(reading.finished_at),
                             .message = reading.message,
                             .phase = reading.phase,
                             .startedAt = to_seconds(reading.started_at),
                             .value = reading.value});
  }
  return next();
}

// Each metric, then all of them: one that is bad ends the others.
Verdict judge(const RunView& view, RunDraft& draft) {
  for (const bool again : {false, true}) {
    if (again && !draft.terminating) break;
    for (const RunMetric& one : draft.metrics) {
      api::MetricResult& result = draft.result_of(one);
      if (is_completed(result.phase)) continue;
      if (draft.terminating) end_job(view, draft, one);
      const MetricVerdict verdict = assess(one.limits, result, draft.terminating);
      result.phase = verdict.phase;
      if (verdict.phase == analysis::kSuccessful) result.message.clear();
      if (!is_completed(verdict.phase)) continue;
      draft.note(view, "Metric" + verdict.phase,
                 "Metric '" + one.metric.name + "' Completed. Result: " + verdict.phase,
                 is_bad(verdict.phase));
      if (one.dry_run || !is_bad(verdict.phase)) continue;
      draft.terminating = true;
      const std::string why = verdict.reason.empty() ? "" : " due to " + verdict.reason;
      std::string message = "Metric \"" + one.metric.name + "\" assessed " + verdict.phase + why;
      if (!result.message.empty()) message += ": \"Error Message: " + result.message + "\"";
      if (draft.message.empty()) draft.message = std::move(message);
    }
  }
  return next();
}

void start(const RunView& view, RunDraft& draft, const RunMetric& one) {
  const api::MetricProvider& provider = one.metric.provider;
  if (provider.job) return start_job(view, draft, one);
  Measure measure{.run = view.key,
                  .uid = view.run.metadata.uid,
                  .metric = one.metric,
                  .number = measured(draft.result_of(one)),
                  .secrets = draft.secrets};
  auto& prometheus = measure.metric.provider.prometheus;
  if (prometheus && prometheus->address.empty()) {
    prometheus->address = view.world.engine.prometheus_address;
  }
  const std::string url = provider.web ? provider.web->url : prometheus ? prometheus->address : "";
  measure.hosts = service_addresses(view.world, view.key.ns, url);
  draft.plan.actions.push_back(std::move(measure));
}

Verdict measure(const RunView& view, RunDraft& draft) {
  if (draft.terminating) return next("terminating: nothing more is measured");
  for (const RunMetric& one : draft.metrics) {
    const api::MetricResult& result = draft.result_of(one);
    auto due = next_measurement(one.limits, result, Time(*draft.status.startedAt));
    if (!due) continue;
    const auto last = view.world.readings.find({view.run.metadata.uid, one.metric.name});
    if (last != view.world.readings.end() && last->second.number == measured(result)) {
      due = std::max(*due, last->second.finished_at + kLookAgain);
    }
    if (view.now < *due) {
      draft.plan.wake(*due);
    } else {
      start(view, draft, one);
    }
  }
  return next();
}

std::int64_t kept(const api::AnalysisRun& run, const std::string& metric) {
  for (const api::MeasurementRetention& rule : run.spec.measurementRetention) {
    if (names(rule.metricName, metric)) return std::max<std::int64_t>(1, rule.limit);
  }
  return kMeasurementsKept;
}

Verdict forget(const RunView& view, RunDraft& draft) {
  for (const RunMetric& one : draft.metrics) {
    auto& measurements = draft.result_of(one).measurements;
    while (std::ssize(measurements) > kept(view.run, one.metric.name)) {
      forget_job(view, draft, measurements.front());
      measurements.erase(measurements.begin());
    }
  }
  return next();
}

constexpr std::array kSteps{
    RunStep{"deletion", deletion},  // a dying run measures nothing
    RunStep{"finished", finished},  // it stays as long as its ttlStrategy says
    RunStep{"begin", begin},        // its arguments have values
    RunStep{"take", take},          // what was measured since
    RunStep{"judge", judge},        // what each metric, and all together, have come to
    RunStep{"measure", measure},    // what is due
    RunStep{"forget", forget},      // measurements past their retention
};

// --- The status ----------------------------------------------------------------------------------

void add(api::RunSummary& summary, const std::string& phase) {
  ++summary.count;
  if (phase == analysis::kSuccessful) ++summary.successful;
  if (phase == analysis::kFailed) ++summary.failed;
  if (phase == analysis::kInconclusive) ++summary.inconclusive;
  if (phase == analysis::kError) ++summary.error;
}

void state_phase(RunDraft& draft) {
  std::string phase = analysis::kSuccessful;
  draft.status.runSummary = {};
  draft.status.dryRunSummary.reset();
  for (const RunMetric& one : draft.metrics) {
    const std::string& own = draft.result_of(one).phase;
    if (one.dry_run) {
      if (!draft.status.dryRunSummary) draft.status.dryRunSummary.emplace();
      add(*draft.status.dryRunSummary, own);
      // It decides nothing, and is waited for all the same.
      if (!is_completed(own)) phase = worse(phase, own);
    } else {
      add(draft.status.runSummary, own);
      phase = worse(phase, own);
    }
  }
  draft.status.phase = phase;
  draft.status.message = draft.message;
}

void finish(const RunView& view, RunDraft& draft) {
  if (draft.metrics.size() == view.run.spec.metrics.size()) state_phase(draft);
  const std::string& phase = draft.status.phase;
  if (is_completed(phase) && !draft.status.completedAt) {
    draft.status.completedAt = to_seconds(view.now);
    draft.note(view, "AnalysisRun" + phase, "Analysis Completed. Result: " + phase, is_bad(phase));
  }
  if (draft.status == view.run.status) return;
  api::AnalysisRun run = view.run;
  run.status = draft.status;
  draft.plan.changes.push_back(UpdateStatus{std::move(run)});
}

}  // namespace

bool is_dry_run(const std::vector<api::DryRun>& rules, const std::string& metric) {
  return std::any_of(rules.begin(), rules.end(),
                     [&](const api::DryRun& rule) { return names(rule.metricName, metric); });
}

Plan plan_analysis_run(const World& world, const Key& key, Time now) {
  const auto* run = world.get<api::AnalysisRun>(key.ns, key.name);
  if (!run) return {};
  const RunView view{.world = world, .key = key, .run = *run, .now = now};
  RunDraft draft{
      .status = run->status, .terminating = run->spec.terminate, .message = run->status.message};
  for (const RunStep& step : kSteps) {
    const Verdict verdict = step.run(view, draft);
    if (!verdict.text.empty()) {
      draft.plan.reasons.push_back({.step = step.name, .verdict = verdict.text});
    }
    if (verdict.stop) break;
  }
  finish(view, draft);
  return std::move(draft.plan);
}

}  // namespace weir
