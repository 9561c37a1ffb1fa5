#pragma once

// A LabelSelector as the text of a labelSelector query. Pure.

#include <string>

#include "controller/cli/text/fields.h"

namespace weir::cli {

inline std::string requirement_text(const json& requirement) {
  const std::string key = text(requirement, {"key"}), op = text(requirement, {"operator"});
  if (op == "Exists") return key;
  if (op == "DoesNotExist") return "!" + key;
  std::string values;
  for (const json& value : items(at(requirement, {"values"}))) {
    values += (values.empty() ? "" : ",") + (value.is_string() ? value.get<std::string>() : "");
  }
  return key + (op == "NotIn" ? " notin (" : " in (") + values + ")";
}

// "app=web,tier in (a,b)"; "<none>" for an empty one, as describe shows it.
inline std::string selector_text(const json& selector, const char* nothing = "<none>") {
  std::string out;
  const auto add = [&](const std::string& part) { out += (out.empty() ? "" : ",") + part; };
  for (const auto& [key, value] : members(at(selector, {"matchLabels"}))) {
    if (value.is_string()) add(key + "=" + value.get<std::string>());
  }
  for (const json& one : items(at(selector, {"matchExpressions"}))) add(requirement_text(one));
  return out.empty() ? nothing : out;
}

}  // namespace weir::cli
