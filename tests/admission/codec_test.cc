#include "controller/admission/codec.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "controller/admission/schema.h"
#include "reconcilers/object_text.h"
#include "tests/admission/documents.h"

namespace weir {
namespace {

using nlohmann::json;
using nlohmann::literals::operator""_json_pointer;
using testing::yaml;

// A value for everything that the schema has: what the structs lack, or call by another name, does
// not come back.
json full_value(const SchemaNode& node, int& counter) {
  using Type = SchemaNode::Type;
  ++counter;
  if (node.type == Type::array) return json::array({full_value(*node.items, counter)});
  if (node.additional) return {{"key", full_value(*node.additional, counter)}};
  if (node.type == Type::object) {
    json out = json::object();
    for (const auto& [name, field] : node.properties) out[name] = full_value(*field, counter);
    return out;
  }
  if (node.type == Type::integer) return counter;
  if (node.type == Type::number) return counter + 0.5;
  if (node.type == Type::boolean) return true;
  if (node.type == Type::int_or_string) return counter % 2 == 0 ? json(counter) : json("50%");
  if (node.format == "date-time") return "2024-02-29T12:00:00Z";
  return "text" + std::to_string(counter);
}

TEST(Codec, EveryFieldOfEveryKindSurvives) {
  for (const KindInfo& kind : kinds()) {
    int counter = 0;
    json document = full_value(Schema::get().root(kind.kind), counter);
    document["apiVersion"] = kind.api_version;
    document["kind"] = kind.name;
    // Stays in documents only.
    for (const char* place :
         {"/metadata", "/spec/template/metadata", "/spec/templates/0/template/metadata",
          "/spec/metrics/0/provider/job/spec/template/metadata"}) {
      const json::json_pointer metadata(place);
      if (document.contains(metadata)) document[metadata].erase("managedFields");
    }
    const auto object = decode(kind.kind, document);
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ(json::diff(document, encode(*object)).dump(2), "[]") << kind.name;
    const auto again = decode_text(kind.kind, encode_text(*object));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(*again == *object);
    EXPECT_EQ(to_text(*again), to_text(*object));
  }
}

TEST(Codec, EmptyObjectsOfEveryKind) {
  for (const KindInfo& kind : kinds()) {
    const Object empty = make_object(kind.kind);
    EXPECT_EQ(kind_of(empty), kind.kind);
    const auto back = decode(kind.kind, encode(empty));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_TRUE(*back == empty) << kind.name;
  }
}

TEST(Codec, WritesWhatMustBeThere) {
  EXPECT_EQ(encode_text(api::ConfigMap{.data = {{"a", ""}}, .metadata = {.name = "c"}}),
            R"({"apiVersion":"v1","data":{"a":""},"kind":"ConfigMap","metadata":{"name":"c"}})");
  // A zero that was asked for is not the default.
  EXPECT_EQ(encode(api::Deployment{.spec = {.replicas = 0}})["spec"]["replicas"], 0);
  // nil and zero differ where Kubernetes lets them.
  api::Pod pod;
  pod.spec.securityContext.runAsUser = 0;
  EXPECT_EQ(encode(pod)["spec"]["securityContext"].dump(), R"({"runAsUser":0})");
}

TEST(Codec, WrongValues) {
  struct Row {
    const char* document;
    const char* want;
  };
  const Row rows[] = {
      {"{spec: {replicas: three}}", "Deployment.spec.replicas: expected integer, got string"},
      {"{spec: {replicas: 1.5}}", "Deployment.spec.replicas: expected integer, got number"},
      {"{spec: {replicas: 18446744073709551615}}",
       "Deployment.spec.replicas: expected integer, got number"},
      {"{spec: {paused: 1}}", "Deployment.spec.paused: expected boolean, got number"},
      {"{spec: 5}", "Deployment.spec: expected object, got number"},
      {"{metadata: {name: 5}}", "Deployment.metadata.name: expected string, got number"},
      {"{metadata: {labels: {a: 5}}}", "Deployment.metadata.labels.a: expected string, got number"},
      {"{metadata: {labels: [a]}}", "Deployment.metadata.labels: expected object, got array"},
      {"{metadata: {creationTimestamp: now}}",
       "Deployment.metadata.creationTimestamp: expected RFC 3339 time, got string"},
      {"{spec: {template: {spec: {containers: {}}}}}",
       "Deployment.spec.template.spec.containers: expected array, got object"},
      {"{spec: {template: {spec: {containers: [{}, {name: []}]}}}}",
       "Deployment.spec.template.spec.containers[1].name: expected string, got array"},
      {"[]", "Deployment: expected object, got array"},
  };
  for (const Row& row : rows) {
    const auto object = decode(Kind::Deployment, yaml(row.document));
    EXPECT_EQ(object ? "decoded" : object.error().message, row.want);
  }
}

TEST(Codec, QuantitiesMayBeNumbersAndNullsAreAbsent) {
  const auto pod =
      decode(Kind::Pod, yaml("{metadata: {labels: null}, spec: {containers: [{resources: "
                             "{limits: {cpu: 2, memory: 1Gi}, requests: {cpu: 0.5}}}]}}"));
  ASSERT_TRUE(pod) << pod.error().message;
  EXPECT_EQ(to_text(*pod),
            "Pod{spec: {containers: [{resources: {limits: {cpu: \"2\", memory: \"1Gi\"}, requests: "
            "{cpu: \"0.5\"}}}]}}");
}

TEST(Codec, ManagedFieldsAreKeptFromTheDocument) {
  const json before = yaml("{metadata: {name: a, managedFields: [{manager: kubectl}]}}");
  const json after = encode_over(api::ConfigMap{.metadata = {.name = "b"}}, before);
  EXPECT_EQ(after["metadata"].dump(), R"({"managedFields":[{"manager":"kubectl"}],"name":"b"})");
}

TEST(Codec, SingleStructs) {
  const auto pods = decode_struct<api::PodTemplateSpec>(yaml("{spec: {containers: [{name: a}]}}"));
  ASSERT_TRUE(pods) << pods.error().message;
  EXPECT_EQ(encode_struct(*pods)["spec"]["containers"][0]["name"], "a");
  EXPECT_EQ(decode_struct<api::OwnerReference>(yaml("{uid: 5}")).error().message,
            "OwnerReference.uid: expected string, got number");
}

}  // namespace
}  // namespace weir
