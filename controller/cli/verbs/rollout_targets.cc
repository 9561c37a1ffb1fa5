#include "controller/cli/verbs/rollout_targets.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"

namespace weir::cli {
namespace {

Result<std::vector<Target>> targets(Session& session, const RolloutOptions& options,
                                    const RolloutKinds& kinds, Outcome& outcome) {
  const auto steered = [&](const Target& target) {
    return std::find(kinds.begin(), kinds.end(), target.resource.kind) != kinds.end();
  };
  std::vector<Target> found;
  if (!options.manifests.empty()) {
    found = targets_of(session, options.manifests, outcome);
    std::erase_if(found, [&](const Target& target) { return !steered(target); });
  } else {
    if (options.what.empty()) {
      return fail(Code::bad_request, "required resource not specified, as in deploy/web");
    }
    TRY(found, targets_of(session, {.what = options.what}));
    const bool lists = std::all_of(found.begin(), found.end(),
                                   [](const Target& target) { return target.name.empty(); });
    TRY(found,
        expand_lists(session, std::move(found), {.selector = options.selector, .all = lists}));
  }
  for (const Target& target : found) {
    if (!steered(target)) {
      return fail(Code::unsupported,
                  "error: " + target.resource.name() + " \"" + target.name +
                      "\" has no rollout; give a " +
                      (kinds.size() == 1 ? "rollout" : "deployment or a rollout"));
    }
  }
  if (found.empty() && outcome.exit_code() == 0) {
    return fail(Code::not_found,
                kinds.size() == 1 ? "error: no rollouts found" : "error: no deployments found");
  }
  return found;
}

}  // namespace

Result<int> for_each_rollout(Session& session, const RolloutOptions& options,
                             const RolloutKinds& kinds,
                             const std::function<Result<bool>(const Target&)>& one) {
  Outcome outcome(session.io.err);
  TRY(const std::vector<Target> found, targets(session, options, kinds, outcome));
  for (const Target& target : found) {
    const Result<bool> done = one(target);
    if (!done && done.error().message == kInterrupted) return tl::unexpected(done.error());
    outcome.ok(done);
  }
  return outcome.exit_code();
}

Result<Target> steering(Session& session, const Target& target) {
  if (target.resource.kind != "Deployment") return target;
  TRY(const json deployment, session.client.get(target.path()));
  if (text(deployment, {"metadata", "annotations", "weir.dev/strategy"}).empty()) return target;
  TRY(std::vector<Target> found,
      targets_of(session, {.what = {"rollouts.argoproj.io/" + target.name}}));
  found.front().namespace_name = target.namespace_name;
  return found.front();
}

Result<Target> steered(Session& session, const Target& target) {
  TRY(Target rollout, steering(session, target));
  if (rollout.resource.kind == "Rollout") return rollout;
  return fail(Code::unsupported,
              "error: " + target.resource.name() + " \"" + target.name +
                  "\" is not rolled out by weights: annotate it with weir.dev/strategy=canary");
}

void say(Session& session, const Target& target, const std::string& what) {
  session.io.out << target.resource.singular_name() << "/" << target.name << " " << what
                 << std::endl;
}

Result<bool> patch(Session& session, const Target& target, const char* type,
                   const nlohmann::json& body) {
  TRY_VOID(session.client.call({.method = "PATCH",
                                .path = target.path(),
                                .query = {{"fieldManager", kFieldManager}},
                                .body = serialized(body),
                                .content_type = type}));
  return true;
}

}  // namespace weir::cli
