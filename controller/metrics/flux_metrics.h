#pragma once

// What Flux's dashboards read: gotk_reconcile_duration_seconds (how long each fetch and each
// application took), gotk_reconcile_condition, and gotk_resource_info as kube-state-metrics has it
// for newer Flux. What they say of one object goes with it. Thread-safe.

#include <prometheus/collectable.h>
#include <prometheus/histogram.h>

#include <map>
#include <mutex>

#include "controller/store/store.h"
#include "reconcilers/time.h"

namespace weir {

class FluxMetrics : public prometheus::Collectable {
 public:
  explicit FluxMetrics(const Store& store) : store_(store) {}

  void carried_out(const Key& key, Duration took);
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct Series {
    prometheus::Histogram seconds{{0.01, 0.1, 1, 10, 60, 600, 1800}};
  };
  const Store& store_;
  mutable std::mutex mutex_;
  mutable std::map<Key, Series> series_;  // of objects that are there, as of the last scrape
};

}  // namespace weir
