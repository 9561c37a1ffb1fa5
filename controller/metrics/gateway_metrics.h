#pragma once

// weir_gateway_*: what the gateway says it has seen, by Service, revision and pod. Read at the
// moment of a scrape.

#include <prometheus/collectable.h>

#include <functional>
#include <vector>

#include "controller/gateway/traffic.h"

namespace weir {

class GatewayMetrics : public prometheus::Collectable {
 public:
  using Read = std::function<gateway::TrafficReport()>;  // from any thread
  explicit GatewayMetrics(Read read) : read_(std::move(read)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Read read_;
};

}  // namespace weir
