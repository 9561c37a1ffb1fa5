#include "controller/admission/schema.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/admission/documents.h"

namespace weir {
namespace {

const SchemaNode& at(Kind kind, std::initializer_list<const char*> path) {
  const SchemaNode* node = &Schema::get().root(kind);
  for (const char* step : path) {
    node = std::string(step) == "[]" ? node->items : node->field(step);
    if (!node) throw std::runtime_error(std::string("no field ") + step);
  }
  return *node;
}

// Calls `visit` for each node that any kind reaches, with its path.
void for_each_node(const std::function<void(const std::string&, const SchemaNode&)>& visit) {
  const std::function<void(const std::string&, const SchemaNode&)> walk =
      [&](const std::string& path, const SchemaNode& node) {
        visit(path, node);
        for (const auto& [name, field] : node.properties) walk(path + "." + name, *field);
        if (node.items) walk(path + "[]", *node.items);
        if (node.additional) walk(path + "{}", *node.additional);
      };
  for (const KindInfo& kind : kinds()) {
    walk(std::string(kind.name), Schema::get().root(kind.kind));
  }
}

TEST(Schema, MergeKeys) {
  const SchemaNode& ports =
      at(Kind::Deployment, {"spec", "template", "spec", "containers", "[]", "ports"});
  EXPECT_EQ(ports.list_type, SchemaNode::ListType::map);
  EXPECT_EQ(ports.list_map_keys, (std::vector<std::string>{"containerPort", "protocol"}));
  EXPECT_EQ(ports.patch_merge_key, "containerPort");
  EXPECT_TRUE(ports.patch_merge);
  EXPECT_EQ(*ports.items->field("protocol")->default_value, "TCP");

  const SchemaNode& volumes = at(Kind::Pod, {"spec", "volumes"});
  EXPECT_TRUE(volumes.patch_merge);
  EXPECT_TRUE(volumes.retain_keys);
  EXPECT_TRUE(at(Kind::Deployment, {"spec", "strategy"}).retain_keys);
  EXPECT_EQ(at(Kind::Pod, {"metadata", "finalizers"}).list_type, SchemaNode::ListType::set);
  EXPECT_EQ(at(Kind::Pod, {"spec", "containers", "[]", "args"}).list_type,
            SchemaNode::ListType::atomic);
  EXPECT_TRUE(at(Kind::Deployment, {"spec", "selector"}).atomic_map);
}

TEST(Schema, TypesAreShared) {
  EXPECT_EQ(at(Kind::Deployment, {"spec", "template"}).field("spec"),
            Schema::get().definition("PodTemplateSpec")->field("spec"));
  EXPECT_EQ(Schema::get().definition("PodSpec")->name, "PodSpec");
  EXPECT_EQ(at(Kind::Deployment, {"spec", "strategy", "rollingUpdate"}).name,
            "RollingUpdateDeployment");
  EXPECT_EQ(Schema::get().definition("Nothing"), nullptr);
  EXPECT_EQ(at(Kind::Pod, {"metadata", "labels", "any"}).type, SchemaNode::Type::string);
}

TEST(Schema, ReferencesKeepTheirOwnWords) {
  const SchemaNode& liveness = at(Kind::Pod, {"spec", "containers", "[]", "livenessProbe"});
  const SchemaNode& readiness = at(Kind::Pod, {"spec", "containers", "[]", "readinessProbe"});
  EXPECT_NE(liveness.description, readiness.description);
  EXPECT_EQ(liveness.name, "Probe");
  EXPECT_EQ(liveness.field("exec"), readiness.field("exec"));
  EXPECT_TRUE(at(Kind::Pod, {"spec", "affinity"}).no_effect);
}

TEST(Schema, Columns) {
  const auto text = [](Kind kind) {
    std::string out;
    for (const PrinterColumn& column : Schema::get().columns(kind)) {
      out += column.name + "=" + column.path + column.text_template + column.function +
             (column.priority > 0 ? " wide\n" : "\n");
    }
    return out;
  };
  EXPECT_EQ(text(Kind::Deployment),
            "Name=.metadata.name\n"
            "Ready={.status.readyReplicas|0}/{.spec.replicas}\n"
            "Up-to-date={.status.updatedReplicas|0}\n"
            "Available={.status.availableReplicas|0}\n"
            "Age=.metadata.creationTimestamp\n"
            "Containers=containers wide\nImages=images wide\nSelector=selector wide\n");
  EXPECT_EQ(text(Kind::Event),
            "Last Seen=lastSeen\nType=.type\nReason=.reason\nObject=eventObject\n"
            "Subobject=.involvedObject.fieldPath wide\nSource=eventSource wide\nMessage=.message\n"
            "First Seen=firstSeen wide\nCount=eventCount wide\nName=.metadata.name wide\n");
}

// Rules of the documents themselves.
TEST(Schema, DocumentsAreSound) {
  for_each_node([](const std::string& path, const SchemaNode& node) {
    EXPECT_EQ(node.no_effect, !node.note.empty()) << path << ": effect none and note go together";
    if (node.list_type == SchemaNode::ListType::map) {
      ASSERT_NE(node.items, nullptr) << path;
      EXPECT_FALSE(node.list_map_keys.empty()) << path;
      for (const std::string& key : node.list_map_keys) {
        EXPECT_TRUE(node.items->properties.contains(key)) << path << " has no " << key;
      }
    }
    if (node.patch_merge && !node.patch_merge_key.empty()) {
      EXPECT_TRUE(node.items->properties.contains(node.patch_merge_key)) << path;
    }
    for (const std::string& field : node.required) {
      EXPECT_TRUE(node.properties.contains(field)) << path << " has no " << field;
    }
    EXPECT_EQ(node.description.find("TODO"), std::string::npos) << path;
  });
}

TEST(Schema, EveryKindHasItsWords) {
  for (const KindInfo& kind : kinds()) {
    const SchemaNode& root = Schema::get().root(kind.kind);
    EXPECT_FALSE(root.description.empty()) << kind.name;
    EXPECT_TRUE(root.properties.contains("apiVersion") && root.properties.contains("kind"));
    ASSERT_FALSE(Schema::get().columns(kind.kind).empty());
    EXPECT_EQ(kind_named(kind.api_version, kind.name), kind.kind);
  }
  EXPECT_EQ(kind_named("v1", "Deployment"), std::nullopt);
}

}  // namespace
}  // namespace weir
