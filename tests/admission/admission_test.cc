#include "controller/admission/admission.h"

#include <gtest/gtest.h>

#include "reconcilers/object_text.h"
#include "tests/admission/documents.h"

namespace weir {
namespace {

using admission::FieldValidation;
using nlohmann::json;
using testing::deployment;
using testing::lines;
using testing::pod;
using testing::verdict;
using testing::yaml;

TEST(Create, FillsInDefaults) {
  const auto admitted = admission::create(deployment());
  ASSERT_TRUE(admitted) << admitted.error().message;
  EXPECT_EQ(admitted->document, yaml(R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default, generation: 1}
spec:
  progressDeadlineSeconds: 600
  replicas: 1
  revisionHistoryLimit: 10
  selector: {matchLabels: {app: web}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: "web:1"
        imagePullPolicy: IfNotPresent
        resources: {}
        terminationMessagePath: /dev/termination-log
        terminationMessagePolicy: File
      dnsPolicy: ClusterFirst
      enableServiceLinks: true
      restartPolicy: Always
      schedulerName: default-scheduler
      securityContext: {}
      terminationGracePeriodSeconds: 30
)"));
  EXPECT_EQ(admitted->key, (Key{.kind = Kind::Deployment, .ns = "default", .name = "web"}));
  EXPECT_EQ(meta(admitted->object).name, "web");
  EXPECT_EQ(lines(admitted->warnings), "");
}

TEST(Create, AnAdmittedObjectIsAdmittedUnchanged) {
  const auto once = admission::create(deployment());
  ASSERT_TRUE(once);
  const auto twice = admission::create(once->document);
  ASSERT_TRUE(twice) << twice.error().message;
  EXPECT_EQ(once->document, twice->document);
}

TEST(Create, CodedDefaults) {
  struct Row {
    const char* name;
    const char* patch;  // of the pod's container
    const char* field;
    const char* want;
  };
  const Row rows[] = {
      {"no tag", "{image: nginx}", "/imagePullPolicy", "\"Always\""},
      {"latest", "{image: 'nginx:latest'}", "/imagePullPolicy", "\"Always\""},
      {"a tag", "{image: 'nginx:1.25'}", "/imagePullPolicy", "\"IfNotPresent\""},
      {"a registry with a port", "{image: 'localhost:5000/nginx'}", "/imagePullPolicy",
       "\"Always\""},
      {"a digest", "{image: 'nginx@sha256:abc'}", "/imagePullPolicy", "\"IfNotPresent\""},
      {"latest and a digest", "{image: 'nginx:latest@sha256:abc'}", "/imagePullPolicy",
       "\"Always\""},
      {"given", "{image: nginx, imagePullPolicy: Never}", "/imagePullPolicy", "\"Never\""},
      {"empty", "{image: 'nginx:1', imagePullPolicy: ''}", "/imagePullPolicy", "\"IfNotPresent\""},
      {"requests from limits",
       "{resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 100m}}}", "/resources/requests",
       R"({"cpu":"100m","memory":"1Gi"})"},
      {"probe", "{livenessProbe: {httpGet: {port: 80}, periodSeconds: 0}}", "/livenessProbe",
       R"({"failureThreshold":3,"httpGet":{"path":"/","port":80,"scheme":"HTTP"},)"
       R"("periodSeconds":10,"successThreshold":1,"timeoutSeconds":1})"},
      {"port", "{ports: [{containerPort: 80, protocol: ''}]}", "/ports/0",
       R"({"containerPort":80,"protocol":"TCP"})"},
      {"field reference", "{env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}",
       "/env/0/valueFrom/fieldRef", R"({"apiVersion":"v1","fieldPath":"metadata.name"})"},
  };
  for (const Row& row : rows) {
    json document = pod();
    document["spec"]["containers"][0].merge_patch(yaml(row.patch));
    const auto admitted = admission::create(document);
    ASSERT_TRUE(admitted) << row.name << ": " << admitted.error().message;
    EXPECT_EQ(admitted->document["spec"]["containers"][0][json::json_pointer(row.field)].dump(),
              row.want)
        << row.name;
  }
}

TEST(Create, VolumesHostPortsSecretsAndNamespaces) {
  const auto with_pod = admission::create(pod(
      "{spec: {hostNetwork: true, containers: [{name: a, image: i, ports: [{containerPort: 80}]}], "
      "volumes: [{name: a}, {name: b, secret: {secretName: s}}, {name: c, hostPath: {path: "
      "/srv}}]}}"));
  ASSERT_TRUE(with_pod) << with_pod.error().message;
  const json& spec = with_pod->document["spec"];
  EXPECT_EQ(
      spec["volumes"].dump(),
      R"([{"emptyDir":{},"name":"a"},{"name":"b","secret":{"defaultMode":420,"secretName":"s"}},)"
      R"({"hostPath":{"path":"/srv","type":""},"name":"c"}])");
  EXPECT_EQ(spec["containers"][0]["ports"][0]["hostPort"], 80);
  EXPECT_EQ(with_pod->document["status"].dump(), R"({"phase":"Pending"})");

  const auto secret = admission::create(yaml(
      "{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: YQ==, b: Yg==}, stringData: "
      "{b: new, c: ''}}"));
  ASSERT_TRUE(secret) << secret.error().message;
  EXPECT_EQ(secret->document["data"].dump(), R"({"a":"YQ==","b":"bmV3","c":""})");
  EXPECT_FALSE(secret->document.contains("stringData"));
  EXPECT_EQ(secret->document["type"], "Opaque");

  const auto ns = admission::create(yaml("{apiVersion: v1, kind: Namespace, metadata: {name: n}}"));
  ASSERT_TRUE(ns) << ns.error().message;
  EXPECT_EQ(ns->document,
            yaml("{apiVersion: v1, kind: Namespace, metadata: {name: n, generation: 1, "
                 "labels: {kubernetes.io/metadata.name: n}}, spec: {finalizers: "
                 "[kubernetes]}, status: {phase: Active}}"));
}

TEST(Create, DropsWhatTheServerOwns) {
  const auto admitted = admission::create(deployment(
      "{metadata: {uid: x, resourceVersion: '5', generation: 7, creationTimestamp: null, selfLink: "
      "/x}, status: {replicas: 3}}"));
  ASSERT_TRUE(admitted) << admitted.error().message;
  EXPECT_EQ(admitted->document["metadata"].dump(),
            R"({"generation":1,"name":"web","namespace":"default"})");
  EXPECT_FALSE(admitted->document.contains("status"));
}

TEST(Create, NamesAndNamespaces) {
  json unplaced = deployment();
  unplaced["metadata"].erase("namespace");
  EXPECT_EQ(admission::create(unplaced)->key.ns, "default");
  EXPECT_EQ(admission::create(unplaced, {.ns = "prod"})->key.ns, "prod");
  EXPECT_EQ(
      verdict(admission::create(deployment(), {.ns = "prod"})),
      "the namespace of the provided object does not match the namespace sent on the request");

  json generated = deployment("{metadata: {name: null, generateName: web-}}");
  EXPECT_EQ(admission::create(generated, {.name_suffix = "x2v7k"})->key.name, "web-x2v7k");
  generated["metadata"]["generateName"] = std::string(80, 'a');
  EXPECT_EQ(admission::create(generated, {.name_suffix = "x2v7k"})->key.name,
            std::string(58, 'a') + "x2v7k");
}

TEST(Create, WhatIsNotAnObjectOfOurs) {
  struct Row {
    const char* document;
    const char* want;
  };
  const Row rows[] = {
      {"[]", "a document must be an object"},
      {"{}", "the document has no kind"},
      {"{kind: Pod}", "Pod without apiVersion"},
      {"{kind: 5, apiVersion: v1}", "the document has no kind"},
      {"{kind: Pot, apiVersion: v1}", "no matches for kind \"Pot\" in version \"v1\""},
      {"{kind: Deployment, apiVersion: extensions/v1beta1}",
       "no matches for kind \"Deployment\" in version \"extensions/v1beta1\"; weir serves it as "
       "apps/v1"},
  };
  for (const Row& row : rows) {
    const auto result = admission::create(yaml(row.document));
    EXPECT_EQ(verdict(result), row.want);
    EXPECT_EQ(result.error().code, Code::bad_request);
  }
}

TEST(Create, UnknownFields) {
  const json document = deployment(
      "{spec: {replicaz: 3, template: {spec: {containers: [{name: a, image: i, imagee: j}]}}}, "
      "extra: {}}");
  EXPECT_EQ(
      verdict(admission::create(document)),
      "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: "
      "unknown field \"extra\", unknown field \"spec.replicaz\", unknown field "
      "\"spec.template.spec.containers[0].imagee\"");
  const auto warned = admission::create(document, {.field_validation = FieldValidation::warn});
  ASSERT_TRUE(warned) << warned.error().message;
  EXPECT_EQ(lines(warned->warnings),
            "unknown field \"extra\"\nunknown field \"spec.replicaz\"\nunknown field "
            "\"spec.template.spec.containers[0].imagee\"\n");
  const auto ignored = admission::create(document, {.field_validation = FieldValidation::ignore});
  ASSERT_TRUE(ignored);
  EXPECT_EQ(lines(ignored->warnings), "");
  EXPECT_FALSE(ignored->document["spec"].contains("replicaz"));
}

TEST(Create, FieldsWithoutEffectAreNamed) {
  const auto admitted = admission::create(deployment(R"(
spec:
  template:
    spec:
      affinity: {podAntiAffinity: {}}
      tolerations: []
      nodeSelector: {disk: ssd}
      schedulerName: default-scheduler
      automountServiceAccountToken: false
      enableServiceLinks: true
      serviceAccountName: robot
      volumes: [{name: a, nfs: {server: s, path: /p}}]
)"));
  ASSERT_TRUE(admitted) << admitted.error().message;
  const std::string path = "spec.template.spec.", why = ": has no effect on a single Docker host (";
  EXPECT_EQ(lines(admitted->warnings),
            path + "affinity" + why + "there is one host, so nothing to choose from)\n" + path +
                "nodeSelector" + why + "there is one host, so nothing to choose from)\n" + path +
                "serviceAccountName" + why + "weir gives pods no API token)\n" + path +
                "volumes[0].nfs" + why +
                "the volume is an empty folder that lives as long as the pod)\n");
  // What was said once is not said again while nothing changes.
  const auto again = admission::update(admitted->document, admitted->document);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(lines(again->warnings), "");
}

TEST(Create, WhatAServiceCannotDoIsSaid) {
  const auto warnings = [](const char* spec) {
    const auto admitted = admission::create(yaml(
        std::string("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: ") + spec + "}"));
    return admitted ? lines(admitted->warnings) : admitted.error().message;
  };
  const std::string why = ": has no effect on a single Docker host (";
  EXPECT_EQ(warnings("{ports: [{port: 80, protocol: TCP}], sessionAffinity: None}"), "");
  EXPECT_EQ(
      warnings("{ports: [{port: 53, protocol: UDP}], sessionAffinity: ClientIP}"),
      "spec.ports[0].protocol" + why + "the gateway carries TCP only: this port is not served)\n");
  EXPECT_EQ(warnings("{type: ExternalName, externalName: db.example.org, ports: [{port: 5432}]}"),
            "");
  EXPECT_EQ(warnings("{type: ExternalName, externalName: db.example.org}"),
            "spec.externalName: has no effect without spec.ports: Docker's DNS has no aliases of "
            "other hosts, so the gateway must know which ports to take connections on\n");
}

json stored(json document) {
  auto admitted = admission::create(std::move(document));
  json& metadata = admitted->document["metadata"];
  metadata["uid"] = "u-1";
  metadata["creationTimestamp"] = "2024-01-01T00:00:00Z";
  metadata["resourceVersion"] = "7";
  return admitted->document;
}

TEST(Update, KeepsWhatTheServerOwnsAndCountsGenerations) {
  json before = stored(deployment());
  before["status"] = {{"replicas", 3}};
  json after = deployment("{metadata: {labels: {a: b}}, status: {replicas: 99}}");
  const auto relabelled = admission::update(before, after);
  ASSERT_TRUE(relabelled) << relabelled.error().message;
  EXPECT_EQ(relabelled->document["metadata"].dump(),
            R"({"creationTimestamp":"2024-01-01T00:00:00Z","generation":1,"labels":{"a":"b"},)"
            R"("name":"web","namespace":"default","uid":"u-1"})");
  EXPECT_EQ(relabelled->document["status"].dump(), R"({"replicas":3})");
  const auto scaled = admission::update(before, deployment("{spec: {replicas: 5}}"));
  ASSERT_TRUE(scaled) << scaled.error().message;
  EXPECT_EQ(scaled->document["metadata"]["generation"], 2);
}

TEST(Update, ChangesThatAreRefused) {
  struct Row {
    const char* name;
    json before;
    json after;
    std::string want;
  };
  const json config =
      yaml("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: x}, immutable: true}");
  const json secret =
      yaml("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: x}}");
  const auto changed = [](json document, const char* patch) {
    document.merge_patch(yaml(patch));
    return document;
  };
  const Row rows[] = {
      {"another name", deployment(), deployment("{metadata: {name: other}}"),
       "the name of the object (other) does not match the name on the URL (web)"},
      {"another uid", deployment(), deployment("{metadata: {uid: u-2}}"),
       "Precondition failed: UID in precondition: u-2, UID in object meta: u-1"},
      {"selector", deployment(),
       deployment("{spec: {selector: {matchLabels: {app: b}}, template: {metadata: {labels: {app: "
                  "b}}}}}"),
       "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"b\"}}: field is immutable "
       "(changed: app; to change it all the same, `kubectl delete deployment --cascade=orphan` "
       "keeps "
       "the pods running, then apply again)"},
      {"immutable config", config, changed(config, "{data: {a: y}}"),
       "data: Forbidden: field is immutable when `immutable` is set"},
      {"immutable for ever", config, changed(config, "{immutable: false}"),
       "immutable: Forbidden: field is immutable when `immutable` is set"},
      {"immutable relabelled", config, changed(config, "{metadata: {labels: {a: b}}}"), "admitted"},
      {"type of a secret", secret, changed(secret, "{type: example.com/x}"),
       "type: Invalid value: \"example.com/x\": field is immutable"},
      {"image of a pod", pod(), pod("{spec: {containers: [{name: web, image: 'web:2'}]}}"),
       "admitted"},
      {"command of a pod", pod(),
       pod("{spec: {hostname: h, containers: [{name: web, image: 'web:2', command: [sh]}]}}"),
       "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`, "
       "`spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations` (only "
       "additions to existing tolerations)\n  spec.containers[0].command[0]: (none) -> \"sh\"\n  "
       "spec.hostname: (none) -> \"h\""},
      {"invalid after", deployment(), deployment("{spec: {replicas: -1}}"),
       "spec.replicas: Invalid value: -1: must be greater than or equal to 0"},
      {"strategy", deployment(), deployment("{spec: {strategy: {type: Recreate}}}"), "admitted"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(verdict(admission::update(stored(row.before), row.after)), row.want) << row.name;
  }
  EXPECT_EQ(
      admission::update(stored(deployment()), deployment("{metadata: {uid: u-2}}")).error().code,
      Code::conflict);
}

TEST(Update, FinalizersOfAnObjectThatIsGoing) {
  json before = stored(deployment("{metadata: {finalizers: [example.com/a]}}"));
  before["metadata"]["deletionTimestamp"] = "2024-01-02T00:00:00Z";
  EXPECT_EQ(verdict(admission::update(
                before, deployment("{metadata: {finalizers: [example.com/a, example.com/b]}}"))),
            "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being "
            "deleted, found new finalizers []string{\"example.com/b\"}");
  const auto removed = admission::update(before, deployment());
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(removed->document["metadata"]["deletionTimestamp"], "2024-01-02T00:00:00Z");
}

TEST(UpdateStatus, TakesOnlyTheStatus) {
  const json before = stored(deployment());
  const auto written = admission::update_status(
      before, deployment("{metadata: {labels: {a: b}}, spec: {replicas: 9}, status: {replicas: 2, "
                         "conditions: [{type: Available, status: 'True'}]}}"));
  ASSERT_TRUE(written) << written.error().message;
  json want = before;
  want["status"] = yaml("{replicas: 2, conditions: [{type: Available, status: 'True'}]}");
  EXPECT_EQ(written->document, want);
  EXPECT_EQ(verdict(admission::update_status(before, deployment("{status: {replicas: many}}"))),
            "status.replicas: Invalid value: \"string\": status.replicas in body must be of type "
            "integer: \"string\"");
}

// What is said of a Secret names its keys and never its values.
TEST(Admission, SecretValuesAreNeverInMessages) {
  const char* documents[] = {
      "{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {p: hunter2}}",
      "{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {'p q': aHVudGVyMg==}}",
      "{apiVersion: v1, kind: Secret, metadata: {name: s}, data: [hunter2]}",
      "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {'p q': hunter2}}",
      "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {p: {hunter2: 1}}}",
  };
  for (const char* document : documents) {
    const auto result = admission::create(yaml(document));
    ASSERT_FALSE(result) << document;
    EXPECT_EQ(verdict(result).find("hunter2"), std::string::npos) << verdict(result);
    EXPECT_EQ(verdict(result).find("aHVudGVyMg"), std::string::npos) << verdict(result);
  }
}

}  // namespace
}  // namespace weir
