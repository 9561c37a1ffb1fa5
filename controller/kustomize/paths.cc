#include "controller/kustomize/paths.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <span>

#include "controller/kustomize/documents.h"

namespace weir::kustomize {
namespace {

using Path = std::span<const std::string>;

bool is_index(const std::string& part) {
  return !part.empty() && part.size() < 9 && std::all_of(part.begin(), part.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
}

// [name=web]
bool is_match(const std::string& part) { return part.starts_with('[') && part.ends_with(']'); }

class Finder {
 public:
  explicit Finder(Makes makes) : makes_(makes) {}

  Result<void> find(json& node, Path path) {
    if (path.empty()) {
      found_.push_back(&node);
      return {};
    }
    const std::string& part = path.front();
    if (is_index(part)) return find_index(node, path);
    if (is_match(part)) return find_matches(node, path);
    if (part == "*") return find_all(node, path);
    return find_field(node, path);
  }

  std::vector<json*> take() { return std::move(found_); }

 private:
  json empty_for(Path rest) const {
    if (rest.empty()) {
      return makes_ == Makes::map ? json::object() : makes_ == Makes::list ? json::array() : json();
    }
    const std::string& next = rest.front();
    const bool list = is_index(next) || is_match(next) || next == "*";
    return list ? json::array() : json::object();
  }

  static tl::unexpected<Error> wrong(const std::string& part, const char* wanted) {
    return fail(Code::bad_request, "at \"" + part + "\": expected " + wanted);
  }

  Result<void> find_field(json& node, Path path) {
    const std::string& name = path.front();
    if (node.is_null() && makes_ == Makes::nothing) return {};
    if (node.is_null()) node = json::object();
    if (!node.is_object()) return wrong(name, "a map");
    auto field = node.find(name);
    if (field == node.end()) {
      if (makes_ == Makes::nothing) return {};
      field = node.emplace(name, empty_for(path.subspan(1))).first;
    }
    return find(*field, path.subspan(1));
  }

  Result<void> find_index(json& node, Path path) {
    if (!node.is_array()) return wrong(path.front(), "a list");
    const std::size_t index = std::stoul(path.front());
    if (index == node.size() && makes_ != Makes::nothing) {
      node.push_back(empty_for(path.subspan(1)));
    }
    if (index >= node.size()) {
      return fail(Code::bad_request, "index " + path.front() + " specified but only " +
                                         std::to_string(node.size()) + " elements found");
    }
    return find(node[index], path.subspan(1));
  }

  Result<void> find_all(json& node, Path path) {
    if (!node.is_array()) return wrong("*", "a list");
    for (json& one : node) {
      TRY_VOID(find(one, path.subspan(1)));
    }
    return {};
  }

  Result<void> find_matches(json& node, Path path) {
    const std::string inner = path.front().substr(1, path.front().size() - 2);
    const std::size_t equals = inner.find('=');
    if (equals == std::string::npos) return wrong(path.front(), "[field=value]");
    const std::string field = inner.substr(0, equals), value = inner.substr(equals + 1);
    if (!node.is_array()) return wrong(path.front(), "a list");
    const RE2 pattern(value, RE2::Quiet);
    if (!pattern.ok()) {
      return fail(Code::bad_request, "\"" + value + "\" is not a valid regular expression");
    }
    const std::size_t before = found_.size();
    TRY_VOID(visit_matches(node, path, field, pattern));
    if (found_.size() > before || makes_ == Makes::nothing) return {};
    node.push_back(field.empty() ? plain_value(value) : json{{field, plain_value(value)}});
    return visit_matches(node, path, field, pattern);
  }

  Result<void> visit_matches(json& node, Path path, const std::string& field, const RE2& pattern) {
    for (json& one : node) {
      const json* value = field.empty() ? &one : kustomize::find(one, {field});
      if (value == nullptr || value->is_structured()) continue;
      if (!RE2::PartialMatch(scalar_text(*value), pattern)) continue;
      if (field.empty()) {
        found_.push_back(&one);
      } else {
        TRY_VOID(find(one, path.subspan(1)));
      }
    }
    return {};
  }

  const Makes makes_;
  std::vector<json*> found_ = {};
};

}  // namespace

std::vector<std::string> split_field_path(const std::string& path) {
  std::vector<std::string> plain(1);
  for (const char c : path) {
    if (c != '.') {
      plain.back() += c;
    } else if (plain.back().ends_with('\\')) {
      plain.back().back() = '.';
    } else {
      plain.emplace_back();
    }
  }
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    std::string part = plain[i];
    if (!part.starts_with('[')) {
      parts.push_back(part);
      continue;
    }
    while (!part.ends_with(']') && i + 1 < plain.size()) part += "." + plain[++i];
    if (part.find('=') == std::string::npos) {
      part.erase(0, std::min(part.find_first_not_of("[]"), part.size()));
      part.resize(part.find_last_not_of("[]") + 1);
    }
    parts.push_back(part);
  }
  return parts;
}

Result<std::vector<json*>> find_fields(json& document, const std::vector<std::string>& path,
                                       Makes makes) {
  Finder finder(makes);
  TRY_VOID(finder.find(document, path));
  return finder.take();
}

}  // namespace weir::kustomize
