// weir rollout get|promote|abort|retry: what kubectl's plugin for Argo Rollouts does, with the same
// patches.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "controller/cli/client/follow.h"
#include "controller/cli/text/fields.h"
#include "controller/cli/text/progress.h"
#include "controller/cli/text/rollout_tree.h"
#include "controller/cli/verbs/rollout_targets.h"
#include "controller/cli/verbs/rollout_watch.h"

namespace weir::cli {
namespace {

const RolloutKinds kSteered{"Deployment", "Rollout"};

Result<std::vector<json>> list(Client& client, const Target& target, const char* group,
                               const char* plural) {
  TRY(const json found, client.get(std::string(group) + "/namespaces/" +
                                   escape(target.namespace_name) + "/" + plural));
  return items(at(found, {"items"}));
}

Result<std::string> tree_of(Session& session, Client& client, const Target& target,
                            const json& workload) {
  TreeObjects objects;
  TRY(objects.replica_sets, list(client, target, "/apis/apps/v1", "replicasets"));
  TRY(objects.pods, list(client, target, "/api/v1", "pods"));
  TRY(objects.analysis_runs, list(client, target, "/apis/argoproj.io/v1alpha1", "analysisruns"));
  TRY(objects.experiments, list(client, target, "/apis/argoproj.io/v1alpha1", "experiments"));
  return rollout_tree(workload, objects, session.io.now());
}

Result<bool> get_one(Session& session, const Target& target, bool watch) {
  if (!watch) {
    TRY(const json workload, session.client.get(target.path()));
    TRY(const std::string tree, tree_of(session, session.client, target, workload));
    session.io.out << tree << std::flush;
    return true;
  }
  Client client = another_client(session);
  json workload;
  std::size_t lines = 0;
  std::string drawn;
  const auto draw = [&] {
    if (workload.is_null()) return;
    const auto tree = tree_of(session, client, target, workload);
    if (!tree || *tree == drawn) return;
    session.io.out << (session.io.terminal ? redraw(lines, *tree) : *tree + "\n") << std::flush;
    lines = static_cast<std::size_t>(std::count(tree->begin(), tree->end(), '\n'));
    drawn = *tree;
  };
  TRY_VOID(follow(session.client, target.resource, target.namespace_name, target.name, std::nullopt,
                  {.see =
                       [&](const json& object) {
                         workload = object;
                         draw();
                         return object.is_null();
                       },
                   .tick = draw}));
  return true;
}

// The subresource first, as the plugin does.
Result<bool> patch_status(Session& session, const Target& target, const json& status) {
  TRY_VOID(session.client.call({.method = "PATCH",
                                .path = target.path() + "/status",
                                .query = {{"fieldManager", kFieldManager}},
                                .body = serialized({{"status", status}}),
                                .content_type = kMergePatch}));
  return true;
}

Result<bool> promote_one(Session& session, const Target& target, bool full) {
  TRY(const json rollout, session.client.get(target.path()));
  const json& status = at(rollout, {"status"});
  if (flag(rollout, {"spec", "paused"})) {
    TRY_VOID(patch(session, target, kMergePatch, {{"spec", {{"paused", false}}}}));
  }
  if (full) {
    const bool done = text(status, {"currentPodHash"}) == text(status, {"stableRS"});
    if (!done) {
      TRY_VOID(patch_status(session, target, {{"promoteFull", true}}));
    }
    say(session, target, done ? "is promoted already" : "fully promoted");
    return true;
  }
  const auto& steps = items(at(rollout, {"spec", "strategy", "canary", "steps"}));
  const long index = number(status, {"currentStepIndex"});
  if (!items(at(status, {"pauseConditions"})).empty()) {
    TRY_VOID(patch_status(session, target, {{"pauseConditions", nullptr}}));
  } else if (index < std::ssize(steps)) {
    TRY_VOID(patch_status(session, target,
                          {{"pauseConditions", nullptr}, {"currentStepIndex", index + 1}}));
  } else {
    say(session, target, "has nothing to promote");
    return true;
  }
  say(session, target, "promoted");
  return true;
}

}  // namespace

Result<int> rollout_get(Session& session, const RolloutOptions& options) {
  return for_each_rollout(session, options, kSteered, [&](const Target& target) -> Result<bool> {
    TRY(const Target rollout, steering(session, target));
    return get_one(session, rollout, options.watch_tree);
  });
}

Result<int> rollout_promote(Session& session, const RolloutOptions& options) {
  return for_each_rollout(session, options, kSteered, [&](const Target& target) -> Result<bool> {
    TRY(const Target rollout, steered(session, target));
    if (target.resource.kind == "Deployment") {
      TRY(const json deployment, session.client.get(target.path()));
      if (flag(deployment, {"spec", "paused"})) {  // its Rollout is paused with it
        TRY_VOID(patch(session, target, kMergePatch, {{"spec", {{"paused", false}}}}));
        say(session, target, "resumed");
        if (!options.full) return true;
      }
    }
    return promote_one(session, rollout, options.full);
  });
}

Result<int> rollout_abort(Session& session, const RolloutOptions& options) {
  return for_each_rollout(session, options, kSteered, [&](const Target& target) -> Result<bool> {
    TRY(const Target rollout, steered(session, target));
    TRY_VOID(patch_status(session, rollout, {{"abort", true}}));
    say(session, rollout, "aborted");
    return true;
  });
}

Result<int> rollout_retry(Session& session, const RolloutOptions& options) {
  return for_each_rollout(session, options, kSteered, [&](const Target& target) -> Result<bool> {
    TRY(const Target rollout, steered(session, target));
    TRY_VOID(patch_status(session, rollout, {{"abort", false}}));
    say(session, rollout, "retried");
    return true;
  });
}

}  // namespace weir::cli
