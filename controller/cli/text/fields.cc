#include "controller/cli/text/fields.h"

#include <nlohmann/json.hpp>

namespace weir::cli {

const json& at(const json& object, Names names) {
  static const json kNothing;
  const json* value = &object;
  for (const char* name : names) {
    if (!value->is_object()) return kNothing;
    const auto it = value->find(name);
    if (it == value->end()) return kNothing;
    value = &*it;
  }
  return *value;
}

std::string text(const json& object, Names names) {
  const json& value = at(object, names);
  return value.is_string() ? value.get<std::string>() : "";
}

long number(const json& object, Names names, long otherwise) {
  const json& value = at(object, names);
  return value.is_number() ? value.get<long>() : otherwise;
}

bool flag(const json& object, Names names) {
  const json& value = at(object, names);
  return value.is_boolean() && value.get<bool>();
}

const std::vector<json>& items(const json& list) {
  static const std::vector<json> kNone;
  return list.is_array() ? list.get_ref<const std::vector<json>&>() : kNone;
}

const std::map<std::string, json, std::less<>>& members(const json& object) {
  static const json kNone = json::object();
  return (object.is_object() ? object : kNone).get_ref<const json::object_t&>();
}

std::string name_of(const json& object) { return text(object, {"metadata", "name"}); }

std::string namespace_of(const json& object) { return text(object, {"metadata", "namespace"}); }

}  // namespace weir::cli
