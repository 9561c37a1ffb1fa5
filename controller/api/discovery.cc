#include "controller/api/discovery.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/api/accept.h"
#include "controller/api/route.h"
#include "controller/api/status.h"

namespace weir::rest {
namespace {

using nlohmann::json;

struct GroupVersion {
  std::string_view group;
  std::string_view version;
  std::string_view api_version;
};

// In the order of the kinds, each once.
std::vector<GroupVersion> group_versions() {
  std::vector<GroupVersion> out;
  for (const KindInfo& info : kinds()) {
    const bool known = std::any_of(out.begin(), out.end(), [&](const GroupVersion& g) {
      return g.api_version == info.api_version;
    });
    if (!known) {
      out.push_back(
          {.group = info.group, .version = info.version, .api_version = info.api_version});
    }
  }
  return out;
}

std::vector<std::string_view> groups() {
  std::vector<std::string_view> out;
  for (const GroupVersion& gv : group_versions()) {
    if (std::find(out.begin(), out.end(), gv.group) == out.end()) out.push_back(gv.group);
  }
  return out;
}

// What a reply to a subresource is: a Scale, or the kind itself. What becomes a stream has the kind
// of its options.
struct Reply {
  std::string_view group, version, kind;
};
Reply reply_kind(const KindInfo& info, const std::string& subresource) {
  if (subresource == "scale") return {.group = "autoscaling", .version = "v1", .kind = "Scale"};
  if (subresource == "portforward") return {"", "v1", "PodPortForwardOptions"};
  return {.group = info.group, .version = info.version, .kind = info.name};
}

// --- Classic -------------------------------------------------------------------------------------

json classic_resource(const KindInfo& info) {
  json out = {{"name", info.plural},
              {"singularName", info.singular},
              {"namespaced", info.namespaced},
              {"kind", info.name},
              {"verbs", verbs_of(info, "")}};
  if (!info.short_names.empty()) out["shortNames"] = info.short_names;
  if (!info.categories.empty()) out["categories"] = info.categories;
  return out;
}

json classic_subresource(const KindInfo& info, const std::string& subresource) {
  const Reply reply = reply_kind(info, subresource);
  json out = {{"name", std::string(info.plural) + "/" + subresource},
              {"singularName", ""},
              {"namespaced", info.namespaced},
              {"kind", reply.kind},
              {"verbs", verbs_of(info, subresource)}};
  if (reply.group != info.group) {
    out["group"] = reply.group;
    out["version"] = reply.version;
  }
  return out;
}

json resource_list(const GroupVersion& gv) {
  json resources = json::array();
  for (const KindInfo& info : kinds()) {
    if (info.api_version != gv.api_version) continue;
    resources.push_back(classic_resource(info));
    for (const std::string& subresource : subresources_of(info)) {
      resources.push_back(classic_subresource(info, subresource));
    }
  }
  return {{"kind", "APIResourceList"},
          {"apiVersion", "v1"},
          {"groupVersion", gv.api_version},
          {"resources", std::move(resources)}};
}

json group_object(std::string_view group) {
  json versions = json::array();
  for (const GroupVersion& gv : group_versions()) {
    if (gv.group != group) continue;
    versions.push_back({{"groupVersion", gv.api_version}, {"version", gv.version}});
  }
  return {{"name", group}, {"preferredVersion", versions.front()}, {"versions", versions}};
}

json group_list() {
  json list = json::array();
  for (const std::string_view group : groups()) {
    if (!group.empty()) list.push_back(group_object(group));
  }
  return {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(list)}};
}

json core_versions() {
  json versions = json::array();
  for (const GroupVersion& gv : group_versions()) {
    if (gv.group.empty()) versions.push_back(gv.version);
  }
  return {{"kind", "APIVersions"},
          {"versions", std::move(versions)},
          {"serverAddressByClientCIDRs", json::array()}};
}

// --- Aggregated ----------------------------------------------------------------------------------

json response_kind(const Reply& reply) {
  return {{"group", reply.group}, {"version", reply.version}, {"kind", reply.kind}};
}

json aggregated_resource(const KindInfo& info) {
  json out = {{"resource", info.plural},
              {"responseKind", response_kind(reply_kind(info, ""))},
              {"scope", info.namespaced ? "Namespaced" : "Cluster"},
              {"singularResource", info.singular},
              {"verbs", verbs_of(info, "")}};
  if (!info.short_names.empty()) out["shortNames"] = info.short_names;
  if (!info.categories.empty()) out["categories"] = info.categories;
  for (const std::string& subresource : subresources_of(info)) {
    out["subresources"].push_back({{"subresource", subresource},
                                   {"responseKind", response_kind(reply_kind(info, subresource))},
                                   {"verbs", verbs_of(info, subresource)}});
  }
  return out;
}

json aggregated_group(std::string_view group) {
  json versions = json::array();
  for (const GroupVersion& gv : group_versions()) {
    if (gv.group != group) continue;
    json resources = json::array();
    for (const KindInfo& info : kinds()) {
      if (info.api_version == gv.api_version) resources.push_back(aggregated_resource(info));
    }
    versions.push_back(
        {{"version", gv.version}, {"freshness", "Current"}, {"resources", std::move(resources)}});
  }
  return {{"metadata", {{"name", group}, {"creationTimestamp", nullptr}}},
          {"versions", std::move(versions)}};
}

// The version of apidiscovery.k8s.io that the client asks for first; empty: the classic form.
std::string aggregated_version(const Request& request) {
  for (const MediaRange& range : media_ranges(request.accept)) {
    if (range.type != "application/json") continue;
    const std::string version(range.parameter("v"));
    if (range.parameter("as").empty()) return "";
    if (range.parameter("as") == "APIGroupDiscoveryList" &&
        range.parameter("g") == "apidiscovery.k8s.io" &&
        (version == "v2" || version == "v2beta1")) {
      return version;
    }
  }
  return "";
}

Response aggregated(const std::string& version, bool core) {
  json items = json::array();
  for (const std::string_view group : groups()) {
    if (group.empty() == core) items.push_back(aggregated_group(group));
  }
  Response response = json_response({{"kind", "APIGroupDiscoveryList"},
                                     {"apiVersion", "apidiscovery.k8s.io/" + version},
                                     {"metadata", json::object()},
                                     {"items", std::move(items)}});
  response.content_type =
      "application/json;g=apidiscovery.k8s.io;v=" + version + ";as=APIGroupDiscoveryList";
  return response;
}

}  // namespace

std::optional<Response> discovery(const Request& request) {
  const auto& path = request.path;
  if (path.empty() || path.size() > 3 || (path[0] != "api" && path[0] != "apis")) return {};
  const bool core = path[0] == "api";
  if (path.size() == 1) {
    if (const std::string version = aggregated_version(request); !version.empty()) {
      return aggregated(version, core);
    }
    return json_response(core ? core_versions() : group_list());
  }
  if (!core && path.size() == 2) {
    const auto known = groups();
    if (std::find(known.begin(), known.end(), path[1]) == known.end()) return {};
    json group = group_object(path[1]);
    group.update({{"kind", "APIGroup"}, {"apiVersion", "v1"}});
    return json_response(group);
  }
  const std::string api_version = core ? path[1] : path[1] + "/" + path[2];
  for (const GroupVersion& gv : group_versions()) {
    const bool here = gv.group.empty() == core && path.size() == (core ? 2 : 3);
    if (here && gv.api_version == api_version) return json_response(resource_list(gv));
  }
  return {};
}

}  // namespace weir::rest
