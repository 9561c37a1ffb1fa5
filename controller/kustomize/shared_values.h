#pragma once

// A quirk of Kustomize that its users see: the value of a label or annotation that a transformer
// adds to several fields of an object is one value. A later patch or replacement that changes it in
// one field changes it in all of them (`commonLabels: {app: web}` in a base, and a patch of
// metadata.labels.app in an overlay: the selector follows). JSON 6902 patches end that.

#include "controller/kustomize/fields.h"
#include "controller/kustomize/resource.h"

namespace weir::kustomize {

// `before` is the document before `pairs` were added at `specs`: keys that were there already have
// values of their own.
void share_values(Resource& resource, const json& before, const json& pairs,
                  const FieldSpecs& specs);

// After a change of the document: what it made of one field holds for all that share the value.
void spread_values(Resource& resource, const json& before);

}  // namespace weir::kustomize
