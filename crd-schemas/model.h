#pragma once

// The kinds as the generator sees them: the YAML documents of this folder, and the C++ structs
// that follow from their schemas. Build-time only; nothing of this is linked into weir.

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace weir::schemas {

struct Member {
  std::string json;     // the field's name
  std::string name;     // the same, unless C++ reserves it: namespace_
  std::string type;     // std::vector<Container>
  std::string initial;  // {}, 1, "Always"
  bool always = false;  // emitted also when empty: required, or has a default
  bool secret = false;
  bool quantity = false;
};

struct Struct {
  std::string name;
  std::string description;
  std::vector<Member> members;
};

struct Kind {
  std::string name, list, plural, singular, group, version, api_version;
  std::vector<std::string> short_names, categories;
  bool namespaced = true;
  bool status = false;
  bool scale = false;
  YAML::Node document;
};

struct Model {
  std::map<std::string, YAML::Node> definitions;  // the shared types, by name
  std::vector<Kind> kinds;                        // by name
  std::vector<Struct> structs;                    // each after those that it uses
  YAML::Node messages;                            // of protobuf, by name: shared/protobuf.yaml
};

// Reads FOLDER/*.yaml (kinds) and FOLDER/shared/*.yaml (definitions). Throws std::runtime_error
// naming file and field when a schema is not one that we can generate from.
Model load(const std::filesystem::path& folder);

}  // namespace weir::schemas
