#include "controller/metrics/container_metrics.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "reconcilers/quantity.h"

namespace weir {

namespace {

using engine::DiskUsage;
using engine::NetworkUsage;
using engine::Usage;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using One = Readings::One;
using Labels = std::vector<ClientMetric::Label>;

constexpr auto kGauge = MetricType::Gauge;
constexpr auto kCounter = MetricType::Counter;
constexpr double kCpuPeriod = 100'000;  // microseconds: what Docker gives a limit of CPUs
constexpr double kUnits = 1, kBillionths = 1e-9;

void add(MetricFamily& family, double value, Labels labels, Labels more = {}) {
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  metric.label.insert(metric.label.end(), more.begin(), more.end());
  (family.type == kCounter ? metric.counter.value : metric.gauge.value) = value;
}

MetricFamily family(const char* name, const char* help, MetricType type) {
  return {.name = name, .help = help, .type = type, .metric = {}};
}

double number(std::int64_t value) { return static_cast<double>(value); }

Labels pod_labels(const Container& c) {
  return {{"namespace", c.pod_ns},
          {"pod", c.pod_name},
          {"image", c.image},
          {"id", "/docker/" + c.id},
          {"name", c.name}};
}

Labels labels_of(const Container& c) {
  Labels labels = pod_labels(c);
  labels.push_back({"container", c.container_name});
  return labels;
}

// --- What each container has used ----------------------------------------------------------------

struct UsageRow {
  const char* name;
  const char* help;
  MetricType type;
  std::int64_t Usage::*value;
  double unit;
};

constexpr UsageRow kUsage[] = {
    {"container_cpu_usage_seconds_total", "Cumulative cpu time consumed in seconds.", kCounter,
     &Usage::cpu_nanoseconds, kBillionths},
    {"container_cpu_user_seconds_total", "Cumulative user cpu time consumed in seconds.", kCounter,
     &Usage::user_nanoseconds, kBillionths},
    {"container_cpu_system_seconds_total", "Cumulative system cpu time consumed in seconds.",
     kCounter, &Usage::system_nanoseconds, kBillionths},
    {"container_cpu_cfs_periods_total", "Number of elapsed enforcement period intervals.", kCounter,
     &Usage::cpu_periods, kUnits},
    {"container_cpu_cfs_throttled_periods_total", "Number of throttled period intervals.", kCounter,
     &Usage::throttled_periods, kUnits},
    {"container_cpu_cfs_throttled_seconds_total",
     "Total time duration the container has been throttled.", kCounter,
     &Usage::throttled_nanoseconds, kBillionths},
    {"container_memory_usage_bytes",
     "Current memory usage in bytes, including all memory regardless of when it was accessed.",
     kGauge, &Usage::memory_bytes, kUnits},
    {"container_memory_working_set_bytes", "Current working set in bytes.", kGauge,
     &Usage::working_set_bytes, kUnits},
    {"container_memory_rss", "Size of RSS in bytes.", kGauge, &Usage::rss_bytes, kUnits},
    {"container_memory_cache", "Number of bytes of page cache memory.", kGauge, &Usage::cache_bytes,
     kUnits},
    {"container_memory_mapped_file", "Size of memory mapped files in bytes.", kGauge,
     &Usage::mapped_file_bytes, kUnits},
    {"container_threads", "Number of threads running inside the container.", kGauge,
     &Usage::threads, kUnits},
};

void add_usage(const std::vector<One>& all, std::vector<MetricFamily>& out) {
  for (const UsageRow& row : kUsage) {
    MetricFamily made = family(row.name, row.help, row.type);
    for (const One& one : all) {
      const bool total = row.value == &Usage::cpu_nanoseconds;  // of all its CPUs
      add(made, number(one.usage.*row.value) * row.unit, labels_of(one.container),
          total ? Labels{{"cpu", "total"}} : Labels{});
    }
    out.push_back(std::move(made));
  }
  MetricFamily seen =
      family("container_last_seen", "Last time a container was seen by the exporter", kGauge);
  for (const One& one : all) {
    using std::chrono::duration_cast, std::chrono::seconds;
    const auto at = duration_cast<seconds>(one.at.time_since_epoch()).count();
    add(seen, number(at), labels_of(one.container));
  }
  out.push_back(std::move(seen));
}

// --- Disks
// -----------------------------------------------------------------------------------------

struct DiskRow {
  const char* name;
  const char* help;
  std::int64_t DiskUsage::*value;
};

constexpr DiskRow kDisk[] = {
    {"container_fs_reads_total", "Cumulative count of reads completed", &DiskUsage::reads},
    {"container_fs_reads_bytes_total", "Cumulative count of bytes read", &DiskUsage::read_bytes},
    {"container_fs_writes_total", "Cumulative count of writes completed", &DiskUsage::writes},
    {"container_fs_writes_bytes_total", "Cumulative count of bytes written",
     &DiskUsage::written_bytes},
};

// "254:0" → /dev/vda, as this host names it.
std::string device_name(const std::string& number, bool local) {
  std::error_code error;
  const auto link = std::filesystem::read_symlink("/sys/dev/block/" + number, error);
  return error || !local ? number : "/dev/" + link.filename().string();
}

void add_disks(const std::vector<One>& all, bool local, std::vector<MetricFamily>& out) {
  std::map<std::string, std::string> names;
  for (const One& one : all) {
    for (const auto& [device, usage] : one.usage.disks) {
      if (const auto [at, is_new] = names.try_emplace(device); is_new) {
        at->second = device_name(device, local);
      }
    }
  }
  for (const DiskRow& row : kDisk) {
    MetricFamily made = family(row.name, row.help, kCounter);
    for (const One& one : all) {
      for (const auto& [device, usage] : one.usage.disks) {
        add(made, number(usage.*row.value), labels_of(one.container), {{"device", names[device]}});
      }
    }
    out.push_back(std::move(made));
  }
}

// --- Networks: a pod's are those of its sandbox, or of its only container
// --------------------------

struct NetworkRow {
  const char* name;
  const char* help;
  std::int64_t NetworkUsage::*value;
};

constexpr NetworkRow kNetwork[] = {
    {"container_network_receive_bytes_total", "Cumulative count of bytes received",
     &NetworkUsage::received_bytes},
    {"container_network_receive_packets_total", "Cumulative count of packets received",
     &NetworkUsage::received_packets},
    {"container_network_receive_errors_total",
     "Cumulative count of errors encountered while receiving", &NetworkUsage::receive_errors},
    {"container_network_receive_packets_dropped_total",
     "Cumulative count of packets dropped while receiving", &NetworkUsage::receive_drops},
    {"container_network_transmit_bytes_total", "Cumulative count of bytes transmitted",
     &NetworkUsage::sent_bytes},
    {"container_network_transmit_packets_total", "Cumulative count of packets transmitted",
     &NetworkUsage::sent_packets},
    {"container_network_transmit_errors_total",
     "Cumulative count of errors encountered while transmitting", &NetworkUsage::send_errors},
    {"container_network_transmit_packets_dropped_total",
     "Cumulative count of packets dropped while transmitting", &NetworkUsage::send_drops},
};

// Once a pod, however many of its containers the engine says it of: they share it. The first by
// name, so that it is the same one at every scrape.
std::vector<const One*> network_holders(const std::vector<One>& all) {
  std::map<std::string, const One*> by_pod;
  for (const One& one : all) {
    if (one.usage.networks.empty()) continue;
    const One*& holder = by_pod[one.container.pod_ns + "/" + one.container.pod_name];
    if (!holder || one.container.name < holder->container.name) holder = &one;
  }
  std::vector<const One*> holders;
  for (const auto& [pod, one] : by_pod) holders.push_back(one);
  return holders;
}

void add_networks(const std::vector<One>& all, std::vector<MetricFamily>& out) {
  const std::vector<const One*> holders = network_holders(all);
  for (const NetworkRow& row : kNetwork) {
    MetricFamily made = family(row.name, row.help, kCounter);
    for (const One* one : holders) {
      for (const auto& [interface, usage] : one->usage.networks) {
        add(made, number(usage.*row.value), pod_labels(one->container), {{"interface", interface}});
      }
    }
    out.push_back(std::move(made));
  }
}

// --- What it was given, by its Pod
// -----------------------------------------------------------------

double limit_of(const api::Container& container, const char* resource) {
  const auto& limits = container.resources.limits;
  const auto found = limits.find(resource);
  if (found == limits.end()) return 0;
  return number(quantity_milli(found->second).value_or(0)) / 1000;
}

void add_specs(const std::vector<One>& all, const Store& store, std::vector<MetricFamily>& out) {
  MetricFamily memory = family("container_spec_memory_limit_bytes",
                               "Memory limit for the container; 0 is none.", kGauge);
  MetricFamily period = family("container_spec_cpu_period", "CPU period of the container.", kGauge);
  MetricFamily quota = family("container_spec_cpu_quota", "CPU quota of the container.", kGauge);
  MetricFamily start = family("container_start_time_seconds",
                              "Start time of the container since unix epoch in seconds.", kGauge);
  for (const One& one : all) {
    const Container& c = one.container;
    const StoredPtr stored = store.get({.kind = Kind::Pod, .ns = c.pod_ns, .name = c.pod_name});
    if (!stored) continue;
    const auto& pod = std::get<api::Pod>(*stored->typed);
    for (const api::Container& container : pod.spec.containers) {
      if (container.name != c.container_name) continue;
      add(memory, limit_of(container, "memory"), labels_of(c));
      const double cpus = limit_of(container, "cpu");
      add(period, kCpuPeriod, labels_of(c));
      if (cpus > 0) add(quota, cpus * kCpuPeriod, labels_of(c));
    }
    for (const api::ContainerStatus& status : pod.status.containerStatuses) {
      const auto& running = status.state.running;
      if (status.name != c.container_name || !running || !running->startedAt) continue;
      add(start, number(running->startedAt->time_since_epoch().count()), labels_of(c));
    }
  }
  for (MetricFamily* made : {&memory, &period, &quota, &start}) out.push_back(std::move(*made));
}

// --- The node
// --------------------------------------------------------------------------------------

void add_node(const NodeState& node, const std::optional<engine::Info>& host,
              std::vector<MetricFamily>& out) {
  if (node.name.empty()) return;  // the loop has not said yet
  const Labels labels{{"node", node.name}};
  MetricFamily condition =
      family("kube_node_status_condition", "The condition of a cluster node.", kGauge);
  for (const char* status : {"true", "false", "unknown"}) {
    const bool is = status == std::string(node.ready ? "true" : "false");
    add(condition, is ? 1 : 0, labels, {{"condition", "Ready"}, {"status", status}});
  }
  out.push_back(std::move(condition));
  if (!host) return;
  MetricFamily info = family("kube_node_info", "Information about a cluster node.", kGauge);
  add(info, 1, labels,
      {{"kernel_version", host->kernel_version},
       {"os_image", host->operating_system},
       {"container_runtime_version", "docker://" + host->server_version},
       {"kubelet_version", "weir-v" WEIR_VERSION},
       {"system_uuid", host->engine_id},
       {"internal_ip", node.ip}});
  out.push_back(std::move(info));
  // Nothing is kept back: what the host has, pods may use.
  for (const char* name : {"kube_node_status_capacity", "kube_node_status_allocatable"}) {
    MetricFamily amount = family(name, "The resources of a node, as pods may use them.", kGauge);
    add(amount, host->cpus, labels, {{"resource", "cpu"}, {"unit", "core"}});
    add(amount, number(host->memory_bytes), labels, {{"resource", "memory"}, {"unit", "byte"}});
    out.push_back(std::move(amount));
  }
  MetricFamily cores = family("machine_cpu_cores", "Number of logical CPU cores.", kGauge);
  add(cores, host->cpus, labels);
  out.push_back(std::move(cores));
  MetricFamily memory = family("machine_memory_bytes", "Amount of memory installed.", kGauge);
  add(memory, number(host->memory_bytes), labels);
  out.push_back(std::move(memory));
}

}  // namespace

std::vector<MetricFamily> ContainerMetrics::Collect() const {
  const Readings readings = read_();
  const NodeState node = node_();
  std::vector<MetricFamily> out;
  add_usage(readings.containers, out);
  add_disks(readings.containers, node.local, out);
  add_networks(readings.containers, out);
  add_specs(readings.containers, store_, out);
  add_node(node, readings.host, out);
  return out;
}

}  // namespace weir
