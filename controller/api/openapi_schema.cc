#include "controller/api/openapi_schema.h"

#include <nlohmann/json.hpp>

namespace weir::rest {
namespace {

using nlohmann::json;

// Values that may be a number or a text: v3 says so, v2 has a format for it.
json either(OpenApi version, const char* number, const char* format) {
  if (version == OpenApi::v2) return {{"type", "string"}, {"format", format}};
  return {{"oneOf", {{{"type", number}}, {{"type", "string"}}}}, {"format", format}};
}

// A field without effect says so where `kubectl explain` shows it.
std::string described(const json& schema) {
  std::string text = schema.value("description", "");
  if (schema.value("x-weir-effect", "") != "none") return text;
  if (!text.empty()) text += " ";
  text += "Has no effect on a single Docker host";
  const std::string note = schema.value("x-weir-note", "");
  return text + (note.empty() ? "." : ": " + note + ".");
}

void convert_children(OpenApi version, json& schema, std::set<std::string>& used) {
  if (const auto found = schema.find("properties"); found != schema.end()) {
    for (auto& [name, child] : found->items()) child = openapi_schema(version, child, used);
  }
  for (const char* member : {"items", "additionalProperties"}) {
    const auto found = schema.find(member);
    if (found != schema.end() && found->is_object()) *found = openapi_schema(version, *found, used);
  }
}

}  // namespace

json openapi_reference(OpenApi version, const std::string& name) {
  return {{"$ref", (version == OpenApi::v2 ? "#/definitions/" : "#/components/schemas/") + name}};
}

json openapi_schema(OpenApi version, const json& schema, std::set<std::string>& used) {
  json out = json::object();
  for (const auto& [name, value] : schema.items()) {
    if (!name.starts_with("x-weir-") && name != "$ref") out[name] = value;
  }
  if (const std::string text = described(schema); !text.empty()) out["description"] = text;
  if (schema.value("x-kubernetes-int-or-string", false)) {
    out.erase("x-kubernetes-int-or-string");
    out.update(either(version, "integer", "int-or-string"));
  } else if (schema.value("format", "") == "quantity") {
    out.erase("type");
    out.update(either(version, "number", "quantity"));
  }
  convert_children(version, out, used);
  const auto reference = schema.find("$ref");
  if (reference == schema.end()) return out;
  const auto name = reference->get<std::string>();
  used.insert(name);
  const json target = openapi_reference(version, name);
  // v3 ignores what stands beside a reference, v2 does not.
  if (version == OpenApi::v3 && !out.empty()) {
    out["allOf"] = json::array({target});
  } else {
    out.update(target);
  }
  return out;
}

}  // namespace weir::rest
