#pragma once

// Applies the documents of a Kustomization, as Flux does: server-side, as "kustomize-controller",
// namespaces first. All of them are tried without being written before the first is: a revision
// with one object that is wrong changes nothing. What somebody else has changed is taken back, and
// told: which field, and whose.
//
// Each object's write is durable before the next begins, and none is made twice: weir may be killed
// anywhere, and applies everything again. Blocks; on a thread of its own.

#include <functional>

#include "controller/api/writer.h"

namespace weir::kustomization {

// `go_on` is asked before each object: false ends it.
Applied apply(const ApplySource& what, const Writer& writer, const Store& store,
              const std::function<bool()>& go_on);

}  // namespace weir::kustomization
