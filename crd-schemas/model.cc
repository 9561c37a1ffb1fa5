#include "crd-schemas/model.h"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace weir::schemas {
namespace {

namespace fs = std::filesystem;

// What a schema node may say. A misspelt key would otherwise be a rule that nobody applies.
const std::set<std::string> kKnownKeys = {"$ref",
                                          "type",
                                          "format",
                                          "enum",
                                          "minimum",
                                          "maximum",

                                          "default",
                                          "description",
                                          "required",
                                          "properties",
                                          "items",
                                          "additionalProperties",
                                          "x-kubernetes-int-or-string",
                                          "x-kubernetes-map-type",
                                          "x-kubernetes-list-type",
                                          "x-kubernetes-list-map-keys",
                                          "x-kubernetes-patch-merge-key",
                                          "x-kubernetes-patch-strategy",
                                          "x-kubernetes-preserve-unknown-fields",
                                          "x-weir-base",
                                          "x-weir-effect",
                                          "x-weir-inline",
                                          "x-weir-name",
                                          "x-weir-note",
                                          "x-weir-opaque",
                                          "x-weir-optional",
                                          "x-weir-secret",
                                          "x-weir-typed",
                                          "x-weir-zero-is-unset"};

// Words of C++, and stdin, which <cstdio> may define as a macro.
const std::set<std::string> kReserved = {"continue", "default", "delete",   "namespace", "operator",
                                         "private",  "stdin",   "template", "union"};

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw std::runtime_error(where + ": " + why);
}

std::string str(const YAML::Node& node, const std::string& otherwise = {}) {
  return node ? node.as<std::string>() : otherwise;
}
bool flag(const YAML::Node& node) { return node && node.as<bool>(); }
std::vector<std::string> strings(const YAML::Node& node) {
  return node ? node.as<std::vector<std::string>>() : std::vector<std::string>{};
}

std::string quoted(const std::string& where, const std::string& text) {
  if (text.find_first_of("\"\\\n") != std::string::npos) refuse(where, "default is not plain text");
  return '"' + text + '"';
}

// Follows schemas into structs: types() ends up in an order in which each struct comes after
// those that it holds by value, which C++ needs.
class Builder {
 public:
  explicit Builder(Model& model) : model_(model) {}

  void add_struct(const std::string& name, const YAML::Node& schema, bool is_kind) {
    if (done_.contains(name)) return;
    if (!open_.insert(name).second) refuse(name, "holds itself; C++ structs cannot");
    Struct made{.name = name, .description = str(schema["description"]), .members = {}};
    const std::vector<std::string> required = strings(schema["required"]);
    for (const auto& entry : schema["properties"]) {
      const std::string json = str(entry.first);
      if (is_kind && (json == "apiVersion" || json == "kind")) continue;
      if (entry.second["x-weir-typed"] && !flag(entry.second["x-weir-typed"])) continue;
      const bool is_required = std::ranges::find(required, json) != required.end();
      made.members.push_back(member(name, json, entry.second, is_required));
    }
    for (const std::string& field : required) {
      if (!schema["properties"][field]) refuse(name, "requires '" + field + "', which it lacks");
    }
    model_.structs.push_back(std::move(made));
    done_.insert(name);
  }

 private:
  Member member(const std::string& owner, const std::string& json, const YAML::Node& schema,
                bool required) {
    const std::string where = owner + "." + json;
    check_keys(where, schema);
    const YAML::Node value = schema["default"];
    Member made{.json = json,
                .name = kReserved.contains(json) ? json + "_" : json,
                .type = type(owner, json, schema),
                .initial = "{}",
                .always = required || value.IsDefined(),
                .secret = flag(schema["x-weir-secret"]),
                .quantity = holds_quantity(schema)};
    if (made.type == "Json") return made;
    if (value && value.IsScalar()) {
      made.initial = made.type == "IntOrString"   ? int_or_string(where, value)
                     : made.type == "std::string" ? quoted(where, str(value))
                                                  : str(value);
      return made;
    }
    const bool is_struct = schema["$ref"] || schema["properties"] || made.type == "IntOrString" ||
                           made.type == "std::chrono::sys_seconds";
    const bool plain = required || value.IsDefined() || flag(schema["x-weir-inline"]);
    if (flag(schema["x-weir-optional"]) || (is_struct && !plain)) {
      made.type = "std::optional<" + made.type + ">";
    } else if (made.type == "bool") {
      made.initial = "false";
    } else if (made.type == "std::int64_t" || made.type == "double") {
      made.initial = "0";
    }
    return made;
  }

  static std::string int_or_string(const std::string& where, const YAML::Node& value) {
    if (value.Tag() == "!")
      return "{.is_string = true, .number = 0, .text = " + quoted(where, str(value)) + "}";
    return "{.is_string = false, .number = " + str(value) + ", .text = {}}";
  }

  std::string type(const std::string& owner, const std::string& json, const YAML::Node& schema) {
    if (flag(schema["x-weir-opaque"])) return "Json";
    if (schema["$ref"]) return reference(owner + "." + json, str(schema["$ref"]));
    if (flag(schema["x-kubernetes-int-or-string"])) return "IntOrString";
    const std::string kind = str(schema["type"]);
    if (kind == "string")
      return str(schema["format"]) == "date-time" ? "std::chrono::sys_seconds" : "std::string";
    if (kind == "integer") return "std::int64_t";
    if (kind == "number") return "double";
    if (kind == "boolean") return "bool";
    if (kind == "array") return "std::vector<" + type(owner, json, schema["items"]) + ">";
    if (schema["additionalProperties"])
      return "std::map<std::string, " + type(owner, json, schema["additionalProperties"]) + ">";
    if (!schema["properties"]) refuse(owner + "." + json, "has no type that C++ could have");
    std::string name = owner + json;
    name[owner.size()] = static_cast<char>(std::toupper(name[owner.size()]));
    name = str(schema["x-weir-name"], name);
    add_struct(name, schema, false);
    return name;
  }

  std::string reference(const std::string& where, const std::string& name) {
    const auto found = model_.definitions.find(name);
    if (found == model_.definitions.end()) refuse(where, "refers to '" + name + "', unknown");
    add_struct(name, found->second, false);
    return name;
  }

  static bool holds_quantity(const YAML::Node& schema) {
    if (schema["additionalProperties"]) return holds_quantity(schema["additionalProperties"]);
    return str(schema["format"]) == "quantity";
  }

  static void check_keys(const std::string& where, const YAML::Node& schema) {
    for (const auto& entry : schema) {
      if (!kKnownKeys.contains(str(entry.first))) refuse(where, "unknown key " + str(entry.first));
    }
    if (schema["items"]) check_keys(where, schema["items"]);
  }

  Model& model_;
  std::set<std::string> open_, done_;
};

std::vector<fs::path> yaml_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// `x-weir-base: Container`: the properties of Container, then one's own. A base may have one, too.
void expand_base(const std::map<std::string, YAML::Node>& definitions, YAML::Node schema) {
  if (!schema["x-weir-base"]) return;
  const YAML::Node base = definitions.at(str(schema["x-weir-base"]));
  schema.remove("x-weir-base");
  expand_base(definitions, base);
  YAML::Node properties = YAML::Clone(base["properties"]);
  for (const auto& entry : schema["properties"]) properties[str(entry.first)] = entry.second;
  schema["properties"] = properties;
  if (base["required"]) schema["required"] = base["required"];
}
void expand_bases(const std::map<std::string, YAML::Node>& definitions) {
  for (const auto& [name, schema] : definitions) expand_base(definitions, schema);
}

Kind read_kind(const fs::path& file) {
  const YAML::Node document = YAML::LoadFile(file);
  const YAML::Node spec = document["spec"], names = spec["names"];
  if (!names || spec["versions"].size() != 1)
    refuse(file.string(), "not a definition with one version");
  const YAML::Node version = spec["versions"][0], subresources = version["subresources"];
  Kind kind{.name = str(names["kind"]),
            .list = str(names["listKind"]),
            .plural = str(names["plural"]),
            .singular = str(names["singular"]),
            .group = str(spec["group"]),
            .version = str(version["name"]),
            .api_version = {},
            .short_names = strings(names["shortNames"]),
            .categories = strings(names["categories"]),
            .namespaced = str(spec["scope"]) == "Namespaced",
            .status = subresources && subresources["status"],
            .scale = subresources && subresources["scale"],
            .document = document};
  kind.api_version = kind.group.empty() ? kind.version : kind.group + "/" + kind.version;
  return kind;
}

}  // namespace

Model load(const fs::path& folder) {
  Model model;
  for (const fs::path& file : yaml_files(folder / "shared")) {
    const YAML::Node document = YAML::LoadFile(file);
    if (document["protobuf"]) model.messages = document["protobuf"];
    for (const auto& entry : document["definitions"]) {
      if (!model.definitions.emplace(str(entry.first), entry.second).second)
        refuse(file.string(), "defines " + str(entry.first) + " a second time");
    }
  }
  expand_bases(model.definitions);
  // Not sorted in their places: to assign a YAML::Node is to change the document that it is of.
  std::map<std::string, Kind> kinds;
  for (const fs::path& file : yaml_files(folder)) {
    Kind kind = read_kind(file);
    kinds.emplace(kind.name, std::move(kind));
  }
  for (const auto& [name, kind] : kinds) model.kinds.push_back(kind);
  Builder builder(model);
  for (const Kind& kind : model.kinds) {
    const YAML::Node schema = kind.document["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    builder.add_struct(kind.name, schema, true);
  }
  return model;
}

}  // namespace weir::schemas
