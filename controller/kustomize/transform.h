#pragma once

// The transformers of one kustomization.yaml, in Kustomize's order. Each changes all resources that
// have been gathered so far, or stops the build. Pure.

#include <functional>
#include <string>

#include "controller/kustomize/config.h"
#include "controller/kustomize/kustomization.h"
#include "controller/kustomize/resource.h"

namespace weir::kustomize {

// Reads a file that the kustomization names.
using ReadFile = std::function<Result<std::string>(const std::string& path)>;

// patches*, namespace, names, labels, annotations, patchesJson6902, replicas, images, replacements.
Result<void> transform(Resources& resources, const Kustomization& kustomization,
                       const TransformerConfig& config, const ReadFile& read);

// Its parts.
Result<void> patch_resources(Resources& resources, const Kustomization& kustomization,
                             const ReadFile& read);  // patchesStrategicMerge, patches
Result<void> patch_json6902(Resources& resources, const Kustomization& kustomization,
                            const ReadFile& read);
Result<void> set_namespace(Resources& resources, const std::string& namespace_,
                           const FieldSpecs& specs);
Result<void> add_prefix(Resources& resources, const std::string& prefix, const FieldSpecs& specs);
Result<void> add_suffix(Resources& resources, const std::string& suffix, const FieldSpecs& specs);
// `pairs` is a map of texts: labels or annotations.
Result<void> add_pairs(Resources& resources, const json& pairs, const FieldSpecs& specs);
Result<void> set_image(Resources& resources, const json& image, const FieldSpecs& specs);
Result<void> set_replicas(Resources& resources, const json& replica, const FieldSpecs& specs);
Result<void> replace_fields(Resources& resources, const Kustomization& kustomization,
                            const ReadFile& read);

// After all kustomizations, once.
Result<void> add_hashes(Resources& resources);
Result<void> fix_references(Resources& resources, const std::vector<NameReference>& references);
// `options` is sortOptions; null: as kubectl, by kind.
Result<void> sort_resources(Resources& resources, const json* options);

}  // namespace weir::kustomize
