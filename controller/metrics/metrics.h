#pragma once

// Metrics: what `weir serve` shows on --metrics-listen, under the names that users already know:
// controller_runtime_* and workqueue_* for the loop, rest_client_* for the calls to the engine,
// apiserver_* for those that it answers, and kube_* as kube-state-metrics has them, made from the
// store at each scrape; and container_* as cAdvisor has them, asked of the engine because of
// scrapes (engine_readings.h). Thread-safe; prometheus-cpp serves the scrapes on its own two
// threads.

#include <memory>
#include <string>
#include <string_view>

#include "controller/engine/engine.h"
#include "controller/loop/watcher.h"
#include "controller/metrics/gateway_metrics.h"
#include "controller/result.h"
#include "controller/store/store.h"

namespace weir {

class Metrics : public LoopWatcher {
 public:
  // Listens on "ADDRESS:PORT"; the store, and what is read of the gateway, outlive it.
  static Result<std::unique_ptr<Metrics>> listen(const std::string& address, const Store& store,
                                                 GatewayMetrics::Read gateway);
  ~Metrics() override;

  // Whom container_* are asked of, from now on; null: nobody, before the engine goes.
  void read_engine(engine::Engine* engine, std::string instance);
  void engine_changed(const EngineState& state) override;

  void planned(const Key& key, const Plan& plan, std::chrono::nanoseconds took) override;
  void reconciled(const Reconciled& turn) override;
  void carried_out(const Key& key, Duration took) override;
  void queue(std::size_t depth, std::uint64_t adds_total, std::uint64_t retries_total);
  void engine_called(const engine::Request& request, bool ok, double seconds);
  void api_served(std::string_view verb, std::string_view resource, int code, double seconds);

 private:
  struct Impl;
  explicit Metrics(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
