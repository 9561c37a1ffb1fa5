// container_*, machine_* and kube_node_*, by cAdvisor's and kube-state-metrics' names and labels.

#include "controller/metrics/container_metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/metrics/exposition.h"

namespace weir {
namespace {

Readings::One one(const std::string& id, const std::string& name, const std::string& container,
                  engine::Usage usage) {
  return {.container = {.id = id,
                        .name = name,
                        .image = "web:1",
                        .pod_ns = "shop",
                        .pod_name = "web-1",
                        .container_name = container},
          .usage = std::move(usage)};
}

TEST(ContainerMetrics, AreCadvisors) {
  std::string path = (std::filesystem::temp_directory_path() / "weir-metrics-XXXXXX").string();
  const std::string folder = ::mkdtemp(path.data());
  const auto store = Store::open({.path = folder + "/weir.db",
                                  .key_file = folder + "/key",
                                  .unix_seconds = [] { return 1; },
                                  .make_uid = [] { return std::string("u"); }})
                         .value();
  // A pod of two containers that share one network: the engine says it of both.
  const engine::NetworkUsage network{.received_bytes = 100, .sent_bytes = 200};
  const Readings readings{
      .containers = {one("1a", "weir_b", "side", {.networks = {{"eth0", network}}}),
                     one("2b", "weir_a", "app",
                         {.cpu_nanoseconds = 2'500'000'000,
                          .working_set_bytes = 4096,
                          .networks = {{"eth0", network}},
                          .disks = {{"999:7", {.reads = 1, .read_bytes = 512}}}})},
      .host = engine::Info{.cpus = 2, .memory_bytes = 1024}};
  const ContainerMetrics metrics(
      *store, [&] { return readings; },
      [] { return NodeState{.name = "host-1", .ip = "10.0.0.1", .ready = false}; });
  const std::string b =
      R"(namespace="shop",pod="web-1",image="web:1",id="/docker/2b",name="weir_a")";
  const std::string a =
      R"(namespace="shop",pod="web-1",image="web:1",id="/docker/1a",name="weir_b")";
  const struct {
    const char* family;
    std::string want;
  } rows[] = {
      {"container_cpu_usage_seconds_total", "container_cpu_usage_seconds_total{" + a +
                                                R"(,container="side",cpu="total"} 0)" +
                                                "\ncontainer_cpu_usage_seconds_total{" + b +
                                                R"(,container="app",cpu="total"} 2.5)" + "\n"},
      {"container_memory_working_set_bytes",
       "container_memory_working_set_bytes{" + a + R"(,container="side"} 0)" +
           "\ncontainer_memory_working_set_bytes{" + b + R"(,container="app"} 4096)" + "\n"},
      {"container_network_receive_bytes_total",
       "container_network_receive_bytes_total{" + b + R"(,interface="eth0"} 100)" + "\n"},
      {"container_network_transmit_bytes_total",
       "container_network_transmit_bytes_total{" + b + R"(,interface="eth0"} 200)" + "\n"},
      {"container_fs_reads_bytes_total",
       "container_fs_reads_bytes_total{" + b + R"(,container="app",device="999:7"} 512)" + "\n"},
      {"container_spec_", ""},  // its Pod is not there any more
      {"kube_node_status_condition",
       R"(kube_node_status_condition{node="host-1",condition="Ready",status="true"} 0)"
       "\n"
       R"(kube_node_status_condition{node="host-1",condition="Ready",status="false"} 1)"
       "\n"
       R"(kube_node_status_condition{node="host-1",condition="Ready",status="unknown"} 0)"
       "\n"},
      {"kube_node_status_capacity",
       R"(kube_node_status_capacity{node="host-1",resource="cpu",unit="core"} 2)"
       "\n"
       R"(kube_node_status_capacity{node="host-1",resource="memory",unit="byte"} 1024)"
       "\n"},
      {"machine_",
       "machine_cpu_cores{node=\"host-1\"} 2\nmachine_memory_bytes{node=\"host-1\"} 1024\n"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(metrics_test::samples(metrics, row.family), row.want) << row.family;
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace weir
