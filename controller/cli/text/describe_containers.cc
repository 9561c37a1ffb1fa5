// The Containers: and Volumes: of describe.

#include <nlohmann/json.hpp>

#include "controller/cli/text/describe_parts.h"
#include "controller/cli/text/duration.h"
#include "controller/json_path/json_path.h"

namespace weir::cli {
namespace {

std::string true_or_false(bool value) { return value ? "True" : "False"; }

std::string port_text(const json& port) { return port.is_null() ? "0" : plain_text(port); }

void add_ports(std::string& out, const json& container) {
  std::string inside, outside;
  for (const json& port : items(at(container, {"ports"}))) {
    std::string protocol = text(port, {"protocol"});
    if (protocol.empty()) protocol = "TCP";
    const std::string separator = inside.empty() ? "" : ", ";
    inside += separator + port_text(at(port, {"containerPort"})) + "/" + protocol;
    outside += separator + port_text(at(port, {"hostPort"})) + "/" + protocol;
  }
  const char* many = inside.find(',') == std::string::npos ? "" : "s";
  out += std::string("    Port") + many + ":\t" + or_none(inside) + "\n";
  out += std::string("    Host Port") + many + ":\t" + or_none(outside) + "\n";
}

void add_words(std::string& out, const char* title, const json& words) {
  if (items(words).empty()) return;
  out += std::string("    ") + title + ":\n";
  for (const json& word : items(words)) {
    std::string lines = plain_text(word);
    for (std::size_t at = 0; (at = lines.find('\n', at)) != std::string::npos; at += 7) {
      lines.replace(at, 1, "\n      ");
    }
    out += "      " + lines + "\n";
  }
}

// Waiting, Running or Terminated, with what is known about it.
void add_state(std::string& out, const char* title, const json& state) {
  const std::string start = std::string("    ") + title + ":\t";
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) out += std::string("      ") + name + ":\t" + value + "\n";
  };
  if (const json& running = at(state, {"running"}); running.is_object()) {
    out += start + "Running\n";
    add("Started", rfc1123(text(running, {"startedAt"})));
  } else if (const json& terminated = at(state, {"terminated"}); terminated.is_object()) {
    out += start + "Terminated\n";
    add("Reason", text(terminated, {"reason"}));
    add("Message", text(terminated, {"message"}));
    add("Exit Code", std::to_string(number(terminated, {"exitCode"})));
    if (const long signal = number(terminated, {"signal"}); signal > 0) {
      add("Signal", std::to_string(signal));
    }
    add("Started", rfc1123(text(terminated, {"startedAt"})));
    add("Finished", rfc1123(text(terminated, {"finishedAt"})));
  } else {
    out += start + "Waiting\n";
    add("Reason", text(state, {"waiting", "reason"}));
  }
}

void add_quantities(std::string& out, const char* title, const json& quantities) {
  if (members(quantities).empty()) return;
  out += std::string("    ") + title + ":\n";
  for (const auto& [name, quantity] : members(quantities)) {
    out += "      " + name + ":\t" + plain_text(quantity) + "\n";
  }
}

std::string handler_text(const json& probe) {
  if (const json& get = at(probe, {"httpGet"}); get.is_object()) {
    std::string scheme = text(get, {"scheme"}) == "HTTPS" ? "https" : "http";
    return "http-get " + scheme + "://" + text(get, {"host"}) + ":" + port_text(at(get, {"port"})) +
           text(get, {"path"});
  }
  if (const json& exec = at(probe, {"exec"}); exec.is_object()) {
    std::string words;
    for (const json& word : items(at(exec, {"command"}))) {
      words += (words.empty() ? "" : " ") + plain_text(word);
    }
    return "exec [" + words + "]";
  }
  if (const json& tcp = at(probe, {"tcpSocket"}); tcp.is_object()) {
    return "tcp-socket " + text(tcp, {"host"}) + ":" + port_text(at(tcp, {"port"}));
  }
  if (const json& grpc = at(probe, {"grpc"}); grpc.is_object()) {
    return "grpc <pod>:" + port_text(at(grpc, {"port"})) + " " + text(grpc, {"service"});
  }
  return "unknown";
}

void add_probe(std::string& out, const char* title, const json& probe) {
  if (!probe.is_object()) return;
  const auto of = [&](const char* name, long otherwise) {
    return std::to_string(number(probe, {name}, otherwise));
  };
  out += std::string("    ") + title + ":\t" + handler_text(probe) +
         " delay=" + of("initialDelaySeconds", 0) + "s timeout=" + of("timeoutSeconds", 1) +
         "s period=" + of("periodSeconds", 10) + "s #success=" + of("successThreshold", 1) +
         " #failure=" + of("failureThreshold", 3) + "\n";
}

void add_env_from(std::string& out, const json& sources) {
  if (items(sources).empty()) return;
  out += "    Environment Variables from:\n";
  for (const json& source : items(sources)) {
    const bool is_map = at(source, {"configMapRef"}).is_object();
    const json& reference = at(source, {is_map ? "configMapRef" : "secretRef"});
    const std::string prefix = text(source, {"prefix"});
    out += "      " + text(reference, {"name"}) + "\t" + (is_map ? "ConfigMap" : "Secret") +
           (prefix.empty() ? "" : " with prefix '" + prefix + "'") +
           "\tOptional: " + (flag(reference, {"optional"}) ? "true" : "false") + "\n";
  }
}

// What stands behind the name of a variable.
std::string env_text(const json& variable) {
  const json& from = at(variable, {"valueFrom"});
  const auto optional = [](const json& reference) {
    return std::string("\tOptional: ") + (flag(reference, {"optional"}) ? "true" : "false");
  };
  if (const json& field = at(from, {"fieldRef"}); field.is_object()) {
    const std::string version = text(field, {"apiVersion"});
    return " (" + (version.empty() ? "v1" : version) + ":" + text(field, {"fieldPath"}) + ")";
  }
  if (const json& resource = at(from, {"resourceFieldRef"}); resource.is_object()) {
    return " (" + text(resource, {"resource"}) + ")";
  }
  if (const json& key = at(from, {"secretKeyRef"}); key.is_object()) {
    return "<set to the key '" + text(key, {"key"}) + "' in secret '" + text(key, {"name"}) + "'>" +
           optional(key);
  }
  if (const json& key = at(from, {"configMapKeyRef"}); key.is_object()) {
    return "<set to the key '" + text(key, {"key"}) + "' of config map '" + text(key, {"name"}) +
           "'>" + optional(key);
  }
  std::string value = text(variable, {"value"});
  for (std::size_t at = 0; (at = value.find('\n', at)) != std::string::npos; at += 8) {
    value.replace(at, 1, "\n      \t");
  }
  return value;
}

void add_environment(std::string& out, const json& variables) {
  out += items(variables).empty() ? "    Environment:\t<none>\n" : "    Environment:\n";
  for (const json& variable : items(variables)) {
    out += "      " + text(variable, {"name"}) + ":\t" + env_text(variable) + "\n";
  }
}

void add_mounts(std::string& out, const json& mounts) {
  out += items(mounts).empty() ? "    Mounts:\t<none>\n" : "    Mounts:\n";
  std::map<std::string, const json*> sorted;
  for (const json& mount : items(mounts)) sorted[text(mount, {"mountPath"})] = &mount;
  for (const auto& [path, mount] : sorted) {
    const std::string sub_path = text(*mount, {"subPath"});
    out += "      " + path + " from " + text(*mount, {"name"}) + " (" +
           (flag(*mount, {"readOnly"}) ? "ro" : "rw") +
           (sub_path.empty() ? "" : ",path=\"" + sub_path + "\"") + ")\n";
  }
}

void add_container(std::string& out, const json& container, const json& status) {
  const bool running = status.is_object();
  if (running) out += "    Container ID:\t" + text(status, {"containerID"}) + "\n";
  out += "    Image:\t" + text(container, {"image"}) + "\n";
  if (running) out += "    Image ID:\t" + text(status, {"imageID"}) + "\n";
  add_ports(out, container);
  add_words(out, "Command", at(container, {"command"}));
  add_words(out, "Args", at(container, {"args"}));
  if (running) {
    add_state(out, "State", at(status, {"state"}));
    if (at(status, {"lastState", "terminated"}).is_object()) {
      add_state(out, "Last State", at(status, {"lastState"}));
    }
    out += "    Ready:\t" + true_or_false(flag(status, {"ready"})) + "\n";
    out += "    Restart Count:\t" + std::to_string(number(status, {"restartCount"})) + "\n";
  }
  add_quantities(out, "Limits", at(container, {"resources", "limits"}));
  add_quantities(out, "Requests", at(container, {"resources", "requests"}));
  add_probe(out, "Liveness", at(container, {"livenessProbe"}));
  add_probe(out, "Readiness", at(container, {"readinessProbe"}));
  add_probe(out, "Startup", at(container, {"startupProbe"}));
  add_env_from(out, at(container, {"envFrom"}));
  add_environment(out, at(container, {"env"}));
  add_mounts(out, at(container, {"volumeMounts"}));
}

// --- Volumes ---

std::string or_unset(const json& value) {
  return value.is_null() || value == "" ? "<unset>" : plain_text(value);
}

std::string optional_text(const json& source) {
  return flag(source, {"optional"}) ? "true" : "false";
}

void add_items(std::string& out, const json& source) {
  out += "    Items:\n";
  for (const json& item : items(at(source, {"items"}))) {
    out += "      " + text(item, {"fieldRef", "fieldPath"}) + " -> " + text(item, {"path"}) + "\n";
  }
}

void add_projected(std::string& out, const json& projected) {
  out += "    Type:\tProjected (a volume that contains injected data from multiple sources)\n";
  for (const json& source : items(at(projected, {"sources"}))) {
    if (const json& secret = at(source, {"secret"}); secret.is_object()) {
      out += "    SecretName:\t" + text(secret, {"name"}) + "\n    Optional:\t" +
             optional_text(secret) + "\n";
    } else if (const json& map = at(source, {"configMap"}); map.is_object()) {
      out += "    ConfigMapName:\t" + text(map, {"name"}) + "\n    ConfigMapOptional:\t" +
             (at(map, {"optional"}).is_null() ? "<nil>" : optional_text(map)) + "\n";
    } else if (at(source, {"downwardAPI"}).is_object()) {
      out += "    DownwardAPI:\ttrue\n";
    } else if (const json& token = at(source, {"serviceAccountToken"}); token.is_object()) {
      out += "    TokenExpirationSeconds:\t" +
             std::to_string(number(token, {"expirationSeconds"}, 3600)) + "\n";
    }
  }
}

void add_volume(std::string& out, const json& volume) {
  if (const json& host = at(volume, {"hostPath"}); host.is_object()) {
    out += "    Type:\tHostPath (bare host directory volume)\n    Path:\t" + text(host, {"path"}) +
           "\n    HostPathType:\t" + text(host, {"type"}) + "\n";
  } else if (const json& empty = at(volume, {"emptyDir"}); empty.is_object()) {
    out +=
        "    Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)\n    Medium:\t" +
        text(empty, {"medium"}) + "\n    SizeLimit:\t" + or_unset(at(empty, {"sizeLimit"})) + "\n";
  } else if (const json& secret = at(volume, {"secret"}); secret.is_object()) {
    out += "    Type:\tSecret (a volume populated by a Secret)\n    SecretName:\t" +
           text(secret, {"secretName"}) + "\n    Optional:\t" + optional_text(secret) + "\n";
  } else if (const json& map = at(volume, {"configMap"}); map.is_object()) {
    out += "    Type:\tConfigMap (a volume populated by a ConfigMap)\n    Name:\t" +
           text(map, {"name"}) + "\n    Optional:\t" + optional_text(map) + "\n";
  } else if (const json& downward = at(volume, {"downwardAPI"}); downward.is_object()) {
    out += "    Type:\tDownwardAPI (a volume populated by information about the pod)\n";
    add_items(out, downward);
  } else if (const json& projected = at(volume, {"projected"}); projected.is_object()) {
    add_projected(out, projected);
  } else {
    out += "    <unknown>\n";
  }
}

}  // namespace

void add_containers(std::string& out, const std::string& title, const json& containers,
                    const json& statuses, const Inset& inset) {
  out += inset.before_title + title + ":" + (items(containers).empty() ? " <none>\n" : "\n");
  for (const json& container : items(containers)) {
    const std::string name = text(container, {"name"});
    json status;
    for (const json& one : items(statuses)) {
      if (text(one, {"name"}) == name) status = one;
    }
    out += "  " + inset.before_name + name + ":\n";
    add_container(out, container, status);
  }
}

void add_volumes(std::string& out, const json& volumes, const Inset& inset) {
  out += inset.before_title + "Volumes:" + (items(volumes).empty() ? "\t<none>\n" : "\n");
  for (const json& volume : items(volumes)) {
    out += "  " + inset.before_name + text(volume, {"name"}) + ":\n";
    add_volume(out, volume);
  }
}

}  // namespace weir::cli
