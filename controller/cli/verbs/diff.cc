// weir diff: the live object against what applying the manifest would make of it, as the server
// works it out in a dry run.

#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"
#include "controller/cli/text/output.h"
#include "controller/cli/text/unified_diff.h"
#include "controller/cli/verbs/difference.h"
#include "controller/cli/verbs/verbs.h"
#include "controller/yaml/yaml_text.h"

namespace weir::cli {
namespace {

constexpr int kDiffers = 1;
constexpr int kTrouble = 2;

// The values of a Secret are not shown, only whether they differ.
void mask_values(json& before, json& after, const char* member) {
  const json was = at(before, {member}), is = at(after, {member});
  for (const auto& [key, value] : members(was)) {
    const bool same = !members(is).contains(key) || at(is, {key.c_str()}) == value;
    before[member][key] = same ? "***" : "*** (before)";
  }
  for (const auto& [key, value] : members(is)) {
    const bool same = !members(was).contains(key) || at(was, {key.c_str()}) == value;
    after[member][key] = same ? "***" : "*** (after)";
  }
}

Result<std::string> difference(Session& session, const Manifest& manifest, const ServerApply& how) {
  TRY(const Target target, target_of(session, manifest));
  auto live = session.client.get(target.path());
  if (!live && live.error().code != Code::not_found) return tl::unexpected(live.error());
  TRY(json after, server_apply(session, target, manifest, how));
  json before = live ? *std::move(live) : json();
  hide_managed_fields(before);
  hide_managed_fields(after);
  // Only a write gives a new version; the dry run's is no difference.
  if (before.is_object()) {
    after["metadata"]["resourceVersion"] = at(before, {"metadata", "resourceVersion"});
  }
  if (target.resource.kind == "Secret") {
    mask_values(before, after, "data");
    mask_values(before, after, "stringData");
  }
  std::string api_version = target.resource.api_version();
  for (char& c : api_version) {
    if (c == '/') c = '.';
  }
  const std::string file =
      api_version + "." + target.resource.kind + "." + target.namespace_name + "." + target.name;
  return unified_diff(before.is_null() ? "" : to_yaml(before), to_yaml(after), "live/" + file,
                      "merged/" + file);
}

}  // namespace

Result<int> diff(Session& session, const DiffOptions& options) {
  return show_differences(session, read_manifests(options.manifests, session.io.in, session.io.err),
                          {.dry_run = true, .force = options.force_conflicts});
}

Result<int> show_differences(Session& session, const Manifests& manifests, const ServerApply& how) {
  Outcome outcome(session.io.err);
  for (const Error& error : manifests.errors) outcome.fail(error);
  bool differs = false;
  for (const Manifest& manifest : manifests.documents) {
    const auto text = difference(session, manifest, how);
    if (!outcome.ok(text)) continue;
    differs = differs || !text->empty();
    session.io.out << *text << std::flush;
  }
  if (outcome.exit_code() != 0) return kTrouble;
  return differs ? kDiffers : 0;
}

}  // namespace weir::cli
