#include "controller/kustomize/shared_values.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

namespace weir::kustomize {
namespace {

using Pointer = json::json_pointer;

// The places that a spec's path leads to, through lists.
void add_places(const json& node, std::span<const std::string> path, const Pointer& at,
                std::set<std::string>& out) {
  if (path.empty()) {
    if (node.is_object()) out.insert(at.to_string());
    return;
  }
  if (node.is_array()) {
    for (std::size_t i = 0; i < node.size(); ++i) add_places(node[i], path, at / i, out);
    return;
  }
  std::string name = path.front();
  if (name.ends_with("[]")) name.resize(name.size() - 2);
  const json* field = find(node, {name});
  if (field != nullptr) add_places(*field, path.subspan(1), at / name, out);
}

const json* value_at(const json& document, const std::string& place, const std::string& key) {
  const Pointer pointer(place);
  return document.contains(pointer) ? find(document.at(pointer), {key}) : nullptr;
}

}  // namespace

void share_values(Resource& resource, const json& before, const json& pairs,
                  const FieldSpecs& specs) {
  std::set<std::string> places;
  const Gvk gvk = resource.id().gvk;
  for (const FieldSpec& spec : specs) {
    if (!selects(spec.gvk, gvk)) continue;
    add_places(*resource.document, split_path(spec.path), Pointer(), places);
  }
  for (const auto& [key, value] : pairs.items()) {
    Resource::Shared shared{.key = key};
    for (const std::string& place : places) {
      if (value_at(before, place, key) == nullptr) shared.maps.push_back(place);
    }
    if (shared.maps.size() > 1) resource.shared.push_back(std::move(shared));
  }
}

void spread_values(Resource& resource, const json& before) {
  json& document = *resource.document;
  for (const Resource::Shared& shared : resource.shared) {
    const json* changed = nullptr;
    for (const std::string& place : shared.maps) {
      const json* was = value_at(before, place, shared.key);
      const json* is = value_at(document, place, shared.key);
      if (was != nullptr && is != nullptr && *was != *is) changed = is;
    }
    if (changed == nullptr) continue;
    const json value = *changed;
    for (const std::string& place : shared.maps) {
      if (value_at(document, place, shared.key) != nullptr) {
        document[Pointer(place)][shared.key] = value;
      }
    }
  }
}

}  // namespace weir::kustomize
