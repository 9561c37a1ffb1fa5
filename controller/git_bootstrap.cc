#include "controller/git_bootstrap.h"

#include <nlohmann/json.hpp>

namespace weir {

using nlohmann::json;

namespace {

constexpr char kName[] = "flux-system";

Result<void> apply(const Writer& writer, Kind kind, const json& spec) {
  const KindInfo& kind_info = info(kind);
  json document = {{"apiVersion", std::string(kind_info.api_version)},
                   {"kind", std::string(kind_info.name)},
                   {"metadata", {{"name", kName}}}};
  if (kind_info.namespaced) document["metadata"]["namespace"] = kName;
  if (!spec.is_null()) document["spec"] = spec;
  const Key key{.kind = kind, .ns = kind_info.namespaced ? kName : "", .name = kName};
  const auto written =
      writer.patch(key, PatchType::apply, document, true, {.manager = "weir-bootstrap"});
  if (written) return {};
  return fail(written.error().code, "--git: " + written.error().message);
}

}  // namespace

Result<void> bootstrap(const GitBootstrap& git, const Writer& writer) {
  if (git.url.empty()) return {};
  json repository = {
      {"url", git.url}, {"interval", git.interval}, {"ref", {{"branch", git.branch}}}};
  if (!git.secret.empty()) repository["secretRef"] = {{"name", git.secret}};
  TRY_VOID(apply(writer, Kind::Namespace, json()));
  TRY_VOID(apply(writer, Kind::GitRepository, repository));
  return apply(writer, Kind::Kustomization,
               {{"interval", "10m"},
                {"path", git.path},
                {"prune", true},
                {"targetNamespace", "default"},
                {"sourceRef", {{"kind", "GitRepository"}, {"name", kName}}}});
}

}  // namespace weir
