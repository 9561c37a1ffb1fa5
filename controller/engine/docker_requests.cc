#include <nlohmann/json.hpp>
#include <type_traits>

#include "controller/engine/docker_wire.h"

namespace weir::engine {

namespace {

using nlohmann::json;

json filter(const std::string& instance) {
  const std::string mark = label::kInstance;
  return {{"label", {instance.empty() ? mark : mark + "=" + instance}}};
}

void put_ports(const std::vector<PortBinding>& ports, json& body) {
  for (const PortBinding& port : ports) {
    const std::string name = std::to_string(port.container_port) + "/" + port.protocol;
    body["ExposedPorts"][name] = json::object();
    if (port.host_port == 0) continue;
    body["HostConfig"]["PortBindings"][name].push_back(
        {{"HostIp", port.host_ip}, {"HostPort", std::to_string(port.host_port)}});
  }
}

json mounts_of(const std::vector<Mount>& mounts) {
  json list = json::array();
  for (const Mount& mount : mounts) {
    json entry{{"Type", mount.type}, {"Target", mount.target}, {"ReadOnly", mount.read_only}};
    if (!mount.source.empty()) entry["Source"] = mount.source;
    list.push_back(std::move(entry));
  }
  return list;
}

json host_config(const ContainerSpec& spec) {
  json host{
      {"RestartPolicy", {{"Name", "no"}}},  // weir is the only one that restarts
      {"LogConfig", {{"Type", "json-file"}, {"Config", {{"max-size", "10m"}, {"max-file", "3"}}}}},
      {"Privileged", spec.privileged},
      {"ReadonlyRootfs", spec.read_only_root}};
  const auto put = [&](const char* name, const auto& value) {
    if (value != std::decay_t<decltype(value)>{}) host[name] = value;
  };
  put("NetworkMode", spec.network);
  put("Dns", spec.dns_servers);
  put("DnsSearch", spec.dns_search);
  put("DnsOptions", spec.dns_options);
  put("ExtraHosts", spec.extra_hosts);
  put("GroupAdd", spec.groups);
  put("Memory", spec.memory_bytes);
  put("MemorySwap", spec.memory_bytes);  // memory and swap together: no swap, as under a kubelet
  put("NanoCpus", spec.nano_cpus);
  put("CpuShares", spec.cpu_shares);
  put("ShmSize", spec.shm_bytes);
  put("CapAdd", spec.add_capabilities);
  put("CapDrop", spec.drop_capabilities);
  put("Sysctls", spec.sysctls);
  put("PidMode", spec.pid_mode);
  put("IpcMode", spec.ipc_mode);
  std::vector<std::string> security = spec.security_options;
  if (spec.no_new_privileges) security.push_back("no-new-privileges:true");
  put("SecurityOpt", security);
  if (!spec.mounts.empty()) host["Mounts"] = mounts_of(spec.mounts);
  return host;
}

std::string dump(const json& body) {
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::string create_body(const ContainerSpec& spec) {
  json body{{"Image", spec.image}, {"HostConfig", host_config(spec)}};
  const auto put = [&](const char* name, const auto& value) {
    if (value != std::decay_t<decltype(value)>{}) body[name] = value;
  };
  put("Labels", spec.labels);
  put("Entrypoint", spec.entrypoint);
  put("Cmd", spec.command);
  put("Env", spec.env);
  put("WorkingDir", spec.working_dir);
  put("User", spec.user);
  put("Hostname", spec.hostname);
  put("Tty", spec.tty);
  put("OpenStdin", spec.open_stdin);
  put_ports(spec.ports, body);
  if (!spec.network_aliases.empty()) {
    body["NetworkingConfig"]["EndpointsConfig"][spec.network] = {{"Aliases", spec.network_aliases}};
  }
  return dump(body);
}

std::string network_body(const EnsureNetwork& request) {
  json body{{"Name", request.name}, {"CheckDuplicate", true}, {"Driver", "bridge"}};
  body["Labels"] = request.labels;
  return dump(body);
}

std::string exec_body(const std::vector<std::string>& command) {
  const json body{{"AttachStdout", true}, {"AttachStderr", true}, {"Cmd", command}};
  return dump(body);
}

std::string list_filter(const std::string& instance) { return filter(instance).dump(); }

// Of the many things that Docker reports, those that change what a list would say. Without
// this, every exec probe would look like a change.
std::string events_filter(const std::string& instance) {
  json filters = filter(instance);
  filters["type"] = {"container"};
  filters["event"] = {"create",  "start",  "die",    "oom",    "pause",
                      "unpause", "rename", "update", "destroy"};
  return filters.dump();
}

std::string escape(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      escaped += c;
    } else {
      escaped += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return escaped;
}

std::string escape_path(std::string_view text) {
  std::string escaped;
  for (std::size_t slash = text.find('/'); slash != text.npos; slash = text.find('/')) {
    escaped += escape(text.substr(0, slash)) + "/";
    text.remove_prefix(slash + 1);
  }
  return escaped + escape(text);
}

ImageName split_image(const std::string& reference) {
  const std::size_t digest = reference.find('@');
  ImageName name{.repository = reference.substr(0, digest), .tag = "latest"};
  const std::size_t slash = name.repository.rfind('/');
  const std::size_t colon = name.repository.rfind(':');
  if (colon != std::string::npos && (slash == std::string::npos || colon > slash)) {
    name.tag = name.repository.substr(colon + 1);
    name.repository.resize(colon);
  }
  if (digest != std::string::npos) name.tag = reference.substr(digest + 1);
  return name;
}

}  // namespace weir::engine
