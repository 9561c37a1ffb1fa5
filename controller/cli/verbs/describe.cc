// weir describe: one object in full, with what belongs to it and what happened to it.

#include "controller/cli/text/describe.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"
#include "controller/cli/text/rollout_history.h"
#include "controller/cli/text/rollout_status.h"
#include "controller/cli/text/selector.h"
#include "controller/cli/verbs/targets.h"
#include "controller/cli/verbs/verbs.h"

namespace weir::cli {
namespace {

// The objects of a folder that `owner` controls, among those that its selector matches.
Result<std::vector<json>> controlled(Session& session, const std::string& folder,
                                     const json& owner) {
  TRY(const json list,
      session.client.get(folder,
                         {{"labelSelector", selector_text(at(owner, {"spec", "selector"}), "")}}));
  std::vector<json> out;
  for (const json& object : items(at(list, {"items"}))) {
    if (controlled_by(object, owner)) out.push_back(object);
  }
  return out;
}

Result<std::vector<json>> events_about(Session& session, const json& object) {
  const std::string own = namespace_of(object);
  const std::string folder = "/api/v1/namespaces/" + escape(own.empty() ? "default" : own);
  TRY(const json list,
      session.client.get(
          folder + "/events",
          {{"fieldSelector", "involvedObject.kind=" + text(object, {"kind"}) +
                                 ",involvedObject.name=" + name_of(object) +
                                 ",involvedObject.uid=" + text(object, {"metadata", "uid"})}}));
  return items(at(list, {"items"}));
}

Result<std::string> describe_one(Session& session, const Target& target, bool show_events) {
  TRY(const json object, session.client.get(target.path()));
  const std::string folder = "/namespaces/" + escape(target.namespace_name);
  std::vector<json> events, replica_sets, pods;
  if (target.resource.kind == "Deployment") {
    TRY(replica_sets, controlled(session, "/apis/apps/v1" + folder + "/replicasets", object));
    std::stable_sort(replica_sets.begin(), replica_sets.end(),
                     [](const json& a, const json& b) { return revision_of(a) < revision_of(b); });
  }
  if (target.resource.kind == "ReplicaSet") {
    TRY(pods, controlled(session, "/api/v1" + folder + "/pods", object));
  }
  if (show_events) {
    TRY(events, events_about(session, object));
  }
  return describe_object({.object = object,
                          .events = events,
                          .replica_sets = replica_sets,
                          .pods = pods,
                          .show_events = show_events,
                          .now = session.io.now()});
}

}  // namespace

Result<int> describe(Session& session, const DescribeOptions& options) {
  Outcome outcome(session.io.err);
  std::vector<Target> targets;
  if (!options.manifests.empty()) {
    targets = targets_of(session, options.manifests, outcome);
  } else {
    TRY(targets, targets_of(session, {options.what, options.all_namespaces}));
    const bool lists = std::all_of(targets.begin(), targets.end(),
                                   [](const Target& target) { return target.name.empty(); });
    TRY(targets,
        expand_lists(session, std::move(targets), {.selector = options.selector, .all = lists}));
    if (targets.empty()) session.io.err << "No resources found" << std::endl;
  }
  bool first = true;
  for (const Target& target : targets) {
    const auto text = describe_one(session, target, options.show_events);
    if (!outcome.ok(text)) continue;
    session.io.out << (first ? "" : "\n\n") << *text << std::flush;
    first = false;
  }
  return outcome.exit_code();
}

}  // namespace weir::cli
