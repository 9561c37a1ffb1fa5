#include "controller/kustomize/transform.h"

#include <nlohmann/json.hpp>

namespace weir::kustomize {
namespace {

// One entry of `labels:`.
Result<void> add_label(Resources& resources, const json& label, const TransformerConfig& config) {
  const auto flag = [&](const char* name) { return label.value(name, false); };
  FieldSpecs specs;
  if (const json* fields = find(label, {"fields"}); fields != nullptr) {
    TRY(specs, read_field_specs(*fields, "labels.fields"));
  }
  if (flag("includeSelectors")) {
    TRY_VOID(merge(specs, config.common_labels));
  } else {
    if (flag("includeTemplates")) {
      TRY_VOID(merge(specs, config.template_labels));
    }
    TRY_VOID(merge(specs, FieldSpec{.path = "metadata/labels", .create = true}));
  }
  const json* pairs = find(label, {"pairs"});
  return pairs == nullptr ? Result<void>{} : add_pairs(resources, *pairs, specs);
}

}  // namespace

Result<void> transform(Resources& resources, const Kustomization& kustomization,
                       const TransformerConfig& config, const ReadFile& read) {
  TRY_VOID(patch_resources(resources, kustomization, read));
  TRY_VOID(set_namespace(resources, kustomization.text("namespace"), config.namespace_));
  TRY_VOID(add_prefix(resources, kustomization.text("namePrefix"), config.name_prefix));
  TRY_VOID(add_suffix(resources, kustomization.text("nameSuffix"), config.name_suffix));
  for (const json& label : kustomization.list("labels")) {
    TRY_VOID(add_label(resources, label, config));
  }
  if (const json* labels = kustomization.field("commonLabels"); labels != nullptr) {
    TRY_VOID(add_pairs(resources, *labels, config.common_labels));
  }
  if (const json* annotations = kustomization.field("commonAnnotations"); annotations != nullptr) {
    TRY_VOID(add_pairs(resources, *annotations, config.common_annotations));
  }
  TRY_VOID(patch_json6902(resources, kustomization, read));
  for (const json& replica : kustomization.list("replicas")) {
    TRY_VOID(set_replicas(resources, replica, config.replicas));
  }
  for (const json& image : kustomization.list("images")) {
    TRY_VOID(set_image(resources, image, config.images));
  }
  return replace_fields(resources, kustomization, read);
}

}  // namespace weir::kustomize
