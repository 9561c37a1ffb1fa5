#include "reconcilers/field_ref.h"

#include <algorithm>
#include <array>

#include "reconcilers/quantity.h"

namespace weir {

namespace {

using Texts = std::map<std::string, std::string>;

// {a="1"\nb="2"}: labels and annotations as the kubelet writes them into a file.
std::string lines_of(const Texts& texts) {
  std::string out;
  for (const auto& [key, value] : texts) {
    if (!out.empty()) out += '\n';
    out += key + "=\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') out += '\\';
      if (c == '\n') {
        out += "\\n";
      } else {
        out += c;
      }
    }
    out += '"';
  }
  return out;
}

// metadata.labels['app'] with prefix "metadata.labels": app.
std::optional<std::string> subscript(const std::string& path, std::string_view prefix) {
  std::string_view rest = path;
  if (!rest.starts_with(prefix)) return std::nullopt;
  rest.remove_prefix(prefix.size());
  if (rest.size() < 4 || !rest.starts_with("['") || !rest.ends_with("']")) return std::nullopt;
  return std::string(rest.substr(2, rest.size() - 4));
}

std::string at(const Texts& texts, const std::string& key) {
  const auto found = texts.find(key);
  return found == texts.end() ? "" : found->second;
}

// What the host has: an unlimited container may use it all.
std::string capacity(const EngineState& engine, const std::string& resource) {
  if (resource == "cpu") return std::to_string(engine.cpus);
  if (resource == "memory") return std::to_string(engine.memory_bytes);
  return "0";
}

std::int64_t divided(std::int64_t value, std::int64_t divisor) {
  return divisor <= 0 ? value : value / divisor + (value % divisor > 0 ? 1 : 0);
}

}  // namespace

Lookup metadata_value(const api::ObjectMeta& m, const std::string& path) {
  if (path == "metadata.name") return {.value = m.name};
  if (path == "metadata.namespace") return {.value = m.namespace_};
  if (path == "metadata.uid") return {.value = m.uid};
  if (path == "metadata.labels") return {.value = lines_of(m.labels)};
  if (path == "metadata.annotations") return {.value = lines_of(m.annotations)};
  if (const auto key = subscript(path, "metadata.labels")) return {.value = at(m.labels, *key)};
  if (const auto key = subscript(path, "metadata.annotations")) {
    return {.value = at(m.annotations, *key)};
  }
  return {.error = "fieldRef " + path + " is not supported"};
}

Lookup field_value(const PodView& view, const std::string& path) {
  const api::Pod& pod = *view.pod;
  const EngineState& engine = view.world.engine;
  if (path == "spec.nodeName") {
    return {.value = pod.spec.nodeName.empty() ? engine.node_name : pod.spec.nodeName};
  }
  if (path == "spec.serviceAccountName") {
    return {.value = pod.spec.serviceAccountName.empty() ? "default" : pod.spec.serviceAccountName};
  }
  if (path == "status.hostIP" || path == "status.hostIPs") return {.value = engine.host_ip};
  if (path == "status.podIP" || path == "status.podIPs") {
    if (pod.spec.hostNetwork) return {.value = engine.host_ip};
    return {.error = "fieldRef " + path +
                     ": the address is not known before the container starts; "
                     "let the program read it from its network interface"};
  }
  return metadata_value(pod.metadata, path);
}

Lookup resource_value(const PodView& view, const api::ResourceFieldSelector& selector) {
  const bool limits = selector.resource.starts_with("limits.");
  if (!limits && !selector.resource.starts_with("requests.")) {
    return {.error = "resourceFieldRef " + selector.resource + " is not supported"};
  }
  const std::string name = selector.resource.substr(selector.resource.find('.') + 1);
  std::string amount = limits ? limit_of(*view.container, name) : requested(*view.container, name);
  if (amount.empty()) amount = limits ? capacity(view.world.engine, name) : "0";
  const std::string divisor = selector.divisor.empty() ? "1" : selector.divisor;
  // CPUs are counted in thousandths: "1500m" divided by "1m" is 1500.
  const auto read = name == "cpu" ? quantity_milli : quantity_value;
  const auto value = read(amount);
  const auto unit = read(divisor == "0" ? "1" : divisor);
  if (!value || !unit) {
    return {.error = "resourceFieldRef " + selector.resource + ": cannot read \"" + amount +
                     "\" or divisor \"" + divisor + "\""};
  }
  return {.value = std::to_string(divided(*value, *unit))};
}

std::string limit_of(const api::Container& container, const std::string& resource) {
  return at(container.resources.limits, resource);
}

std::string requested(const api::Container& container, const std::string& resource) {
  const std::string request = at(container.resources.requests, resource);
  return request.empty() ? limit_of(container, resource) : request;
}

std::string qos_class(const api::PodSpec& pod) {
  bool any = false;
  bool guaranteed = !pod.containers.empty();
  for (const api::Container& container : pod.containers) {
    for (const char* resource : {"cpu", "memory"}) {
      const std::string request = requested(container, resource);
      const std::string limit = limit_of(container, resource);
      any = any || quantity_milli(request).value_or(0) > 0 || quantity_milli(limit).value_or(0) > 0;
      const bool equal =
          quantity_milli(limit).value_or(0) > 0 && quantity_milli(request) == quantity_milli(limit);
      guaranteed = guaranteed && equal;
    }
  }
  if (!any) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}

}  // namespace weir
