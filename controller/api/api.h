#pragma once

// Api: every path that the server answers. It decides who may ask, finds what is asked for, and
// counts the request; the verbs, discovery and the rest are in files of their own. Its handlers
// block, and any number of them may run at a time.

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "controller/api/health.h"
#include "controller/api/http.h"
#include "controller/api/route.h"
#include "controller/api/verbs.h"
#include "controller/api/writer.h"
#include "controller/engine/engine.h"
#include "controller/store/store.h"

namespace weir::rest {

// One answered request, for metrics and the log. Streams and upgrades are counted when they begin.
struct RequestRecord {
  std::string verb;  // get, list, watch, create …; in lower case the method, outside the kinds
  std::string resource;  // deployments, pods/log; empty outside the kinds
  int code = 200;
  double seconds = 0;
};

struct ApiParts {
  Store& store;
  std::function<Time()> now;
  engine::Engine* engine = nullptr;  // for logs and port-forward; without one: unavailable
  std::string engine_socket = {};    // no pod's volume may lead to it
  std::function<std::vector<HealthCheck>()> health = {};
  std::function<void(const RequestRecord&)> on_request = {};
  // `weir why` and `weir plan`; each blocks until it has an answer, with "text" among its members.
  std::function<Result<nlohmann::json>(const Key&)> why = {};
  // `weir gitops diff`: what a Kustomization applies, as a List.
  std::function<Result<nlohmann::json>(const Key&)> manifests = {};
  std::function<Result<nlohmann::json>(const std::vector<nlohmann::json>&)> plan = {};
  // POST /hook/…, by anybody: who may is a matter of its signature.
  using Headers = std::map<std::string, std::string>;
  std::function<Result<void>(const std::string& path, const Headers&, const std::string& body)>
      hook = {};
};

class Api {
 public:
  explicit Api(ApiParts parts);
  Response handle(const Request& request) const;

 private:
  Response answer(const Request& request, RequestRecord& record) const;
  Response object_answer(const Request& request, const Route& route, RequestRecord& record) const;
  Result<Response> object_verb(const Call& call, RequestRecord& record) const;
  Result<Response> weir_answer(const Request& request) const;

  ApiParts parts_;
  Writer writer_;
};

}  // namespace weir::rest
