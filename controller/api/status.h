#pragma once

// Status: every refusal, in Kubernetes' words, as a metav1.Status with a reason, details and causes.

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

// "pods", "deployments.apps": how Kubernetes' messages name a resource.
std::string qualified_resource(const KindInfo& info);
// "Pod", "Deployment.apps".
std::string qualified_kind(const KindInfo& info);

// The code decides status and reason. Where the error comes from below the API (the store knows no
// plural names), the message is replaced by Kubernetes' own for not_found, already_exists, conflict.
Response failure(const Error& error, const Subject& subject = {});
nlohmann::json status_object(const Error& error, const Subject& subject = {});
int http_status(Code code);

// Errors in Kubernetes' words.
Error not_found(const KindInfo& info, const std::string& name);
Error already_exists(const KindInfo& info, const std::string& name);
Error modified(const KindInfo& info, const std::string& name);  // the usual 409
Error forbidden(const KindInfo& info, const std::string& name, const std::string& why);
// The same with what the caller knows of the object: store errors become Kubernetes' texts.
Error in_words(Error error, const KindInfo& info, const std::string& name);

Response json_response(const nlohmann::json& document, int status = 200);

}  // namespace weir::rest
