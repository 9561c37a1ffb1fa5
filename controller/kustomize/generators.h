#pragma once

// configMapGenerator and secretGenerator: objects from literals, files and env files. Pure.

#include "controller/kustomize/kustomization.h"
#include "controller/kustomize/resource.h"
#include "controller/kustomize/transform.h"

namespace weir::kustomize {

// Adds what the kustomization generates to `resources`: new objects, or more data for the ones that
// are there (behavior: merge, replace).
Result<void> generate(Resources& resources, const Kustomization& kustomization,
                      const ReadFile& read);

}  // namespace weir::kustomize
