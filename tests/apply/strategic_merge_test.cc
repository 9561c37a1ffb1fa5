#include "controller/apply/strategic_merge.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/apply/documents.h"

namespace weir {
namespace {

using nlohmann::json;

struct Row {
  const char* name;
  const char* document;
  const char* patch;
  const char* want;  // YAML or JSON of the whole result
};

constexpr const char* kWeb = R"(
metadata: {name: web, annotations: {note: kept}}
spec:
  replicas: 3
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
        args: [a, b]
        env: [{name: A, value: "1"}, {name: B, value: "2"}, {name: C, value: "3"}]
        ports: [{containerPort: 80, protocol: TCP}, {containerPort: 443, protocol: TCP}]
        volumeMounts: [{name: config, mountPath: /etc/web}]
      - {name: log, image: "log:1"}
      volumes:
      - {name: config, configMap: {name: web}}
)";

// The web Deployment with one thing changed, given as a JSON patch would say it.
std::string web(const char* pointer, const char* changed) {
  json result = document(kWeb);
  result[json::json_pointer(pointer)] = document(changed);
  return result.dump();
}

std::string web_without(const char* parent, const char* key) {
  json result = document(kWeb);
  json& at = result[json::json_pointer(parent)];
  if (at.is_array()) {
    at.erase(static_cast<std::size_t>(std::stoi(key)));
  } else {
    at.erase(key);
  }
  return result.dump();
}

std::string patched(const json& before, const char* patch) {
  return outcome(strategic_merge(before, value(patch), Schema::get().root(Kind::Deployment)));
}

// The forms that kubectl sends, against one Deployment.
TEST(StrategicMerge, Kubectl) {
  struct KubectlRow {
    const char* name;
    const char* patch;
    std::string want;
  };
  const KubectlRow rows[] = {
      {"apply: a new image",
       R"({"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"},{"name":"log"}],
           "containers":[{"image":"web:2","name":"web"}]}}}})",
       web("/spec/template/spec/containers/0/image", "web:2")},
      {"apply: an env var removed",
       R"({"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"},{"name":"log"}],
           "containers":[{"$setElementOrder/env":[{"name":"A"},{"name":"C"}],
           "env":[{"$patch":"delete","name":"B"}],"name":"web"}]}}}})",
       web_without("/spec/template/spec/containers/0/env", "1")},
      {"apply: an env var added in the middle",
       R"({"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"},{"name":"log"}],
           "containers":[{"$setElementOrder/env":[{"name":"A"},{"name":"N"},{"name":"B"},{"name":"C"}],
           "env":[{"name":"N","value":"9"}],"name":"web"}]}}}})",
       web("/spec/template/spec/containers/0/env",
           "[{name: A, value: '1'}, {name: N, value: '9'}, {name: B, value: '2'}, "
           "{name: C, value: '3'}]")},
      {"apply: env vars in another order",
       R"({"spec":{"template":{"spec":{"containers":[
           {"$setElementOrder/env":[{"name":"C"},{"name":"B"},{"name":"A"}],"name":"web"}]}}}})",
       web("/spec/template/spec/containers/0/env",
           "[{name: C, value: '3'}, {name: B, value: '2'}, {name: A, value: '1'}]")},
      {"apply: a port removed",
       R"({"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"},{"name":"log"}],
           "containers":[{"$setElementOrder/ports":[{"containerPort":443}],
           "name":"web","ports":[{"$patch":"delete","containerPort":80}]}]}}}})",
       web_without("/spec/template/spec/containers/0/ports", "0")},
      {"apply: a container removed",
       R"({"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"}],
           "containers":[{"$patch":"delete","name":"log"}]}}}})",
       web_without("/spec/template/spec/containers", "1")},
      {"apply: args removed, label added",
       R"({"spec":{"template":{"metadata":{"labels":{"app":"web"}},
           "spec":{"containers":[{"name":"web","args":null}]}}}})",
       web_without("/spec/template/spec/containers/0", "args")},
      {"apply: args are replaced as a whole",
       R"({"spec":{"template":{"spec":{"containers":[{"name":"web","args":["b"]}]}}}})",
       web("/spec/template/spec/containers/0/args", "[b]")},
      {"apply: RollingUpdate to Recreate",
       R"({"spec":{"strategy":{"$retainKeys":["type"],"rollingUpdate":null,"type":"Recreate"}}})",
       web("/spec/strategy", "type: Recreate")},
      {"apply: the volume becomes another kind of volume",
       R"({"spec":{"template":{"spec":{"$setElementOrder/volumes":[{"name":"config"}],
           "volumes":[{"$retainKeys":["name","emptyDir"],"configMap":null,"emptyDir":{},
           "name":"config"}]}}}})",
       web("/spec/template/spec/volumes/0", "{name: config, emptyDir: {}}")},
      {"apply: replicas left out", R"({"spec":{"replicas":null}})",
       web_without("/spec", "replicas")},
      {"set image",
       R"({"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"},{"name":"log"}],
           "containers":[{"image":"log:2","name":"log"}]}}}})",
       web("/spec/template/spec/containers/1/image", "log:2")},
      {"set env",
       R"({"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"}],
           "containers":[{"$setElementOrder/env":[{"name":"A"},{"name":"B"},{"name":"C"},{"name":"D"}],
           "env":[{"name":"D","value":"4"}],"name":"web"}]}}}})",
       web("/spec/template/spec/containers/0/env/3", "{name: D, value: '4'}")},
      {"rollout restart",
       R"({"spec":{"template":{"metadata":{"annotations":
           {"kubectl.kubernetes.io/restartedAt":"2024-02-29T23:59:59Z"}}}}})",
       web("/spec/template/metadata/annotations",
           "{kubectl.kubernetes.io/restartedAt: '2024-02-29T23:59:59Z'}")},
      {"rollout pause", R"({"spec":{"paused":true}})", web("/spec/paused", "true")},
      {"edit: an annotation deleted", R"({"metadata":{"annotations":{"note":null}}})",
       web("/metadata/annotations", "{}")},
      {"nothing", "{}", web("/spec/replicas", "3")},
  };
  for (const KubectlRow& row : rows) {
    EXPECT_EQ(row.want, patched(document(kWeb), row.patch)) << row.name;
  }
}

TEST(StrategicMerge, Lists) {
  const Row rows[] = {
      {"new elements come last", "spec: {template: {spec: {containers: [{name: b, image: x}]}}}",
       R"({"spec":{"template":{"spec":{"containers":[{"name":"a","image":"y"}]}}}})",
       "spec: {template: {spec: {containers: [{name: b, image: x}, {name: a, image: y}]}}}"},
      {"elements that only the server has keep their place",
       "spec: {template: {spec: {volumes: [{name: a}, {name: injected}, {name: b}]}}}",
       R"({"spec":{"template":{"spec":{"$setElementOrder/volumes":[{"name":"a"},{"name":"n"},{"name":"b"}],
           "volumes":[{"name":"n"}]}}}})",
       "spec: {template: {spec: {volumes: [{name: a}, {name: injected}, {name: n}, {name: b}]}}}"},
      {"a list is replaced when asked for",
       "spec: {template: {spec: {containers: [{name: a, image: x}, {name: b, image: x}]}}}",
       R"({"spec":{"template":{"spec":{"containers":[{"$patch":"replace"},{"name":"c","image":"y"}]}}}})",
       "spec: {template: {spec: {containers: [{name: c, image: y}]}}}"},
      {"an element that is not there is deleted without harm",
       "spec: {template: {spec: {containers: [{name: a}]}}}",
       R"({"spec":{"template":{"spec":{"containers":[{"$patch":"delete","name":"z"}]}}}})",
       "spec: {template: {spec: {containers: [{name: a}]}}}"},
      {"a merge directive is dropped", "spec: {template: {spec: {containers: [{name: a}]}}}",
       R"({"spec":{"template":{"spec":{"containers":[{"$patch":"merge","name":"a","image":"x"},
           {"$patch":"merge","name":"b"}]}}}})",
       "spec: {template: {spec: {containers: [{name: a, image: x}, {name: b}]}}}"},
      {"finalizers are a set", "metadata: {finalizers: [a, b]}",
       R"({"metadata":{"finalizers":["b","c","c"]}})", "metadata: {finalizers: [a, b, c]}"},
      {"a finalizer leaves", "metadata: {finalizers: [a, b, c]}",
       R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["b"]}})",
       "metadata: {finalizers: [a, c]}"},
      {"a finalizer leaves, another comes, in order", "metadata: {finalizers: [a, b]}",
       R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],
           "$setElementOrder/finalizers":["c","b"],"finalizers":["c"]}})",
       "metadata: {finalizers: [c, b]}"},
      {"directives of a list that is not there are dropped", "metadata: {name: web}",
       R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["b"],"$setElementOrder/finalizers":[]}})",
       "metadata: {name: web}"},
      {"a list that is not there is created without its directives", "metadata: {name: web}",
       R"({"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"a"}],
           "containers":[{"name":"a","args":null,"$retainKeys":["name"],
           "$setElementOrder/env":[],"env":[{"name":"X","$patch":"delete"},{"name":"Y"}]}]}}}})",
       "{metadata: {name: web}, "
       "spec: {template: {spec: {containers: [{name: a, env: [{name: Y}]}]}}}}"},
      {"a field that the schema does not know: maps merge, lists are replaced",
       "{x: {m: {a: 1}, l: [1]}}", R"({"x":{"m":{"b":2},"l":[2]}})",
       "{x: {m: {a: 1, b: 2}, l: [2]}}"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(document(row.want).dump(), patched(document(row.document), row.patch)) << row.name;
  }
}

TEST(StrategicMerge, Maps) {
  const Row rows[] = {
      {"replaced as a whole", "spec: {replicas: 1, strategy: {type: Recreate}}",
       R"({"spec":{"$patch":"replace","replicas":2,"paused":null}})", "spec: {replicas: 2}"},
      {"emptied", "spec: {strategy: {type: Recreate}}",
       R"({"spec":{"strategy":{"$patch":"delete","type":"RollingUpdate"}}})",
       "spec: {strategy: {}}"},
      {"merged in so many words", "spec: {replicas: 1}",
       R"({"spec":{"$patch":"merge","paused":true}})", "spec: {replicas: 1, paused: true}"},
      {"keys that are not retained go", "spec: {a: 1, b: 2, c: 3}",
       R"({"spec":{"$retainKeys":["a","d"],"d":4}})", "spec: {a: 1, d: 4}"},
      {"nulls below a new map delete nothing and are not kept", "spec: {}",
       R"({"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}})",
       "spec: {strategy: {type: Recreate}}"},
      {"a map takes the place of a value", "spec: {strategy: 1}",
       R"({"spec":{"strategy":{"type":"Recreate"}}})", "spec: {strategy: {type: Recreate}}"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(document(row.want).dump(), patched(document(row.document), row.patch)) << row.name;
  }
}

TEST(StrategicMerge, Refused) {
  const Row rows[] = {
      {"not an object", "{}", "[]", "bad_request: a strategic merge patch must be a JSON object"},
      {"unknown directive of a map", "{}", R"({"spec":{"$patch":"frob"}})",
       "bad_request: spec.$patch: unknown patch type: \"frob\""},
      {"unknown directive of an element", "spec: {template: {spec: {containers: []}}}",
       R"({"spec":{"template":{"spec":{"containers":[{"name":"a","$patch":"frob"}]}}}})",
       "bad_request: spec.template.spec.containers: unknown patch type: \"frob\""},
      {"an element without its key", "spec: {template: {spec: {containers: []}}}",
       R"({"spec":{"template":{"spec":{"containers":[{"image":"a"}]}}}})",
       "invalid: spec.template.spec.containers: map does not contain declared merge key: name"},
      {"an element that is no map", "spec: {template: {spec: {containers: []}}}",
       R"({"spec":{"template":{"spec":{"containers":["a"]}}}})",
       "invalid: spec.template.spec.containers: map does not contain declared merge key: name"},
      {"retainKeys that is no list", "spec: {a: 1}", R"({"spec":{"$retainKeys":"a"}})",
       "bad_request: spec.$retainKeys: invalid patch format of retainKeys"},
      {"retainKeys without a key of the patch", "spec: {a: 1}",
       R"({"spec":{"$retainKeys":["a"],"b":1}})",
       "bad_request: spec.$retainKeys: invalid patch format of retainKeys"},
      {"an order that is no list", "spec: {template: {spec: {containers: []}}}",
       R"({"spec":{"template":{"spec":{"$setElementOrder/containers":1}}}})",
       "bad_request: spec.template.spec.containers: invalid patch format of setElementOrder list"},
      {"values to delete that are no list", "metadata: {finalizers: []}",
       R"({"metadata":{"$deleteFromPrimitiveList/finalizers":1}})",
       "bad_request: metadata.finalizers: invalid patch format of primitive list"},
      {"a set with a map in it", "metadata: {finalizers: []}",
       R"({"metadata":{"finalizers":[{}]}})",
       "bad_request: metadata.finalizers: invalid patch format of primitive list"},
      {"an order that the elements do not follow", "spec: {template: {spec: {containers: []}}}",
       R"({"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],
           "containers":[{"name":"a"},{"name":"b"}]}}}})",
       "bad_request: spec.template.spec.containers: the order in patch list doesn't match "
       "$setElementOrder list"},
      {"directives for a list that cannot be merged", "spec: {x: [1]}",
       R"({"spec":{"$deleteFromPrimitiveList/x":[1]}})",
       "bad_request: spec.x: strategic merge patch format is not supported: the elements of this "
       "list cannot be merged, send all of it"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(row.want, patched(document(row.document), row.patch)) << row.name;
  }
}

}  // namespace
}  // namespace weir
