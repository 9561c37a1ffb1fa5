#pragma once

// RealMeasurer: measures what AnalysisRuns ask: of other servers through Outgoing, of revisions
// from the gateway's numbers. From any thread; answers come on Outgoing's thread, or at once.

#include <string>

#include "controller/analysis/outgoing.h"
#include "controller/gateway/traffic_history.h"
#include "controller/loop/clock.h"
#include "controller/loop/measurer.h"

namespace weir {

class RealMeasurer final : public Measurer {
 public:
  struct Parts {
    analysis::Outgoing& outgoing;
    const gateway::TrafficHistory& history;
    const Clock& clock;
  };
  explicit RealMeasurer(Parts parts) : parts_(std::move(parts)) {}

  void measure(const Measure& what, std::function<void(Measured)> on_done) override;

 private:
  template <class Metric>
  void ask(const Measure& what, const Metric& metric, Result<analysis::OutgoingRequest> request,
           std::function<void(Measured)> on_measured);
  Measured look(const Measure& what, const api::WeirMetric& metric) const;

  Parts parts_;
};

}  // namespace weir
