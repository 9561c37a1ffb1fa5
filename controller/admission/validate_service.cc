#include <set>

#include "controller/admission/validate.h"
#include "controller/admission/validate_names.h"

namespace weir {
namespace {

constexpr std::int64_t kNodePortFirst = 30000;
constexpr std::int64_t kNodePortLast = 32767;

bool is_headless(const api::ServiceSpec& spec) { return spec.clusterIP == "None"; }

void validate_target(const api::ServicePort& port, const std::string& path, Causes& causes) {
  if (!port.targetPort) return;
  const std::string target = at(path, "targetPort");
  if (port.targetPort->is_string) {
    causes.check(target, port.targetPort->text, port_name_problem(port.targetPort->text));
  } else if (const std::int64_t number = port.targetPort->number; number < 1 || number > 65535) {
    causes.invalid(target, shown(number), "must be between 1 and 65535, inclusive");
  }
}

void validate_node_port(const api::ServiceSpec& spec, const api::ServicePort& port,
                        const std::string& path, Causes& causes) {
  if (port.nodePort == 0) return;
  const std::string where = at(path, "nodePort");
  if (spec.type != "NodePort" && spec.type != "LoadBalancer") {
    causes.forbidden(where, "may not be used when `type` is '" + spec.type + "'");
  } else if (port.nodePort < kNodePortFirst || port.nodePort > kNodePortLast) {
    causes.invalid(where, shown(port.nodePort),
                   "provided port is not in the valid range. The range of valid ports is " +
                       std::to_string(kNodePortFirst) + "-" + std::to_string(kNodePortLast));
  }
}

void validate_port(const api::ServiceSpec& spec, const api::ServicePort& port,
                   const std::string& path, Causes& causes) {
  if (port.name.empty()) {
    if (spec.ports.size() > 1) causes.required(at(path, "name"));
  } else {
    causes.check(at(path, "name"), port.name, dns_label_problem(port.name));
  }
  validate_target(port, path, causes);
  validate_node_port(spec, port, path, causes);
}

}  // namespace

void validate_service(const api::ServiceSpec& spec, Causes& causes) {
  const bool external = spec.type == "ExternalName";
  if (external && spec.externalName.empty()) causes.required("spec.externalName");
  if (external && !spec.externalName.empty()) {
    std::string_view name = spec.externalName;
    if (name.ends_with('.')) name.remove_suffix(1);
    causes.check("spec.externalName", spec.externalName, dns_subdomain_problem(name));
  }
  if (external && is_headless(spec)) {
    causes.forbidden("spec.clusterIP", "may not be set when `type` is 'ExternalName'");
  }
  if (spec.ports.empty() && !external && !is_headless(spec)) causes.required("spec.ports");
  if (is_headless(spec) && (spec.type == "NodePort" || spec.type == "LoadBalancer")) {
    causes.invalid("spec.clusterIP", shown(spec.clusterIP),
                   "may not be set to 'None' for " + spec.type + " services");
  }
  validate_labels(spec.selector, "spec.selector", causes);
  std::set<std::string> names;
  std::set<std::string> ports;
  for (std::size_t i = 0; i < spec.ports.size() && !causes.full(); ++i) {
    const api::ServicePort& port = spec.ports[i];
    const std::string path = at("spec.ports", i);
    validate_port(spec, port, path, causes);
    if (!port.name.empty() && !names.insert(port.name).second) {
      causes.duplicate(at(path, "name"), shown(port.name));
    }
    const std::string number = std::to_string(port.port) + "/" + port.protocol;
    if (!ports.insert(number).second) causes.duplicate(path, shown(number));
  }
}

}  // namespace weir
