#include "controller/cli/text/rollout_history.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"
#include "controller/cli/text/rollout_status.h"
#include "controller/cli/text/tab_writer.h"

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
