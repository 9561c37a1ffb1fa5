#include "reconcilers/analysis_job.h"

#include "reconcilers/claims.h"
#include "reconcilers/conditions.h"
#include "reconcilers/labels.h"

namespace weir {

namespace {

constexpr char kJobName[] = "job-name";
constexpr char kJobNamespace[] = "job-namespace";

// The measurement that is under way; null: none is.
api::Measurement* under_way(api::MetricResult& result) {
  if (result.measurements.empty()) return nullptr;
  api::Measurement& last = result.measurements.back();
  return is_completed(last.phase) ? nullptr : &last;
}

const api::Job* job_of(const RunView& view, const api::Measurement& measurement) {
  const std::string name = text_at(measurement.metadata, kJobName);
  const auto* job = name.empty() ? nullptr : view.world.get<api::Job>(view.key.ns, name);
  return job && is_controlled_by(job->metadata, view.run.metadata.uid) ? job : nullptr;
}

const api::JobCondition* end_of(const api::Job& job) {
  for (const char* type : {"Complete", "Failed"}) {
    const auto* condition = find_condition(job.status.conditions, type);
    if (condition && condition->status == "True") return condition;
  }
  return nullptr;
}

void finish(const RunView& view, api::MetricResult& result, std::string phase,
            std::string message) {
  api::Measurement& last = result.measurements.back();
  last.phase = std::move(phase);
  last.message = std::move(message);
  last.finishedAt = to_seconds(view.now);
  count_last(result);
}

}  // namespace

// Argo: named after the run's uid, the metric and the number of the measurement, from 1.
void start_job(const RunView& view, RunDraft& draft, const RunMetric& metric) {
  api::MetricResult& result = draft.result_of(metric);
  const api::JobMetric& wanted = *metric.metric.provider.job;
  api::Job job;
  job.metadata.name =
      view.run.metadata.uid + "." + metric.metric.name + "." + std::to_string(measured(result) + 1);
  job.metadata.namespace_ = view.key.ns;
  if (wanted.metadata) {
    job.metadata.labels = wanted.metadata->labels;
    job.metadata.annotations = wanted.metadata->annotations;
  }
  job.metadata.labels[kAnalysisRunUid] = view.run.metadata.uid;
  job.metadata.ownerReferences = {controller_reference(Kind::AnalysisRun, view.run.metadata)};
  job.spec = wanted.spec;
  add_measurement(result,
                  {.metadata = {{kJobName, job.metadata.name}, {kJobNamespace, view.key.ns}},
                   .phase = analysis::kRunning,
                   .startedAt = to_seconds(view.now)});
  draft.plan.changes.push_back(CreateObject{std::move(job)});
}

void take_from_job(const RunView& view, RunDraft& draft, const RunMetric& metric) {
  api::MetricResult& result = draft.result_of(metric);
  api::Measurement* last = under_way(result);
  if (!last) return;
  const api::Job* job = job_of(view, *last);
  if (!job) return finish(view, result, analysis::kError, "its job was deleted");
  const api::JobCondition* end = end_of(*job);
  if (!end) return;
  const bool good = end->type == "Complete";
  finish(view, result, good ? analysis::kSuccessful : analysis::kFailed, good ? "" : end->message);
}

// Argo: a measurement that is terminated is Successful, and is not counted.
void end_job(const RunView& view, RunDraft& draft, const RunMetric& metric) {
  api::Measurement* last = under_way(draft.result_of(metric));
  if (!last) return;
  forget_job(view, draft, *last);
  last->phase = analysis::kSuccessful;
  last->message = "terminated";
  last->finishedAt = to_seconds(view.now);
}

void forget_job(const RunView& view, RunDraft& draft, const api::Measurement& measurement) {
  const api::Job* job = job_of(view, measurement);
  if (!job || job->metadata.deletionTimestamp) return;
  draft.plan.changes.push_back(
      DeleteObject{.key = {.kind = Kind::Job, .ns = view.key.ns, .name = job->metadata.name},
                   .uid = job->metadata.uid});
}

}  // namespace weir
