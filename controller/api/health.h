#pragma once

// /healthz, /livez, /readyz, with ?verbose, in the form that Kubernetes' probes and people know.

#include <string>
#include <vector>

#include "controller/api/http.h"

namespace weir::rest {

struct HealthCheck {
  std::string name;          // store
  std::string trouble = {};  // empty: all is well
  bool alive = true;         // false: a restart of weir is the cure, so livez fails too
};

// The answer to `path`. What is wrong is told to those only who may know.
Response health(const Request& request, const std::string& path,
                const std::vector<HealthCheck>& checks);

}  // namespace weir::rest
