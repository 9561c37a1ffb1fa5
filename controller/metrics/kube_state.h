#pragma once

// kube-state-metrics' families, made from the committed objects at the moment of a scrape. One row
// a metric: its name, help, and what it says of one object.

#include <prometheus/collectable.h>

#include "controller/store/store.h"

namespace weir {

class KubeState : public prometheus::Collectable {
 public:
  explicit KubeState(const Store& store) : store_(store) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Store& store_;
};

}  // namespace weir
