#include "controller/admission/defaults.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "reconcilers/base64.h"

namespace weir {

using nlohmann::json;

namespace {

// Fields of a volume beside its source.
bool has_source(const json& volume) {
  for (const auto& [key, value] : volume.items()) {
    if (key != "name") return true;
  }
  return false;
}

void default_requests(json& container) {
  if (!container.contains("resources")) return;
  json& resources = container["resources"];
  if (!resources.contains("limits")) return;
  for (const auto& [name, limit] : resources["limits"].items()) {
    if (!resources["requests"].contains(name)) resources["requests"][name] = limit;
  }
}

void default_container(json& container, bool host_network) {
  if (container.value("imagePullPolicy", "").empty()) {
    container["imagePullPolicy"] = default_pull_policy(container.value("image", ""));
  }
  default_requests(container);
  if (!host_network || !container.contains("ports")) return;
  for (json& port : container["ports"]) {
    if (port.value("hostPort", 0) == 0) port["hostPort"] = port["containerPort"];
  }
}

void default_pod_spec(json& spec) {
  const bool host_network = spec.value("hostNetwork", false);
  for (const char* list : {"containers", "initContainers"}) {
    if (!spec.contains(list)) continue;
    for (json& container : spec[list]) default_container(container, host_network);
  }
  if (!spec.contains("volumes")) return;
  for (json& volume : spec["volumes"]) {
    if (!has_source(volume)) volume["emptyDir"] = json::object();
  }
}

void default_strategy(json& spec) {
  json& strategy = spec["strategy"];
  if (strategy["type"] == "RollingUpdate" && !strategy.contains("rollingUpdate")) {
    strategy["rollingUpdate"] = json::object();
  }
}

// One default hangs on another.
void default_job(json& spec) {
  const auto otherwise = [&](const char* field, json value) {
    if (!spec.contains(field)) spec[field] = std::move(value);
  };
  constexpr int kNoLimit = std::numeric_limits<std::int32_t>::max();
  if (!spec.contains("parallelism")) otherwise("completions", 1);
  otherwise("parallelism", 1);
  otherwise("backoffLimit", spec.contains("backoffLimitPerIndex") ? kNoLimit : 6);
  otherwise("podReplacementPolicy",
            spec.contains("podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
  otherwise("suspend", false);
}

void add_pod_defaults(json& spec) {
  if (spec.contains("template") && spec["template"].contains("spec")) {
    default_pod_spec(spec["template"]["spec"]);
  }
}

void add_template(json& document) { add_pod_defaults(document["spec"]); }

// Jobs that an analysis has made.
void default_metrics(json& spec) {
  if (!spec.contains("metrics")) return;
  for (json& metric : spec["metrics"]) {
    json& provider = metric["provider"];
    if (!provider.contains("job")) continue;
    default_job(provider["job"]["spec"]);
    add_template(provider["job"]);
  }
}

void merge_string_data(json& secret) {
  const auto plain = secret.find("stringData");
  if (plain == secret.end()) return;
  for (const auto& [key, value] : plain->items()) {
    secret["data"][key] = base64_encode(value.get_ref<const std::string&>());
  }
  secret.erase("stringData");
}

}  // namespace

std::string default_pull_policy(std::string_view image) {
  const std::size_t digest = image.find('@');
  const std::string_view name = image.substr(0, digest);
  const std::size_t slash = name.rfind('/'), colon = name.rfind(':');
  const bool has_tag =
      colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  const bool latest =
      has_tag ? name.substr(colon + 1) == "latest" : digest == std::string_view::npos;
  return latest ? "Always" : "IfNotPresent";
}

void apply_coded_defaults(Kind kind, json& document) {
  switch (kind) {
    case Kind::Deployment:
      default_strategy(document["spec"]);
      add_template(document);
      break;
    case Kind::AnalysisRun:
    case Kind::AnalysisTemplate:
    case Kind::ClusterAnalysisTemplate:
      default_metrics(document["spec"]);
      break;
    case Kind::Experiment:
      for (json& one : document["spec"]["templates"]) add_pod_defaults(one);
      break;
    case Kind::Job:
      default_job(document["spec"]);
      add_template(document);
      break;
    case Kind::ReplicaSet:
    case Kind::Rollout:
      add_template(document);
      break;
    case Kind::Pod:
      if (document.contains("spec")) default_pod_spec(document["spec"]);
      break;
    case Kind::Secret:
      merge_string_data(document);
      break;
    case Kind::Namespace:
      if (document["metadata"].contains("name")) {
        document["metadata"]["labels"]["kubernetes.io/metadata.name"] =
            document["metadata"]["name"];
      }
      break;
    default:
      break;
  }
}

void apply_initial_state(Kind kind, json& document) {
  if (kind == Kind::Pod) document["status"] = {{"phase", "Pending"}};
  if (kind == Kind::Namespace) {
    document["spec"]["finalizers"] = {"kubernetes"};
    document["status"] = {{"phase", "Active"}};
  }
}

}  // namespace weir
