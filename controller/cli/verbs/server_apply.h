#pragma once

// Server-side apply of one document, shared by apply and diff.

#include "controller/cli/verbs/targets.h"

namespace weir::cli {

struct ServerApply {
  bool dry_run = false;
  bool force = false;
  std::string field_manager = kFieldManager;
};
Result<nlohmann::json> server_apply(Session& session, const Target& target,
                                    const Manifest& manifest, const ServerApply& how);

// The object without what the server writes at each change: two that are equal say the same.
nlohmann::json comparable(nlohmann::json object);

}  // namespace weir::cli
