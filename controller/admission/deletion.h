#pragma once

// What a DELETE does to an object, for the API and for the executor alike. An object that somebody
// still has work with (finalizers; a Pod, whose container must stop first) is marked and stays
// until that work is done; any other leaves the store at once. Pure, any thread.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "reconcilers/plan.h"

namespace weir {

struct DeleteOptions {
  Propagation propagation = Propagation::background;
  std::optional<std::int64_t> grace_seconds = {};  // Pods; absent: the pod's own
};

// The marked document, or nothing when the object is to be removed now. A document that is marked
// already comes back as it is, but for a Pod's grace, which a later DELETE may shorten.
std::optional<nlohmann::json> mark_deleted(Kind kind, nlohmann::json document,
                                           const DeleteOptions& options, Time now);

}  // namespace weir
