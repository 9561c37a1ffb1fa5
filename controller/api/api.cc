#include "controller/api/api.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "controller/admission/manifest.h"
#include "controller/api/discovery.h"
#include "controller/api/logs.h"
#include "controller/api/openapi.h"
#include "controller/api/port_forward.h"
#include "controller/api/scale.h"
#include "controller/api/status.h"
#include "controller/api/words.h"

namespace weir::rest {
namespace {

using nlohmann::json;

// What clients compare with: weir serves the fields of this release of Kubernetes.
constexpr char kMinor[] = "33";

json version_object() {
  return {{"major", "1"},
          {"minor", kMinor},
          {"gitVersion", std::string("v1.") + kMinor + ".0+weir"},
          {"gitCommit", ""},
          {"gitTreeState", "clean"},
          {"buildDate", "1970-01-01T00:00:00Z"},
          {"goVersion", ""},
          {"compiler", "g++"},
          {"platform", "linux/amd64"}};
}

bool is_health(const std::string& segment) {
  return segment == "healthz" || segment == "livez" || segment == "readyz";
}

// The verb of a request for an object or collection; empty: no such method.
std::string verb_of(const Request& request, const Route& route) {
  const bool collection = route.name.empty();
  if (request.method == "GET") {
    if (!collection) return "get";
    return request.flag("watch").value_or(false) ? "watch" : "list";
  }
  if (request.method == "POST") return collection || !route.subresource.empty() ? "create" : "";
  if (request.method == "DELETE") return collection ? "deletecollection" : "delete";
  if (collection) return "";
  if (request.method == "PUT") return "update";
  return request.method == "PATCH" ? "patch" : "";
}

Response method_not_allowed() {
  return refusal(405, "MethodNotAllowed",
                 "the server does not allow this method on the requested resource");
}

Error no_such_path() {
  return {.code = Code::not_found, .message = "the server could not find the requested resource"};
}

// "pods "web" is forbidden: User "x" cannot get resource "pods" in API group "" …"
Error may_not(const User& user, const std::string& verb, const Route& route) {
  const KindInfo& kind = info(route.kind);
  std::string why = "User \"" + user.name + "\" cannot " + verb + " resource \"" +
                    std::string(kind.plural) + "\" in API group \"" + std::string(kind.group) +
                    "\"";
  if (!route.ns.empty()) why += " in the namespace \"" + route.ns + "\"";
  Error error = forbidden(kind, route.name, why);
  if (route.name.empty()) error.message = qualified_resource(kind) + " is forbidden: " + why;
  return error;
}

// Whoever holds the admin certificate may do everything; nobody else may do anything.
bool is_admin(const User& user) { return user.authenticated && user.in_group("system:masters"); }

}  // namespace

Api::Api(ApiParts parts)
    : parts_(std::move(parts)), writer_(parts_.store, parts_.now, parts_.engine_socket) {}

Response Api::handle(const Request& request) const {
  const auto start = std::chrono::steady_clock::now();
  RequestRecord record = {.verb = lower(request.method), .resource = {}};
  Response response = answer(request, record);
  record.code = response.status;
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (parts_.on_request) parts_.on_request(record);
  return response;
}

Response Api::answer(const Request& request, RequestRecord& record) const {
  const auto& path = request.path;
  if (path.size() == 1 && is_health(path[0])) {
    return health(request, path[0], parts_.health ? parts_.health() : std::vector<HealthCheck>());
  }
  if (path.size() == 1 && path[0] == "version") return json_response(version_object());
  if (path.size() == 2 && path[0] == "hook" && request.method == "POST" && parts_.hook) {
    const auto received = parts_.hook("/hook/" + path[1], request.headers, request.body);
    return received ? Response{.content_type = "text/plain; charset=utf-8", .body = "ok"}
                    : failure(received.error());
  }
  if (!request.user.authenticated) {
    return failure(Error{.code = Code::unauthorized, .message = "Unauthorized"});
  }
  if (const auto route = route_of(path)) return object_answer(request, *route, record);
  if (!is_admin(request.user)) {
    return failure(Error{.code = Code::denied,
                         .message = "forbidden: User \"" + request.user.name +
                                    "\" cannot get this path: it is not in system:masters"});
  }
  if (!path.empty() && path[0] == "weir") {
    auto response = weir_answer(request);
    return response ? *std::move(response) : failure(response.error());
  }
  if (request.method != "GET") return failure(no_such_path());
  if (auto response = discovery(request)) return *std::move(response);
  if (auto response = openapi(request)) return *std::move(response);
  return failure(no_such_path());
}

Response Api::object_answer(const Request& request, const Route& route,
                            RequestRecord& record) const {
  const KindInfo& kind = info(route.kind);
  record.verb = verb_of(request, route);
  record.resource = std::string(kind.plural);
  if (!route.subresource.empty()) record.resource += "/" + route.subresource;
  const auto allowed = verbs_of(kind, route.subresource);
  const bool served = std::find(allowed.begin(), allowed.end(), record.verb) != allowed.end() &&
                      !(record.verb == "create" && kind.namespaced && route.ns.empty());
  if (!served) return method_not_allowed();
  Subject subject = {.kind = route.kind, .name = route.name};
  if (!is_admin(request.user)) return failure(may_not(request.user, record.verb, route), subject);
  const auto form = negotiate(request.accept);
  if (!form) return refusal(406, "NotAcceptable", form.error().message);
  const Call call = {.request = request,
                     .route = route,
                     .store = parts_.store,
                     .writer = writer_,
                     .now = parts_.now,
                     .form = *form};
  auto response = object_verb(call, record);
  if (response) return *std::move(response);
  if (record.verb == "create" && route.name.empty()) subject.name = name_in_body(request);
  return failure(response.error(), subject);
}

Result<Response> Api::object_verb(const Call& call, RequestRecord& record) const {
  const std::string& verb = record.verb;
  const std::string& subresource = call.route.subresource;
  if (subresource == "log") {
    if (parts_.engine) return logs(call, *parts_.engine);
    return fail(Code::unavailable, "logs: there is no connection to an engine");
  }
  if (subresource == "portforward") {
    if (parts_.engine) return port_forward(call, *parts_.engine);
    return fail(Code::unavailable, "portforward: there is no connection to an engine");
  }
  if (subresource == "scale") {
    if (verb == "get") return get_scale(call);
    return verb == "update" ? update_scale(call) : patch_scale(call);
  }
  if (verb == "get") return get(call);
  if (verb == "list" || verb == "watch") return list_or_watch(call);
  if (verb == "create") return create(call);
  if (verb == "update") return update(call);
  if (verb == "patch") return patch(call);
  return verb == "delete" ? remove(call) : remove_collection(call);
}

// GET /weir/v1/why?kind=Deployment&namespace=default&name=web, POST /weir/v1/plan,
// GET /weir/v1/manifests?namespace=default&name=shop
Result<Response> Api::weir_answer(const Request& request) const {
  const auto is = [&](const char* method, const char* name) {
    return request.method == method && request.path.size() == 3 && request.path[1] == "v1" &&
           request.path[2] == name;
  };
  if (is("GET", "why") && parts_.why) {
    for (const KindInfo& kind : kinds()) {
      if (request.parameter("kind") != kind.name) continue;
      TRY(const json found, parts_.why({.kind = kind.kind,
                                        .ns = std::string(request.parameter("namespace")),
                                        .name = std::string(request.parameter("name"))}));
      return json_response(found);
    }
    return fail(Code::bad_request,
                "why: no kind is named \"" + std::string(request.parameter("kind")) + "\"");
  }
  if (is("GET", "manifests") && parts_.manifests) {
    TRY(const json found, parts_.manifests({.kind = Kind::Kustomization,
                                            .ns = std::string(request.parameter("namespace")),
                                            .name = std::string(request.parameter("name"))}));
    return json_response(found);
  }
  if (is("POST", "plan") && parts_.plan) {
    TRY(const std::vector<json> documents, parse_manifest(request.body));
    TRY(const json plan, parts_.plan(documents));
    return json_response(plan);
  }
  return tl::unexpected(no_such_path());
}

}  // namespace weir::rest
