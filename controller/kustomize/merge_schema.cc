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

constexpr std::array<Known, 11> kKnown{{
    {"apps/v1", "StatefulSet", "spec.template"},
    {"apps/v1", "DaemonSet", "spec.template"},
    {"v1", "ReplicationController", "spec.template"},
    {"v1", "PodTemplate", "template"},
    {"batch/v1", "CronJob", "spec.jobTemplate.spec.template"},
    {"batch/v1beta1", "CronJob", "spec.jobTemplate.spec.template"},
    {"v1", "ServiceAccount", "", "secrets", "name"},
    {"admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "", "webhooks", "name"},
    {"admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "", "webhooks", "name"},
    {"admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration", "", "webhooks",
     "name"},
    {"admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration", "", "webhooks",
     "name"},
}};

// The versions of the OpenAPI document that Kustomize carries (Kubernetes 1.21), by group.
struct Group {
  std::string_view name, versions;  // versions between blanks
};
constexpr std::array<Group, 19> kGroups{{{"", " v1 "},
                                         {"admissionregistration.k8s.io", " v1 v1beta1 "},
                                         {"apiextensions.k8s.io", " v1 v1beta1 "},
                                         {"apiregistration.k8s.io", " v1 v1beta1 "},
                                         {"apps", " v1 "},
                                         {"autoscaling", " v1 v2beta1 v2beta2 "},
                                         {"batch", " v1 v1beta1 "},
                                         {"certificates.k8s.io", " v1 v1beta1 "},
                                         {"coordination.k8s.io", " v1 v1beta1 "},
                                         {"discovery.k8s.io", " v1 v1beta1 "},
                                         {"events.k8s.io", " v1 v1beta1 "},
                                         {"extensions", " v1beta1 "},
                                         {"flowcontrol.apiserver.k8s.io", " v1beta1 "},
                                         {"networking.k8s.io", " v1 v1beta1 "},
                                         {"node.k8s.io", " v1 v1alpha1 v1beta1 "},
                                         {"policy", " v1 v1beta1 "},
                                         {"rbac.authorization.k8s.io", " v1 v1alpha1 v1beta1 "},
                                         {"scheduling.k8s.io", " v1 v1alpha1 v1beta1 "},
                                         {"storage.k8s.io", " v1 v1alpha1 v1beta1 "}}};

bool is_kubernetes_own(const std::string& api_version) {
  const std::size_t slash = api_version.find('/');
  const std::string group = slash == std::string::npos ? "" : api_version.substr(0, slash);
  const std::string version =
      slash == std::string::npos ? api_version : api_version.substr(slash + 1);
  return std::any_of(kGroups.begin(), kGroups.end(), [&](const Group& one) {
    return one.name == group && one.versions.find(" " + version + " ") != std::string_view::npos;
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
  if (!is_kubernetes_own(api_version)) return {};
  if (const auto known = kind_named(api_version, kind)) {
    return MergeNode(&Schema::get().root(*known));
  }
  const SchemaNode* pods = Schema::get().definition("PodTemplateSpec");
  const auto row = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& one) {
    return one.api_version == api_version && one.kind == kind;
  });
  // Without Pods a path that no field has: only `metadata` and the list remain.
  constexpr const char* kNoPods = "-";
  if (row == kKnown.end()) return {pods, kNoPods, "", ""};
  return {pods, row->pods.empty() ? kNoPods : std::string(row->pods), std::string(row->list),
          std::string(row->key)};
}

}  // namespace weir::kustomize
