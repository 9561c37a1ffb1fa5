#include <array>

#include "reconcilers/container_spec.h"

namespace weir {

namespace {

// "container: web in pod web-1_default(uid)"
std::string about(const PodView& view) {
  return " (pod: \"" + view.key.name + "_" + view.key.ns + "(" + view.pod->metadata.uid +
         ")\", container: " + view.container->name + ")";
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

// Refuses what cannot be shown to be another user than root, in the kubelet's words.
std::string check_non_root(const PodView& view, const std::optional<std::int64_t>& user,
                           const Image& image) {
  if (user) return *user == 0 ? "container's runAsUser breaks non-root policy" + about(view) : "";
  const std::string name = image.user.substr(0, image.user.find(':'));
  if (name.empty() || name == "0") {
    return "container has runAsNonRoot and image will run as root" + about(view);
  }
  if (is_number(name)) return "";
  return "container has runAsNonRoot and image has non-numeric user (" + name +
         "), cannot verify user is non-root" + about(view);
}

std::string add_seccomp(const api::SeccompProfile& profile, ContainerSpec& spec) {
  if (profile.type == "Unconfined") spec.security_options.push_back("seccomp=unconfined");
  // RuntimeDefault is what the engine does by itself.
  if (profile.type != "Localhost") return "";
  return "securityContext.seccompProfile: Localhost profiles are not supported; use RuntimeDefault";
}

void add_selinux(const api::SELinuxOptions& options, ContainerSpec& spec) {
  const std::array<std::pair<const char*, const std::string*>, 4> parts{
      {{"user", &options.user},
       {"role", &options.role},
       {"type", &options.type},
       {"level", &options.level}}};
  for (const auto& [name, value] : parts) {
    if (!value->empty()) {
      spec.security_options.push_back("label=" + std::string(name) + ":" + *value);
    }
  }
}

}  // namespace

// The container's own settings win over the pod's, field by field.
std::string add_security(const PodView& view, const Image& image, ContainerSpec& spec) {
  static const api::SecurityContext kNone;
  const api::PodSecurityContext& pod = view.pod->spec.securityContext;
  const auto& given = view.container->securityContext;
  const api::SecurityContext& own = given ? *given : kNone;

  const auto user = own.runAsUser ? own.runAsUser : pod.runAsUser;
  const auto group = own.runAsGroup ? own.runAsGroup : pod.runAsGroup;
  if (user) spec.user = std::to_string(*user);
  if (group) spec.user += ":" + std::to_string(*group);
  for (const std::int64_t more : pod.supplementalGroups) {
    spec.groups.push_back(std::to_string(more));
  }
  if (pod.fsGroup) spec.groups.push_back(std::to_string(*pod.fsGroup));
  for (const api::Sysctl& sysctl : pod.sysctls) spec.sysctls[sysctl.name] = sysctl.value;

  spec.privileged = own.privileged.value_or(false);
  spec.read_only_root = own.readOnlyRootFilesystem.value_or(false);
  spec.no_new_privileges = own.allowPrivilegeEscalation == false;
  if (own.capabilities) {
    spec.add_capabilities = own.capabilities->add;
    spec.drop_capabilities = own.capabilities->drop;
  }
  const auto& selinux = own.seLinuxOptions ? own.seLinuxOptions : pod.seLinuxOptions;
  if (selinux) add_selinux(*selinux, spec);
  const bool non_root = own.runAsNonRoot.value_or(pod.runAsNonRoot.value_or(false));
  std::string error = non_root ? check_non_root(view, user, image) : "";
  const auto& seccomp = own.seccompProfile ? own.seccompProfile : pod.seccompProfile;
  if (seccomp && error.empty()) error = add_seccomp(*seccomp, spec);
  return error;
}

}  // namespace weir
