#include "controller/admission/schema.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "gen/schemas.h"

namespace weir {

using nlohmann::json;

namespace {

std::string text_of(const json& schema, const char* key) {
  return schema.value(key, std::string());
}
bool flag_of(const json& schema, const char* key) { return schema.value(key, false); }
std::vector<std::string> texts_of(const json& schema, const char* key) {
  return schema.value(key, std::vector<std::string>{});
}
std::optional<std::int64_t> number_of(const json& schema, const char* key) {
  return schema.contains(key) ? std::optional(schema.at(key).get<std::int64_t>()) : std::nullopt;
}

SchemaNode::Type type_of(const json& schema) {
  using Type = SchemaNode::Type;
  static const std::map<std::string, Type> kTypes = {
      {"object", Type::object},   {"array", Type::array},   {"string", Type::string},
      {"integer", Type::integer}, {"number", Type::number}, {"boolean", Type::boolean}};
  if (flag_of(schema, "x-kubernetes-int-or-string")) return Type::int_or_string;
  const auto found = kTypes.find(text_of(schema, "type"));
  return found == kTypes.end() ? Type::any : found->second;
}

PrinterColumn column_of(const json& column) {
  return {.name = text_of(column, "name"),
          .type = text_of(column, "type"),
          .format = text_of(column, "format"),
          .path = text_of(column, "jsonPath"),
          .text_template = text_of(column, "x-weir-template"),
          .function = text_of(column, "x-weir-function"),
          .priority = number_of(column, "priority").value_or(0)};
}

void read_value_rules(SchemaNode& node, const json& schema) {
  if (schema.contains("default")) {
    node.default_value = std::make_shared<const json>(schema.at("default"));
  }
  node.zero_is_unset = flag_of(schema, "x-weir-zero-is-unset");
  node.enum_values = texts_of(schema, "enum");
  node.minimum = number_of(schema, "minimum");
  node.maximum = number_of(schema, "maximum");
  node.secret = flag_of(schema, "x-weir-secret");
}

void read_merge_rules(SchemaNode& node, const json& schema) {
  const std::string list_type = text_of(schema, "x-kubernetes-list-type");
  node.list_type = list_type == "map"   ? SchemaNode::ListType::map
                   : list_type == "set" ? SchemaNode::ListType::set
                                        : SchemaNode::ListType::atomic;
  node.list_map_keys = texts_of(schema, "x-kubernetes-list-map-keys");
  node.atomic_map = text_of(schema, "x-kubernetes-map-type") == "atomic";
  node.patch_merge_key = text_of(schema, "x-kubernetes-patch-merge-key");
  const std::string strategy = "," + text_of(schema, "x-kubernetes-patch-strategy") + ",";
  node.patch_merge = strategy.find(",merge,") != std::string::npos;
  node.patch_replace = strategy.find(",replace,") != std::string::npos;
  node.retain_keys = strategy.find(",retainKeys,") != std::string::npos;
}

}  // namespace

// Turns JSON schemas into nodes. A reference without words of its own is the shared node itself;
// one with a description, default or merge rule of its own is a copy that points at the same
// children.
struct Schema::Builder {
  Schema& schema;
  const json& definitions;

  const SchemaNode* definition(const std::string& name) {
    const auto found = schema.definitions_.find(name);
    if (found != schema.definitions_.end()) return found->second;
    const SchemaNode* made = node(definitions.at(name), name, name);
    schema.definitions_.emplace(name, made);
    return made;
  }

  // `owner` and `field` name structs that are written in place, as the generator does.
  const SchemaNode* node(const json& source, const std::string& name, const std::string& owner) {
    if (source.contains("$ref")) return reference(source);
    auto made = std::make_unique<SchemaNode>();
    made->type = type_of(source);
    made->name = name;
    made->format = text_of(source, "format");
    made->keeps_unknown = flag_of(source, "x-kubernetes-preserve-unknown-fields");
    made->required = texts_of(source, "required");
    read_own(*made, source);
    if (source.contains("items")) made->items = child(source.at("items"), owner, "");
    if (source.contains("additionalProperties")) {
      made->additional = child(source.at("additionalProperties"), owner, "");
    }
    const json properties = source.value("properties", json::object());
    for (const auto& [key, value] : properties.items()) {
      made->properties.emplace(key, child(value, owner, key));
    }
    return schema.nodes_.emplace_back(std::move(made)).get();
  }

 private:
  const SchemaNode* child(const json& source, const std::string& owner, std::string field) {
    std::string name;
    if (source.contains("properties")) {
      if (!field.empty()) field[0] = static_cast<char>(std::toupper(field[0]));
      name = source.value("x-weir-name", owner + field);
    }
    return node(source, name, name.empty() ? owner : name);
  }

  const SchemaNode* reference(const json& source) {
    const SchemaNode* target = definition(source.at("$ref").get<std::string>());
    bool has_own = false;
    for (const auto& [key, value] : source.items()) {
      has_own |= key != "$ref" && key != "x-weir-inline" && key != "x-weir-opaque";
    }
    if (!has_own) return target;
    auto made = std::make_unique<SchemaNode>(*target);
    json own = source;
    if (!own.contains("x-kubernetes-map-type") && target->atomic_map) {
      own["x-kubernetes-map-type"] = "atomic";
    }
    if (!own.contains("description")) own["description"] = target->description;
    read_own(*made, own);
    return schema.nodes_.emplace_back(std::move(made)).get();
  }

  static void read_own(SchemaNode& node, const json& source) {
    node.description = text_of(source, "description");
    node.no_effect = text_of(source, "x-weir-effect") == "none";
    node.note = text_of(source, "x-weir-note");
    read_value_rules(node, source);
    read_merge_rules(node, source);
  }
};

const SchemaNode* SchemaNode::field(std::string_view name) const {
  const auto found = properties.find(name);
  return found != properties.end() ? found->second : additional;
}

const Schema& Schema::get() {
  static const Schema schema;
  return schema;
}

Schema::Schema() : documents_(std::make_unique<const json>(json::parse(schemas_json()))) {
  const json& definitions = documents_->at("definitions");
  Builder builder{*this, definitions};
  for (const auto& [name, source] : definitions.items()) builder.definition(name);
  for (const json& document : documents_->at("kinds")) {
    const json& version = document.at("spec").at("versions").at(0);
    const std::string name = document.at("spec").at("names").at("kind");
    for (const KindInfo& kind : kinds()) {
      if (kind.name != name) continue;
      roots_[kind.kind] = builder.node(version.at("schema").at("openAPIV3Schema"), name, name);
      for (const json& column : version.at("additionalPrinterColumns")) {
        columns_[kind.kind].push_back(column_of(column));
      }
    }
  }
}

Schema::~Schema() = default;

const SchemaNode& Schema::root(Kind kind) const { return *roots_.at(kind); }

std::span<const PrinterColumn> Schema::columns(Kind kind) const { return columns_.at(kind); }

const SchemaNode* Schema::definition(std::string_view name) const {
  const auto found = definitions_.find(name);
  return found == definitions_.end() ? nullptr : found->second;
}

const json& Schema::documents() const { return *documents_; }

}  // namespace weir
