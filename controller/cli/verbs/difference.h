#pragma once

// The live objects against what applying documents would make of them, shared by diff and
// `gitops diff`.

#include "controller/cli/client/files.h"
#include "controller/cli/verbs/server_apply.h"
#include "controller/cli/verbs/session.h"

namespace weir::cli {

// 0: no difference, 1: differences, 2 and more: an error.
Result<int> show_differences(Session& session, const Manifests& manifests, const ServerApply& how);

}  // namespace weir::cli
