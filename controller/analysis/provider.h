#pragma once

// What metrics ask, and what the answer means: from a metric's provider to a request, and from its
// answer to the value that conditions are about. Pure; the requests go through Outgoing.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "controller/analysis/outgoing.h"
#include "controller/gateway/traffic_history.h"
#include "gen/types.h"
#include "reconcilers/time.h"

namespace weir::analysis {

// `now` is where Prometheus' range queries end.
Result<OutgoingRequest> request_of(const api::WebMetric& metric);
Result<OutgoingRequest> request_of(const api::PrometheusMetric& metric, Time now);

// JSON, or what jsonPath picks of it (several results are a list); a body that is no JSON is text.
// An error: the status is no 2xx, or the path leads nowhere.
Result<nlohmann::json> value_of(const api::WebMetric& metric, const OutgoingAnswer& answer);
// A scalar is a number, a vector or a matrix a list of numbers, NaN and infinities among them.
Result<nlohmann::json> value_of(const api::PrometheusMetric& metric, const OutgoingAnswer& answer);

// {"canary": 0.02, "canaryRequests": 120, "stable": 0.01, "stableRequests": 900}; a revision that
// has had fewer requests than minimumRequests has null. Rates are by `window`.
nlohmann::json value_of(const api::WeirMetric& metric, const gateway::RevisionTraffic& canary,
                        const gateway::RevisionTraffic& stable);
std::chrono::seconds window_of(const api::WeirMetric& metric);
std::int64_t minimum_of(const api::WeirMetric& metric);

// As a measurement shows it.
std::string value_text(const nlohmann::json& value);
// What may be kept of a text that somebody else wrote: valid UTF-8, at most 1 KiB.
std::string kept_text(const std::string& text);

}  // namespace weir::analysis
