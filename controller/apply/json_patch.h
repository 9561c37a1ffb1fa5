#pragma once

// JSON patch (RFC 6902), application/json-patch+json: what `kubectl rollout undo` and
// `patch --type=json` send. Pure; the caller admits the result like any other write.
//
// Errors in Kubernetes' words: bad_request for a patch that cannot be understood, too_large beyond
// a limit, invalid (422) with one cause for an operation that does not fit the document, a failed
// test among them. The document is patched as a whole or not at all.

#include <cstddef>
#include <nlohmann/json_fwd.hpp>

#include "controller/result.h"

namespace weir {

inline constexpr std::size_t kMaxJsonPatchOperations = 10'000;  // as Kubernetes
// A `copy` can double the document, thirty of them make it a billion times larger: what all copies
// of a patch may add is what a request may carry.
inline constexpr std::size_t kMaxJsonPatchCopiedBytes = 3u << 20;
// Of the result: the JSON library recurses when it prints, and `move` can nest without end.
inline constexpr std::size_t kMaxJsonPatchDepth = 64;

Result<nlohmann::json> json_patch(nlohmann::json document, const nlohmann::json& patch);

}  // namespace weir
