#pragma once

// Outliers: endpoints that fail too often in a row, and are given nothing for a while
// (RouteOutliers). From any thread.

#include "controller/gateway/snapshot.h"

namespace weir::gateway {

// What came of one try.
enum class Outcome {
  good,
  server_error,   // an answer from 500 on,
  gateway_error,  // one of 502, 503 and 504,
  silent,         // none in time
  unreachable,    // no connection, or one that broke
};
Outcome outcome_of(int status);
// The gateway itself has run out of something (errno): no endpoint is to blame.
bool is_own_shortage(int error);

// Counts it, and ejects the endpoint if that was one too many. True: it did.
bool note(const Backend& backend, EndpointState& endpoint, Outcome outcome, Clock::time_point now);

}  // namespace weir::gateway
