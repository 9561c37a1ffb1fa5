#include "controller/cli/text/rollout_history.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"
#include "controller/cli/text/rollout_status.h"
#include "controller/cli/text/tab_writer.h"
#include "reconcilers/configuration.h"
#include "reconcilers/labels.h"

namespace weir::cli {
namespace {

constexpr std::array<std::string_view, 6> kBookkeeping{
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
};

bool is_bookkeeping(const std::string& annotation) {
  return std::find(kBookkeeping.begin(), kBookkeeping.end(), annotation) != kBookkeeping.end();
}

std::map<std::string, std::string> entries_of(const json& replica_set, const char* annotation) {
  return split(text(replica_set, {"metadata", "annotations", annotation}));
}

}  // namespace

bool controlled_by(const json& object, const json& owner) {
  const std::string uid = text(owner, {"metadata", "uid"});
  const auto& references = items(at(object, {"metadata", "ownerReferences"}));
  return std::any_of(references.begin(), references.end(), [&](const json& reference) {
    return flag(reference, {"controller"}) && text(reference, {"uid"}) == uid;
  });
}

std::string history_table(const std::vector<json>& replica_sets) {
  if (replica_sets.empty()) return "No rollout history found.";
  std::string rows = "REVISION\tCHANGE-CAUSE\n";
  for (const json& replica_set : replica_sets) {
    const std::string cause =
        text(replica_set, {"metadata", "annotations", "kubernetes.io/change-cause"});
    rows +=
        std::to_string(revision_of(replica_set)) + "\t" + (cause.empty() ? "<none>" : cause) + "\n";
  }
  return align_tabs(rows);
}

Result<json> rollback_target(const json& deployment, const std::vector<json>& replica_sets,
                             std::int64_t revision) {
  std::int64_t newest = 0, before = 0;
  for (const json& replica_set : replica_sets) {
    const std::int64_t own = revision_of(replica_set);
    if (own > newest) {
      before = newest;
      newest = own;
    } else if (own > before && own < newest) {
      before = own;
    }
  }
  if (revision == 0 && before == 0) {
    return fail(Code::not_found,
                "error: no rollout history found for deployment \"" + name_of(deployment) + "\"");
  }
  const std::int64_t wanted = revision == 0 ? before : revision;
  for (const json& replica_set : replica_sets) {
    if (revision_of(replica_set) == wanted) return replica_set;
  }
  return fail(Code::not_found,
              "error: unable to find specified revision " + std::to_string(wanted) + " in history");
}

json template_without_hash(const json& replica_set) {
  json out = at(replica_set, {"spec", "template"});
  if (at(out, {"metadata", "labels"}).is_object()) {
    out["metadata"]["labels"].erase("pod-template-hash");
    out["metadata"]["labels"].erase("rollouts-pod-template-hash");
  }
  return out;
}

json template_without_snapshots(json pod_template, const std::vector<json>& history) {
  std::map<std::string, std::string> originals;  // "ConfigMap/app-3f29" → "app"
  for (const json& replica_set : history) {
    for (const auto& [object, snapshot] : entries_of(replica_set, annotation::kConfiguration)) {
      const std::size_t slash = object.find('/');
      originals[object.substr(0, slash + 1) + snapshot] = object.substr(slash + 1);
    }
  }
  const auto rename = [&](json& source, const char* kind, const char* field) {
    if (!source.is_object() || !source.contains(field)) return;
    const auto found = originals.find(std::string(kind) + "/" + source[field].get<std::string>());
    if (found != originals.end()) source[field] = found->second;
  };
  const std::function<void(json&)> walk = [&](json& node) {
    if (node.is_object()) {
      for (auto& [key, value] : node.items()) {
        if (key == "configMapRef" || key == "configMapKeyRef" || key == "configMap") {
          rename(value, "ConfigMap", "name");
        }
        if (key == "secretRef" || key == "secretKeyRef" || key == "secret") {
          rename(value, "Secret", value.contains("secretName") ? "secretName" : "name");
        }
      }
    }
    if (node.is_structured()) {
      for (json& child : node) walk(child);
    }
  };
  if (pod_template.contains("spec")) {
    for (const char* part : {"initContainers", "containers", "volumes"}) {
      if (pod_template["spec"].contains(part)) walk(pod_template["spec"][part]);
    }
  }
  return pod_template;
}

std::string describe_configuration(const json& replica_set) {
  std::string text;
  const auto add = [&](const char* title, const char* annotation) {
    const auto entries = entries_of(replica_set, annotation);
    if (entries.empty()) return;
    text += std::string(title) + ":\n";
    std::string rows;
    for (const auto& [key, value] : entries) rows += "  " + key + "\t" + value + "\n";
    text += align_tabs(rows);
  };
  add("Configuration", annotation::kConfiguration);
  add("Image digests", annotation::kImageDigests);
  return text;
}

json rollback_annotations(const json& deployment, const json& replica_set) {
  json out = json::object();
  for (const auto& [key, value] : members(at(deployment, {"metadata", "annotations"}))) {
    if (is_bookkeeping(key)) out[key] = value;
  }
  for (const auto& [key, value] : members(at(replica_set, {"metadata", "annotations"}))) {
    if (!is_bookkeeping(key)) out[key] = value;
  }
  return out;
}

}  // namespace weir::cli
