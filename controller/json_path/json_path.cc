#include "controller/json_path/json_path.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/json_path/json_path_parse.h"

namespace weir {
namespace {

using nlohmann::json;
using Node = JsonPath::Node;
using Found = std::vector<const json*>;

constexpr std::size_t kFoundMax = 10'000;

Found walk(const Path& path, Found found);

void add_with_descendants(Found& out, const json& value) {
  out.push_back(&value);
  if (!value.is_structured()) return;
  for (const json& inner : value) add_with_descendants(out, inner);
}

void add_slice(Found& out, const json& list, const PathStep& step) {
  const long size = static_cast<long>(list.size());
  const auto absolute = [&](long i) { return std::clamp(i < 0 ? i + size : i, 0L, size); };
  const long end = absolute(step.to.value_or(size));
  for (long i = absolute(step.from.value_or(0)); i < end; i += step.stride) out.push_back(&list[i]);
}

bool compare(const json& left, const std::string& comparison, const json& right) {
  if (comparison == "==") return left == right;
  if (comparison == "!=") return left != right;
  if (left.is_number() != right.is_number() || left.is_string() != right.is_string()) return false;
  if (comparison == "<") return left < right;
  if (comparison == ">") return left > right;
  if (comparison == "<=") return left <= right;
  return left >= right;
}

const json* value_of(const Operand& operand, const json& at) {
  if (!operand.is_path) return operand.constant.get();
  const Found found = walk(operand.path, {&at});
  return found.empty() ? nullptr : found.front();
}

bool matches(const Filter& filter, const json& candidate) {
  const json* left = value_of(filter.left, candidate);
  if (filter.comparison.empty()) return left != nullptr;
  const json* right = value_of(filter.right, candidate);
  return left != nullptr && right != nullptr && compare(*left, filter.comparison, *right);
}

void take_step(Found& out, const PathStep& step, const json& value) {
  switch (step.kind) {
    case PathStep::Kind::member:
      if (value.is_object()) {
        if (const auto it = value.find(step.name); it != value.end()) out.push_back(&*it);
      }
      break;
    case PathStep::Kind::every:
      if (value.is_structured()) {
        for (const json& inner : value) out.push_back(&inner);
      }
      break;
    case PathStep::Kind::recursive:
      add_with_descendants(out, value);
      break;
    case PathStep::Kind::index:
      if (value.is_array()) {
        const long size = static_cast<long>(value.size());
        const long i = *step.from < 0 ? *step.from + size : *step.from;
        if (i >= 0 && i < size) out.push_back(&value[i]);
      }
      break;
    case PathStep::Kind::slice:
      if (value.is_array()) add_slice(out, value, step);
      break;
    case PathStep::Kind::filter:
      if (value.is_structured()) {
        for (const json& inner : value) {
          if (matches(*step.filter, inner)) out.push_back(&inner);
        }
      }
      break;
    case PathStep::Kind::any_of:
      for (const PathStep& choice : step.choices) take_step(out, choice, value);
      break;
  }
}

Found walk(const Path& path, Found found) {
  for (const PathStep& step : path) {
    Found next;
    for (const json* value : found) take_step(next, step, *value);
    found = std::move(next);
  }
  return found;
}

void print(std::string& out, const std::vector<Node>& nodes, const json& at) {
  for (const Node& node : nodes) {
    if (node.kind == Node::Kind::text) {
      out += node.text;
    } else if (node.kind == Node::Kind::range) {
      for (const json* item : walk(node.path, {&at})) {
        // {range .items} without [*] means its elements.
        if (item->is_array()) {
          for (const json& element : *item) print(out, node.body, element);
        } else {
          print(out, node.body, *item);
        }
      }
    } else {
      bool first = true;
      for (const json* value : walk(node.path, {&at})) {
        if (!first) out += ' ';
        out += plain_text(*value);
        first = false;
      }
    }
  }
}

}  // namespace

std::string plain_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<JsonPath> JsonPath::parse(std::string_view text) {
  TRY(std::vector<Node> nodes, parse_json_path(text));
  JsonPath path;
  path.nodes_ = std::make_shared<const std::vector<Node>>(std::move(nodes));
  return path;
}

Result<JsonPath> JsonPath::parse_relaxed(std::string_view text) {
  if (text.starts_with("{")) return parse(text);
  const bool dotted = text.starts_with(".") || text.starts_with("[") || text.starts_with("$");
  return parse("{" + std::string(dotted ? "" : ".") + std::string(text) + "}");
}

std::string JsonPath::text(const json& document) const {
  std::string out;
  print(out, *nodes_, document);
  return out;
}

Result<std::vector<json>> JsonPath::found(const json& document) const {
  std::vector<json> out;
  for (const Node& node : *nodes_) {
    if (node.kind != Node::Kind::path) continue;
    Found found{&document};
    for (const PathStep& step : node.path) {
      Found next;
      for (const json* value : found) {
        take_step(next, step, *value);
        if (next.size() > kFoundMax) return fail(Code::invalid, "the path finds too much");
      }
      found = std::move(next);
    }
    for (const json* value : found) out.push_back(*value);
  }
  return out;
}

std::vector<std::string> JsonPath::values(const json& document) const {
  std::vector<std::string> out;
  for (const Node& node : *nodes_) {
    if (node.kind != Node::Kind::path) continue;
    for (const json* value : walk(node.path, {&document})) out.push_back(plain_text(*value));
  }
  return out;
}

}  // namespace weir
