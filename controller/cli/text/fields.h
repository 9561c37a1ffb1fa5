#pragma once

// Reading a JSON document that may lack anything: every look-up has an answer. Pure.

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace weir::cli {

using nlohmann::json;
using Names = std::initializer_list<const char*>;

// The value below these names, or null.
inline const json& at(const json& object, Names names) {
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

inline std::string text(const json& object, Names names) {
  const json& value = at(object, names);
  return value.is_string() ? value.get<std::string>() : "";
}

inline long number(const json& object, Names names, long otherwise = 0) {
  const json& value = at(object, names);
  return value.is_number() ? value.get<long>() : otherwise;
}

inline bool flag(const json& object, Names names) {
  const json& value = at(object, names);
  return value.is_boolean() && value.get<bool>();
}

// The elements of a list; none when it is something else.
inline const std::vector<json>& items(const json& list) {
  static const std::vector<json> kNone;
  return list.is_array() ? list.get_ref<const std::vector<json>&>() : kNone;
}

// The members of an object; none when it is something else.
inline const std::map<std::string, json, std::less<>>& members(const json& object) {
  static const json kNone = json::object();
  return (object.is_object() ? object : kNone).get_ref<const json::object_t&>();
}

inline std::string name_of(const json& object) { return text(object, {"metadata", "name"}); }
inline std::string namespace_of(const json& object) {
  return text(object, {"metadata", "namespace"});
}

}  // namespace weir::cli
