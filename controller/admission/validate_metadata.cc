#include <algorithm>

#include "controller/admission/validate.h"
#include "controller/admission/validate_names.h"
#include "reconcilers/labels.h"

namespace weir {
namespace {

// As much as Kubernetes allows for all annotations of an object together.
constexpr std::size_t kAnnotationBytesMax = 256u << 10;

void validate_name(const api::ObjectMeta& metadata, Kind kind, Causes& causes) {
  const auto problem = kind == Kind::Namespace ? dns_label_problem : dns_subdomain_problem;
  if (!metadata.generateName.empty()) {
    // What is added is short and safe: only the prefix can be wrong.
    std::string_view prefix = metadata.generateName;
    while (prefix.ends_with('-')) prefix.remove_suffix(1);
    causes.check("metadata.generateName", metadata.generateName, problem(prefix));
  }
  if (metadata.name.empty()) {
    causes.required("metadata.name", "name or generateName is required");
  } else {
    causes.check("metadata.name", metadata.name, problem(metadata.name));
  }
  if (info(kind).namespaced) {
    if (metadata.namespace_.empty()) {
      causes.required("metadata.namespace");
    } else {
      causes.check("metadata.namespace", metadata.namespace_,
                   dns_label_problem(metadata.namespace_));
    }
  } else if (!metadata.namespace_.empty()) {
    causes.forbidden("metadata.namespace", "not allowed on this type");
  }
}

void validate_annotations(const api::ObjectMeta& metadata, Causes& causes) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : metadata.annotations) {
    std::string lower = key;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    causes.check("metadata.annotations", key, qualified_name_problem(lower));
    bytes += key.size() + value.size();
  }
  const std::string wish = text_at(metadata.annotations, annotation::kConfigChange);
  if (!wish.empty() && wish != "true" && wish != "false") {
    causes.unsupported(at_key("metadata.annotations", annotation::kConfigChange), shown(wish),
                       {"true", "false"});
  }
  if (bytes > kAnnotationBytesMax) causes.too_long("metadata.annotations", kAnnotationBytesMax);
}

void validate_owners(const api::ObjectMeta& metadata, Causes& causes) {
  std::string controller;
  for (std::size_t i = 0; i < metadata.ownerReferences.size(); ++i) {
    const api::OwnerReference& owner = metadata.ownerReferences[i];
    const std::string path = at("metadata.ownerReferences", i);
    const auto must_be_set = [&](const char* field, const std::string& value) {
      if (value.empty()) {
        causes.invalid(at(path, field), shown(value), std::string(field) + " must not be empty");
      }
    };
    must_be_set("apiVersion", owner.apiVersion);
    must_be_set("kind", owner.kind);
    must_be_set("name", owner.name);
    must_be_set("uid", owner.uid);
    if (!owner.controller.value_or(false)) continue;
    if (!controller.empty()) {
      causes.invalid("metadata.ownerReferences", shown(owner.name),
                     "Only one reference can have Controller set to true. Found \"true\" in "
                     "references for " +
                         controller + " and " + owner.kind + "/" + owner.name);
    }
    controller = owner.kind + "/" + owner.name;
  }
}

}  // namespace

std::string shown(const std::map<std::string, std::string>& labels) {
  std::string out = "{";
  for (const auto& [key, value] : labels) {
    out += (out.size() > 1 ? "," : "") + shown(key) + ":" + shown(value);
  }
  return out + "}";
}

void validate_labels(const std::map<std::string, std::string>& labels, const std::string& path,
                     Causes& causes) {
  for (const auto& [key, value] : labels) {
    causes.check(path, key, qualified_name_problem(key));
    causes.check(path, value, label_value_problem(value));
  }
}

void validate_selector(const api::LabelSelector& selector, const std::string& path,
                       Causes& causes) {
  validate_labels(selector.matchLabels, at(path, "matchLabels"), causes);
  for (std::size_t i = 0; i < selector.matchExpressions.size(); ++i) {
    const api::LabelSelectorRequirement& one = selector.matchExpressions[i];
    const std::string place = at(at(path, "matchExpressions"), i);
    causes.check(at(place, "key"), one.key, qualified_name_problem(one.key));
    const bool takes_values = one.operator_ == "In" || one.operator_ == "NotIn";
    if (takes_values && one.values.empty()) {
      causes.required(at(place, "values"), "must be specified when `operator` is 'In' or 'NotIn'");
    }
    if (!takes_values && !one.values.empty()) {
      causes.forbidden(at(place, "values"),
                       "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
    for (std::size_t k = 0; k < one.values.size(); ++k) {
      causes.check(at(at(place, "values"), k), one.values[k], label_value_problem(one.values[k]));
    }
  }
}

void validate_metadata(const api::ObjectMeta& metadata, Kind kind, Causes& causes) {
  validate_name(metadata, kind, causes);
  validate_labels(metadata.labels, "metadata.labels", causes);
  validate_annotations(metadata, causes);
  validate_owners(metadata, causes);
  for (std::size_t i = 0; i < metadata.finalizers.size(); ++i) {
    causes.check(at("metadata.finalizers", i), metadata.finalizers[i],
                 qualified_name_problem(metadata.finalizers[i]));
  }
}

void validate_metadata_update(const api::ObjectMeta& before, const api::ObjectMeta& after,
                              Causes& causes) {
  if (!before.deletionTimestamp) return;
  for (const std::string& finalizer : after.finalizers) {
    if (std::ranges::find(before.finalizers, finalizer) == before.finalizers.end()) {
      causes.forbidden("metadata.finalizers",
                       "no new finalizers can be added if the object is being deleted, found new "
                       "finalizers []string{" +
                           shown(finalizer) + "}");
    }
  }
}

void validate_event(const api::Event& event, Causes& causes) {
  const std::string& about = event.involvedObject.namespace_;
  // Events about cluster-scoped objects are kept in the namespace default.
  const std::string expected = about.empty() ? "default" : about;
  if (event.metadata.namespace_ != expected) {
    causes.invalid("involvedObject.namespace", shown(about), "does not match event.namespace");
  }
}

}  // namespace weir
