#include "controller/kustomize/resource.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace weir::kustomize {
namespace {

constexpr const char* kNoNamespace = "_non_namespaceable_";

// "apps/v1" is group apps, version v1; "v1" is the core group's.
Gvk gvk_of(const std::string& api_version, std::string kind) {
  const std::size_t slash = api_version.find('/');
  if (slash == std::string::npos) {
    return {.group = {}, .version = api_version, .kind = std::move(kind)};
  }
  return {.group = api_version.substr(0, slash),
          .version = api_version.substr(slash + 1),
          .kind = std::move(kind)};
}

Gvk gvk_of(const json& document) {
  return gvk_of(text_at(document, {"apiVersion"}), text_at(document, {"kind"}));
}

struct ClusterScoped {
  std::string_view group, versions, kind;  // versions between blanks
};

// What the OpenAPI document that Kustomize carries (Kubernetes 1.21) says has no namespace.
constexpr std::array<ClusterScoped, 26> kClusterScoped{{
    {"", " v1 ", "ComponentStatus"},
    {"", " v1 ", "Namespace"},
    {"", " v1 ", "Node"},
    {"", " v1 ", "PersistentVolume"},
    {"admissionregistration.k8s.io", " v1 v1beta1 ", "MutatingWebhookConfiguration"},
    {"admissionregistration.k8s.io", " v1 v1beta1 ", "ValidatingWebhookConfiguration"},
    {"apiextensions.k8s.io", " v1 v1beta1 ", "CustomResourceDefinition"},
    {"apiregistration.k8s.io", " v1 v1beta1 ", "APIService"},
    {"authentication.k8s.io", " v1 v1beta1 ", "TokenReview"},
    {"authorization.k8s.io", " v1 v1beta1 ", "SelfSubjectAccessReview"},
    {"authorization.k8s.io", " v1 v1beta1 ", "SelfSubjectRulesReview"},
    {"authorization.k8s.io", " v1 v1beta1 ", "SubjectAccessReview"},
    {"certificates.k8s.io", " v1 v1beta1 ", "CertificateSigningRequest"},
    {"flowcontrol.apiserver.k8s.io", " v1beta1 ", "FlowSchema"},
    {"flowcontrol.apiserver.k8s.io", " v1beta1 ", "PriorityLevelConfiguration"},
    {"internal.apiserver.k8s.io", " v1alpha1 ", "StorageVersion"},
    {"networking.k8s.io", " v1 v1beta1 ", "IngressClass"},
    {"node.k8s.io", " v1 v1alpha1 v1beta1 ", "RuntimeClass"},
    {"policy", " v1beta1 ", "PodSecurityPolicy"},
    {"rbac.authorization.k8s.io", " v1 v1alpha1 v1beta1 ", "ClusterRole"},
    {"rbac.authorization.k8s.io", " v1 v1alpha1 v1beta1 ", "ClusterRoleBinding"},
    {"scheduling.k8s.io", " v1 v1alpha1 v1beta1 ", "PriorityClass"},
    {"storage.k8s.io", " v1 v1beta1 ", "CSIDriver"},
    {"storage.k8s.io", " v1 v1beta1 ", "CSINode"},
    {"storage.k8s.io", " v1 v1beta1 ", "StorageClass"},
    {"storage.k8s.io", " v1 v1alpha1 v1beta1 ", "VolumeAttachment"},
}};

tl::unexpected<Error> taken(const Id& id) {
  return fail(Code::bad_request,
              "may not add resource with an already registered id: " + id.text());
}

}  // namespace

bool Gvk::is_cluster_scoped() const {
  return std::any_of(kClusterScoped.begin(), kClusterScoped.end(), [&](const ClusterScoped& row) {
    return kind == row.kind && group == row.group && !version.empty() &&
           row.versions.find(" " + version + " ") != std::string_view::npos;
  });
}

bool selects(const Gvk& selector, const Gvk& gvk) {
  const auto fits = [](const std::string& wanted, const std::string& is) {
    return wanted.empty() || wanted == is;
  };
  return fits(selector.group, gvk.group) && fits(selector.version, gvk.version) &&
         fits(selector.kind, gvk.kind);
}

std::string Id::effective_namespace() const {
  if (gvk.is_cluster_scoped()) return kNoNamespace;
  return namespace_.empty() ? "default" : namespace_;
}

std::string Id::text() const {
  const auto or_word = [](const std::string& value, const char* word) {
    return value.empty() ? word : value;
  };
  return or_word(gvk.kind, "[noKind]") + "." + or_word(gvk.version, "[noVer]") + "." +
         or_word(gvk.group, "[noGrp]") + "/" + or_word(name, "[noName]") + "." +
         or_word(namespace_, "[noNs]");
}

std::string Id::key() const {
  return gvk.group + "\n" + gvk.version + "\n" + gvk.kind + "\n" + name + "\n" +
         effective_namespace();
}

bool Id::operator==(const Id& other) const {
  return name == other.name && gvk == other.gvk &&
         effective_namespace() == other.effective_namespace();
}

Document::Document(json value) : value_(std::make_unique<json>(std::move(value))) {}
Document::Document(const Document& other) : value_(std::make_unique<json>(*other)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(const Document& other) {
  value_ = std::make_unique<json>(*other);
  return *this;
}
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Id Resource::id() const {
  return {.gvk = gvk_of(*document), .name = name_of(*this), .namespace_ = namespace_of(*this)};
}

std::vector<Id> Resource::previous_ids() const {
  const std::string api_version = text_at(*document, {"apiVersion"});
  std::vector<Id> ids;
  for (const Previous& one : previous) {
    ids.push_back(
        {.gvk = gvk_of(api_version, one.kind), .name = one.name, .namespace_ = one.namespace_});
  }
  return ids;
}

Id Resource::original_id() const {
  if (previous.empty()) return id();
  const Previous& first = previous.front();
  return {.gvk = gvk_of(text_at(*document, {"apiVersion"}), first.kind),
          .name = first.name,
          .namespace_ = first.namespace_};
}

bool Resource::had_id(const Id& wanted) const {
  if (id() == wanted) return true;
  const std::vector<Id> before = previous_ids();
  return std::find(before.begin(), before.end(), wanted) != before.end();
}

void Resource::remember_id() {
  const Id now = id();
  previous.push_back(
      {.name = now.name, .namespace_ = now.effective_namespace(), .kind = now.gvk.kind});
}

const json* find(const json& document, std::initializer_list<std::string_view> path) {
  const json* at = &document;
  for (const std::string_view name : path) {
    const auto found = at->is_object() ? at->find(name) : at->end();
    if (!at->is_object() || found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

std::string text_at(const json& document, std::initializer_list<std::string_view> path) {
  const json* found = find(document, path);
  return found == nullptr ? "" : scalar_text(*found);
}

std::string scalar_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() || value.is_structured() ? "" : value.dump();
}

std::string name_of(const Resource& resource) {
  return text_at(*resource.document, {"metadata", "name"});
}

std::string namespace_of(const Resource& resource) {
  return text_at(*resource.document, {"metadata", "namespace"});
}

Result<void> append(Resources& resources, Resource resource) {
  const Id id = resource.id();
  const bool there = std::any_of(resources.begin(), resources.end(),
                                 [&](const Resource& one) { return one.id() == id; });
  if (there) return taken(id);
  resources.push_back(std::move(resource));
  return {};
}

Result<void> append_all(Resources& resources, Resources more) {
  std::set<std::string> keys;
  for (const Resource& resource : resources) keys.insert(resource.id().key());
  for (Resource& resource : more) {
    const Id id = resource.id();
    if (!keys.insert(id.key()).second) return taken(id);
    resources.push_back(std::move(resource));
  }
  return {};
}

Result<Resource*> find_one(Resources& resources, const Id& id) {
  Resource* found = nullptr;
  for (Resource& resource : resources) {
    if (!resource.had_id(id)) continue;
    if (found != nullptr) {
      return fail(Code::bad_request, "multiple matches for Id " + id.text() +
                                         "; failed to find unique target for patch " + id.text());
    }
    found = &resource;
  }
  if (found == nullptr) {
    return fail(Code::bad_request, "no matches for Id " + id.text() +
                                       "; failed to find unique target for patch " + id.text());
  }
  return found;
}

}  // namespace weir::kustomize
