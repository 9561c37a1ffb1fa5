#pragma once

// Kustomize's strategic merge. It reads the same patches as Kubernetes' (controller/apply/
// strategic_merge.h) and comes to other results: elements that a patch names move to the front of
// their list, lists that merge by two keys keep their order and match on both, nothing has
// $setElementOrder, and custom kinds' lists are replaced. Merge keys come from weir's schemas, and
// for workloads that weir has no kind for, from the schema of Pods. Pure.

#include <optional>

#include "controller/kustomize/resource.h"

namespace weir::kustomize {

// Null when nothing remains ($patch: delete). bad_request for a patch whose fields have other types
// than the document's.
Result<std::optional<Document>> strategic_merge(const Document& document, const Document& patch);

}  // namespace weir::kustomize
