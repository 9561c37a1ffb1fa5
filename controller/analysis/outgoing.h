#pragma once

// HTTP requests that a user's object asks weir to make: metrics of analyses. Whoever may apply an
// object chooses the URL and reads something of the answer in its status, so a request must not
// reach what AddressPolicy denies. Only http and https; no redirect is followed, no proxy taken
// from the environment, no cookie or netrc used; TLS is verified against the system's authorities.
//
// Limits: 1 MiB of body, 256 KiB of headers, and the deadline for all of it.
// Errors: `invalid`: not sent, the request makes no sense; `denied`: not sent, by the policy;
// `timed_out`, `too_large`, `unavailable`. They name the host, and never the query, the headers,
// the body or the credentials: they end up in a status.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "controller/analysis/address_policy.h"
#include "controller/engine/http_client.h"
#include "controller/result.h"

namespace weir::analysis {

struct OutgoingRequest {
  std::string method = "GET";  // POST, PUT, PATCH, DELETE
  std::string url = {};
  std::vector<std::string> headers = {};  // "Name: value"
  std::string body = {};                  // not with GET
  Duration deadline = std::chrono::seconds(10);
  bool insecure = false;                 // TLS is not verified
  std::string user = {}, password = {};  // of HTTP's basic authentication
  // Names that are at a given address, and these addresses may be reached. For weir's own Services:
  // nothing that a user wrote belongs here.
  std::map<std::string, std::string> hosts = {};
};

struct OutgoingAnswer {
  int status = 0;  // any: a redirect, too, is an answer
  std::string body = {};
};

class Outgoing {
 public:
  using OnAnswer = std::function<void(Result<OutgoingAnswer>)>;

  explicit Outgoing(AddressPolicy policy) : policy_(std::move(policy)) {}

  // From any thread. The answer comes on a thread of Outgoing's own, which must not be held up;
  // when Outgoing is destroyed, those under way get `unavailable` there.
  void send(OutgoingRequest request, OnAnswer on_answer);

 private:
  void start(const OutgoingRequest& request, const OnAnswer& on_answer);

  AddressPolicy policy_;
  engine::HttpClient http_;  // the last: its thread uses the others
};

}  // namespace weir::analysis
