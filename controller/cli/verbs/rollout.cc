// weir rollout status|history|undo|pause|resume|restart.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/cli/text/describe.h"
#include "controller/cli/text/duration.h"
#include "controller/cli/text/fields.h"
#include "controller/cli/text/rollout_history.h"
#include "controller/cli/text/rollout_status.h"
#include "controller/cli/text/selector.h"
#include "controller/cli/verbs/rollout_targets.h"
#include "controller/cli/verbs/rollout_watch.h"

namespace weir::cli {
namespace {

const RolloutKinds kSteered{"Deployment", "Rollout"};
constexpr const char* kRestartedAt = "kubectl.kubernetes.io/restartedAt";

tl::unexpected<Error> refuse(const Target& target, const std::string& why) {
  return fail(Code::conflict,
              "error: " + target.resource.name() + " \"" + target.name + "\" " + why);
}

// The ReplicaSets that the Deployment owns, oldest revision first.
Result<std::vector<json>> owned_replica_sets(Session& session, const Target& target,
                                             const json& deployment) {
  TRY(const json list,
      session.client.get(
          "/apis/apps/v1/namespaces/" + escape(target.namespace_name) + "/replicasets",
          {{"labelSelector", selector_text(at(deployment, {"spec", "selector"}), "")}}));
  std::vector<json> owned;
  for (const json& replica_set : items(at(list, {"items"}))) {
    if (controlled_by(replica_set, deployment)) owned.push_back(replica_set);
  }
  std::stable_sort(owned.begin(), owned.end(),
                   [](const json& a, const json& b) { return revision_of(a) < revision_of(b); });
  return owned;
}

Result<bool> set_paused(Session& session, const Target& target, bool paused) {
  TRY(const json deployment, session.client.get(target.path()));
  if (flag(deployment, {"spec", "paused"}) == paused) {
    return refuse(target, paused ? "is already paused" : "is not paused");
  }
  const json value = paused ? json(true) : json();
  TRY_VOID(patch(session, target, kMergePatch, {{"spec", {{"paused", value}}}}));
  say(session, target, paused ? "paused" : "resumed");
  return true;
}

Result<bool> undo_one(Session& session, const Target& target, const RolloutOptions& options) {
  TRY(const json deployment, session.client.get(target.path()));
  if (flag(deployment, {"spec", "paused"})) {
    return fail(Code::conflict,
                "error: you cannot rollback a paused deployment; resume it first with "
                "'weir rollout resume' and try again");
  }
  TRY(const std::vector<json> history, owned_replica_sets(session, target, deployment));
  TRY(const json old, rollback_target(deployment, history, options.revision));
  json old_template = template_without_hash(old);
  if (options.keep_config) {
    old_template = template_without_snapshots(std::move(old_template), history);
  }
  if (old_template == at(deployment, {"spec", "template"})) {
    say(session, target,
        "skipped rollback (current template already matches revision " +
            std::to_string(revision_of(old)) + ")");
    return true;
  }
  json changes =
      json::array({{{"op", "replace"}, {"path", "/spec/template"}, {"value", old_template}}});
  if (target.resource.kind == "Deployment") {
    changes.push_back({{"op", "replace"},
                       {"path", "/metadata/annotations"},
                       {"value", rollback_annotations(deployment, old)}});
  }
  TRY_VOID(patch(session, target, kJsonPatch, changes));
  say(session, target, "rolled back");
  return true;
}

}  // namespace

Result<int> rollout_status(Session& session, const RolloutOptions& options) {
  return for_each_rollout(session, options, kSteered, [&](const Target& target) {
    return watch_rollout(
        session, target,
        {.revision = options.revision, .watch = options.watch, .timeout = options.timeout});
  });
}

Result<int> rollout_history(Session& session, const RolloutOptions& options) {
  return for_each_rollout(session, options, kSteered, [&](const Target& target) -> Result<bool> {
    TRY(const json deployment, session.client.get(target.path()));
    TRY(const std::vector<json> history, owned_replica_sets(session, target, deployment));
    if (options.revision == 0) {
      say(session, target, "\n" + history_table(history));
      return true;
    }
    for (const json& replica_set : history) {
      if (revision_of(replica_set) != options.revision) continue;
      say(session, target,
          "with revision #" + std::to_string(options.revision) + "\n" +
              describe_template(at(replica_set, {"spec", "template"})) +
              describe_configuration(replica_set));
      return true;
    }
    return fail(Code::not_found, "error: unable to find the specified revision");
  });
}

Result<int> rollout_undo(Session& session, const RolloutOptions& options) {
  return for_each_rollout(session, options, kSteered,
                          [&](const Target& target) { return undo_one(session, target, options); });
}

Result<int> rollout_pause(Session& session, const RolloutOptions& options) {
  return for_each_rollout(session, options, kSteered,
                          [&](const Target& target) { return set_paused(session, target, true); });
}

Result<int> rollout_resume(Session& session, const RolloutOptions& options) {
  return for_each_rollout(session, options, kSteered,
                          [&](const Target& target) { return set_paused(session, target, false); });
}

Result<int> rollout_restart(Session& session, const RolloutOptions& options) {
  return for_each_rollout(session, options, kSteered, [&](const Target& target) -> Result<bool> {
    TRY(const json deployment, session.client.get(target.path()));
    if (flag(deployment, {"spec", "paused"})) {
      return refuse(target, "can't restart paused deployment (run rollout resume first)");
    }
    const std::string now = rfc3339(session.io.now());
    if (target.resource.kind == "Rollout") {
      TRY_VOID(patch(session, target, kMergePatch, {{"spec", {{"restartAt", now}}}}));
      say(session, target, "restarted");
      return true;
    }
    if (text(deployment, {"spec", "template", "metadata", "annotations", kRestartedAt}) == now) {
      return refuse(target,
                    "failed to create patch: if restart has already been triggered within the past "
                    "second, please wait before attempting to trigger another");
    }
    const json annotations{{kRestartedAt, now}};
    TRY_VOID(patch(session, target, kStrategicPatch,
                   {{"spec", {{"template", {{"metadata", {{"annotations", annotations}}}}}}}}));
    say(session, target, "restarted");
    return true;
  });
}

}  // namespace weir::cli
