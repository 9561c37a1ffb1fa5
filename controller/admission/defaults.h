#pragma once

// Defaults that depend on other fields, and so cannot stand in a schema. For documents whose
// structure has been checked. Pure.

#include <nlohmann/json_fwd.hpp>

#include "gen/kinds.h"

namespace weir {

// imagePullPolicy, strategy.rollingUpdate, emptyDir, requests from limits, host ports; stringData
// of Secrets merged into data; the namespace's own label. Schema defaults are applied before (the
// rules read them) and after (what is made here has fields of its own).
void apply_coded_defaults(Kind kind, nlohmann::json& document);

// What a new object starts with: status.phase of Pods and namespaces, the namespace's finalizer.
void apply_initial_state(Kind kind, nlohmann::json& document);

// Always for `:latest` and for no tag, else IfNotPresent.
std::string default_pull_policy(std::string_view image);

}  // namespace weir
