#include "controller/kustomize/merge_schema.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "controller/admission/schema.h"

namespace weir::kustomize {
namespace {

// Kinds of Kubernetes' that weir does not serve, and what in them merges.
struct Known {
  std::string_view api_version, kind;
  std::string_view pods = {};            // where a PodTemplateSpec lies
  std::string_view list = {}, key = {};  // a list at the top
};

constexpr std::array<Known, 17> kKnown{{
    {"apps/v1", "StatefulSet", "spec.template"},
    {"apps/v1", "DaemonSet", "spec.template"},
    {"v1", "ReplicationController", "spec.template"},
    {"v1", "PodTemplate", "template"},
    {"batch/v1", "CronJob", "spec.jobTemplate.spec.template"},
    {"batch/v1beta1", "CronJob", "spec.jobTemplate.spec.template"},
    {"v1", "ServiceAccount", "", "secrets", "name"},
    {"admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "", "webhooks", "name"},
    {"admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "", "webhooks", "name"},
    {"v1", "PersistentVolumeClaim"},
    {"v1", "PersistentVolume"},
    {"autoscaling/v1", "HorizontalPodAutoscaler"},
    {"policy/v1", "PodDisruptionBudget"},
    {"rbac.authorization.k8s.io/v1", "Role"},
    {"rbac.authorization.k8s.io/v1", "ClusterRole"},
    {"rbac.authorization.k8s.io/v1", "RoleBinding"},
    {"networking.k8s.io/v1", "NetworkPolicy"},
}};

// The groups of the OpenAPI document that Kustomize carries.
bool is_kubernetes_own(const std::string& api_version) {
  static constexpr std::array<std::string_view, 9> kGroups{"v1",
                                                           "apps/",
                                                           "batch/",
                                                           "autoscaling/",
                                                           "policy/",
                                                           "networking.k8s.io/",
                                                           "events.k8s.io/",
                                                           "discovery.k8s.io/",
                                                           "rbac.authorization.k8s.io/"};
  return std::any_of(kGroups.begin(), kGroups.end(), [&](std::string_view group) {
    return group.ends_with('/') ? api_version.starts_with(group) : api_version == group;
  });
}

std::string first_part(const std::string& path) { return path.substr(0, path.find('.')); }

std::string other_parts(const std::string& path) {
  const std::size_t dot = path.find('.');
  return dot == std::string::npos ? "" : path.substr(dot + 1);
}

}  // namespace

MergeNode MergeNode::field(const std::string& name) const {
  if (node_ == nullptr && list_.empty()) return {};
  if (!path_.empty() || !list_.empty()) {
    if (name == "metadata") return MergeNode(Schema::get().definition("ObjectMeta"));
    if (!list_.empty() && name == list_) return {nullptr, "", "", list_key_};
    if (path_.empty() || name != first_part(path_)) return {};
    return {node_, other_parts(path_), "", ""};
  }
  return MergeNode(node_->field(name));
}

MergeNode MergeNode::items() const {
  return MergeNode(node_ == nullptr || !path_.empty() ? nullptr : node_->items);
}

bool MergeNode::merges() const {
  if (list_.empty() && !list_key_.empty()) return true;
  return node_ != nullptr && path_.empty() && node_->patch_merge;
}

std::vector<std::string> MergeNode::keys() const {
  if (node_ == nullptr) return {list_key_};
  if (!node_->list_map_keys.empty()) return node_->list_map_keys;
  if (node_->patch_merge_key.empty()) return {};
  return {node_->patch_merge_key};
}

MergeNode merge_schema(const std::string& api_version, const std::string& kind) {
  if (is_kubernetes_own(api_version)) {
    if (const auto known = kind_named(api_version, kind)) {
      return MergeNode(&Schema::get().root(*known));
    }
  }
  const auto row = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& one) {
    return one.api_version == api_version && one.kind == kind;
  });
  if (row == kKnown.end()) return {};
  const SchemaNode* pods = Schema::get().definition("PodTemplateSpec");
  // Without Pods a path that no field has: only `metadata` and the list remain.
  return {pods, row->pods.empty() ? "-" : std::string(row->pods), std::string(row->list),
          std::string(row->key)};
}

}  // namespace weir::kustomize
