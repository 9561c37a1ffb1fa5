#include "controller/api/openapi.h"

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "controller/admission/schema.h"
#include "controller/api/accept.h"
#include "controller/api/crd.h"
#include "controller/api/openapi_schema.h"
#include "controller/api/route.h"
#include "controller/api/status.h"

namespace weir::rest {
namespace {

using nlohmann::json;

// Clients ask for spec.v2@v1.0. That is no media type for Go, and kubectl 1.20 stops at an answer
// that repeats it.
constexpr char kProtobuf[] = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

// --- Schemas -------------------------------------------------------------------------------------

json group_version_kind(const KindInfo& kind) {
  return {{"group", kind.group}, {"version", kind.version}, {"kind", kind.name}};
}

json schemas(OpenApi version, const std::vector<const KindInfo*>& kinds) {
  json out = json::object();
  std::set<std::string> wanted;
  for (const KindInfo* kind : kinds) {
    json schema =
        openapi_schema(version, crd_version(kind->kind).at("schema").at("openAPIV3Schema"), wanted);
    schema["x-kubernetes-group-version-kind"] = json::array({group_version_kind(*kind)});
    out[std::string(kind->name)] = std::move(schema);
  }
  const json& definitions = Schema::get().documents().at("definitions");
  while (!wanted.empty()) {
    const std::string name = *wanted.begin();
    wanted.erase(wanted.begin());
    if (out.contains(name)) continue;
    std::set<std::string> used;
    out[name] = openapi_schema(version, definitions.at(name), used);
    wanted.merge(used);
  }
  return out;
}

// --- Paths ---------------------------------------------------------------------------------------

json parameter(OpenApi version, const char* name, const char* in, const char* type) {
  json out = {{"name", name}, {"in", in}};
  if (std::string_view(in) == "path") out["required"] = true;
  if (version == OpenApi::v2) {
    out["type"] = type;
  } else {
    out["schema"] = {{"type", type}};
  }
  return out;
}

// Clients look here for what they may send: without fieldValidation they validate by themselves,
// without dryRun they refuse to ask for it.
json parameters(OpenApi version, std::string_view verb) {
  json out = json::array();
  const auto add = [&](const char* name, const char* type) {
    out.push_back(parameter(version, name, "query", type));
  };
  if (verb == "get") return out;
  if (verb == "list") {
    for (const char* name : {"labelSelector", "fieldSelector", "resourceVersion", "continue"}) {
      add(name, "string");
    }
    add("limit", "integer");
    add("watch", "boolean");
    return out;
  }
  add("dryRun", "string");
  if (verb == "delete" || verb == "deletecollection") return out;
  add("fieldManager", "string");
  add("fieldValidation", "string");
  if (verb == "patch") add("force", "boolean");
  return out;
}

json operation(OpenApi version, const KindInfo& kind, std::string_view verb) {
  const json reply = openapi_reference(version, std::string(kind.name));
  json ok = {{"description", "OK"}};
  if (version == OpenApi::v2) {
    ok["schema"] = reply;
  } else {
    ok["content"] = {{"application/json", {{"schema", reply}}}};
  }
  json out = {{"operationId", std::string(verb) + std::string(kind.name)},
              {"parameters", parameters(version, verb)},
              {"responses", {{"200", std::move(ok)}}},
              {"x-kubernetes-action", verb},
              {"x-kubernetes-group-version-kind", group_version_kind(kind)}};
  if (verb == "patch" && version == OpenApi::v2) {
    out["consumes"] = {"application/json-patch+json", "application/merge-patch+json",
                       "application/strategic-merge-patch+json", "application/apply-patch+yaml"};
  }
  return out;
}

json path_item(OpenApi version, const KindInfo& kind, bool collection) {
  static constexpr std::pair<const char*, const char*> kCollection[] = {
      {"get", "list"}, {"post", "create"}, {"delete", "deletecollection"}};
  static constexpr std::pair<const char*, const char*> kItem[] = {
      {"get", "get"}, {"put", "update"}, {"patch", "patch"}, {"delete", "delete"}};
  json out = json::object();
  const auto add = [&](const auto& method) {
    out[method.first] = operation(version, kind, method.second);
  };
  if (collection) {
    for (const auto& method : kCollection) add(method);
  } else {
    for (const auto& method : kItem) add(method);
  }
  json in_path = json::array();
  if (kind.namespaced) in_path.push_back(parameter(version, "namespace", "path", "string"));
  if (!collection) in_path.push_back(parameter(version, "name", "path", "string"));
  if (!in_path.empty()) out["parameters"] = std::move(in_path);
  return out;
}

json paths(OpenApi version, const std::vector<const KindInfo*>& kinds) {
  json out = json::object();
  for (const KindInfo* kind : kinds) {
    const std::string base =
        (kind->group.empty() ? "/api/" : "/apis/") + std::string(kind->api_version) +
        (kind->namespaced ? "/namespaces/{namespace}/" : "/") + std::string(kind->plural);
    out[base] = path_item(version, *kind, true);
    out[base + "/{name}"] = path_item(version, *kind, false);
  }
  return out;
}

// --- Answers -------------------------------------------------------------------------------------

std::string v3_path(const KindInfo& kind) {
  return (kind.group.empty() ? "api/" : "apis/") + std::string(kind.api_version);
}

std::string hash(const std::string& text) {
  char out[17];
  std::snprintf(out, sizeof out, "%016zx", std::hash<std::string>()(text));
  return out;
}

// Documents never change while the program runs: each is made once, when first asked for.
const std::string& cached(const std::string& key, const std::function<std::string()>& make) {
  static std::mutex mutex;
  static std::map<std::string, std::string> made;
  const std::lock_guard lock(mutex);
  const auto found = made.find(key);
  return found != made.end() ? found->second : made.emplace(key, make()).first->second;
}

const std::string& v3_text(const std::string& api_version) {
  return cached("v3 " + api_version,
                [&] { return openapi_document(OpenApi::v3, api_version).dump(); });
}

Response v3_index() {
  json paths = json::object();
  for (const KindInfo& kind : kinds()) {
    const std::string path = v3_path(kind);
    const std::string text_hash = hash(v3_text(std::string(kind.api_version)));
    paths[path] = {{"serverRelativeURL", "/openapi/v3/" + path + "?hash=" + text_hash}};
  }
  return json_response({{"paths", std::move(paths)}});
}

// A client that asked with the right hash need never ask again.
std::optional<Response> v3_document(const Request& request) {
  std::string path;
  for (std::size_t i = 2; i < request.path.size(); ++i) {
    path += (path.empty() ? "" : "/") + request.path[i];
  }
  for (const KindInfo& kind : kinds()) {
    if (v3_path(kind) != path) continue;
    Response response = {.body = v3_text(std::string(kind.api_version))};
    if (request.parameter("hash") == hash(response.body)) {
      response.headers.emplace_back("Cache-Control", "public, max-age=31536000, immutable");
    }
    return response;
  }
  return std::nullopt;
}

Response v2_document(const Request& request) {
  const auto ranges = media_ranges(request.accept);
  const bool protobuf =
      !ranges.empty() && ranges.front().type.find("proto-openapi") != std::string::npos;
  if (!protobuf) {
    return {.body = cached("v2", [] { return openapi_document(OpenApi::v2, "").dump(); })};
  }
  return {.content_type = kProtobuf, .body = cached("v2 protobuf", [] {
                                       return openapi_protobuf(openapi_document(OpenApi::v2, ""));
                                     })};
}

}  // namespace

json openapi_document(OpenApi version, const std::string& api_version) {
  std::vector<const KindInfo*> wanted;
  for (const KindInfo& kind : kinds()) {
    if (api_version.empty() || kind.api_version == api_version) wanted.push_back(&kind);
  }
  json out = {{"info", {{"title", "weir"}, {"version", "v1"}}}, {"paths", paths(version, wanted)}};
  if (version == OpenApi::v2) {
    out["swagger"] = "2.0";
    out["definitions"] = schemas(version, wanted);
  } else {
    out["openapi"] = "3.0.0";
    out["components"] = {{"schemas", schemas(version, wanted)}};
  }
  return out;
}

std::optional<Response> openapi(const Request& request) {
  const auto& path = request.path;
  if (path.size() < 2 || path[0] != "openapi") return std::nullopt;
  if (path[1] == "v2" && path.size() == 2) return v2_document(request);
  if (path[1] != "v3") return std::nullopt;
  return path.size() == 2 ? v3_index() : v3_document(request);
}

}  // namespace weir::rest
