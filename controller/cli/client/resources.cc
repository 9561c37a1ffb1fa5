#include "controller/cli/client/resources.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "controller/cli/client/files.h"
#include "controller/cli/text/fields.h"

namespace weir::cli {
namespace {

using nlohmann::json;

constexpr const char* kAcceptDiscovery =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::vector<std::string> strings(const json& list) {
  std::vector<std::string> out;
  for (const json& item : items(list)) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool called(const Resource& resource, std::string_view word) {
  return resource.plural == word || resource.singular == word || lower(resource.kind) == word ||
         contains(resource.short_names, word);
}

// A group in the aggregated form, one version of it.
void add_aggregated(std::vector<Resource>& out, const std::string& group, const json& version) {
  for (const json& one : items(at(version, {"resources"}))) {
    Resource resource{.group = group,
                      .version = text(version, {"version"}),
                      .plural = text(one, {"resource"}),
                      .singular = text(one, {"singularResource"}),
                      .kind = text(one, {"responseKind", "kind"}),
                      .namespaced = text(one, {"scope"}) != "Cluster",
                      .short_names = strings(at(one, {"shortNames"})),
                      .categories = strings(at(one, {"categories"})),
                      .verbs = strings(at(one, {"verbs"}))};
    if (resource.singular.empty()) resource.singular = lower(resource.kind);
    out.push_back(std::move(resource));
  }
}

Result<json> get(Http& http, const std::string& path) {
  TRY(const Reply reply, http.send({.path = path, .accept = kAcceptDiscovery}));
  return read_reply(reply.body);
}

// The classic form names only groups (or versions) at the root; each version is asked for.
Result<bool> add_classic(Http& http, const json& root, std::vector<Resource>& out) {
  std::vector<std::string> paths;
  for (const json& version : items(at(root, {"versions"}))) {
    if (version.is_string()) paths.push_back("/api/" + version.get<std::string>());
  }
  for (const json& group : items(at(root, {"groups"}))) {
    for (const json& version : items(at(group, {"versions"}))) {
      paths.push_back("/apis/" + text(version, {"groupVersion"}));
    }
  }
  for (const std::string& path : paths) {
    TRY(const json list, get(http, path));
    std::vector<Resource> more = resources_of_classic(list);
    std::move(more.begin(), more.end(), std::back_inserter(out));
  }
  return true;
}

}  // namespace

std::string Resource::api_version() const {
  return group.empty() ? version : group + "/" + version;
}
std::string Resource::name() const { return group.empty() ? plural : plural + "." + group; }
std::string Resource::singular_name() const {
  return group.empty() ? singular : singular + "." + group;
}

std::string Resource::path(const std::string& namespace_name,
                           const std::string& object_name) const {
  std::string path = group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
  if (namespaced && !namespace_name.empty()) path += "/namespaces/" + escape(namespace_name);
  path += "/" + plural;
  if (!object_name.empty()) path += "/" + escape(object_name);
  return path;
}

Result<Resource> Resources::named(std::string_view word) const {
  const std::string wanted = lower(word);
  for (const Resource& resource : all_) {
    if (called(resource, wanted)) return resource;
  }
  const std::size_t dot = wanted.find('.');
  if (dot != std::string::npos) {
    const std::string rest = wanted.substr(dot + 1);
    for (const Resource& resource : all_) {
      if (!called(resource, wanted.substr(0, dot))) continue;
      if (rest == resource.group || rest == resource.version + "." + resource.group)
        return resource;
    }
  }
  return fail(Code::not_found,
              "error: the server doesn't have a resource type \"" + std::string(word) + "\"");
}

Result<Resource> Resources::of(const std::string& api_version, const std::string& kind) const {
  for (const Resource& resource : all_) {
    if (resource.kind == kind && resource.api_version() == api_version) return resource;
  }
  return fail(Code::not_found,
              "no matches for kind \"" + kind + "\" in version \"" + api_version + "\"");
}

std::vector<Resource> Resources::in_category(std::string_view category) const {
  std::vector<Resource> out;
  std::copy_if(all_.begin(), all_.end(), std::back_inserter(out),
               [&](const Resource& resource) { return contains(resource.categories, category); });
  return out;
}

std::vector<Resource> resources_of_aggregated(const json& group_list) {
  std::vector<Resource> out;
  for (const json& group : items(at(group_list, {"items"}))) {
    for (const json& version : items(at(group, {"versions"}))) {
      add_aggregated(out, text(group, {"metadata", "name"}), version);
    }
  }
  return out;
}

std::vector<Resource> resources_of_classic(const json& resource_list) {
  std::vector<Resource> out;
  const std::string group_version = text(resource_list, {"groupVersion"});
  const std::size_t slash = group_version.find('/');
  const std::string group = slash == std::string::npos ? "" : group_version.substr(0, slash);
  const std::string version =
      slash == std::string::npos ? group_version : group_version.substr(slash + 1);
  for (const json& one : items(at(resource_list, {"resources"}))) {
    Resource resource{.group = group,
                      .version = version,
                      .plural = text(one, {"name"}),
                      .singular = text(one, {"singularName"}),
                      .kind = text(one, {"kind"}),
                      .namespaced = flag(one, {"namespaced"}),
                      .short_names = strings(at(one, {"shortNames"})),
                      .categories = strings(at(one, {"categories"})),
                      .verbs = strings(at(one, {"verbs"}))};
    if (resource.plural.find('/') != std::string::npos) continue;  // a subresource
    if (resource.singular.empty()) resource.singular = lower(resource.kind);
    out.push_back(std::move(resource));
  }
  return out;
}

Result<Resources> discover(Http& http) {
  std::vector<Resource> all;
  for (const char* root_path : {"/api", "/apis"}) {
    TRY(const json root, get(http, root_path));
    if (text(root, {"kind"}) == "APIGroupDiscoveryList") {
      std::vector<Resource> more = resources_of_aggregated(root);
      std::move(more.begin(), more.end(), std::back_inserter(all));
    } else {
      TRY_VOID(add_classic(http, root, all));
    }
  }
  return Resources(std::move(all));
}

}  // namespace weir::cli
