#include "controller/admission/validate_structure.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reconcilers/base64.h"
#include "reconcilers/object_text.h"
#include "reconcilers/quantity.h"

namespace weir {

using nlohmann::json;
using Type = SchemaNode::Type;

namespace {

bool is_map(const SchemaNode& node) { return node.additional != nullptr; }
// Any content: FieldsV1, and objects that the schema does not describe.
bool is_open(const SchemaNode& node) {
  return node.keeps_unknown || (node.properties.empty() && !is_map(node));
}

// A step into a map is written with its key in brackets only where a dot could not be read back.
std::string step(const std::string& path, const SchemaNode& node, const std::string& key) {
  return is_map(node) && key.find('.') != std::string::npos ? at_key(path, key) : at(path, key);
}

// --- Unknown fields ----------------------------------------------------------------------------

void find_unknown(const SchemaNode& node, const json& value, const std::string& path,
                  std::vector<std::string>& found) {
  if (found.size() >= Causes::kMax) return;
  if (value.is_array() && node.items) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      find_unknown(*node.items, value[i], at(path, i), found);
    }
  }
  if (!value.is_object() || is_open(node)) return;
  for (const auto& [key, child] : value.items()) {
    const SchemaNode* field = node.field(key);
    if (field) {
      find_unknown(*field, child, step(path, node, key), found);
    } else if (found.size() < Causes::kMax) {
      found.push_back(at(path, key));
    }
  }
}

// --- Structure -----------------------------------------------------------------------------------

const char* type_name(Type type) {
  switch (type) {
    case Type::object:
      return "object";
    case Type::array:
      return "array";
    case Type::string:
      return "string";
    case Type::integer:
      return "integer";
    case Type::number:
      return "number";
    case Type::boolean:
      return "boolean";
    case Type::int_or_string:
      return "integer or string";
    case Type::any:
      break;
  }
  return "any";
}

const char* type_name(const json& value) {
  if (value.is_number_integer()) return "integer";
  return value.type_name();
}

bool has_type(const SchemaNode& node, const json& value) {
  switch (node.type) {
    case Type::object:
      return value.is_object();
    case Type::array:
      return value.is_array();
    case Type::string:
      return value.is_string() || (node.format == "quantity" && value.is_number());
    case Type::integer:
      return value.is_number_integer();
    case Type::number:
      return value.is_number();
    case Type::boolean:
      return value.is_boolean();
    case Type::int_or_string:
      return value.is_number_integer() || value.is_string();
    case Type::any:
      break;
  }
  return true;
}

class StructureCheck {
 public:
  explicit StructureCheck(Causes& causes) : causes_(causes) {}

  void check(const SchemaNode& node, const json& value, const std::string& path, bool secret) {
    if (causes_.full()) return;
    if (!has_type(node, value)) return wrong_type(node, value, path);
    secret |= node.secret;
    if (value.is_string()) check_text(node, value.get_ref<const std::string&>(), path, secret);
    if (value.is_number_integer()) check_number(node, value, path);
    if (value.is_array() && node.items) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        check(*node.items, value[i], at(path, i), secret);
      }
    }
    if (value.is_object() && !is_open(node)) check_object(node, value, path, secret);
  }

 private:
  void wrong_type(const SchemaNode& node, const json& value, const std::string& path) {
    const std::string got = shown(type_name(value));
    causes_.type_invalid(path, got,
                         path + " in body must be of type " + type_name(node.type) + ": " + got);
  }

  void check_object(const SchemaNode& node, const json& value, const std::string& path,
                    bool secret) {
    for (const std::string& field : node.required) {
      if (!value.contains(field)) causes_.required(at(path, field));
    }
    for (const auto& [key, child] : value.items()) {
      if (const SchemaNode* field = node.field(key)) {
        check(*field, child, step(path, node, key), secret);
      }
    }
  }

  void check_text(const SchemaNode& node, const std::string& text, const std::string& path,
                  bool secret) {
    const std::string value = secret ? "<secret>" : shown(text);
    if (node.format == "byte" && !base64_decode(text)) {
      causes_.invalid(path, value, "must be base64 (stringData takes plain text)");
    }
    if ((node.format == "date-time" || node.format == "micro-time") && !parse_time(text)) {
      causes_.invalid(path, value, "must be a time as in RFC 3339");
    }
    if (node.format == "quantity" && !quantity_milli(text)) {
      causes_.invalid(path, value,
                      "quantities must match the regular expression "
                      "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    }
    const auto& allowed = node.enum_values;
    // An empty text counts as absent, here as for defaults.
    if (!allowed.empty() && !text.empty() && std::ranges::find(allowed, text) == allowed.end()) {
      causes_.unsupported(path, value, allowed);
    }
  }

  void check_number(const SchemaNode& node, const json& value, const std::string& path) {
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > kMax) {
      return causes_.invalid(path, value.dump(), "must fit in 64 bits");
    }
    const auto number = value.get<std::int64_t>();
    const bool fits = number == static_cast<std::int32_t>(number);
    if (node.format == "int32" && !fits) {
      causes_.invalid(path, value.dump(), "must fit in 32 bits");
    } else if (node.minimum && node.maximum && (number < *node.minimum || number > *node.maximum)) {
      causes_.invalid(path, value.dump(),
                      "must be between " + std::to_string(*node.minimum) + " and " +
                          std::to_string(*node.maximum) + ", inclusive");
    } else if (node.minimum && number < *node.minimum) {
      causes_.invalid(path, value.dump(),
                      "must be greater than or equal to " + std::to_string(*node.minimum));
    }
  }

  Causes& causes_;
};

// --- Effects -------------------------------------------------------------------------------------

bool says_something(const SchemaNode& node, const json& value) {
  if (node.default_value && *node.default_value == value) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  // An empty struct may choose something (emptyDir: {}); an empty list or map does not.
  const bool can_be_empty = value.is_array() || (value.is_object() && is_map(node));
  return !value.is_null() && !(can_be_empty && value.empty());
}

void find_effects(const SchemaNode& node, const json& value, const std::string& path,
                  std::vector<std::string>& found) {
  if (found.size() >= Causes::kMax) return;
  if (node.no_effect) {
    if (!says_something(node, value)) return;
    found.push_back(path + ": has no effect on a single Docker host (" + node.note + ")");
    return;
  }
  if (value.is_array() && node.items) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      find_effects(*node.items, value[i], at(path, i), found);
    }
  }
  if (!value.is_object()) return;
  for (const auto& [key, child] : value.items()) {
    if (const SchemaNode* field = node.field(key)) {
      find_effects(*field, child, step(path, node, key), found);
    }
  }
}

bool is_unset(const SchemaNode& node, const json& object, const std::string& name) {
  const auto found = object.find(name);
  if (found == object.end()) return true;
  if (found->is_string()) {
    return found->get_ref<const std::string&>().empty() && *node.default_value != "";
  }
  return node.zero_is_unset && *found == 0;
}

}  // namespace

std::vector<std::string> unknown_fields(const SchemaNode& node, const json& document) {
  std::vector<std::string> found;
  find_unknown(node, document, "", found);
  return found;
}

void prune(const SchemaNode& node, json& document) {
  if (document.is_array() && node.items) {
    for (json& item : document) prune(*node.items, item);
  }
  if (!document.is_object() || is_open(node)) return;
  for (auto entry = document.begin(); entry != document.end();) {
    const SchemaNode* field = node.field(entry.key());
    if (!field || entry->is_null()) {
      entry = document.erase(entry);
    } else {
      prune(*field, *entry);
      ++entry;
    }
  }
}

void apply_defaults(const SchemaNode& node, json& document) {
  if (document.is_array() && node.items) {
    for (json& item : document) apply_defaults(*node.items, item);
  }
  if (!document.is_object()) return;
  for (const auto& [name, field] : node.properties) {
    if (field->default_value && is_unset(*field, document, name)) {
      document[name] = *field->default_value;
    }
  }
  for (auto& [key, child] : document.items()) {
    if (const SchemaNode* field = node.field(key)) apply_defaults(*field, child);
  }
}

void check_structure(const SchemaNode& node, const json& document, Causes& causes) {
  StructureCheck(causes).check(node, document, "", false);
}

std::vector<std::string> effects(const SchemaNode& node, const json& document) {
  std::vector<std::string> found;
  find_effects(node, document, "", found);
  return found;
}

}  // namespace weir
