#pragma once

// The parsed form of a JSONPath template, between json_path_parse.cc (text in, nodes out) and
// json_path.cc (nodes and a document in, text out). Nobody else includes it.

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/json_path/json_path.h"

namespace weir {

struct PathStep;
struct Filter;
using Path = std::vector<PathStep>;

struct PathStep {
  enum class Kind { member, every, recursive, index, slice, filter, any_of };
  Kind kind = Kind::member;
  std::string name = {};                   // member
  std::optional<long> from = {}, to = {};  // index: from; slice: both
  long stride = 1;
  std::shared_ptr<const Filter> filter = {};  // of Kind::filter
  std::vector<PathStep> choices = {};         // any_of
};

// One side of a filter's comparison: a path from @, or a constant.
struct Operand {
  bool is_path = false;
  Path path = {};
  std::shared_ptr<const nlohmann::json> constant = {};
};

struct Filter {
  Operand left = {};
  std::string comparison = {};  // empty: the left side only has to exist
  Operand right = {};
};

struct JsonPath::Node {
  enum class Kind { text, path, range };
  Kind kind = Kind::text;
  std::string text = {};
  Path path = {};
  std::vector<Node> body = {};  // range … end
};

Result<std::vector<JsonPath::Node>> parse_json_path(std::string_view text);

}  // namespace weir
