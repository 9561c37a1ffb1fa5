#pragma once

// TransformerConfig: which fields the transformers change, by default and as `configurations:`
// adds. The defaults are facts of Kubernetes' kinds: where a Pod's template lies in each workload,
// which fields name another object.

#include <vector>

#include "controller/kustomize/fields.h"

namespace weir::kustomize {

// Fields (`referrers`) that hold the name of an object of kind `target`.
struct NameReference {
  Gvk target = {};
  FieldSpecs referrers = {};
};

struct TransformerConfig {
  FieldSpecs name_prefix = {}, name_suffix = {}, namespace_ = {};
  FieldSpecs common_labels = {}, template_labels = {}, common_annotations = {};
  FieldSpecs images = {}, replicas = {};
  std::vector<NameReference> name_references = {};
};

const TransformerConfig& default_config();

// Adds what is not there yet; bad_request for specs that contradict each other.
Result<void> merge(TransformerConfig& into, const TransformerConfig& more);

// One document of `configurations:`; `name` is for messages. Unknown keys are refused.
Result<TransformerConfig> read_config(const json& document, const std::string& name);

// {group, version, kind, path, create}
Result<FieldSpecs> read_field_specs(const json& list, const std::string& where);

}  // namespace weir::kustomize
