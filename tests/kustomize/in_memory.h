#pragma once

// A build of files that a test writes down: the folder "", as one YAML-like text.

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "controller/kustomize/build.h"

namespace weir::kustomize {

using Contents = std::map<std::string, std::string>;

inline std::string map_of(const std::string& name) {
  return "{apiVersion: v1, kind: ConfigMap, metadata: {name: " + name + "}}\n";
}

// "ConfigMap/a ConfigMap/b", or what was refused.
inline std::string names_or_error(const Contents& contents, const std::string& directory = "",
                                  const BuildLimits& limits = {}) {
  const auto built = build(MapFiles(contents), directory, limits);
  if (!built) return built.error().message;
  std::string out;
  for (const nlohmann::json& document : built->documents) {
    if (!out.empty()) out += " ";
    out += document.at("kind").get<std::string>() + "/" +
           document.at("metadata").at("name").get<std::string>();
  }
  return out;
}

}  // namespace weir::kustomize
