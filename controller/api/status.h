#pragma once

// Status: every refusal, in Kubernetes' words, as a metav1.Status with a reason, details and
// causes.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "controller/api/http.h"
#include "gen/kinds.h"

namespace weir::rest {

// What a request is about; kind is absent for requests outside the kinds.
struct Subject {
  std::optional<Kind> kind = {};
  std::string name = {};
};

// The code decides status and reason.
Response failure(const Error& error, const Subject& subject = {});
nlohmann::json status_object(const Error& error, const Subject& subject = {});
int http_status(Code code);

// A refusal by HTTP itself, for which there is no code: MethodNotAllowed, NotAcceptable …
Response refusal(int status, const char* reason, const std::string& message);

Response json_response(const nlohmann::json& document, int status = 200);

}  // namespace weir::rest
