#include "controller/cli/text/describe.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "controller/cli/text/duration.h"
#include "tests/cli/run.h"

namespace weir::cli {
namespace {

using nlohmann::json;

const std::vector<json> kNone;

std::string described(const std::string& object, const std::vector<json>& events = kNone,
                      const std::vector<json>& replica_sets = kNone,
                      const std::vector<json>& pods = kNone) {
  return describe_object({.object = json::parse(object),
                          .events = events,
                          .replica_sets = replica_sets,
                          .pods = pods,
                          .now = *parse_time(kNow)});
}

const json kEvent = json::parse(R"({"type": "Normal", "reason": "ScalingReplicaSet", "count": 3,
  "firstTimestamp": "2026-01-02T03:00:05Z", "lastTimestamp": "2026-01-02T03:03:55Z",
  "source": {"component": "deployment-controller"}, "message": "Scaled up replica set web-b to 3\n"})");

TEST(Describe, Deployment) {
  const auto replica_set = [](const char* name, const char* revision, int replicas) {
    return json{
        {"metadata",
         {{"name", name}, {"annotations", {{"deployment.kubernetes.io/revision", revision}}}}},
        {"spec", {{"replicas", replicas}}},
        {"status", {{"replicas", replicas}}}};
  };
  EXPECT_EQ(described(R"({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {
  "name": "web", "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z",
  "labels": {"app": "web", "tier": "front"},
  "annotations": {"deployment.kubernetes.io/revision": "2",
                  "kubectl.kubernetes.io/last-applied-configuration": "{}"}},
"spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}},
  "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
  "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [
    {"name": "c", "image": "nginx:1.25", "ports": [{"containerPort": 80}, {"containerPort": 443}],
     "env": [{"name": "A", "value": "b"}]}],
    "volumes": [{"name": "v", "configMap": {"name": "cm"}}]}}},
"status": {"replicas": 4, "updatedReplicas": 2, "availableReplicas": 3, "unavailableReplicas": 1,
  "conditions": [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"}]}})",
                      {kEvent}, {replica_set("web-a", "1", 1), replica_set("web-b", "2", 3)}),
            R"(Name:                   web
Namespace:              default
CreationTimestamp:      Fri, 02 Jan 2026 03:00:00 +0000
Labels:                 app=web
                        tier=front
Annotations:            deployment.kubernetes.io/revision: 2
Selector:               app=web
Replicas:               3 desired | 2 updated | 4 total | 3 available | 1 unavailable
StrategyType:           RollingUpdate
MinReadySeconds:        0
RollingUpdateStrategy:  1 max unavailable, 25% max surge
Pod Template:
  Labels:  app=web
  Containers:
   c:
    Image:       nginx:1.25
    Ports:       80/TCP, 443/TCP
    Host Ports:  0/TCP, 0/TCP
    Environment:
      A:     b
    Mounts:  <none>
  Volumes:
   v:
    Type:          ConfigMap (a volume populated by a ConfigMap)
    Name:          cm
    Optional:      false
  Node-Selectors:  <none>
  Tolerations:     <none>
Conditions:
  Type           Status  Reason
  ----           ------  ------
  Available      True    MinimumReplicasAvailable
OldReplicaSets:  web-a (1/1 replicas created)
NewReplicaSet:   web-b (3/3 replicas created)
Events:
  Type    Reason             Age               From                   Message
  ----    ------             ----              ----                   -------
  Normal  ScalingReplicaSet  10s (x3 over 4m)  deployment-controller  Scaled up replica set web-b to 3
)");
}

TEST(Describe, Pod) {
  EXPECT_EQ(described(R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1",
  "namespace": "default", "labels": {"app": "web"},
  "ownerReferences": [{"kind": "ReplicaSet", "name": "web-b", "controller": true}]},
"spec": {"nodeName": "host", "containers": [{"name": "c", "image": "nginx:1.25",
  "command": ["sh", "-c", "a\nb"], "ports": [{"containerPort": 80, "hostPort": 8080, "protocol": "UDP"}],
  "resources": {"limits": {"memory": "64Mi", "cpu": "100m"}},
  "livenessProbe": {"httpGet": {"path": "/live", "port": "http"}, "periodSeconds": 5},
  "readinessProbe": {"exec": {"command": ["cat", "/x"]}},
  "startupProbe": {"tcpSocket": {"port": 80}},
  "envFrom": [{"configMapRef": {"name": "cm"}}, {"prefix": "P_", "secretRef": {"name": "sec", "optional": true}}],
  "env": [{"name": "S", "valueFrom": {"secretKeyRef": {"name": "sec", "key": "p"}}},
          {"name": "M", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "k", "optional": true}}},
          {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
          {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}],
  "volumeMounts": [{"name": "s", "mountPath": "/s", "readOnly": true},
                   {"name": "e", "mountPath": "/e", "subPath": "x"}]}],
  "volumes": [{"name": "s", "secret": {"secretName": "sec", "optional": true}},
              {"name": "e", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
              {"name": "h", "hostPath": {"path": "/opt", "type": "Directory"}},
              {"name": "d", "downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
              {"name": "n", "nfs": {"server": "x"}}],
  "tolerations": [{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}]},
"status": {"phase": "Running", "hostIP": "10.0.0.9", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}],
  "startTime": "2026-01-02T03:00:00Z", "qosClass": "Burstable",
  "conditions": [{"type": "Ready", "status": "False"}],
  "containerStatuses": [{"name": "c", "containerID": "docker://abc", "imageID": "sha256:1",
    "ready": false, "restartCount": 2,
    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
    "lastState": {"terminated": {"exitCode": 1, "reason": "Error",
       "startedAt": "2026-01-02T03:01:00Z", "finishedAt": "2026-01-02T03:02:00Z"}}}]}})"),
            R"(Name:         web-1
Namespace:    default
Node:         host/10.0.0.9
Start Time:   Fri, 02 Jan 2026 03:00:00 +0000
Labels:       app=web
Annotations:  <none>
Status:       Running
IP:           10.0.0.1
IPs:
  IP:           10.0.0.1
Controlled By:  ReplicaSet/web-b
Containers:
  c:
    Container ID:  docker://abc
    Image:         nginx:1.25
    Image ID:      sha256:1
    Port:          80/UDP
    Host Port:     8080/UDP
    Command:
      sh
      -c
      a
      b
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       Error
      Exit Code:    1
      Started:      Fri, 02 Jan 2026 03:01:00 +0000
      Finished:     Fri, 02 Jan 2026 03:02:00 +0000
    Ready:          False
    Restart Count:  2
    Limits:
      cpu:      100m
      memory:   64Mi
    Liveness:   http-get http://:http/live delay=0s timeout=1s period=5s #success=1 #failure=3
    Readiness:  exec [cat /x] delay=0s timeout=1s period=10s #success=1 #failure=3
    Startup:    tcp-socket :80 delay=0s timeout=1s period=10s #success=1 #failure=3
    Environment Variables from:
      cm   ConfigMap                Optional: false
      sec  Secret with prefix 'P_'  Optional: true
    Environment:
      S:    <set to the key 'p' in secret 'sec'>     Optional: false
      M:    <set to the key 'k' of config map 'cm'>  Optional: true
      IP:    (v1:status.podIP)
      CPU:   (limits.cpu)
    Mounts:
      /e from e (rw,path="x")
      /s from s (ro)
Conditions:
  Type    Status
  Ready   False 
Volumes:
  s:
    Type:        Secret (a volume populated by a Secret)
    SecretName:  sec
    Optional:    true
  e:
    Type:       EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:     Memory
    SizeLimit:  1Mi
  h:
    Type:          HostPath (bare host directory volume)
    Path:          /opt
    HostPathType:  Directory
  d:
    Type:  DownwardAPI (a volume populated by information about the pod)
    Items:
      metadata.labels -> l
  n:
    <unknown>
QoS Class:       Burstable
Node-Selectors:  <none>
Tolerations:     k:NoExecute op=Exists for 300s
Events:          <none>
)");
}

TEST(Describe, ReplicaSetCountsItsPods) {
  const auto pod = [](const char* phase) { return json{{"status", {{"phase", phase}}}}; };
  const std::string text =
      described(R"({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web-b",
  "namespace": "default"}, "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}},
  "status": {"replicas": 4}})",
                kNone, kNone, {pod("Running"), pod("Running"), pod("Pending"), pod("Failed")});
  EXPECT_EQ(text.substr(0, text.find("Pod Template:")),
            "Name:         web-b\n"
            "Namespace:    default\n"
            "Selector:     app=web\n"
            "Labels:       <none>\n"
            "Annotations:  <none>\n"
            "Replicas:     4 current / 3 desired\n"
            "Pods Status:  2 Running / 1 Waiting / 0 Succeeded / 1 Failed\n");
}

TEST(Describe, SecretsShowSizesOnly) {
  EXPECT_EQ(described(R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "sec",
  "namespace": "default"}, "type": "Opaque", "data": {"p": "aHVudGVyMg==", "empty": ""}})",
                      {kEvent}),
            "Name:         sec\nNamespace:    default\nLabels:       <none>\nAnnotations:  <none>\n"
            "\nType:  Opaque\n\nData\n====\nempty:  0 bytes\np:      7 bytes\n");
}

TEST(Describe, ConfigMap) {
  EXPECT_EQ(described(R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm",
  "namespace": "default"}, "data": {"k": "v"}, "binaryData": {"b": "AAAA"}})"),
            "Name:         cm\nNamespace:    default\nLabels:       <none>\nAnnotations:  <none>\n"
            "\nData\n====\nk:\n----\nv\n\n\nBinaryData\n====\nb: 3 bytes\n\nEvents:  <none>\n");
}

TEST(Describe, Namespace) {
  EXPECT_EQ(
      described(R"({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod"},
  "status": {"phase": "Active"}})"),
      "Name:         prod\nLabels:       <none>\nAnnotations:  <none>\nStatus:       Active\n");
}

TEST(Describe, LongAnnotationsGetLinesOfTheirOwn) {
  const std::string text = described(
      R"({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "annotations": {
  "a": "one\ntwo", "b": ")" +
      std::string(200, 'x') + R"("}}})");
  EXPECT_EQ(text,
            "Name:         n\nLabels:       <none>\nAnnotations:  a:\n                one\n"
            "                two\n              b:\n                " +
                std::string(135, 'x') + "...\nStatus:       \n");
}

TEST(Describe, KindsWithoutALayoutAreShownFieldByField) {
  EXPECT_EQ(described(R"({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e",
  "namespace": "default", "uid": "u", "managedFields": [1]}, "involvedObject": {"apiVersion": "v1"},
  "list": ["x", {"fieldPath": "p"}], "none": null})"),
            "Name:         e\nNamespace:    default\nLabels:       <none>\nAnnotations:  <none>\n"
            "API Version:  v1\n"
            "Involved Object:\n"
            "  API Version:  v1\n"
            "Kind:           Event\n"
            "List:\n"
            "  x\n"
            "  Field Path:  p\n"
            "Metadata:\n"
            "  UID:   u\n"
            "None:    <nil>\n"
            "Events:  <none>\n");
}

TEST(Describe, TemplateOfARevision) {
  EXPECT_EQ(describe_template(json::parse(
                R"({"metadata": {"labels": {"app": "web"}, "annotations": {"a": "b"}},
                    "spec": {"containers": [], "initContainers": [{"name": "i", "image": "x"}]}})")),
            "Pod Template:\n"
            "  Labels:       app=web\n"
            "  Annotations:  a: b\n"
            "  Init Containers:\n"
            "   i:\n"
            "    Image:        x\n"
            "    Port:         <none>\n"
            "    Host Port:    <none>\n"
            "    Environment:  <none>\n"
            "    Mounts:       <none>\n"
            "  Containers: <none>\n"
            "  Volumes:         <none>\n"
            "  Node-Selectors:  <none>\n"
            "  Tolerations:     <none>\n");
}

}  // namespace
}  // namespace weir::cli
