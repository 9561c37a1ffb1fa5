#pragma once

// kube-state-metrics' families, made from the committed objects at the moment of a scrape. One row
// a metric: its name, help, and what it says of one object.

#include <prometheus/collectable.h>

#include <functional>
#include <string>

#include "controller/store/store.h"

namespace weir {

class KubeState : public prometheus::Collectable {
 public:
  using NodeName = std::function<std::string()>;  // of the one node; from any thread
  KubeState(const Store& store, NodeName node) : store_(store), node_(std::move(node)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Store& store_;
  const NodeName node_;
};

}  // namespace weir
