#include "controller/api/route.h"

#include <algorithm>
#include <span>

namespace weir::rest {
namespace {

using Segments = std::span<const std::string>;

const KindInfo* find_kind(std::string_view group, std::string_view version,
                          std::string_view plural) {
  for (const KindInfo& info : kinds()) {
    if (info.group == group && info.version == version && info.plural == plural) return &info;
  }
  return nullptr;
}

// `rest` begins with the plural name.
std::optional<Route> resource(std::string_view group, std::string_view version, std::string ns,
                              Segments rest) {
  const KindInfo* info = find_kind(group, version, rest[0]);
  if (!info || rest.size() > 3) return std::nullopt;
  // A namespaced object has a namespace; only its collection may be asked for over all of them.
  const bool misplaced = info->namespaced ? ns.empty() && rest.size() > 1 : !ns.empty();
  if (misplaced) return std::nullopt;
  Route route{.kind = info->kind, .ns = std::move(ns)};
  if (rest.size() > 1) route.name = rest[1];
  if (rest.size() > 2) route.subresource = rest[2];
  if (verbs_of(*info, route.subresource).empty()) return std::nullopt;
  return route;
}

}  // namespace

std::optional<Route> route_of(const std::vector<std::string>& path) {
  Segments rest(path);
  if (rest.size() < 3) return std::nullopt;
  const bool core = rest[0] == "api";
  if (!core && (rest[0] != "apis" || rest.size() < 4)) return std::nullopt;
  const std::string_view group = core ? std::string_view() : std::string_view(rest[1]);
  const std::string_view version = rest[core ? 1 : 2];
  rest = rest.subspan(core ? 2 : 3);
  // namespaces/NS/PLURAL… is a namespaced resource, unless it is namespaces/NS/status.
  if (rest.size() >= 3 && rest[0] == "namespaces") {
    if (auto inside = resource(group, version, rest[1], rest.subspan(2))) return inside;
  }
  return resource(group, version, "", rest);
}

std::vector<std::string> subresources_of(const KindInfo& info) {
  std::vector<std::string> out;
  if (info.kind == Kind::Pod) out = {"log", "portforward"};
  if (info.scale_subresource) out.emplace_back("scale");
  if (info.status_subresource) out.emplace_back("status");
  return out;
}

std::vector<std::string> verbs_of(const KindInfo& info, const std::string& subresource) {
  if (subresource.empty()) {
    return {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"};
  }
  const auto known = subresources_of(info);
  if (std::find(known.begin(), known.end(), subresource) == known.end()) return {};
  if (subresource == "log") return {"get"};
  if (subresource == "portforward") return {"create", "get"};
  return {"get", "patch", "update"};
}

}  // namespace weir::rest
