#include <algorithm>
#include <set>

#include "controller/admission/validate.h"
#include "controller/admission/validate_names.h"
#include "reconcilers/quantity.h"

namespace weir {
namespace {

// Fields of the pod that an environment variable can take its value from.
const std::vector<std::string> kFieldPaths = {"metadata.name",
                                              "metadata.namespace",
                                              "metadata.uid",
                                              "spec.nodeName",
                                              "spec.serviceAccountName",
                                              "status.hostIP",
                                              "status.hostIPs",
                                              "status.podIP",
                                              "status.podIPs"};
const std::vector<std::string> kResources = {
    "limits.cpu",   "limits.ephemeral-storage",   "limits.memory",
    "requests.cpu", "requests.ephemeral-storage", "requests.memory"};

void must_be_set(const std::string& path, const std::string& value, Causes& causes) {
  if (value.empty()) causes.required(path);
}

void validate_key_reference(const std::string& path, const std::string& name,
                            const std::string& key, Causes& causes) {
  must_be_set(at(path, "name"), name, causes);
  if (key.empty()) return causes.required(at(path, "key"));
  causes.check(at(path, "key"), key, config_key_problem(key));
}

void validate_field_path(const std::string& path, const std::string& field, Causes& causes) {
  if (field.empty()) return causes.required(path);
  const bool subscript =
      (field.starts_with("metadata.labels['") || field.starts_with("metadata.annotations['")) &&
      field.ends_with("']");
  if (!subscript && std::ranges::find(kFieldPaths, field) == kFieldPaths.end()) {
    causes.unsupported(path, shown(field), kFieldPaths);
  }
}

void validate_value_from(const api::EnvVar& env, const std::string& path, Causes& causes) {
  const api::EnvVarSource& from = *env.valueFrom;
  const int count = (from.fieldRef ? 1 : 0) + (from.resourceFieldRef ? 1 : 0) +
                    (from.configMapKeyRef ? 1 : 0) + (from.secretKeyRef ? 1 : 0);
  if (from.fieldRef) {
    validate_field_path(at(path, "fieldRef.fieldPath"), from.fieldRef->fieldPath, causes);
  }
  if (from.resourceFieldRef) {
    const std::string& resource = from.resourceFieldRef->resource;
    if (std::ranges::find(kResources, resource) == kResources.end()) {
      causes.unsupported(at(path, "resourceFieldRef.resource"), shown(resource), kResources);
    }
  }
  if (from.configMapKeyRef) {
    validate_key_reference(at(path, "configMapKeyRef"), from.configMapKeyRef->name,
                           from.configMapKeyRef->key, causes);
  }
  if (from.secretKeyRef) {
    validate_key_reference(at(path, "secretKeyRef"), from.secretKeyRef->name,
                           from.secretKeyRef->key, causes);
  }
  if (count == 0) {
    causes.invalid(path, "\"\"",
                   "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or "
                   "`secretKeyRef`");
  } else if (!env.value.empty()) {
    causes.invalid(path, "\"\"", "may not be specified when `value` is not empty");
  } else if (count > 1) {
    causes.invalid(path, "\"\"", "may not have more than one field specified at a time");
  }
}

void validate_environment(const api::Container& container, const std::string& path,
                          Causes& causes) {
  for (std::size_t i = 0; i < container.env.size(); ++i) {
    const api::EnvVar& env = container.env[i];
    const std::string place = at(at(path, "env"), i);
    if (env.name.empty()) {
      causes.required(at(place, "name"));
    } else {
      causes.check(at(place, "name"), env.name, env_name_problem(env.name));
    }
    if (env.valueFrom) validate_value_from(env, at(place, "valueFrom"), causes);
  }
  for (std::size_t i = 0; i < container.envFrom.size(); ++i) {
    const api::EnvFromSource& from = container.envFrom[i];
    const std::string place = at(at(path, "envFrom"), i);
    if (!from.prefix.empty()) {
      causes.check(at(place, "prefix"), from.prefix, env_name_problem(from.prefix));
    }
    if (from.configMapRef && from.secretRef) {
      causes.invalid(place, "\"\"", "may not have more than one field specified at a time");
    } else if (!from.configMapRef && !from.secretRef) {
      causes.invalid(place, "\"\"", "must specify one of: `configMapRef` or `secretRef`");
    }
    if (from.configMapRef) {
      must_be_set(at(place, "configMapRef.name"), from.configMapRef->name, causes);
    }
    if (from.secretRef) must_be_set(at(place, "secretRef.name"), from.secretRef->name, causes);
  }
}

void validate_ports(const api::Container& container, const api::PodSpec& pod,
                    const std::string& path, Causes& causes) {
  std::set<std::string> names, host_ports;
  for (std::size_t i = 0; i < container.ports.size(); ++i) {
    const api::ContainerPort& port = container.ports[i];
    const std::string place = at(at(path, "ports"), i);
    if (!port.name.empty()) {
      causes.check(at(place, "name"), port.name, port_name_problem(port.name));
      if (!names.insert(port.name).second) causes.duplicate(at(place, "name"), shown(port.name));
    }
    if (port.hostPort == 0) continue;
    if (pod.hostNetwork && port.hostPort != port.containerPort) {
      causes.invalid(at(place, "containerPort"), shown(port.containerPort),
                     "must match `hostPort` when `hostNetwork` is true");
    }
    const std::string key = port.protocol + "/" + port.hostIP + "/" + std::to_string(port.hostPort);
    if (!host_ports.insert(key).second) causes.duplicate(at(place, "hostPort"), shown(key));
  }
}

void validate_port(const api::IntOrString& port, const std::string& path, Causes& causes) {
  if (port.is_string) {
    causes.check(
        path, port.text,
        port.text.empty() ? "must be a port number or name" : port_name_problem(port.text));
  } else if (port.number < 1 || port.number > 65535) {
    causes.invalid(path, shown(port.number), "must be between 1 and 65535, inclusive");
  }
}

// The handlers that probes and lifecycle hooks share. The second one that is set is one too many.
class Handlers {
 public:
  Handlers(std::string path, Causes& causes) : path_(std::move(path)), causes_(causes) {}

  template <class T>
  void one(const char* name, const std::optional<T>& handler) {
    if (!handler) return;
    const std::string place = at(path_, name);
    if (count_++ > 0) {
      return causes_.forbidden(place, "may not specify more than 1 handler type");
    }
    rules(*handler, place);
  }
  void end() {
    if (count_ == 0) causes_.required(path_, "must specify a handler type");
  }

 private:
  void rules(const api::ExecAction& exec, const std::string& path) {
    if (exec.command.empty()) causes_.required(at(path, "command"));
  }
  void rules(const api::HTTPGetAction& http, const std::string& path) {
    validate_port(http.port, at(path, "port"), causes_);
    if (!http.path.starts_with('/')) {
      causes_.invalid(at(path, "path"), shown(http.path), "must start with '/'");
    }
    for (std::size_t i = 0; i < http.httpHeaders.size(); ++i) {
      must_be_set(at(at(at(path, "httpHeaders"), i), "name"), http.httpHeaders[i].name, causes_);
    }
  }
  void rules(const api::TCPSocketAction& tcp, const std::string& path) {
    validate_port(tcp.port, at(path, "port"), causes_);
  }
  void rules(const api::GRPCAction&, const std::string&) {}
  void rules(const api::SleepAction&, const std::string&) {}

  std::string path_;
  Causes& causes_;
  int count_ = 0;
};

void validate_probe(const std::optional<api::Probe>& probe, const std::string& path, bool readiness,
                    Causes& causes) {
  if (!probe) return;
  Handlers handlers(path, causes);
  handlers.one("exec", probe->exec);
  handlers.one("httpGet", probe->httpGet);
  handlers.one("tcpSocket", probe->tcpSocket);
  handlers.one("grpc", probe->grpc);
  handlers.end();
  if (!readiness && probe->successThreshold != 1) {
    causes.invalid(at(path, "successThreshold"), shown(probe->successThreshold), "must be 1");
  }
  if (readiness && probe->terminationGracePeriodSeconds) {
    causes.invalid(at(path, "terminationGracePeriodSeconds"),
                   shown(*probe->terminationGracePeriodSeconds),
                   "must not be set for readinessProbes");
  }
}

void validate_hook(const std::optional<api::LifecycleHandler>& hook, const std::string& path,
                   Causes& causes) {
  if (!hook) return;
  Handlers handlers(path, causes);
  handlers.one("exec", hook->exec);
  handlers.one("httpGet", hook->httpGet);
  handlers.one("tcpSocket", hook->tcpSocket);
  handlers.one("sleep", hook->sleep);
  handlers.end();
}

void validate_resource_names(const std::map<std::string, std::string>& amounts,
                             const std::string& path, Causes& causes) {
  for (const auto& [name, amount] : amounts) {
    const bool standard = name == "cpu" || name == "memory" || name == "ephemeral-storage" ||
                          name.starts_with("hugepages-");
    if (!standard && name.find('/') == std::string::npos) {
      causes.invalid(at_key(path, name), shown(name),
                     "must be a standard resource type or fully qualified");
    }
    if (quantity_milli(amount).value_or(0) < 0) {
      causes.invalid(at_key(path, name), shown(amount), "must be greater than or equal to 0");
    }
  }
}

void validate_resources(const api::ResourceRequirements& resources, const std::string& path,
                        Causes& causes) {
  validate_resource_names(resources.limits, at(path, "limits"), causes);
  validate_resource_names(resources.requests, at(path, "requests"), causes);
  for (const auto& [name, request] : resources.requests) {
    const auto limit = resources.limits.find(name);
    if (limit == resources.limits.end()) continue;
    if (quantity_milli(request) > quantity_milli(limit->second)) {
      causes.invalid(at(path, "requests"), shown(request),
                     "must be less than or equal to " + name + " limit of " + limit->second);
    }
  }
}

void validate_mounts(const api::Container& container, const api::PodSpec& pod,
                     const std::string& path, Causes& causes) {
  std::set<std::string> places;
  for (std::size_t i = 0; i < container.volumeMounts.size(); ++i) {
    const api::VolumeMount& mount = container.volumeMounts[i];
    const std::string place = at(at(path, "volumeMounts"), i);
    const bool known = std::ranges::any_of(
        pod.volumes, [&](const api::Volume& volume) { return volume.name == mount.name; });
    if (mount.name.empty()) {
      causes.required(at(place, "name"));
    } else if (!known) {
      causes.not_found(at(place, "name"), shown(mount.name));
    }
    if (mount.mountPath.empty()) {
      causes.required(at(place, "mountPath"));
    } else if (!places.insert(mount.mountPath).second) {
      causes.invalid(at(place, "mountPath"), shown(mount.mountPath), "must be unique");
    }
    if (!mount.subPath.empty() && !mount.subPathExpr.empty()) {
      causes.invalid(at(place, "subPathExpr"), shown(mount.subPathExpr),
                     "subPathExpr and subPath are mutually exclusive");
    }
    causes.check(at(place, "subPath"), mount.subPath, relative_path_problem(mount.subPath));
  }
}

}  // namespace

void validate_container(const api::Container& container, const api::PodSpec& pod,
                        const std::string& path, Causes& causes) {
  if (container.name.empty()) {
    causes.required(at(path, "name"));
  } else {
    causes.check(at(path, "name"), container.name, dns_label_problem(container.name));
  }
  const std::string& image = container.image;
  if (image.empty()) {
    causes.required(at(path, "image"));
  } else if (image.find_first_of(" \t\r\n") == 0 ||
             image.find_last_of(" \t\r\n") == image.size() - 1) {
    causes.invalid(at(path, "image"), shown(image), "must not have leading or trailing whitespace");
  }
  validate_ports(container, pod, path, causes);
  validate_environment(container, path, causes);
  validate_mounts(container, pod, path, causes);
  validate_probe(container.livenessProbe, at(path, "livenessProbe"), false, causes);
  validate_probe(container.readinessProbe, at(path, "readinessProbe"), true, causes);
  validate_probe(container.startupProbe, at(path, "startupProbe"), false, causes);
  if (container.lifecycle) {
    validate_hook(container.lifecycle->postStart, at(path, "lifecycle.postStart"), causes);
    validate_hook(container.lifecycle->preStop, at(path, "lifecycle.preStop"), causes);
  }
  validate_resources(container.resources, at(path, "resources"), causes);
  const auto& security = container.securityContext;
  if (security && security->privileged.value_or(false) &&
      !security->allowPrivilegeEscalation.value_or(true)) {
    causes.invalid(at(path, "securityContext"), "false",
                   "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
  }
}

}  // namespace weir
