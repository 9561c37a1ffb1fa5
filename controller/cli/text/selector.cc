#include "controller/cli/text/selector.h"

#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"

namespace weir::cli {
namespace {

std::string requirement_text(const json& requirement) {
  const std::string key = text(requirement, {"key"}), op = text(requirement, {"operator"});
  if (op == "Exists") return key;
  if (op == "DoesNotExist") return "!" + key;
  std::string values;
  for (const json& value : items(at(requirement, {"values"}))) {
    if (value.is_string()) values += (values.empty() ? "" : ",") + value.get<std::string>();
  }
  return key + (op == "NotIn" ? " notin (" : " in (") + values + ")";
}

}  // namespace

std::string selector_text(const json& selector, const char* nothing) {
  std::string out;
  const auto add = [&](const std::string& part) { out += (out.empty() ? "" : ",") + part; };
  for (const auto& [key, value] : members(at(selector, {"matchLabels"}))) {
    if (value.is_string()) add(key + "=" + value.get<std::string>());
  }
  for (const json& one : items(at(selector, {"matchExpressions"}))) add(requirement_text(one));
  return out.empty() ? nothing : out;
}

}  // namespace weir::cli
