#pragma once

// The errors that every verb can end in, in Kubernetes' words, and its names for things. Pure.

#include <string>

#include "controller/result.h"
#include "gen/kinds.h"

namespace weir {

// "pods", "deployments.apps": how messages name a resource.
std::string qualified_resource(const KindInfo& info);
// "Pod", "Deployment.apps": how Invalid names a kind.
std::string qualified_kind(const KindInfo& info);

Error not_found(const KindInfo& info, const std::string& name);
Error already_exists(const KindInfo& info, const std::string& name);
Error conflicting(const KindInfo& info, const std::string& name, const std::string& why);
Error modified(const KindInfo& info, const std::string& name);  // the usual 409
Error forbidden(const KindInfo& info, const std::string& name, const std::string& why);

// "docker://4f1c…", as a pod's status has it, without the scheme.
std::string bare_id(const std::string& container_id);

// An error of the store, which knows keys and no plural names, as the API says it.
Error in_words(Error error, const KindInfo& info, const std::string& name);

}  // namespace weir
