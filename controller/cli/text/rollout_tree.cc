#include "controller/cli/text/rollout_tree.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "controller/cli/text/duration.h"
#include "controller/cli/text/fields.h"
#include "controller/cli/text/rollout_history.h"
#include "controller/cli/text/rollout_status.h"
#include "controller/cli/text/tab_writer.h"

namespace weir::cli {
namespace {

std::string icon(const std::string& status) {
  static const std::map<std::string, std::string> kIcons{
      {"Healthy", "✔"},     {"Running", "✔"},  {"Successful", "✔"}, {"Inconclusive", "?"},
      {"Paused", "॥"},      {"Degraded", "✖"}, {"Failed", "✖"},     {"Error", "⚠"},
      {"Progressing", "◌"}, {"Pending", "◌"},  {"ScaledDown", "•"}, {"Terminating", "◌"}};
  const auto found = kIcons.find(status);
  return (found == kIcons.end() ? "◌" : found->second) + " " + status;
}

std::string hash_of(const json& replica_set) {
  const std::string hash = text(replica_set, {"metadata", "labels", "rollouts-pod-template-hash"});
  return hash.empty() ? text(replica_set, {"metadata", "labels", "pod-template-hash"}) : hash;
}

// The ReplicaSets of a Deployment that is rolled out by weights are its own; its Rollout sizes
// them.
bool is_of(const json& set, const json& workload) {
  if (controlled_by(set, workload)) return true;
  return std::any_of(items(at(workload, {"metadata", "ownerReferences"})).begin(),
                     items(at(workload, {"metadata", "ownerReferences"})).end(),
                     [&](const json& owner) {
                       return text(owner, {"kind"}) == "Deployment" &&
                              controlled_by(set, {{"metadata", {{"uid", text(owner, {"uid"})}}}});
                     });
}

std::string age_of(const json& object, Time now) {
  return age(text(object, {"metadata", "creationTimestamp"}), now);
}

std::string images_of(const json& replica_set) {
  std::string out;
  for (const json& container : items(at(replica_set, {"spec", "template", "spec", "containers"}))) {
    out += (out.empty() ? "" : ", ") + text(container, {"image"});
  }
  return out;
}

// What a revision is to its Rollout: stable, canary, active, preview.
std::string roles_of(const json& rollout, const json& replica_set) {
  const std::string hash = hash_of(replica_set);
  if (hash.empty() || text(rollout, {"kind"}) != "Rollout") return "";
  const json& status = at(rollout, {"status"});
  const bool canary = at(rollout, {"spec", "strategy", "canary"}).is_object();
  const bool stable = hash == text(status, {"stableRS"});
  std::string roles = stable ? "stable" : "";
  const auto add = [&](const char* role) {
    roles += (roles.empty() ? "" : ",") + std::string(role);
  };
  if (canary && !stable && hash == text(status, {"currentPodHash"})) add("canary");
  if (hash == text(status, {"blueGreen", "activeSelector"})) add("active");
  if (!stable && hash == text(status, {"blueGreen", "previewSelector"}) &&
      hash != text(status, {"blueGreen", "activeSelector"})) {
    add("preview");
  }
  return roles;
}

std::string replica_set_status(const json& set) {
  const long desired = number(set, {"spec", "replicas"});
  if (desired == 0 && number(set, {"status", "replicas"}) == 0) return "ScaledDown";
  return number(set, {"status", "availableReplicas"}) >= desired ? "Healthy" : "Progressing";
}

std::string pod_status(const json& pod) {
  if (!text(pod, {"metadata", "deletionTimestamp"}).empty()) return "Terminating";
  for (const json& container : items(at(pod, {"status", "containerStatuses"}))) {
    const std::string waiting = text(container, {"state", "waiting", "reason"});
    if (!waiting.empty()) return waiting;
  }
  return text(pod, {"status", "phase"});
}

std::string pod_info(const json& pod) {
  long ready = 0, all = 0, restarts = 0;
  for (const json& container : items(at(pod, {"status", "containerStatuses"}))) {
    ++all;
    ready += flag(container, {"ready"});
    restarts += number(container, {"restartCount"});
  }
  std::string info = "ready:" + std::to_string(ready) + "/" + std::to_string(all);
  if (restarts > 0) info += ",restarts:" + std::to_string(restarts);
  return info;
}

struct Standing {
  std::string phase = {};
  std::string message = {};
};

// A Deployment has no phase of its own: kubectl's words say where it stands.
Standing standing_of(const json& workload) {
  if (const std::string phase = text(workload, {"status", "phase"}); !phase.empty()) {
    return {phase, text(workload, {"status", "message"})};
  }
  if (text(workload, {"kind"}) == "Rollout") return {"Progressing", ""};
  const auto status = rollout_status(workload);
  if (!status) return {"Degraded", status.error().message};
  return {status->done ? "Healthy" : "Progressing", status->done ? "" : status->message};
}

std::string canary_lines(const json& rollout) {
  const json& canary = at(rollout, {"spec", "strategy", "canary"});
  const auto& steps = items(at(canary, {"steps"}));
  const long index = number(rollout, {"status", "currentStepIndex"});
  std::string out;
  if (!steps.empty()) {
    long set = 0;
    for (long i = 0; i <= index && i < std::ssize(steps); ++i) {
      set = number(steps[static_cast<std::size_t>(i)], {"setWeight"}, set);
    }
    if (index >= std::ssize(steps)) set = 100;
    if (flag(rollout, {"status", "abort"})) set = 0;
    out += "  Step:\t" + std::to_string(index) + "/" + std::to_string(steps.size()) + "\n";
    out += "  SetWeight:\t" + std::to_string(set) + "\n";
  }
  const json& weights = at(rollout, {"status", "canary", "weights"});
  if (weights.is_object()) {
    const bool settled =
        text(rollout, {"status", "stableRS"}) == text(rollout, {"status", "currentPodHash"});
    const long actual = settled ? 100 : number(weights, {"canary", "weight"});
    out += "  ActualWeight:\t" + std::to_string(actual) + "\n";
  }
  return out;
}

std::vector<const json*> owned_by(const std::vector<json>& objects, const json& owner) {
  std::vector<const json*> own;
  for (const json& object : objects) {
    if (controlled_by(object, owner)) own.push_back(&object);
  }
  return own;
}

// "Σ:canary": which template of an Experiment it is of.
std::string role_in_experiment(const json& set) {
  return "Σ:" + text(set, {"metadata", "annotations", "experiment.argoproj.io/template-name"});
}

// Of all that has pods, those of Experiments after the revisions.
std::string image_lines(const json& workload, const std::vector<json>& sets,
                        const TreeObjects& objects) {
  std::string lines;
  const auto add = [&](const json& set, const std::string& role) {
    if (number(set, {"status", "replicas"}) == 0) return;
    lines += (lines.empty() ? "Images:\t" : "\t") + images_of(set) +
             (role.empty() ? "" : " (" + role + ")") + "\n";
  };
  for (const json& set : sets) add(set, roles_of(workload, set));
  for (const json* experiment : owned_by(objects.experiments, workload)) {
    for (const json* set : owned_by(objects.replica_sets, *experiment)) {
      add(*set, role_in_experiment(*set));
    }
  }
  return lines;
}

std::string head_of(const json& workload, const std::vector<json>& sets,
                    const TreeObjects& objects) {
  const Standing standing = standing_of(workload);
  std::string out = "Name:\t" + name_of(workload) + "\nNamespace:\t" + namespace_of(workload) +
                    "\nStatus:\t" + icon(standing.phase) + "\n";
  if (!standing.message.empty()) out += "Message:\t" + standing.message + "\n";
  const bool canary = at(workload, {"spec", "strategy", "canary"}).is_object();
  const bool blue_green = at(workload, {"spec", "strategy", "blueGreen"}).is_object();
  out += "Strategy:\t" +
         (canary       ? std::string("Canary")
          : blue_green ? std::string("BlueGreen")
                       : text(workload, {"spec", "strategy", "type"})) +
         "\n";
  if (canary) out += canary_lines(workload);
  out += image_lines(workload, sets, objects);
  const auto count = [&](const char* field) {
    return std::to_string(number(workload, {"status", field}));
  };
  return out + "Replicas:\t\n  Desired:\t" +
         std::to_string(number(workload, {"spec", "replicas"}, 1)) + "\n  Current:\t" +
         count("replicas") + "\n  Updated:\t" + count("updatedReplicas") + "\n  Ready:\t" +
         count("readyReplicas") + "\n  Available:\t" + count("availableReplicas") + "\n";
}

// A line of the tree, and what stands below it.
struct Node {
  std::string name = {};
  std::string kind = {};
  std::string status = {};
  std::string age = {};
  std::string info = {};
  std::vector<Node> below = {};
};

std::string row(const std::string& name, const Node& node) {
  return name + "\t" + node.kind + "\t" + node.status + "\t" + node.age + "\t" + node.info + "\n";
}

std::string drawn(const std::vector<Node>& nodes, const std::string& stem = {}) {
  std::string rows;
  for (const Node& node : nodes) {
    const bool last = &node == &nodes.back();
    rows += row(stem + (last ? "└──" : "├──") + node.name, node);
    rows += drawn(node.below, stem + (last ? "   " : "│  "));
  }
  return rows;
}

// "✔ 5,✖ 1": the measurements of all its metrics.
std::string run_info(const json& run) {
  long good = 0, bad = 0, neither = 0, errors = 0;
  for (const json& result : items(at(run, {"status", "metricResults"}))) {
    good += number(result, {"successful"});
    bad += number(result, {"failed"});
    neither += number(result, {"inconclusive"});
    errors += number(result, {"error"});
  }
  std::string info;
  const auto add = [&](const char* icon, long count) {
    if (count > 0) info += (info.empty() ? "" : ",") + std::string(icon) + std::to_string(count);
  };
  add("✔ ", good);
  add("✖ ", bad);
  add("? ", neither);
  add("⚠ ", errors);
  return info;
}

Node node_of_pod(const json& pod, Time now) {
  return {.name = "□ " + name_of(pod),
          .kind = "Pod",
          .status = icon(pod_status(pod)),
          .age = age_of(pod, now),
          .info = pod_info(pod)};
}

Node node_of_set(const json& set, const std::string& info, const TreeObjects& objects, Time now) {
  Node node{.name = "⧉ " + name_of(set),
            .kind = "ReplicaSet",
            .status = icon(replica_set_status(set)),
            .age = age_of(set, now),
            .info = info};
  for (const json* pod : owned_by(objects.pods, set)) node.below.push_back(node_of_pod(*pod, now));
  return node;
}

std::string phase_of(const json& run) {
  const std::string phase = text(run, {"status", "phase"});
  return icon(phase.empty() ? "Pending" : phase);
}

Node node_of_run(const json& run, Time now) {
  return {.name = "α " + name_of(run),
          .kind = "AnalysisRun",
          .status = phase_of(run),
          .age = age_of(run, now),
          .info = run_info(run)};
}

Node node_of_experiment(const json& experiment, const TreeObjects& objects, Time now) {
  Node node{.name = "Σ " + name_of(experiment),
            .kind = "Experiment",
            .status = phase_of(experiment),
            .age = age_of(experiment, now)};
  for (const json* set : owned_by(objects.replica_sets, experiment)) {
    node.below.push_back(node_of_set(*set, role_in_experiment(*set), objects, now));
  }
  for (const json* run : owned_by(objects.analysis_runs, experiment)) {
    node.below.push_back(node_of_run(*run, now));
  }
  return node;
}

// One revision: its ReplicaSet, then its Experiments, then its AnalysisRuns.
Node node_of_revision(const json& workload, const json& set, const TreeObjects& objects, Time now) {
  Node node{.name = "# revision:" + std::to_string(revision_of(set))};
  node.below.push_back(node_of_set(set, roles_of(workload, set), objects, now));
  for (const json* one : owned_by(objects.experiments, workload)) {
    if (revision_of(*one) != revision_of(set)) continue;
    node.below.push_back(node_of_experiment(*one, objects, now));
  }
  for (const json* run : owned_by(objects.analysis_runs, workload)) {
    if (revision_of(*run) == revision_of(set)) node.below.push_back(node_of_run(*run, now));
  }
  return node;
}

}  // namespace

std::string rollout_tree(const json& workload, const TreeObjects& objects, Time now) {
  std::vector<json> sets;
  std::copy_if(objects.replica_sets.begin(), objects.replica_sets.end(), std::back_inserter(sets),
               [&](const json& set) { return is_of(set, workload); });
  std::stable_sort(sets.begin(), sets.end(),
                   [](const json& a, const json& b) { return revision_of(a) > revision_of(b); });
  std::vector<Node> revisions;
  for (const json& set : sets) {
    revisions.push_back(node_of_revision(workload, set, objects, now));
  }
  const Node titles{.kind = "KIND", .status = "STATUS", .age = "AGE", .info = "INFO"};
  const Node top{.kind = text(workload, {"kind"}),
                 .status = icon(standing_of(workload).phase),
                 .age = age_of(workload, now)};
  const std::string rows =
      row("NAME", titles) + row("⟳ " + name_of(workload), top) + drawn(revisions);
  return align_tabs(head_of(workload, sets, objects)) + "\n" + align_tabs(rows);
}

}  // namespace weir::cli
