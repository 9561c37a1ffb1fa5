#pragma once

// container_* and machine_* as cAdvisor, in the kubelet, has them; kube_node_* of the one node that
// there is. What the engine says is read because of scrapes, and a scrape late (engine_readings.h);
// limits and start times are the stored Pod's. A container that does not run any more has no
// series.
//
// What cAdvisor has and this leaves out, because Docker does not say it: file system usage,
// container_oom_events_total (kube_pod_container_status_last_terminated_reason="OOMKilled" tells of
// those), and the sums over whole pods (container=""). `id` is what cAdvisor has under the cgroupfs
// driver: /docker/ID.

#include <prometheus/collectable.h>

#include <functional>
#include <string>

#include "controller/metrics/engine_readings.h"
#include "controller/store/store.h"

namespace weir {

// The node, as the loop last knew it.
struct NodeState {
  std::string name = {};
  std::string ip = {};
  bool ready = false;  // its engine answers, and all of it is known
  bool local = true;   // the engine's devices are this host's
  bool operator==(const NodeState&) const = default;
};

class ContainerMetrics : public prometheus::Collectable {
 public:
  using Read = std::function<Readings()>;   // from any thread
  using Node = std::function<NodeState()>;  // likewise
  ContainerMetrics(const Store& store, Read read, Node node)
      : store_(store), read_(std::move(read)), node_(std::move(node)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Store& store_;
  const Read read_;
  const Node node_;
};

}  // namespace weir
