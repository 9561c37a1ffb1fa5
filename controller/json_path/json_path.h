#pragma once

// kubectl's JSONPath: a template of text and {expressions}, as in
//   {range
//   .items[*]}{.metadata.name}{"\t"}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}
// Steps: .name, ['name'], [0], [-1], [1:3], [*], .*, ..name, [?(@.a=="b")], unions ['a','b'].
// A path that leads nowhere yields nothing. Parsed once, then evaluated on any number of
// documents; a value, safe to copy. Templates are bounded (see the .cc).

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "controller/result.h"

namespace weir {

class JsonPath {
 public:
  static Result<JsonPath> parse(std::string_view text);
  // As custom columns, --sort-by and `wait` take it: `.a.b`, `a.b` or `{.a.b}`.
  static Result<JsonPath> parse_relaxed(std::string_view text);

  // The template, filled in. Several results of one expression are separated by spaces.
  std::string text(const nlohmann::json& document) const;
  // The results of all the template's expressions. An error: one of its steps finds more than
  // 10,000, which is no path that a person means.
  Result<std::vector<nlohmann::json>> found(const nlohmann::json& document) const;
  // The same, each as text, however many.
  std::vector<std::string> values(const nlohmann::json& document) const;

  struct Node;

 private:
  std::shared_ptr<const std::vector<Node>> nodes_;
};

// A value as JSONPath prints it: strings as they are, structures as JSON.
std::string plain_text(const nlohmann::json& value);

}  // namespace weir
