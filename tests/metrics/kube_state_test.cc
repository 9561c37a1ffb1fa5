// kube_* and Argo's names: what is said of one object, with exactly the labels that dashboards
// read.

#include "controller/metrics/kube_state.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <future>

#include "tests/metrics/exposition.h"

namespace weir {
namespace {

class KubeStateTest : public testing::Test {
 protected:
  KubeStateTest() {
    std::string path = (std::filesystem::temp_directory_path() / "weir-metrics-XXXXXX").string();
    folder_ = ::mkdtemp(path.data());
    store_ = Store::open({.path = folder_ + "/weir.db",
                          .key_file = folder_ + "/key",
                          .unix_seconds = [] { return 1'700'000'000; },
                          .make_uid = [] { return std::string("u"); }})
                 .value();
  }
  ~KubeStateTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void put(const Key& key, const std::string& json) {
    std::promise<void> done;
    store_->submit({.writes = {{.type = Write::Type::create, .key = key, .json = json}}},
                   [&](auto result) {
                     EXPECT_TRUE(result.has_value()) << result.error().message;
                     done.set_value();
                   });
    done.get_future().wait();
  }
  std::string samples(const std::string& prefix) const {
    return metrics_test::samples(KubeState(*store_, [] { return std::string("host-1"); }), prefix);
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
};

constexpr char kPod[] = R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-1",
  "namespace":"shop","uid":"u1","labels":{"app":"web","a.b":"1","a-b":"2"},
  "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-5d9c","uid":"r",
  "controller":true}]},
  "spec":{"containers":[{"name":"app","image":"web:1","resources":{
    "requests":{"cpu":"250m","memory":"64Mi"},"limits":{"memory":"128Mi"}}}]},
  "status":{"phase":"Running","hostIP":"10.0.0.1","podIP":"172.18.0.2",
    "conditions":[{"type":"Ready","status":"False"}],
    "containerStatuses":[{"name":"app","ready":false,"restartCount":3,"image":"web:1",
      "imageID":"sha256:1","state":{"waiting":{"reason":"CrashLoopBackOff"}},
      "lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}})";

TEST_F(KubeStateTest, Pods) {
  put({.kind = Kind::Pod, .ns = "shop", .name = "web-1"}, kPod);
  const std::string own = R"(namespace="shop",pod="web-1",uid="u1")";
  const std::string app = own + R"(,container="app")";
  const struct {
    const char* family;
    std::string want;
  } rows[] = {
      {"kube_pod_info{", "kube_pod_info{" + own +
                             R"(,host_ip="10.0.0.1",pod_ip="172.18.0.2",node="host-1",)" +
                             R"(created_by_kind="ReplicaSet",created_by_name="web-5d9c",)" +
                             R"(priority_class="",host_network="false"} 1)"
                             "\n"},
      {"kube_pod_labels",
       "kube_pod_labels{" + own +
           R"(,label_a_b_conflict1="2",label_a_b_conflict2="1",label_app="web"} 1)"
           "\n"},
      {"kube_pod_owner", "kube_pod_owner{" + own +
                             R"(,owner_kind="ReplicaSet",owner_name="web-5d9c",)" +
                             R"(owner_is_controller="true"} 1)"
                             "\n"},
      {"kube_pod_status_ready", "kube_pod_status_ready{" + own + R"(,condition="true"} 0)" +
                                    "\nkube_pod_status_ready{" + own + R"(,condition="false"} 1)" +
                                    "\nkube_pod_status_ready{" + own +
                                    R"(,condition="unknown"} 0)"
                                    "\n"},
      {"kube_pod_container_resource_requests",
       "kube_pod_container_resource_requests{" + app +
           R"(,node="host-1",resource="cpu",unit="core"} 0.25)" +
           "\nkube_pod_container_resource_requests{" + app +
           R"(,node="host-1",resource="memory",unit="byte"} 67108864)"
           "\n"},
      {"kube_pod_container_resource_limits",
       "kube_pod_container_resource_limits{" + app +
           R"(,node="host-1",resource="memory",unit="byte"} 134217728)"
           "\n"},
      {"kube_pod_container_status_waiting_reason", "kube_pod_container_status_waiting_reason{" +
                                                       app + R"(,reason="CrashLoopBackOff"} 1)" +
                                                       "\n"},
      {"kube_pod_container_status_terminated_reason", ""},
      {"kube_pod_container_status_last_terminated",
       "kube_pod_container_status_last_terminated_reason{" + app + R"(,reason="OOMKilled"} 1)" +
           "\nkube_pod_container_status_last_terminated_exitcode{" + app + "} 137\n"},
      {"kube_pod_container_status_restarts_total",
       "kube_pod_container_status_restarts_total{" + app + "} 3\n"},
  };
  for (const auto& row : rows) EXPECT_EQ(samples(row.family), row.want) << row.family;
}

TEST_F(KubeStateTest, Others) {
  put({.kind = Kind::Deployment, .ns = "shop", .name = "web"},
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop"},
      "spec":{"replicas":3,"selector":{},"template":{},
      "strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":1}}},
      "status":{"conditions":[{"type":"Available","status":"True","reason":"Enough"}]}})");
  put({.kind = Kind::Job, .ns = "shop", .name = "once"},
      R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"once","namespace":"shop"},
      "spec":{"template":{}},"status":{"failed":2,
      "conditions":[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded"}]}})");
  put({.kind = Kind::Service, .ns = "shop", .name = "web"},
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop","uid":"s1"},
      "spec":{"type":"NodePort","clusterIP":"172.18.0.9"}})");
  put({.kind = Kind::Secret, .ns = "shop", .name = "key"},
      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"key","namespace":"shop"},
      "type":"kubernetes.io/tls","data":{"tls.key":"c2VjcmV0"}})");
  put({.kind = Kind::Rollout, .ns = "shop", .name = "api"},
      R"({"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout",
      "metadata":{"name":"api","namespace":"shop"},
      "spec":{"replicas":2,"selector":{},"template":{},"strategy":{"canary":{}}},
      "status":{"stableRS":"aaa","currentPodHash":"bbb","phase":"Paused","canary":{"weights":{
        "canary":{"podTemplateHash":"bbb","weight":20},
        "stable":{"podTemplateHash":"aaa","weight":80}}}}})");
  put({.kind = Kind::AnalysisRun, .ns = "shop", .name = "api-1"},
      R"({"apiVersion":"argoproj.io/v1alpha1","kind":"AnalysisRun",
      "metadata":{"name":"api-1","namespace":"shop"},
      "spec":{"metrics":[{"name":"errors","provider":{"prometheus":{"query":"1"}}}]},
      "status":{"phase":"Running"}})");
  const std::string deployment = R"({namespace="shop",deployment="web")";
  const std::string job = R"(kube_job_status_failed{namespace="shop",job_name="once",reason=)";
  const struct {
    const char* family;
    std::string want;
  } rows[] = {
      {"kube_deployment_spec_strategy_rollingupdate_max_surge",
       "kube_deployment_spec_strategy_rollingupdate_max_surge" + deployment + "} 1\n"},
      {"kube_deployment_status_condition",
       "kube_deployment_status_condition" + deployment +
           R"(,condition="Available",reason="Enough",status="true"} 1)" +
           "\nkube_deployment_status_condition" + deployment +
           R"(,condition="Available",reason="Enough",status="false"} 0)" +
           "\nkube_deployment_status_condition" + deployment +
           R"(,condition="Available",reason="Enough",status="unknown"} 0)"
           "\n"},
      {"kube_job_status_failed", job + R"("BackoffLimitExceeded"} 1)" + "\n" + job +
                                     R"("DeadlineExceeded"} 0)" + "\n" + job +
                                     R"("Evicted"} 0)"
                                     "\n"},
      {"kube_service_info",
       R"(kube_service_info{namespace="shop",service="web",uid="s1",cluster_ip="172.18.0.9",)"
       R"(external_name="",external_traffic_policy="",load_balancer_ip=""} 1)"
       "\n"},
      {"kube_secret_info", R"(kube_secret_info{namespace="shop",secret="key"} 1)"
                           "\n"},
      {"kube_secret_type",
       R"(kube_secret_type{namespace="shop",secret="key",type="kubernetes.io/tls"} 1)"
       "\n"},
      {"weir_rollout_",
       R"(weir_rollout_revision_info{namespace="shop",name="api",role="stable",revision="aaa"} 1)"
       "\n"
       R"(weir_rollout_revision_info{namespace="shop",name="api",role="canary",revision="bbb"} 1)"
       "\n"
       R"(weir_rollout_weight{namespace="shop",name="api",role="stable"} 80)"
       "\n"
       R"(weir_rollout_weight{namespace="shop",name="api",role="canary"} 20)"
       "\n"},
      {"analysis_run_info", R"(analysis_run_info{namespace="shop",name="api-1",phase="Running"} 1)"
                            "\n"},
      {"analysis_run_metric_type",
       R"(analysis_run_metric_type{namespace="shop",name="api-1",metric="errors",type="Prometheus"} 1)"
       "\n"},
  };
  for (const auto& row : rows) EXPECT_EQ(samples(row.family), row.want) << row.family;
}

}  // namespace
}  // namespace weir
