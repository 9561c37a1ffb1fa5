#pragma once

// The subresource scale of every kind whose CRD document has one: its replicas as autoscaling/v1
// Scale, so that `kubectl scale` and autoscalers need to know no kind.

#include "controller/api/verbs.h"

namespace weir::rest {

Result<Response> get_scale(const Call& call);
Result<Response> update_scale(const Call& call);  // PUT
Result<Response> patch_scale(const Call& call);   // PATCH

}  // namespace weir::rest
