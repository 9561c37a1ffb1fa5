#include <algorithm>
#include <set>

#include "controller/admission/validate.h"
#include "controller/admission/validate_names.h"
#include "reconcilers/object_text.h"

namespace weir {
namespace {

void validate_containers(const api::PodSpec& spec, const std::string& path, Causes& causes) {
  const std::string containers = at(path, "containers");
  if (spec.containers.empty()) causes.required(containers);
  if (spec.containers.size() > 1) {
    causes.forbidden(containers, "weir runs one container per pod in this release");
  }
  if (!spec.initContainers.empty()) {
    causes.forbidden(at(path, "initContainers"),
                     "weir runs one container per pod in this release, and no init containers");
  }
  if (!spec.ephemeralContainers.text.empty() && spec.ephemeralContainers.text != "[]") {
    causes.forbidden(at(path, "ephemeralContainers"),
                     "weir runs one container per pod in this release");
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < spec.containers.size(); ++i) {
    const std::string place = at(containers, i);
    const std::string& name = spec.containers[i].name;
    if (!name.empty() && !names.insert(name).second) {
      causes.duplicate(at(place, "name"), shown(name));
    }
    validate_container(spec.containers[i], spec, place, causes);
  }
}

void validate_dns(const api::PodSpec& spec, const std::string& path, Causes& causes) {
  const std::string place = at(path, "dnsConfig");
  const bool has_servers = spec.dnsConfig && !spec.dnsConfig->nameservers.empty();
  if (spec.dnsPolicy == "None" && !spec.dnsConfig) {
    causes.required(place, "must provide `dnsConfig` when `dnsPolicy` is None");
  } else if (spec.dnsPolicy == "None" && !has_servers) {
    causes.required(at(place, "nameservers"),
                    "must provide at least one DNS nameserver when `dnsPolicy` is None");
  }
}

// What may change in a running pod is made equal; whatever still differs may not.
void allow_changes(const api::PodSpec& before, api::PodSpec& after) {
  for (std::size_t i = 0; i < std::min(before.containers.size(), after.containers.size()); ++i) {
    after.containers[i].image = before.containers[i].image;
  }
  after.activeDeadlineSeconds = before.activeDeadlineSeconds;
  after.tolerations = before.tolerations;
}

}  // namespace

void validate_pod_spec(const api::PodSpec& spec, const std::string& path, Causes& causes) {
  validate_volumes(spec, path, causes);
  validate_containers(spec, path, causes);
  validate_dns(spec, path, causes);
  if (!spec.hostname.empty()) {
    causes.check(at(path, "hostname"), spec.hostname, dns_label_problem(spec.hostname));
  }
  if (!spec.subdomain.empty()) {
    causes.check(at(path, "subdomain"), spec.subdomain, dns_label_problem(spec.subdomain));
  }
}

void validate_pod_update(const api::Pod& before, const api::Pod& after, Causes& causes) {
  api::Pod allowed = after;
  allow_changes(before.spec, allowed.spec);
  // Only the spec is compared: the metadata has its own rules.
  api::Pod old{.metadata = {}, .spec = before.spec, .status = {}};
  allowed.metadata = {};
  allowed.status = {};
  const std::vector<std::string> changes = diff(Object(old), Object(allowed));
  if (changes.empty()) return;
  std::string list;
  for (const std::string& line : changes) list += "\n  " + line;
  causes.forbidden("spec",
                   "pod updates may not change fields other than `spec.containers[*].image`, "
                   "`spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, "
                   "`spec.tolerations` (only additions to existing tolerations)" +
                       list);
}

}  // namespace weir
