#include "controller/api/openapi.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/api/support.h"

namespace weir::rest {
namespace {

using nlohmann::json;

// Calls `use` with every object in `value` and where it is.
void each_object(const json& value, const std::string& where,
                 const std::function<void(const json&, const std::string&)>& use) {
  if (value.is_object()) use(value, where);
  if (!value.is_structured()) return;
  for (const auto& [name, child] : value.items()) each_object(child, where + "/" + name, use);
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) {
  for (const auto version : {OpenApi::v2, OpenApi::v3}) {
    const json document = openapi_document(version, "");
    each_object(document, "", [&](const json& object, const std::string& where) {
      const auto found = object.find("$ref");
      if (found == object.end() || !found->is_string()) return;
      const auto target = found->get<std::string>().substr(1);
      EXPECT_TRUE(document.contains(json::json_pointer(target))) << where << " → " << target;
    });
  }
}

TEST(OpenApi, NothingOfOurOwnIsLeft) {
  for (const auto version : {OpenApi::v2, OpenApi::v3}) {
    each_object(openapi_document(version, ""), "",
                [](const json& object, const std::string& where) {
                  for (const auto& [name, value] : object.items()) {
                    EXPECT_FALSE(name.starts_with("x-weir")) << where << "/" << name;
                  }
                });
  }
}

TEST(OpenApi, WhatClientsLookFor) {
  const json v3 = openapi_document(OpenApi::v3, "apps/v1");
  const json& patch =
      v3["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"];
  EXPECT_EQ(patch["x-kubernetes-group-version-kind"],
            json({{"group", "apps"}, {"version", "v1"}, {"kind", "Deployment"}}));
  std::string parameters;
  for (const json& parameter : patch["parameters"]) {
    parameters += parameter["name"].get<std::string>() + " ";
  }
  EXPECT_EQ(parameters, "dryRun fieldManager fieldValidation force ");
  const json& schemas = v3["components"]["schemas"];
  EXPECT_EQ(schemas["Deployment"]["x-kubernetes-group-version-kind"][0]["kind"], "Deployment");
  EXPECT_EQ(schemas["PodSpec"]["properties"]["containers"]["x-kubernetes-patch-merge-key"], "name");
  const json& surge = schemas["Deployment"]["properties"]["spec"]["properties"]["strategy"]
                             ["properties"]["rollingUpdate"]["properties"]["maxSurge"];
  EXPECT_EQ(surge["format"], "int-or-string");
  EXPECT_EQ(surge["oneOf"], json::parse(R"([{"type":"integer"},{"type":"string"}])"));
  EXPECT_FALSE(schemas.contains("ConfigMap")) << "of another group version";
}

// A reader of protobuf, enough to see that lengths nest.
std::size_t count_fields(std::string_view bytes) {
  std::size_t count = 0;
  const auto varint = [&] {
    std::uint64_t value = 0;
    for (int shift = 0; !bytes.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (!bytes.empty()) {
    const std::uint64_t tag = varint();
    EXPECT_EQ(tag & 7, 2u);
    const std::uint64_t size = varint();
    EXPECT_LE(size, bytes.size());
    bytes.remove_prefix(std::min<std::size_t>(size, bytes.size()));
    ++count;
  }
  return count;
}

TEST(OpenApi, Protobuf) {
  const std::string bytes = openapi_protobuf({{"swagger", "2.0"},
                                              {"info", {{"title", "t"}, {"version", "v"}}},
                                              {"paths", json::object()},
                                              {"definitions", {{"A", {{"type", "string"}}}}}});
  const std::string want =
      "\x0a\x03"
      "2.0"                         // 1 swagger
      "\x12\x06\x0a\x01t\x12\x01v"  // 2 info {1 title, 2 version}
      "\x42";                       // 8 paths {}
  ASSERT_EQ(bytes.substr(0, want.size()), want);
  // 9 definitions {1 {1 "A", 2 {22 {1 "string"}}}}
  EXPECT_EQ(bytes.substr(want.size() + 1),
            "\x4a\x12\x0a\x10\x0a\x01"
            "A\x12\x0b\xb2\x01\x08\x0a\x06string");
  EXPECT_EQ(count_fields(openapi_protobuf(openapi_document(OpenApi::v2, ""))), 4u);
}

TEST(OpenApi, IsServed) {
  TestApi api;
  const json index = body_of(api.get("/openapi/v3"));
  const auto link = index["paths"]["apis/apps/v1"]["serverRelativeURL"].get<std::string>();
  const Response document = api.get(link);
  EXPECT_EQ(body_of(document)["openapi"], "3.0.0");
  EXPECT_EQ(document.headers, (Pairs{{"Cache-Control", "public, max-age=31536000, immutable"}}));
  EXPECT_EQ(api.get("/openapi/v3/apis/none/v1").status, 404);
  EXPECT_EQ(body_of(api.get("/openapi/v2"))["swagger"], "2.0");
  EXPECT_EQ(api.get("/openapi/v2", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf")
                .content_type,
            "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
}

// The one of the groups of a discovery document that has this name; groups have no order.
json group_named(const json& groups, const json::json_pointer& name, const std::string& wanted) {
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const json& group) { return group.at(name) == wanted; });
  return found == groups.end() ? json::object() : *found;
}

TEST(Discovery, Classic) {
  TestApi api;
  EXPECT_EQ(body_of(api.get("/api"))["versions"], json({"v1"}));
  const json groups = body_of(api.get("/apis"))["groups"];
  EXPECT_EQ(group_named(groups, json::json_pointer("/name"), "apps")["preferredVersion"],
            json({{"groupVersion", "apps/v1"}, {"version", "v1"}}));
  EXPECT_EQ(group_named(groups, json::json_pointer("/name"), "weir.dev")["preferredVersion"],
            json({{"groupVersion", "weir.dev/v1alpha1"}, {"version", "v1alpha1"}}));
  EXPECT_EQ(body_of(api.get("/apis/apps"))["kind"], "APIGroup");
  std::string resources;
  const json list = body_of(api.get("/apis/apps/v1"));
  for (const json& resource : list["resources"]) {
    resources +=
        resource["name"].get<std::string>() + ":" + resource["kind"].get<std::string>() + " ";
  }
  EXPECT_EQ(resources,
            "deployments:Deployment deployments/scale:Scale deployments/status:Deployment "
            "replicasets:ReplicaSet replicasets/scale:Scale replicasets/status:ReplicaSet ");
  EXPECT_EQ(api.get("/apis/none").status, 404);
  EXPECT_EQ(api.get("/apis/apps/v2").status, 404);
  EXPECT_EQ(api.get("/api/v2").status, 404);
}

TEST(Discovery, Aggregated) {
  TestApi api;
  for (const std::string version : {"v2", "v2beta1"}) {
    const std::string type =
        "application/json;g=apidiscovery.k8s.io;v=" + version + ";as=APIGroupDiscoveryList";
    const Response response = api.get("/apis", type + ",application/json");
    EXPECT_EQ(response.content_type, type);
    const json group =
        group_named(body_of(response)["items"], json::json_pointer("/metadata/name"), "apps");
    const json deployments = group["versions"][0]["resources"][0];
    EXPECT_EQ(deployments["resource"], "deployments");
    EXPECT_EQ(deployments["shortNames"], json({"deploy"}));
    EXPECT_EQ(deployments["subresources"][0]["responseKind"]["kind"], "Scale");
    EXPECT_EQ(body_of(api.get("/api", type))["items"][0]["metadata"]["name"], "");
  }
}

}  // namespace
}  // namespace weir::rest
