// One row a rule: what is laid over a good object, and the causes that come of it.

#include <gtest/gtest.h>

#include <filesystem>

#include "controller/admission/causes.h"
#include "tests/admission/documents.h"

namespace weir {
namespace {

using testing::deployment;
using testing::pod;
using testing::verdict;
using testing::yaml;

struct Row {
  const char* name;
  std::string patch;
  std::string want;
};

// Long explanations of name rules have their own test; here they are cut at the first of them.
std::string cut(std::string text) {
  for (const char* tail : {" must consist of", " must be an empty string or", " (e.g. "}) {
    const std::size_t at = text.find(tail);
    if (at != std::string::npos) text.resize(at);
  }
  return text;
}

// `patch` is the container's fields, laid over {name: web, image: "web:1"}.
nlohmann::json pod_with_container(const std::string& patch) {
  nlohmann::json document = pod();
  document["spec"]["containers"][0].merge_patch(yaml(patch));
  return document;
}

TEST(Validate, Metadata) {
  const Row rows[] = {
      {"good", "{metadata: {labels: {app: web}, annotations: {a/b: 'anything at all'}}}",
       "admitted"},
      {"no name", "{metadata: {name: null}}",
       "metadata.name: Required value: name or generateName is required"},
      {"bad name", "{metadata: {name: Web}}",
       "metadata.name: Invalid value: \"Web\": a lowercase RFC 1123 subdomain"},
      {"name is a path", "{metadata: {name: ../../x}}",
       "metadata.name: Invalid value: \"../../x\": a lowercase RFC 1123 subdomain"},
      {"bad namespace", "{metadata: {namespace: a.b}}",
       "metadata.namespace: Invalid value: \"a.b\": a lowercase RFC 1123 label"},
      {"label value", "{metadata: {labels: {a: 'b c'}}}",
       "metadata.labels: Invalid value: \"b c\": a valid label"},
      {"label key", "{metadata: {labels: {'a b': c}}}",
       "metadata.labels: Invalid value: \"a b\": name part"},
      {"label is a number", "{metadata: {labels: {version: 1.5}}}",
       "metadata.labels.version: Invalid value: \"number\": metadata.labels.version in body must "
       "be "
       "of type string: \"number\""},
      {"annotation key", "{metadata: {annotations: {'a/b/c': x}}}",
       "metadata.annotations: Invalid value: \"a/b/c\": a qualified name"},
      {"annotations too long", "{metadata: {annotations: {a: " + std::string(300'000, 'x') + "}}}",
       "metadata.annotations: Too long: must have at most 262144 bytes"},
      {"owner without uid",
       "{metadata: {ownerReferences: [{apiVersion: v1, kind: Pod, name: a, uid: ''}]}}",
       "metadata.ownerReferences[0].uid: Invalid value: \"\": uid must not be empty"},
      {"two controllers",
       "{metadata: {ownerReferences: [{apiVersion: v1, kind: Pod, name: a, uid: u, controller: "
       "true},"
       " {apiVersion: v1, kind: Pod, name: b, uid: v, controller: true}]}}",
       "metadata.ownerReferences: Invalid value: \"b\": Only one reference can have Controller set "
       "to true. Found \"true\" in references for Pod/a and Pod/b"},
      {"finalizer", "{metadata: {finalizers: ['a b']}}",
       "metadata.finalizers[0]: Invalid value: \"a b\": name part"},
      {"metadata is a list", "{metadata: []}",
       "metadata: Invalid value: \"array\": metadata in body must be of type object: \"array\""},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(cut(verdict(admission::create(deployment(row.patch)))), row.want) << row.name;
  }
}

TEST(Validate, Deployments) {
  const Row rows[] = {
      {"rolled out by weights", "{metadata: {annotations: {weir.dev/strategy: canary}}}",
       "admitted"},
      {"by luck", "{metadata: {annotations: {weir.dev/strategy: lucky}}}",
       "metadata.annotations[weir.dev/strategy]: Unsupported value: \"lucky\": supported values: "
       "\"canary\", \"blue-green\""},
      {"by weights, and never two versions",
       "{metadata: {annotations: {weir.dev/strategy: canary}}, spec: {strategy: {type: Recreate}}}",
       "metadata.annotations[weir.dev/strategy]: Invalid value: \"canary\": needs "
       "spec.strategy.type RollingUpdate: both versions run beside each other"},
      {"revisions with their configuration",
       "{metadata: {annotations: {weir.dev/rollout-on-config-change: 'true'}}}", "admitted"},
      {"and neither true nor false",
       "{metadata: {annotations: {weir.dev/rollout-on-config-change: 'yes'}}}",
       "metadata.annotations[weir.dev/rollout-on-config-change]: Unsupported value: \"yes\": "
       "supported values: \"true\", \"false\""},
      {"a pause that is none", "{metadata: {annotations: {weir.dev/strategy-pause: soon}}}",
       "metadata.annotations[weir.dev/strategy-pause]: Invalid value: \"soon\": must be a duration "
       "such as 30s, 5m or 1h"},
      {"no spec", "{spec: null}", "spec: Required value"},
      {"no selector", "{spec: {selector: null}}", "spec.selector: Required value"},
      {"empty selector", "{spec: {selector: {matchLabels: null}}}",
       "spec.selector: Invalid value: {}: empty selector is invalid for deployment"},
      {"selector and labels", "{spec: {selector: {matchLabels: {tier: a}}}}",
       "spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match "
       "template `labels`"},
      {"expression without values",
       "{spec: {selector: {matchExpressions: [{key: app, operator: In}]}}}",
       "spec.selector.matchExpressions[0].values: Required value: must be specified when "
       "`operator` "
       "is 'In' or 'NotIn'\nspec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: "
       "`selector` does not match template `labels`"},
      {"expression with too many",
       "{spec: {selector: {matchExpressions: [{key: app, operator: Exists, values: [a]}]}}}",
       "spec.selector.matchExpressions[0].values: Forbidden: may not be specified when `operator` "
       "is "
       "'Exists' or 'DoesNotExist'"},
      {"unknown operator", "{spec: {selector: {matchExpressions: [{key: app, operator: Is}]}}}",
       "spec.selector.matchExpressions[0].operator: Unsupported value: \"Is\": supported values: "
       "\"In\", \"NotIn\", \"Exists\", \"DoesNotExist\""},
      {"restartPolicy", "{spec: {template: {spec: {restartPolicy: Never}}}}",
       "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: "
       "\"Always\""},
      {"activeDeadlineSeconds", "{spec: {template: {spec: {activeDeadlineSeconds: 5}}}}",
       "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet "
       "is "
       "not Supported"},
      {"negative replicas", "{spec: {replicas: -1}}",
       "spec.replicas: Invalid value: -1: must be greater than or equal to 0"},
      {"too many replicas", "{spec: {replicas: 3000000000}}",
       "spec.replicas: Invalid value: 3000000000: must fit in 32 bits"},
      {"replicas as a text", "{spec: {replicas: '3'}}",
       "spec.replicas: Invalid value: \"string\": spec.replicas in body must be of type integer: "
       "\"string\""},
      {"fractional replicas", "{spec: {replicas: 1.5}}",
       "spec.replicas: Invalid value: \"number\": spec.replicas in body must be of type integer: "
       "\"number\""},
      {"strategy", "{spec: {strategy: {type: Slow}}}",
       "spec.strategy.type: Unsupported value: \"Slow\": supported values: \"Recreate\", "
       "\"RollingUpdate\""},
      {"Recreate", "{spec: {strategy: {type: Recreate}}}", "admitted"},
      {"rollingUpdate of Recreate", "{spec: {strategy: {type: Recreate, rollingUpdate: {}}}}",
       "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is "
       "'Recreate'"},
      {"surge without percent", "{spec: {strategy: {rollingUpdate: {maxSurge: '25'}}}}",
       "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"25\": a valid percent string must "
       "be "
       "a numeric string followed by an ending '%'"},
      {"negative surge", "{spec: {strategy: {rollingUpdate: {maxSurge: -1}}}}",
       "spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to "
       "0"},
      {"surge beyond all", "{spec: {strategy: {rollingUpdate: {maxSurge: 200%}}}}", "admitted"},
      {"more than all unavailable", "{spec: {strategy: {rollingUpdate: {maxUnavailable: 101%}}}}",
       "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"101%\": must not be greater "
       "than 100%"},
      {"no room to move", "{spec: {strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}}}",
       "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when "
       "`maxSurge` is 0"},
      {"deadline before ready", "{spec: {minReadySeconds: 10, progressDeadlineSeconds: 10}}",
       "spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds"},
      {"template labels", "{spec: {template: {metadata: {labels: {bad: 'x y'}}}}}",
       "spec.template.metadata.labels: Invalid value: \"x y\": a valid label"},
      {"template is null", "{spec: {template: null}}", "spec.template: Required value"},
      {"all at once", "{metadata: {name: A}, spec: {minReadySeconds: 700}}",
       "metadata.name: Invalid value: \"A\": a lowercase RFC 1123 subdomain"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(cut(verdict(admission::create(deployment(row.patch)))), row.want) << row.name;
  }
}

TEST(Validate, Pods) {
  const Row rows[] = {
      {"no containers", "{spec: {containers: []}}", "spec.containers: Required value"},
      {"two containers", "{spec: {containers: [{name: a, image: i}, {name: b, image: i}]}}",
       "spec.containers: Forbidden: weir runs one container per pod in this release"},
      {"two of one name", "{spec: {containers: [{name: a, image: i}, {name: a, image: i}]}}",
       "spec.containers: Forbidden: weir runs one container per pod in this release\n"
       "spec.containers[1].name: Duplicate value: \"a\""},
      {"init containers", "{spec: {initContainers: [{name: a, image: i}]}}",
       "spec.initContainers: Forbidden: weir runs one container per pod in this release, and no "
       "init "
       "containers"},
      {"no init containers", "{spec: {initContainers: [], ephemeralContainers: []}}", "admitted"},
      {"ephemeral containers", "{spec: {ephemeralContainers: [{name: a, image: i}]}}",
       "spec.ephemeralContainers: Forbidden: weir runs one container per pod in this release"},
      {"a container is null", "{spec: {containers: [null]}}",
       "spec.containers[0]: Invalid value: \"null\": spec.containers[0] in body must be of type "
       "object: \"null\""},
      {"dnsPolicy None", "{spec: {dnsPolicy: None}}",
       "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"},
      {"dnsPolicy None without servers", "{spec: {dnsPolicy: None, dnsConfig: {}}}",
       "spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when "
       "`dnsPolicy` is None"},
      {"hostname", "{spec: {hostname: a.b}}",
       "spec.hostname: Invalid value: \"a.b\": a lowercase RFC 1123 label"},
      {"negative grace", "{spec: {terminationGracePeriodSeconds: -1}}",
       "spec.terminationGracePeriodSeconds: Invalid value: -1: must be greater than or equal to 0"},
      {"restartPolicy empty", "{spec: {restartPolicy: ''}}", "admitted"},
      {"volume without name", "{spec: {volumes: [{name: ''}]}}",
       "spec.volumes[0].name: Required value"},
      {"volumes of one name", "{spec: {volumes: [{name: a}, {name: a}]}}",
       "spec.volumes[1].name: Duplicate value: \"a\""},
      {"two sources", "{spec: {volumes: [{name: a, emptyDir: {}, nfs: {server: a, path: /b}}]}}",
       "spec.volumes[0]: Forbidden: may not specify more than 1 volume type"},
      {"configMap without name", "{spec: {volumes: [{name: a, configMap: {}}]}}",
       "spec.volumes[0].configMap.name: Required value"},
      {"secret without name", "{spec: {volumes: [{name: a, secret: {}}]}}",
       "spec.volumes[0].secret.secretName: Required value"},
      {"file outside",
       "{spec: {volumes: [{name: a, configMap: {name: c, items: [{key: k, path: ../x}]}}]}}",
       "spec.volumes[0].configMap.items[0].path: Invalid value: \"../x\": must not contain '..'"},
      {"mode", "{spec: {volumes: [{name: a, configMap: {name: c, defaultMode: 01000}}]}}",
       "spec.volumes[0].configMap.defaultMode: Invalid value: 512: must be between 0 and 511, "
       "inclusive"},
      {"projected", "{spec: {volumes: [{name: a, projected: {sources: [{secret: {}}]}}]}}",
       "spec.volumes[0].projected.sources[0].secret.name: Required value"},
      {"downward API", "{spec: {volumes: [{name: a, downwardAPI: {items: [{path: x}]}}]}}",
       "spec.volumes[0].downwardAPI.items[0]: Required value: one of fieldRef and resourceFieldRef "
       "is required"},
      {"host path", "{spec: {volumes: [{name: a, hostPath: {path: /srv}}]}}", "admitted"},
      {"relative host path", "{spec: {volumes: [{name: a, hostPath: {path: srv}}]}}",
       "spec.volumes[0].hostPath.path: Invalid value: \"srv\": must be an absolute path"},
      {"host path upwards", "{spec: {volumes: [{name: a, hostPath: {path: /srv/../opt}}]}}",
       "spec.volumes[0].hostPath.path: Invalid value: \"/srv/../opt\": must not contain '..'"},
      {"Docker socket", "{spec: {volumes: [{name: a, hostPath: {path: /var/run/docker.sock}}]}}",
       "spec.volumes[0].hostPath.path: Forbidden: '/var/run/docker.sock' holds the Docker socket "
       "(/var/run/docker.sock): a container that can reach it owns the whole host. Mount a folder "
       "beside it"},
      {"root by way of a link", "{spec: {volumes: [{name: a, hostPath: {path: /proc/self/root}}]}}",
       "spec.volumes[0].hostPath.path: Forbidden: '/' holds the Docker socket "
       "(/var/run/docker.sock): a container that can reach it owns the whole host. Mount a folder "
       "beside it"},
      {"host path type", "{spec: {volumes: [{name: a, hostPath: {path: /srv, type: Dir}}]}}",
       "spec.volumes[0].hostPath.type: Unsupported value: \"Dir\": supported values: \"\", "
       "\"DirectoryOrCreate\", \"Directory\", \"FileOrCreate\", \"File\", \"Socket\", "
       "\"CharDevice\", \"BlockDevice\""},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(cut(verdict(admission::create(pod(row.patch)))), row.want) << row.name;
  }
}

TEST(Validate, Containers) {
  const std::string probe = "spec.containers[0].readinessProbe";
  const Row rows[] = {
      {"no name", "{name: ''}", "spec.containers[0].name: Required value"},
      {"name", "{name: a.b}",
       "spec.containers[0].name: Invalid value: \"a.b\": a lowercase RFC 1123 label"},
      {"no image", "{image: null}", "spec.containers[0].image: Required value"},
      {"image with a blank", "{image: 'a '}",
       "spec.containers[0].image: Invalid value: \"a \": must not have leading or trailing "
       "whitespace"},
      {"pull policy", "{imagePullPolicy: Sometimes}",
       "spec.containers[0].imagePullPolicy: Unsupported value: \"Sometimes\": supported values: "
       "\"Always\", \"IfNotPresent\", \"Never\""},
      {"port 0", "{ports: [{containerPort: 0}]}",
       "spec.containers[0].ports[0].containerPort: Invalid value: 0: must be between 1 and 65535, "
       "inclusive"},
      {"port 65536", "{ports: [{containerPort: 65536}]}",
       "spec.containers[0].ports[0].containerPort: Invalid value: 65536: must be between 1 and "
       "65535, inclusive"},
      {"no port", "{ports: [{name: http}]}",
       "spec.containers[0].ports[0].containerPort: Required value"},
      {"port names", "{ports: [{containerPort: 1, name: a}, {containerPort: 2, name: a}]}",
       "spec.containers[0].ports[1].name: Duplicate value: \"a\""},
      {"port name", "{ports: [{containerPort: 1, name: A_B}]}",
       "spec.containers[0].ports[0].name: Invalid value: \"A_B\": must contain only alpha-numeric "
       "characters (a-z, 0-9), and hyphens (-)"},
      {"host ports",
       "{ports: [{containerPort: 1, hostPort: 80}, {containerPort: 2, hostPort: 80}]}",
       "spec.containers[0].ports[1].hostPort: Duplicate value: \"TCP//80\""},
      {"protocol", "{ports: [{containerPort: 1, protocol: tcp}]}",
       "spec.containers[0].ports[0].protocol: Unsupported value: \"tcp\": supported values: "
       "\"TCP\", \"UDP\", \"SCTP\""},
      {"variable name", "{env: [{name: 'A B'}]}",
       "spec.containers[0].env[0].name: Invalid value: \"A B\": a valid environment variable name"},
      {"no variable name", "{env: [{name: ''}]}", "spec.containers[0].env[0].name: Required value"},
      {"variable is a number", "{env: [{name: A, value: 5}]}",
       "spec.containers[0].env[0].value: Invalid value: \"integer\": "
       "spec.containers[0].env[0].value in body must be of type string: \"integer\""},
      {"value and valueFrom",
       "{env: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}",
       "spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified when "
       "`value` "
       "is not empty"},
      {"empty valueFrom", "{env: [{name: A, valueFrom: {}}]}",
       "spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, "
       "`resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"},
      {"two sources",
       "{env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}, configMapKeyRef: {name: c, "
       "key: k}}}]}",
       "spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not have more than one field "
       "specified at a time"},
      {"secret key", "{env: [{name: A, valueFrom: {secretKeyRef: {name: '', key: 'a/b'}}}]}",
       "spec.containers[0].env[0].valueFrom.secretKeyRef.name: Required value\n"
       "spec.containers[0].env[0].valueFrom.secretKeyRef.key: Invalid value: \"a/b\": a valid "
       "config "
       "key"},
      {"labels by subscript",
       "{env: [{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['a/b']\"}}}]}",
       "admitted"},
      {"envFrom", "{envFrom: [{prefix: 'A='}, {configMapRef: {name: a}, secretRef: {name: b}}]}",
       "spec.containers[0].envFrom[0].prefix: Invalid value: \"A=\": a valid environment variable "
       "name"},
      {"mount of nothing", "{volumeMounts: [{name: data, mountPath: /data}]}",
       "spec.containers[0].volumeMounts[0].name: Not found: \"data\""},
      {"no handler", "{readinessProbe: {periodSeconds: 5}}",
       probe + ": Required value: must specify a handler type"},
      {"two handlers", "{readinessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}}",
       probe + ".tcpSocket: Forbidden: may not specify more than 1 handler type"},
      {"exec without command", "{readinessProbe: {exec: {}}}",
       probe + ".exec.command: Required value"},
      {"probe without port", "{readinessProbe: {httpGet: {}}}",
       probe + ".httpGet.port: Required value"},
      {"probe of port 0", "{readinessProbe: {tcpSocket: {port: 0}}}",
       probe + ".tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive"},
      {"probe of a bad name", "{readinessProbe: {httpGet: {port: '80'}}}",
       probe + ".httpGet.port: Invalid value: \"80\": must contain at least one letter (a-z)"},
      {"probe of a relative path", "{readinessProbe: {httpGet: {port: 80, path: healthz}}}",
       probe + ".httpGet.path: Invalid value: \"healthz\": must start with '/'"},
      {"scheme", "{readinessProbe: {httpGet: {port: 80, scheme: https}}}",
       probe + ".httpGet.scheme: Unsupported value: \"https\": supported values: \"HTTP\", "
               "\"HTTPS\""},
      {"grace of readiness",
       "{readinessProbe: {tcpSocket: {port: 1}, terminationGracePeriodSeconds: 5}}",
       probe + ".terminationGracePeriodSeconds: Invalid value: 5: must not be set for "
               "readinessProbes"},
      {"liveness successes", "{livenessProbe: {tcpSocket: {port: 1}, successThreshold: 2}}",
       "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"},
      {"negative delay", "{livenessProbe: {tcpSocket: {port: 1}, initialDelaySeconds: -1}}",
       "spec.containers[0].livenessProbe.initialDelaySeconds: Invalid value: -1: must be greater "
       "than or equal to 0"},
      {"hook without handler", "{lifecycle: {preStop: {}}}",
       "spec.containers[0].lifecycle.preStop: Required value: must specify a handler type"},
      {"hook", "{lifecycle: {preStop: {sleep: {seconds: 5}}}}", "admitted"},
      {"bad quantity", "{resources: {limits: {memory: 1GB}}}",
       "spec.containers[0].resources.limits.memory: Invalid value: \"1GB\": quantities must match "
       "the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},
      {"negative quantity", "{resources: {requests: {memory: '-1'}}}",
       "spec.containers[0].resources.requests[memory]: Invalid value: \"-1\": must be greater than "
       "or equal to 0"},
      {"request above limit", "{resources: {limits: {cpu: 1}, requests: {cpu: 1500m}}}",
       "spec.containers[0].resources.requests: Invalid value: \"1500m\": must be less than or "
       "equal "
       "to cpu limit of 1"},
      {"resource", "{resources: {limits: {ram: 1}}}",
       "spec.containers[0].resources.limits[ram]: Invalid value: \"ram\": must be a standard "
       "resource type or fully qualified\nspec.containers[0].resources.requests[ram]: Invalid "
       "value: "
       "\"ram\": must be a standard resource type or fully qualified"},
      {"privileged without escalation",
       "{securityContext: {privileged: true, allowPrivilegeEscalation: false}}",
       "spec.containers[0].securityContext: Invalid value: false: cannot set "
       "`allowPrivilegeEscalation` to false and `privileged` to true"},
  };
  for (const Row& row : rows) {
    const std::string text = cut(verdict(admission::create(pod_with_container(row.patch))));
    EXPECT_EQ(text, row.want) << row.name;
  }
}

TEST(Validate, MountsAndHostNetwork) {
  nlohmann::json document = pod_with_container(
      "{volumeMounts: [{name: a, mountPath: /x}, {name: a, mountPath: /x, subPath: ../y}, {name: "
      "a, "
      "mountPath: ''}]}");
  document["spec"]["volumes"] = yaml("[{name: a}]");
  EXPECT_EQ(verdict(admission::create(document)),
            "spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/x\": must be unique\n"
            "spec.containers[0].volumeMounts[1].subPath: Invalid value: \"../y\": must not contain "
            "'..'\nspec.containers[0].volumeMounts[2].mountPath: Required value");
  document = pod_with_container("{ports: [{containerPort: 80, hostPort: 81}]}");
  document["spec"]["hostNetwork"] = true;
  EXPECT_EQ(
      verdict(admission::create(document)),
      "spec.containers[0].ports[0].containerPort: Invalid value: 80: must match `hostPort` when "
      "`hostNetwork` is true");
}

TEST(Validate, ConfigMapsAndSecrets) {
  const std::string config = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, ";
  const std::string secret = "{apiVersion: v1, kind: Secret, metadata: {name: s}, ";
  const Row rows[] = {
      {"good", config + "data: {a.b: x}, binaryData: {c: aGk=}}", "admitted"},
      {"key", config + "data: {'a b': x}}",
       "data[a b]: Invalid value: \"a b\": a valid config key"},
      {"key in both", config + "data: {a: x}, binaryData: {a: aGk=}}",
       "data[a]: Invalid value: \"a\": duplicate of key present in binaryData"},
      {"not base64", config + "binaryData: {a: 'x'}}",
       "binaryData.a: Invalid value: \"x\": must be base64 (stringData takes plain text)"},
      {"number", config + "data: {a: 5}}",
       "data.a: Invalid value: \"integer\": data.a in body must be of type string: \"integer\""},
      {"too large",
       config + "data: {a: " + std::string(600'000, 'x') + ", b: " + std::string(600'000, 'x') +
           "}}",
       "data: Too long: must have at most 1048576 bytes"},
      {"secret in clear", secret + "data: {password: hunter2}}",
       "data.password: Invalid value: <secret>: must be base64 (stringData takes plain text)"},
      {"tls without key", secret + "type: kubernetes.io/tls, data: {tls.crt: aGk=}}",
       "data[tls.key]: Required value"},
      {"registry login", secret + "type: kubernetes.io/dockerconfigjson}",
       "data[.dockerconfigjson]: Required value"},
      {"basic auth", secret + "type: kubernetes.io/basic-auth}",
       "data[username]: Required value\ndata[password]: Required value"},
      {"ssh", secret + "type: kubernetes.io/ssh-auth, stringData: {ssh-privatekey: k}}",
       "admitted"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(cut(verdict(admission::create(yaml(row.patch)))), row.want) << row.name;
  }
}

TEST(Validate, NamespacesAndEvents) {
  const Row rows[] = {
      {"namespace", "{apiVersion: v1, kind: Namespace, metadata: {name: prod}}", "admitted"},
      {"namespace with a dot", "{apiVersion: v1, kind: Namespace, metadata: {name: a.b}}",
       "metadata.name: Invalid value: \"a.b\": a lowercase RFC 1123 label"},
      {"namespace in a namespace",
       "{apiVersion: v1, kind: Namespace, metadata: {name: a, namespace: b}}",
       "metadata.namespace: Forbidden: not allowed on this type"},
      {"event",
       "{apiVersion: v1, kind: Event, metadata: {name: e, namespace: a}, involvedObject: "
       "{kind: Pod, name: p, namespace: a}}",
       "admitted"},
      {"event elsewhere",
       "{apiVersion: v1, kind: Event, metadata: {name: e, namespace: b}, involvedObject: {kind: "
       "Pod, "
       "name: p, namespace: a}}",
       "involvedObject.namespace: Invalid value: \"a\": does not match event.namespace"},
      {"event about a namespace",
       "{apiVersion: v1, kind: Event, metadata: {name: e}, involvedObject: {kind: Namespace, name: "
       "p}}",
       "admitted"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(cut(verdict(admission::create(yaml(row.patch)))), row.want) << row.name;
  }
}

TEST(Validate, HostPathsThatLeadNowhereAreRefused) {
  const std::string loop = ::testing::TempDir() + "weir-admission-loop";
  std::filesystem::remove(loop);
  std::filesystem::create_symlink(loop, loop);
  EXPECT_EQ(verdict(admission::create(
                pod("{spec: {volumes: [{name: a, hostPath: {path: " + loop + "/x}}]}}"))),
            "spec.volumes[0].hostPath.path: Forbidden: '" + loop +
                "/x' cannot be followed to its end (Too many levels of symbolic links), so weir "
                "cannot tell that it does not lead to the Docker socket");
  // Whoever has the pod made.
  const std::string pods =
      "template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, "
      "containers: [{name: c, image: i}], volumes: [{name: a, hostPath: "
      "{path: " +
      loop + "/x}}]}}";
  for (const char* head :
       {"{apiVersion: batch/v1, kind: Job, metadata: {name: j, namespace: n}, spec: {",
        "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: j, namespace: n}, spec: "
        "{selector: {matchLabels: {a: b}}, ",
        "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: j, namespace: n}, "
        "spec: {strategy: {canary: {}}, selector: {matchLabels: {a: b}}, "}) {
    const std::string got = verdict(admission::create(yaml(head + pods + "}}"), {.ns = "n"}));
    EXPECT_NE(got.find("spec.template.spec.volumes[0].hostPath.path: Forbidden: '" + loop),
              got.npos)
        << head << got;
  }
  std::filesystem::remove(loop);
}

// A broken document does not become a larger answer.
TEST(Validate, CausesAreBounded) {
  nlohmann::json document = pod();
  for (int i = 0; i < 1000; ++i) document["spec"]["containers"].push_back({{"name", 5}});
  const auto result = admission::create(document);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().causes.size(), Causes::kMax);
}

}  // namespace
}  // namespace weir
