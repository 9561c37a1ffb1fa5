// Names, namespaces, labels, annotations and replicas: values set at the fields of a
// TransformerConfig.

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "controller/kustomize/shared_values.h"
#include "controller/kustomize/transform.h"

namespace weir::kustomize {
namespace {

// Their names are not theirs to choose.
bool keeps_its_name(const Gvk& gvk) {
  return gvk.kind == "CustomResourceDefinition" || gvk.kind == "Namespace" ||
         (gvk.kind == "APIService" && gvk.group == "apiregistration.k8s.io");
}

Result<void> rename(Resources& resources, const FieldSpecs& specs,
                    const std::function<void(Resource&)>& note,
                    const std::function<std::string(const std::string&)>& renamed) {
  for (Resource& resource : resources) {
    const Gvk gvk = resource.original_id().gvk;
    if (keeps_its_name(gvk)) continue;
    for (const FieldSpec& spec : specs) {
      if (!selects(spec.gvk, gvk)) continue;
      if (spec.path == "metadata/name") {
        note(resource);
        resource.remember_id();
      }
      TRY_VOID(change_fields(*resource.document, spec, Creates::nothing, [&](json& field) {
        return set_text(field, renamed(scalar_text(field)));
      }));
    }
  }
  return {};
}

bool binds_roles(const std::string& kind) {
  return kind == "RoleBinding" || kind == "ClusterRoleBinding";
}

// Of the subjects of a role binding, `default` is the one that is surely of this namespace.
void set_default_account(json& document, const std::string& namespace_) {
  const auto subjects = document.find("subjects");
  if (subjects == document.end() || !subjects->is_array()) return;
  for (json& subject : *subjects) {
    if (subject.is_object() && text_at(subject, {"name"}) == "default") {
      subject["namespace"] = namespace_;
    }
  }
}

Result<void> set_namespace_of(Resource& resource, const std::string& namespace_,
                              const FieldSpecs& specs) {
  const SetField set = [&](json& field) { return set_text(field, namespace_); };
  json& document = *resource.document;
  const Gvk gvk = resource.id().gvk;
  if (!gvk.is_cluster_scoped()) {
    const FieldSpec own{.path = "metadata/namespace", .create = true};
    TRY_VOID(change_fields(document, own, Creates::scalar, set));
  }
  if (binds_roles(gvk.kind)) set_default_account(document, namespace_);
  for (const FieldSpec& spec : specs) {
    const bool done = spec.path == "metadata/namespace" ||
                      (spec.path == "subjects" && binds_roles(spec.gvk.kind));
    if (done) continue;
    TRY_VOID(change_fields(document, spec, Creates::scalar, set));
  }
  return {};
}

}  // namespace

Result<void> add_prefix(Resources& resources, const std::string& prefix, const FieldSpecs& specs) {
  if (prefix.empty()) return {};
  return rename(
      resources, specs, [&](Resource& resource) { resource.prefixes.push_back(prefix); },
      [&](const std::string& name) { return prefix + name; });
}

Result<void> add_suffix(Resources& resources, const std::string& suffix, const FieldSpecs& specs) {
  if (suffix.empty()) return {};
  return rename(
      resources, specs, [&](Resource& resource) { resource.suffixes.push_back(suffix); },
      [&](const std::string& name) { return name + suffix; });
}

Result<void> set_namespace(Resources& resources, const std::string& namespace_,
                           const FieldSpecs& specs) {
  if (namespace_.empty()) return {};
  std::set<std::string> ids;
  for (Resource& resource : resources) {
    resource.remember_id();
    TRY_VOID(set_namespace_of(resource, namespace_, specs));
    if (ids.insert(resource.id().key()).second) continue;
    return fail(Code::bad_request,
                "namespace transformation produces ID conflict: " + resource.id().text());
  }
  return {};
}

Result<void> add_pairs(Resources& resources, const json& pairs, const FieldSpecs& specs) {
  if (pairs.empty()) return {};
  const SetField set = [&](json& field) -> Result<void> {
    if (!field.is_object()) {
      return fail(Code::bad_request, "expected a map of labels or annotations");
    }
    for (const auto& [key, value] : pairs.items()) field[key] = value;
    return {};
  };
  for (Resource& resource : resources) {
    const json before = *resource.document;
    TRY_VOID(change_fields(*resource.document, specs, Creates::map, set));
    share_values(resource, before, pairs, specs);
  }
  return {};
}

Result<void> set_replicas(Resources& resources, const json& replica, const FieldSpecs& specs) {
  const std::string name = text_at(replica, {"name"});
  const json count = replica.value("count", json(0));
  bool found = false;
  for (const FieldSpec& spec : specs) {
    const auto means = [&](const Id& id) { return id.name == name && selects(spec.gvk, id.gvk); };
    for (Resource& resource : resources) {
      const std::vector<Id> before = resource.previous_ids();
      if (!means(resource.id()) && std::none_of(before.begin(), before.end(), means)) continue;
      found = true;
      TRY_VOID(change_fields(*resource.document, spec, Creates::scalar,
                             [&](json& field) -> Result<void> {
                               field = count;
                               return {};
                             }));
    }
  }
  if (found) return {};
  return fail(Code::bad_request,
              "replicas: no Deployment, ReplicaSet, StatefulSet or "
              "ReplicationController has the name \"" +
                  name + "\"");
}

}  // namespace weir::kustomize
