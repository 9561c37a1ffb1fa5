#pragma once

// Who owns which field of an object, and server-side apply (application/apply-patch+yaml), which
// follows from it. The API calls apply() for that patch type and track_update() for every other
// write, both inside the transaction and before the result is admitted and stored. Pure functions:
// time is an argument, any thread.
//
// Never owned, whoever writes them: apiVersion, kind and what the server keeps in metadata
// (name, namespace, uid, resourceVersion, generation, creationTimestamp, managedFields). A write
// to the object owns nothing in its status, a write to the status nothing outside of it.

#include <chrono>
#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "controller/admission/schema.h"
#include "controller/apply/managed_fields/managers.h"
#include "controller/result.h"

namespace weir {

inline constexpr std::size_t kMaxManagerName = 128;  // as Kubernetes
// Each applier costs memory in every version of the object; Kubernetes has no limit here.
inline constexpr std::size_t kMaxApplyManagers = 100;

// Brings metadata.managedFields of `after` up to date for a write that is not an apply: a create
// (`before` is null), an update or another patch. What changed or is new belongs to `manager`
// alone, what is gone to nobody; equal values keep their owners. `after` is complete: admitted,
// with its defaults. The managedFields that a client sends count (kubectl migrates them so); an
// empty or malformed list is ignored, since clients drop it without knowing; [{}] clears it.
void track_update(const nlohmann::json& before, nlohmann::json& after, const SchemaNode& kind,
                  const FieldManager& manager, std::chrono::sys_seconds now);

// Of the query parameter fieldManager, for every write; it may be empty except for an apply.
// invalid, in Kubernetes' words. `options` is what Kubernetes calls the query: PatchOptions.
Result<void> check_field_manager(const std::string& name, const std::string& options);

struct ApplyOptions {
  bool force = false;  // take over what others own instead of a conflict
  std::chrono::sys_seconds now = {};
};

// The object that results when `manager` wants `configuration` of `live` (null: it is created).
// Fields that the manager applied before and leaves out now are removed, unless somebody else
// owns them. Equal to `live` when nothing changes, times included. A resourceVersion or uid in the
// configuration is in the result, for the caller to compare.
//
// conflict, with a cause for each field, when a value differs that another manager owns. invalid
// or bad_request when the configuration or the manager's name cannot be used.
Result<nlohmann::json> apply(const nlohmann::json& live, nlohmann::json configuration,
                             const SchemaNode& kind, const FieldManager& manager,
                             const ApplyOptions& options);

}  // namespace weir
