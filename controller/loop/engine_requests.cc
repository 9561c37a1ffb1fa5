#include "controller/loop/engine_requests.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/admission/manifest.h"
#include "reconcilers/base64.h"
#include "reconcilers/secrets.h"

namespace weir {

namespace {

constexpr std::string_view kStarterPath = "/.weir/exec";
constexpr std::string_view kEnvironmentPath = "/.weir/env";

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

engine::Request http_request(const api::HTTPGetAction& get, const std::string& ip, int port,
                             Duration timeout) {
  const std::string path = get.path.empty() ? "/" : get.path;
  engine::HttpGet request{.url = (get.scheme.empty() ? "http" : lower(get.scheme)) + "://" + ip +
                                 ":" + std::to_string(port) + (path[0] == '/' ? "" : "/") + path,
                          .timeout = timeout};
  // The address is always the container's own: `host` names a virtual host, never a target.
  if (!get.host.empty()) request.headers.push_back("Host: " + get.host);
  for (const api::HTTPHeader& header : get.httpHeaders) {
    request.headers.push_back(header.name + ": " + header.value);
  }
  return request;
}

int number_of(const api::IntOrString& port) {
  return port.is_string ? 0 : static_cast<int>(port.number);
}

// "nginx", "library/nginx:1" are Docker Hub's; "host:5000/app", "registry.example/app" are others'.
std::string registry_of(const std::string& image) {
  const std::size_t slash = image.find('/');
  if (slash == std::string::npos) return "docker.io";
  const std::string first = image.substr(0, slash);
  const bool host = contains(first, ".") || contains(first, ":") || first == "localhost";
  return host ? first : "docker.io";
}

// "https://index.docker.io/v1/" → "docker.io"
std::string registry_named(std::string server) {
  if (const std::size_t scheme = server.find("://"); scheme != std::string::npos) {
    server.erase(0, scheme + 3);
  }
  server = server.substr(0, server.find('/'));
  return server == "index.docker.io" ? "docker.io" : server;
}

std::string auth_in(const std::string& docker_config, const std::string& registry) {
  const Result<nlohmann::json> config = parse_json(docker_config, {});
  if (!config || !config->is_object() || !config->contains("auths")) return "";
  for (const auto& [server, entry] : (*config)["auths"].items()) {
    if (registry_named(server) != registry || !entry.is_object()) continue;
    std::string user = entry.value("username", "");
    std::string password = entry.value("password", "");
    if (user.empty()) {
      const std::string pair = base64_decode(entry.value("auth", "")).value_or("");
      user = pair.substr(0, pair.find(':'));
      password = user.size() < pair.size() ? pair.substr(user.size() + 1) : "";
    }
    const nlohmann::json auth{
        {"username", user}, {"password", password}, {"serveraddress", server}};
    return base64_url_encode(auth.dump());
  }
  return "";
}

}  // namespace

std::string reason_of(const std::string& identity, const Error& error) {
  if (identity.starts_with("pull ")) {
    return error.code == Code::bad_request ? "InvalidImageName" : "ErrImagePull";
  }
  if (identity.starts_with("create ")) {
    if (error.code == Code::conflict) return "NameConflict";
    return error.code == Code::not_found ? "ImageMissing" : "CreateContainerError";
  }
  if (identity.starts_with("start ")) {
    const bool port = contains(error.message, "port is already allocated") ||
                      contains(error.message, "address already in use");
    return port ? "PortConflict" : "RunContainerError";
  }
  return "Failed";
}

bool is_made_from(const Container& container, const ContainerSpec& spec) {
  const auto label = [&](const char* name) {
    const auto found = spec.labels.find(name);
    return found == spec.labels.end() ? std::string() : found->second;
  };
  return container.store == label(label::kStore) && container.uid == label(label::kUid) &&
         container.spec_hash == label(label::kSpec) &&
         std::to_string(container.attempt) == label(label::kAttempt);
}

ContainerSpec with_starter(ContainerSpec spec, const EnvironmentFile& file) {
  spec.mounts.push_back(
      {.source = file.starter, .target = std::string(kStarterPath), .read_only = true});
  spec.mounts.push_back(
      {.source = file.environment, .target = std::string(kEnvironmentPath), .read_only = true});
  spec.entrypoint.insert(spec.entrypoint.begin(), std::string(kStarterPath));
  spec.secret_env.clear();
  return spec;
}

std::string registry_auth(const World& world, const PullImage& action) {
  const std::string registry = registry_of(action.image);
  for (const std::string& name : action.secrets) {
    const auto* secret = world.get<api::Secret>(action.pod.ns, name);
    if (!secret) continue;
    const std::string auth = auth_in(bytes_of(*secret, ".dockerconfigjson").value_or(""), registry);
    if (!auth.empty()) return auth;
  }
  return "";
}

engine::Request hook_request(const api::LifecycleHandler& handler, const std::string& container_id,
                             const std::string& ip, Duration deadline) {
  if (handler.exec) {
    return engine::Exec{.id = container_id, .command = handler.exec->command, .timeout = deadline};
  }
  if (handler.httpGet) {
    return http_request(*handler.httpGet, ip, number_of(handler.httpGet->port), deadline);
  }
  return engine::TcpConnect{.host = ip,
                            .port = handler.tcpSocket ? number_of(handler.tcpSocket->port) : 0,
                            .timeout = deadline};
}

std::optional<std::string> hook_failure(const Result<engine::Reply>& reply) {
  if (!reply) return reply.error().message;
  if (const auto* exec = std::get_if<engine::ExecResult>(&*reply); exec && exec->exit_code != 0) {
    return "command exited with " + std::to_string(exec->exit_code) + ": " + exec->output;
  }
  if (const auto* http = std::get_if<engine::HttpResult>(&*reply); http && http->status >= 400) {
    return "HTTP status " + std::to_string(http->status);
  }
  return std::nullopt;
}

engine::Request probe_request(const RunProbe& probe) {
  const Duration timeout = std::chrono::seconds(probe.probe.timeoutSeconds);
  if (probe.probe.exec) {
    return engine::Exec{
        .id = probe.container_id, .command = probe.probe.exec->command, .timeout = timeout};
  }
  if (probe.probe.httpGet) {
    return http_request(*probe.probe.httpGet, probe.ip, probe.port, timeout);
  }
  return engine::TcpConnect{.host = probe.ip, .port = probe.port, .timeout = timeout};
}

ProbeVerdict probe_verdict(const RunProbe& probe, const Result<engine::Reply>& reply) {
  if (!reply) {
    const bool engine_trouble = probe.probe.exec && reply.error().code != Code::timed_out;
    return {.result = engine_trouble ? ProbeVerdict::unknown : ProbeVerdict::failure,
            .message = reply.error().message};
  }
  if (const auto* exec = std::get_if<engine::ExecResult>(&*reply)) {
    if (exec->exit_code == 0) return {.result = ProbeVerdict::success};
    return {.result = ProbeVerdict::failure, .message = exec->output};
  }
  if (const auto* http = std::get_if<engine::HttpResult>(&*reply)) {
    if (http->status >= 200 && http->status < 400) return {.result = ProbeVerdict::success};
    return {.result = ProbeVerdict::failure,
            .message = "HTTP probe failed with statuscode: " + std::to_string(http->status)};
  }
  return {.result = ProbeVerdict::success};
}

}  // namespace weir
