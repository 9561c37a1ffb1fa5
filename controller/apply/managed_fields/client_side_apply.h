#pragma once

// The annotation in which `kubectl apply` without --server-side keeps what it applied, and what it
// means to server-side apply by kubectl. Managers of other names have nothing to do with it. Pure;
// any thread.

#include <nlohmann/json_fwd.hpp>

#include "controller/admission/schema.h"
#include "controller/apply/managed_fields/field_set.h"

namespace weir {

// What the client side applied to `live` and nobody has changed since: kubectl may take these
// fields over when its user changes to --server-side, whoever is listed as their owner.
FieldSet client_side_applied(const nlohmann::json& live, const nlohmann::json& configuration,
                             const SchemaNode& kind);

// Where the annotation is there, keeps it true: a client-side apply by an older kubectl or a
// colleague must not see a stale configuration.
void sync_last_applied(nlohmann::json& object, const nlohmann::json& configuration);

}  // namespace weir
