#include "controller/apply/json_patch.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

using nlohmann::json;

namespace {

using Tokens = std::vector<std::string>;

tl::unexpected<Error> rejected(std::string why) {
  Error error{.code = Code::invalid,
              .message = "the server rejected our request due to an error in our request: " + why,
              .causes = {{"UnexpectedServerResponse", "", std::move(why)}}};
  return tl::unexpected(std::move(error));
}

tl::unexpected<Error> missing(const std::string& op, const std::string& path) {
  return rejected(op + " operation does not apply: doc is missing path: \"" + path +
                  "\": missing value");
}

Result<Tokens> parse_pointer(const std::string& path) {
  Tokens tokens;
  if (path.empty()) return tokens;
  if (path.front() != '/') {
    return fail(Code::bad_request, "JSON patch: the path \"" + path + "\" must begin with \"/\"");
  }
  tokens.emplace_back();
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (path[i] == '/') {
      tokens.emplace_back();
    } else if (path[i] != '~') {
      tokens.back() += path[i];
    } else if (i + 1 < path.size() && (path[i + 1] == '0' || path[i + 1] == '1')) {
      tokens.back() += path[++i] == '0' ? '~' : '/';
    } else {
      return fail(Code::bad_request,
                  "JSON patch: in the path \"" + path + "\", \"~\" must be written as \"~0\"");
    }
  }
  return tokens;
}

std::optional<std::size_t> parse_index(const std::string& token) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  const bool whole = error == std::errc() && end == token.data() + token.size();
  const bool canonical = token.size() == 1 || token.front() != '0';
  return whole && canonical ? std::optional(index) : std::nullopt;
}

// The existing value below `parent`, or null.
json* child_of(json& parent, const std::string& token) {
  if (parent.is_object()) {
    const auto found = parent.find(token);
    return found == parent.end() ? nullptr : &*found;
  }
  if (!parent.is_array()) return nullptr;
  const auto index = parse_index(token);
  return index && *index < parent.size() ? &parent[*index] : nullptr;
}

json* walk(json& document, const Tokens& tokens, std::size_t count) {
  json* at = &document;
  for (std::size_t i = 0; at != nullptr && i < count; ++i) at = child_of(*at, tokens[i]);
  return at;
}

bool deeper_than(const json& value, std::size_t limit) {
  if (!value.is_structured()) return false;
  if (limit == 0) return true;
  for (const json& child : value) {
    if (deeper_than(child, limit - 1)) return true;
  }
  return false;
}

tl::unexpected<Error> too_deep() {
  return fail(Code::bad_request, "JSON patch: the result is nested deeper than " +
                                     std::to_string(kMaxJsonPatchDepth) + " levels");
}

std::size_t bytes_of(const json& value) {
  std::size_t bytes = sizeof(json);
  if (value.is_string()) bytes += value.get_ref<const std::string&>().size();
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) bytes += key.size() + bytes_of(child);
  } else if (value.is_array()) {
    for (const json& child : value) bytes += bytes_of(child);
  }
  return bytes;
}

// One operation, read and checked.
struct Operation {
  std::string op;
  std::string path;
  Tokens tokens;
  std::string from;
  Tokens from_tokens;
  const json* value = nullptr;
};

Result<std::string> text_member(const json& operation, const char* name) {
  const auto found = operation.find(name);
  if (found == operation.end() || !found->is_string()) {
    return fail(Code::bad_request,
                std::string("JSON patch: an operation needs a \"") + name + "\" that is a string");
  }
  return found->get<std::string>();
}

Result<Operation> read_operation(const json& source) {
  if (!source.is_object()) {
    return fail(Code::bad_request, "JSON patch: an operation must be a JSON object");
  }
  Operation operation;
  TRY(operation.op, text_member(source, "op"));
  TRY(operation.path, text_member(source, "path"));
  TRY(operation.tokens, parse_pointer(operation.path));
  const std::string& op = operation.op;
  if (op == "move" || op == "copy") {
    TRY(operation.from, text_member(source, "from"));
    TRY(operation.from_tokens, parse_pointer(operation.from));
  } else if (op == "add" || op == "replace" || op == "test") {
    const auto value = source.find("value");
    if (value == source.end()) {
      return fail(Code::bad_request,
                  "JSON patch: \"" + op + "\" of \"" + operation.path + "\" needs a \"value\"");
    }
    operation.value = &*value;
  } else if (op != "remove") {
    return fail(Code::bad_request, "JSON patch: Unexpected kind: " + op);
  }
  return operation;
}

class Patcher {
 public:
  explicit Patcher(json document) : document_(std::move(document)) {}

  Result<void> run(const Operation& operation) {
    if (operation.op == "add") return add(operation, *operation.value);
    if (operation.op == "replace") return replace(operation);
    if (operation.op == "test") return test(operation);
    if (operation.op == "copy") return copy(operation);
    if (operation.op == "move") return move(operation);
    return remove(operation.op, operation.path, operation.tokens);
  }

  json take() { return std::move(document_); }

 private:
  Result<void> add(const Operation& operation, json value) {
    const Tokens& tokens = operation.tokens;
    if (tokens.empty()) {
      document_ = std::move(value);
      return {};
    }
    json* parent = walk(document_, tokens, tokens.size() - 1);
    if (parent == nullptr) return missing(operation.op, operation.path);
    const std::string& last = tokens.back();
    if (parent->is_object()) {
      (*parent)[last] = std::move(value);
      return {};
    }
    if (!parent->is_array()) return missing(operation.op, operation.path);
    const auto index = last == "-" ? std::optional(parent->size()) : parse_index(last);
    if (!index || *index > parent->size()) {
      return rejected(operation.op + " operation does not apply: \"" + operation.path +
                      "\": invalid index referenced");
    }
    parent->insert(parent->begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
    return {};
  }

  Result<void> remove(const std::string& op, const std::string& path, const Tokens& tokens) {
    if (tokens.empty()) return rejected(op + " operation does not apply: it would leave nothing");
    json* parent = walk(document_, tokens, tokens.size() - 1);
    if (parent == nullptr || child_of(*parent, tokens.back()) == nullptr) return missing(op, path);
    if (parent->is_object()) {
      parent->erase(tokens.back());
    } else {
      parent->erase(*parse_index(tokens.back()));
    }
    return {};
  }

  Result<void> replace(const Operation& operation) {
    json* target = walk(document_, operation.tokens, operation.tokens.size());
    if (target == nullptr) return missing(operation.op, operation.path);
    *target = *operation.value;
    return {};
  }

  // A member that is absent equals null, as in Kubernetes.
  Result<void> test(const Operation& operation) {
    const json* target = walk(document_, operation.tokens, operation.tokens.size());
    if (target == nullptr ? operation.value->is_null() : *target == *operation.value) return {};
    return rejected("testing value " + operation.path + " failed: test failed");
  }

  Result<void> copy(const Operation& operation) {
    const json* source = walk(document_, operation.from_tokens, operation.from_tokens.size());
    if (source == nullptr) return missing(operation.op, operation.from);
    if (deeper_than(*source, kMaxJsonPatchDepth)) return too_deep();
    copied_bytes_ += bytes_of(*source);
    if (copied_bytes_ > kMaxJsonPatchCopiedBytes) {
      return fail(Code::too_large, "JSON patch: the copies exceed " +
                                       std::to_string(kMaxJsonPatchCopiedBytes) + " bytes");
    }
    return add(operation, *source);
  }

  Result<void> move(const Operation& operation) {
    json* source = walk(document_, operation.from_tokens, operation.from_tokens.size());
    if (source == nullptr) return missing(operation.op, operation.from);
    if (operation.path == operation.from) return {};
    if (operation.path.starts_with(operation.from + "/")) {
      return rejected("move operation does not apply: \"" + operation.path + "\" lies inside \"" +
                      operation.from + "\"");
    }
    json value = std::move(*source);
    TRY_VOID(remove(operation.op, operation.from, operation.from_tokens));
    return add(operation, std::move(value));
  }

  json document_;
  std::size_t copied_bytes_ = 0;
};

}  // namespace

Result<json> json_patch(json document, const json& patch) {
  if (!patch.is_array()) return fail(Code::bad_request, "a JSON patch must be a JSON array");
  if (patch.size() > kMaxJsonPatchOperations) {
    return fail(Code::too_large, "The allowed maximum operations in a JSON patch is " +
                                     std::to_string(kMaxJsonPatchOperations) + ", got " +
                                     std::to_string(patch.size()));
  }
  Patcher patcher(std::move(document));
  for (const json& source : patch) {
    TRY(const Operation operation, read_operation(source));
    TRY_VOID(patcher.run(operation));
  }
  json result = patcher.take();
  if (deeper_than(result, kMaxJsonPatchDepth)) return too_deep();
  return result;
}

}  // namespace weir
