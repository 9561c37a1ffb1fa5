#include "controller/cli/text/describe.h"

#include <array>
#include <nlohmann/json.hpp>

#include "controller/cli/text/describe_parts.h"
#include "controller/cli/text/duration.h"
#include "controller/cli/text/rollout_history.h"
#include "controller/cli/text/rollout_status.h"
#include "controller/cli/text/selector.h"
#include "controller/cli/text/tab_writer.h"
#include "controller/json_path/json_path.h"
#include "reconcilers/base64.h"

namespace weir::cli {
namespace {

std::string count(const json& object, Names names, long otherwise = 0) {
  return std::to_string(number(object, names, otherwise));
}

void add_metadata(std::string& out, const json& object) {
  add_labels(out, "Labels", at(object, {"metadata", "labels"}));
  add_annotations(out, "Annotations", at(object, {"metadata", "annotations"}));
}

// "web-5d4f (3/3 replicas created)", those of the Deployment's revision or all the others.
std::string replica_sets_text(const Described& described, bool newest) {
  std::string out;
  for (const json& replica_set : described.replica_sets) {
    if ((revision_of(replica_set) == revision_of(described.object)) != newest) continue;
    out += (out.empty() ? "" : ", ") + name_of(replica_set) + " (" +
           count(replica_set, {"status", "replicas"}) + "/" +
           count(replica_set, {"spec", "replicas"}, 1) + " replicas created)";
  }
  return or_none(out);
}

void describe_deployment(std::string& out, const Described& described) {
  const json& object = described.object;
  const json& status = at(object, {"status"});
  add_name(out, object);
  out += "CreationTimestamp:\t" + rfc1123(text(object, {"metadata", "creationTimestamp"})) + "\n";
  add_metadata(out, object);
  out += "Selector:\t" + selector_text(at(object, {"spec", "selector"})) + "\n";
  out += "Replicas:\t" + count(object, {"spec", "replicas"}, 1) + " desired | " +
         count(status, {"updatedReplicas"}) + " updated | " + count(status, {"replicas"}) +
         " total | " + count(status, {"availableReplicas"}) + " available | " +
         count(status, {"unavailableReplicas"}) + " unavailable\n";
  out += "StrategyType:\t" + text(object, {"spec", "strategy", "type"}) + "\n";
  out += "MinReadySeconds:\t" + count(object, {"spec", "minReadySeconds"}) + "\n";
  if (const json& rolling = at(object, {"spec", "strategy", "rollingUpdate"});
      rolling.is_object()) {
    out += "RollingUpdateStrategy:\t" + plain_text(at(rolling, {"maxUnavailable"})) +
           " max unavailable, " + plain_text(at(rolling, {"maxSurge"})) + " max surge\n";
  }
  out += "Pod Template:\n";
  add_template(out, at(object, {"spec", "template"}));
  add_conditions(out, at(status, {"conditions"}), true);
  out += "OldReplicaSets:\t" + replica_sets_text(described, false) + "\n";
  out += "NewReplicaSet:\t" + replica_sets_text(described, true) + "\n";
}

void describe_replica_set(std::string& out, const Described& described) {
  const json& object = described.object;
  long running = 0, waiting = 0, succeeded = 0, failed = 0;
  for (const json& pod : described.pods) {
    const std::string phase = text(pod, {"status", "phase"});
    if (phase == "Running") ++running;
    if (phase == "Pending") ++waiting;
    if (phase == "Succeeded") ++succeeded;
    if (phase == "Failed") ++failed;
  }
  add_name(out, object);
  out += "Selector:\t" + selector_text(at(object, {"spec", "selector"})) + "\n";
  add_metadata(out, object);
  add_controller(out, object);
  out += "Replicas:\t" + count(object, {"status", "replicas"}) + " current / " +
         count(object, {"spec", "replicas"}, 1) + " desired\n";
  out += "Pods Status:\t" + std::to_string(running) + " Running / " + std::to_string(waiting) +
         " Waiting / " + std::to_string(succeeded) + " Succeeded / " + std::to_string(failed) +
         " Failed\n";
  out += "Pod Template:\n";
  add_template(out, at(object, {"spec", "template"}));
  add_conditions(out, at(object, {"status", "conditions"}), true);
}

void add_pod_status(std::string& out, const Described& described) {
  const json& object = described.object;
  const json& status = at(object, {"status"});
  if (const std::string deleted = text(object, {"metadata", "deletionTimestamp"});
      !deleted.empty()) {
    out += "Status:\tTerminating (lasts " + age(deleted, described.now) + ")\n";
    out += "Termination Grace Period:\t" +
           count(object, {"metadata", "deletionGracePeriodSeconds"}) + "s\n";
  } else {
    out += "Status:\t" + text(status, {"phase"}) + "\n";
  }
  for (const auto& [title, field] : {std::pair{"Reason", "reason"}, {"Message", "message"}}) {
    if (const std::string value = text(status, {field}); !value.empty()) {
      out += std::string(title) + ":\t" + value + "\n";
    }
  }
  out += "IP:\t" + text(status, {"podIP"}) + "\n";
  const auto& ips = items(at(status, {"podIPs"}));
  out += ips.empty() ? "IPs:\t<none>\n" : "IPs:\n";
  for (const json& ip : ips) out += "  IP:\t" + text(ip, {"ip"}) + "\n";
}

void describe_pod(std::string& out, const Described& described) {
  const json& object = described.object;
  const json& spec = at(object, {"spec"});
  const json& status = at(object, {"status"});
  add_name(out, object);
  if (at(spec, {"priority"}).is_number()) out += "Priority:\t" + count(spec, {"priority"}) + "\n";
  if (const std::string account = text(spec, {"serviceAccountName"}); !account.empty()) {
    out += "Service Account:\t" + account + "\n";
  }
  const std::string node = text(spec, {"nodeName"});
  out += "Node:\t" + (node.empty() ? "<none>" : node + "/" + text(status, {"hostIP"})) + "\n";
  if (const std::string start = text(status, {"startTime"}); !start.empty()) {
    out += "Start Time:\t" + rfc1123(start) + "\n";
  }
  add_metadata(out, object);
  add_pod_status(out, described);
  add_controller(out, object);
  if (!items(at(spec, {"initContainers"})).empty()) {
    add_containers(out, "Init Containers", at(spec, {"initContainers"}),
                   at(status, {"initContainerStatuses"}), kAtBorder);
  }
  add_containers(out, "Containers", at(spec, {"containers"}), at(status, {"containerStatuses"}),
                 kAtBorder);
  add_conditions(out, at(status, {"conditions"}), false);
  add_volumes(out, at(spec, {"volumes"}), kAtBorder);
  out += "QoS Class:\t" + text(status, {"qosClass"}) + "\n";
  add_scheduling(out, spec, "");
}

void describe_namespace(std::string& out, const Described& described) {
  add_name(out, described.object);
  add_metadata(out, described.object);
  out += "Status:\t" + text(described.object, {"status", "phase"}) + "\n";
  const auto& conditions = items(at(described.object, {"status", "conditions"}));
  if (!conditions.empty()) {
    out += "Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage\n";
    out += "  ----\t------\t------------------\t------\t-------\n";
  }
  for (const json& one : conditions) {
    out += "  " + text(one, {"type"}) + "\t" + text(one, {"status"}) + "\t" +
           rfc1123(text(one, {"lastTransitionTime"})) + "\t" + text(one, {"reason"}) + "\t" +
           text(one, {"message"}) + "\n";
  }
}

// The decoded size of a base64 text.
std::string bytes_of(const json& value) {
  const auto decoded = base64_decode(plain_text(value));
  return std::to_string(decoded ? decoded->size() : 0) + " bytes";
}

void describe_config_map(std::string& out, const Described& described) {
  add_name(out, described.object);
  add_metadata(out, described.object);
  out += "\nData\n====\n";
  for (const auto& [key, value] : members(at(described.object, {"data"}))) {
    out += key + ":\n----\n" + plain_text(value) + "\n\n";
  }
  out += "\nBinaryData\n====\n";
  for (const auto& [key, value] : members(at(described.object, {"binaryData"}))) {
    out += key + ": " + bytes_of(value) + "\n";
  }
  out += "\n";
}

// Sizes only: a Secret's bytes are never shown.
void describe_secret(std::string& out, const Described& described) {
  add_name(out, described.object);
  add_metadata(out, described.object);
  out += "\nType:\t" + text(described.object, {"type"}) + "\n\nData\n====\n";
  for (const auto& [key, value] : members(at(described.object, {"data"}))) {
    out += key + ":\t" + bytes_of(value) + "\n";
  }
}

struct Layout {
  const char* api_version;
  const char* kind;
  void (*describe)(std::string& out, const Described& described);
  bool events = true;
};

constexpr std::array kLayouts{
    Layout{"apps/v1", "Deployment", describe_deployment},
    Layout{"apps/v1", "ReplicaSet", describe_replica_set},
    Layout{"v1", "Pod", describe_pod},
    Layout{"v1", "ConfigMap", describe_config_map},
    Layout{"v1", "Secret", describe_secret, false},
    Layout{"v1", "Namespace", describe_namespace, false},
};

}  // namespace

std::string describe_object(const Described& described) {
  std::string out;
  const std::string api_version = text(described.object, {"apiVersion"});
  const std::string kind = text(described.object, {"kind"});
  for (const Layout& layout : kLayouts) {
    if (kind != layout.kind || api_version != layout.api_version) continue;
    layout.describe(out, described);
    if (layout.events && described.show_events) add_events(out, described.events, described.now);
    return align_tabs(out);
  }
  add_generic(out, described.object);
  if (described.show_events) add_events(out, described.events, described.now);
  return align_tabs(out);
}

std::string describe_template(const json& pod_template) {
  std::string out = "Pod Template:\n";
  add_template(out, pod_template);
  return align_tabs(out);
}

}  // namespace weir::cli
