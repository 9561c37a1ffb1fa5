#include "controller/kustomize/fields.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

namespace weir::kustomize {
namespace {

using Path = std::span<const std::string>;

class Walk {
 public:
  Walk(const FieldSpec& spec, Creates creates, const SetField& set)
      : spec_(spec), creates_(creates), set_(set) {}

  Result<void> run(json& node, Path path) const {
    if (path.empty()) return set_(node);
    if (node.is_null()) return {};
    if (node.is_array()) {
      for (json& element : node) {
        TRY_VOID(run(element, path));
      }
      return {};
    }
    if (!node.is_object()) {
      return fail(Code::bad_request, "at path '" + spec_.path + "': expected sequence or mapping");
    }
    return run_field(node, path);
  }

 private:
  Result<void> run_field(json& node, Path path) const {
    std::string name = path.front();
    const bool is_list = name.ends_with("[]");
    if (is_list) name.resize(name.size() - 2);
    const bool creates = spec_.create && creates_ != Creates::nothing && !is_list;
    const bool last = path.size() == 1;
    const bool makes_map = !last || creates_ == Creates::map;
    auto field = node.find(name);
    if (field == node.end()) {
      if (!creates) return {};
      field = node.emplace(name, makes_map ? json::object() : json()).first;
    } else if (field->is_null() && creates && makes_map) {
      *field = json::object();
    }
    return run(*field, path.subspan(1));
  }

  const FieldSpec& spec_;
  const Creates creates_;
  const SetField& set_;
};

bool has(const json& node, Path path) {
  if (path.empty()) return true;
  if (node.is_array()) {
    return std::any_of(node.begin(), node.end(), [&](const json& one) { return has(one, path); });
  }
  std::string name = path.front();
  if (name.ends_with("[]")) name.resize(name.size() - 2);
  const json* field = find(node, {name});
  return field != nullptr && has(*field, path.subspan(1));
}

}  // namespace

Result<void> change_fields(json& document, const FieldSpec& spec, Creates creates,
                           const SetField& set) {
  const std::string api_version = text_at(document, {"apiVersion"});
  const std::size_t slash = api_version.find('/');
  const Gvk gvk{.group = slash == std::string::npos ? "" : api_version.substr(0, slash),
                .version = slash == std::string::npos ? api_version : api_version.substr(slash + 1),
                .kind = text_at(document, {"kind"})};
  if (!selects(spec.gvk, gvk)) return {};
  const std::vector<std::string> path = split_path(spec.path);
  return Walk(spec, creates, set).run(document, path);
}

Result<void> change_fields(json& document, const FieldSpecs& specs, Creates creates,
                           const SetField& set) {
  for (const FieldSpec& spec : specs) {
    TRY_VOID(change_fields(document, spec, creates, set));
  }
  return {};
}

Result<void> set_text(json& field, const std::string& text) {
  if (field.is_structured()) {
    return fail(Code::bad_request, "expected a text where a map or a list stands");
  }
  field = text;
  return {};
}

bool has_field(const json& document, const std::string& path) {
  const std::vector<std::string> parts = split_path(path);
  return has(document, parts);
}

Result<void> merge(FieldSpecs& into, const FieldSpec& spec) {
  const auto same = std::find_if(into.begin(), into.end(), [&](const FieldSpec& one) {
    return one.path == spec.path && selects(spec.gvk, one.gvk);
  });
  if (same == into.end()) {
    into.push_back(spec);
  } else if (same->create != spec.create) {
    return fail(Code::bad_request, "conflicting fieldSpecs for the path '" + spec.path +
                                       "': one has create: true, another has not");
  }
  return {};
}

Result<void> merge(FieldSpecs& into, const FieldSpecs& specs) {
  for (const FieldSpec& spec : specs) {
    TRY_VOID(merge(into, spec));
  }
  return {};
}

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> parts(1);
  for (const char c : path) {
    if (c != '/') {
      parts.back() += c;
    } else if (parts.back().ends_with('\\')) {
      parts.back().back() = '/';
    } else {
      parts.emplace_back();
    }
  }
  return parts;
}

}  // namespace weir::kustomize
