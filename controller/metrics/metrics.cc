#include "controller/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <unistd.h>

#include <exception>
#include <fstream>

#include "controller/metrics/argo_metrics.h"
#include "controller/metrics/container_metrics.h"
#include "controller/metrics/flux_metrics.h"
#include "controller/metrics/kube_state.h"

namespace weir {

namespace {

using prometheus::Histogram;

const Histogram::BucketBoundaries kPlanSeconds{1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1};
const Histogram::BucketBoundaries kCallSeconds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                               0.5,   1,    2.5,   5,    10,  60};

// process_* of every Prometheus client, and the store's counters: read at the scrape.
class ProcessState : public prometheus::Collectable {
 public:
  explicit ProcessState(const Store& store) : store_(store) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    return {
        family("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
               prometheus::MetricType::Counter, cpu_seconds()),
        family("process_resident_memory_bytes", "Resident memory size in bytes.",
               prometheus::MetricType::Gauge, resident_bytes()),
        family("weir_store_writes_total", "Acknowledged object writes.",
               prometheus::MetricType::Counter, static_cast<double>(store_.writes_total())),
        family("weir_store_commits_total", "Durable group commits.",
               prometheus::MetricType::Counter, static_cast<double>(store_.commits_total())),
        family("weir_store_writable", "1 while writes are accepted, 0 when the disk is full.",
               prometheus::MetricType::Gauge, store_.trouble().empty() ? 1 : 0),
    };
  }

 private:
  static prometheus::MetricFamily family(const char* name, const char* help,
                                         prometheus::MetricType type, double value) {
    prometheus::ClientMetric metric;
    (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    return {.name = name, .help = help, .type = type, .metric = {metric}};
  }
  static double cpu_seconds() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
  }
  static double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    double size = 0, resident = 0;
    statm >> size >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
  }
  const Store& store_;
};

std::string verb_of(const engine::Request& request) {
  const std::string words = engine::text(request);
  return words.substr(0, words.find(' '));
}

}  // namespace

struct Metrics::Impl {
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  std::shared_ptr<KubeState> kube_state;
  std::shared_ptr<ArgoMetrics> argo;
  std::shared_ptr<FluxMetrics> flux;
  std::shared_ptr<GatewayMetrics> gateway;
  std::shared_ptr<ProcessState> process;
  EngineReadings readings;
  std::mutex node_mutex;
  NodeState node;
  std::shared_ptr<ContainerMetrics> containers;
  std::unique_ptr<prometheus::Exposer> exposer;

  prometheus::Family<prometheus::Counter>& reconciles =
      prometheus::BuildCounter()
          .Name("controller_runtime_reconcile_total")
          .Help("Total number of reconciliations per controller.")
          .Register(*registry);
  prometheus::Family<Histogram>& reconcile_seconds =
      prometheus::BuildHistogram()
          .Name("controller_runtime_reconcile_time_seconds")
          .Help("Length of time per reconciliation per controller.")
          .Register(*registry);
  prometheus::Gauge& depth = prometheus::BuildGauge()
                                 .Name("workqueue_depth")
                                 .Help("Current depth of workqueue.")
                                 .Register(*registry)
                                 .Add({{"name", "weir"}});
  prometheus::Counter& adds = prometheus::BuildCounter()
                                  .Name("workqueue_adds_total")
                                  .Help("Total number of adds handled by workqueue.")
                                  .Register(*registry)
                                  .Add({{"name", "weir"}});
  prometheus::Counter& retries = prometheus::BuildCounter()
                                     .Name("workqueue_retries_total")
                                     .Help("Total number of retries handled by workqueue.")
                                     .Register(*registry)
                                     .Add({{"name", "weir"}});
  prometheus::Family<prometheus::Counter>& engine_calls =
      prometheus::BuildCounter()
          .Name("rest_client_requests_total")
          .Help("Number of requests to the engine, partitioned by call and outcome.")
          .Register(*registry);
  prometheus::Family<Histogram>& engine_seconds =
      prometheus::BuildHistogram()
          .Name("rest_client_request_duration_seconds")
          .Help("Latency of the requests to the engine in seconds, by call.")
          .Register(*registry);
  prometheus::Family<prometheus::Counter>& api_requests =
      prometheus::BuildCounter()
          .Name("apiserver_request_total")
          .Help("Counter of apiserver requests broken out by verb, resource and code.")
          .Register(*registry);
  prometheus::Family<Histogram>& api_seconds =
      prometheus::BuildHistogram()
          .Name("apiserver_request_duration_seconds")
          .Help("Response latency distribution in seconds by verb and resource.")
          .Register(*registry);

  Impl() {
    // Every series stands at zero from the start, so that a rate over its first step is right.
    for (const KindInfo& kind : kinds()) {
      for (const char* result : {"success", "requeue_after", "error"}) {
        reconciles.Add({{"controller", std::string(kind.singular)}, {"result", result}});
      }
      reconcile_seconds.Add({{"controller", std::string(kind.singular)}}, kPlanSeconds);
    }
  }
};

Metrics::Metrics(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Metrics::~Metrics() = default;

Result<std::unique_ptr<Metrics>> Metrics::listen(const std::string& address, const Store& store,
                                                 GatewayMetrics::Read gateway) {
  auto impl = std::make_unique<Impl>();
  const auto node = [parts = impl.get()] {
    const std::lock_guard lock(parts->node_mutex);
    return parts->node;
  };
  impl->kube_state = std::make_shared<KubeState>(store, [node] { return node().name; });
  impl->argo = std::make_shared<ArgoMetrics>(store);
  impl->flux = std::make_shared<FluxMetrics>(store);
  impl->gateway = std::make_shared<GatewayMetrics>(std::move(gateway));
  impl->containers = std::make_shared<ContainerMetrics>(
      store,
      [parts = impl.get()] { return parts->readings.read(std::chrono::steady_clock::now()); },
      node);
  impl->process = std::make_shared<ProcessState>(store);
  try {
    impl->exposer = std::make_unique<prometheus::Exposer>(address, 1);
  } catch (const std::exception& error) {
    return fail(Code::unavailable, "cannot serve metrics on " + address + ": " + error.what() +
                                       "; choose another address with --metrics-listen");
  }
  impl->exposer->RegisterCollectable(impl->registry);
  impl->exposer->RegisterCollectable(impl->kube_state);
  impl->exposer->RegisterCollectable(impl->argo);
  impl->exposer->RegisterCollectable(impl->flux);
  impl->exposer->RegisterCollectable(impl->gateway);
  impl->exposer->RegisterCollectable(impl->process);
  impl->exposer->RegisterCollectable(impl->containers);
  return std::unique_ptr<Metrics>(new Metrics(std::move(impl)));
}

void Metrics::read_engine(engine::Engine* engine, std::string instance) {
  impl_->readings.use(engine, std::move(instance));
}

void Metrics::engine_changed(const EngineState& state) {
  const std::lock_guard lock(impl_->node_mutex);
  impl_->node = {
      .name = state.node_name, .ip = state.host_ip, .ready = state.synced, .local = state.local};
}

void Metrics::planned(const Key& key, const Plan&, std::chrono::nanoseconds took) {
  const std::string controller(info(key.kind).singular);
  impl_->argo->planned(key, took);
  impl_->reconcile_seconds.Add({{"controller", controller}}, kPlanSeconds)
      .Observe(std::chrono::duration<double>(took).count());
}

void Metrics::reconciled(const Reconciled& turn) {
  const std::string controller(info(turn.key.kind).singular);
  const char* done = turn.comes_back ? "requeue_after" : "success";
  const char* result = turn.result ? done : "error";
  impl_->reconciles.Add({{"controller", controller}, {"result", result}}).Increment();
  impl_->argo->reconciled(turn);
}

void Metrics::carried_out(const Key& key, Duration took) { impl_->flux->carried_out(key, took); }

void Metrics::queue(std::size_t depth, std::uint64_t adds_total, std::uint64_t retries_total) {
  impl_->depth.Set(static_cast<double>(depth));
  impl_->adds.Increment(static_cast<double>(adds_total) - impl_->adds.Value());
  impl_->retries.Increment(static_cast<double>(retries_total) - impl_->retries.Value());
}

void Metrics::engine_called(const engine::Request& request, bool ok, double seconds) {
  const std::string verb = verb_of(request);
  impl_->engine_calls.Add({{"method", verb}, {"code", ok ? "200" : "<error>"}}).Increment();
  impl_->engine_seconds.Add({{"verb", verb}}, kCallSeconds).Observe(seconds);
}

void Metrics::api_served(std::string_view verb, std::string_view resource, int code,
                         double seconds) {
  const prometheus::Labels labels{{"verb", std::string(verb)}, {"resource", std::string(resource)}};
  prometheus::Labels with_code = labels;
  with_code["code"] = std::to_string(code);
  impl_->api_requests.Add(with_code).Increment();
  impl_->api_seconds.Add(labels, kCallSeconds).Observe(seconds);
}

}  // namespace weir
