#pragma once

// What a Kustomization makes of a source's files: the documents that it applies. As Flux: a folder
// without a kustomization.yaml gets one that names every manifest in and below it; the fields of
// the Kustomization lie over it; then variables are filled in; then common metadata and the two
// labels that say whose the object is. Pure; any thread.
//
// Errors carry what to mend: the file, the field, the object. In memory and time bounded by the
// limits of the fetch and of kustomize::build().

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "controller/result.h"
#include "reconcilers/plan.h"

namespace weir::kustomization {

Result<std::vector<nlohmann::json>> render(const ApplySource& what);

}  // namespace weir::kustomization
