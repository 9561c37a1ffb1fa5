#pragma once

// The counters of Argo Rollouts' controller, one object a series: {rollout,analysis_run,
// experiment}_reconcile (how long each turn took), …_reconcile_error (turns whose changes were
// refused) and rollout_events_total. What they say of one object goes with it. Thread-safe.

#include <prometheus/collectable.h>
#include <prometheus/histogram.h>

#include <map>
#include <mutex>
#include <utility>

#include "controller/loop/watcher.h"
#include "controller/store/store.h"

namespace weir {

class ArgoMetrics : public prometheus::Collectable {
 public:
  explicit ArgoMetrics(const Store& store) : store_(store) {}

  void planned(const Key& key, std::chrono::nanoseconds took);
  void reconciled(const Reconciled& turn);
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct Series {
    prometheus::Histogram seconds{{0.01, 0.15, 0.25, 0.5, 1}};  // Argo's buckets
    double errors = 0;
    std::map<std::pair<std::string, std::string>, double> events;  // by type and reason
  };
  const Store& store_;
  mutable std::mutex mutex_;
  mutable std::map<Key, Series> series_;  // of objects that are there, as of the last scrape
};

}  // namespace weir
