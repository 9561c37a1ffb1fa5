#pragma once

// Measurements by a Job: it is an object of the AnalysisRun's own, and what becomes of it is the
// measurement. Its name is in the measurement's metadata, which is written together with it.

#include "reconcilers/analysis_run_view.h"

namespace weir {

// On the Job: the uid of its AnalysisRun (Argo's label).
inline constexpr char kAnalysisRunUid[] = "analysisrun.argoproj.io/uid";

void start_job(const RunView& view, RunDraft& draft, const RunMetric& metric);
// Ends the measurement when its Job has ended.
void take_from_job(const RunView& view, RunDraft& draft, const RunMetric& metric);
// Has the Job deleted, and the measurement over, if one is under way.
void end_job(const RunView& view, RunDraft& draft, const RunMetric& metric);
// The measurement is forgotten: its Job, if it has one, goes.
void forget_job(const RunView& view, RunDraft& draft, const api::Measurement& measurement);

}  // namespace weir
