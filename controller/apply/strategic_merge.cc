#include "controller/apply/strategic_merge.h"

#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "controller/apply/strategic_lists.h"

namespace weir {

using nlohmann::json;

namespace {

constexpr const char* kRetainKeys = "$retainKeys";
constexpr std::string_view kRemovedPrefix = "$deleteFromPrimitiveList/";
constexpr std::string_view kOrderPrefix = "$setElementOrder/";

bool is_directive(std::string_view key) {
  return key == kPatchDirective || key == kRetainKeys || key.starts_with(kRemovedPrefix) ||
         key.starts_with(kOrderPrefix);
}

// The field that a key of a patch is about: ports for ports and for $setElementOrder/ports.
std::string_view field_of(std::string_view key) {
  for (const std::string_view prefix : {kRemovedPrefix, kOrderPrefix}) {
    if (key.starts_with(prefix)) return key.substr(prefix.size());
  }
  return key;
}

// A part of a patch that meets nothing in the document, as it is stored: nulls and directives have
// done their work.
json without_directives(const json& patch) {
  if (patch.is_object()) {
    json result = json::object();
    for (const auto& [key, value] : patch.items()) {
      if (!is_directive(key) && !value.is_null()) result[key] = without_directives(value);
    }
    return result;
  }
  if (!patch.is_array()) return patch;
  json result = json::array();
  for (const json& element : patch) {
    const auto directive = element.is_object() ? element.find(kPatchDirective) : element.end();
    const bool special = element.is_object() && directive != element.end() && *directive != "merge";
    if (!special) result.push_back(without_directives(element));
  }
  return result;
}

std::string join(const std::string& path, std::string_view field) {
  return path.empty() ? std::string(field) : path + "." + std::string(field);
}

Result<void> retain_keys(json& document, const json& patch, const std::string& path) {
  const auto found = patch.find(kRetainKeys);
  if (found == patch.end()) return {};
  const auto malformed = [&] {
    return fail(Code::bad_request,
                join(path, kRetainKeys) + ": invalid patch format of retainKeys");
  };
  if (!found->is_array()) return malformed();
  std::set<std::string_view> kept;
  for (const json& key : *found) {
    if (!key.is_string()) return malformed();
    kept.insert(key.get_ref<const std::string&>());
  }
  for (const auto& [key, value] : patch.items()) {
    if (!is_directive(key) && !value.is_null() && !kept.contains(key)) return malformed();
  }
  for (auto field = document.begin(); field != document.end();) {
    field = kept.contains(field.key()) ? std::next(field) : document.erase(field);
  }
  return {};
}

Result<ListPatch> list_patch_of(const json& patch, const std::string& field,
                                const std::string& path) {
  const auto list_at = [&](const std::string& key, const char* what) -> Result<const json*> {
    const auto found = patch.find(key);
    if (found == patch.end()) return nullptr;
    if (!found->is_array()) {
      return fail(Code::bad_request, path + ": invalid patch format of " + what);
    }
    return &*found;
  };
  ListPatch result;
  const auto items = patch.find(field);
  if (items != patch.end() && items->is_array()) result.items = &*items;
  TRY(result.removed, list_at(std::string(kRemovedPrefix) + field, "primitive list"));
  TRY(result.order, list_at(std::string(kOrderPrefix) + field, "setElementOrder list"));
  return result;
}

Result<void> merge_map(json& document, const json& patch, const SchemaNode* node,
                       const std::string& path);

bool merges_lists(const SchemaNode* node) { return node != nullptr && node->patch_merge; }

Result<void> merge_list_field(json& list, const ListPatch& patch, const SchemaNode* node,
                              const std::string& path) {
  const SchemaNode* items = node == nullptr ? nullptr : node->items;
  const MergeElement merge = [&](json& element, const json& with) {
    return merge_map(element, with, items, path);
  };
  return merge_list(list, patch, node == nullptr ? std::string() : node->patch_merge_key, path,
                    merge, without_directives);
}

// One field that is in the patch with a value of its own.
Result<void> merge_field(json& document, const json& patch, const std::string& field,
                         const SchemaNode* node, const std::string& path) {
  const json& value = patch.at(field);
  if (value.is_null()) {
    document.erase(field);
    return {};
  }
  const auto found = document.find(field);
  if (found != document.end() && found->is_object() && value.is_object() &&
      (node == nullptr || !node->patch_replace)) {
    return merge_map(*found, value, node, path);
  }
  if (found != document.end() && found->is_array() && value.is_array() && merges_lists(node)) {
    TRY(const ListPatch list, list_patch_of(patch, field, path));
    return merge_list_field(*found, list, node, path);
  }
  if (value.is_object()) {
    // Directives of the patch hold for an empty document, too: `$patch: delete` stays empty.
    json fresh = json::object();
    TRY_VOID(merge_map(fresh, value, node, path));
    document[field] = std::move(fresh);
    return {};
  }
  document[field] = without_directives(value);
  return {};
}

// A field that only directives mention: its list is ordered, or loses values.
Result<void> direct_field(json& document, const json& patch, const std::string& field,
                          const SchemaNode* node, const std::string& path) {
  TRY(const ListPatch list, list_patch_of(patch, field, path));
  if (!merges_lists(node)) {
    return fail(Code::bad_request, path +
                                       ": strategic merge patch format is not supported: the "
                                       "elements of this list cannot be merged, send all of it");
  }
  const auto found = document.find(field);
  if (found == document.end() || !found->is_array()) return {};
  return merge_list_field(*found, list, node, path);
}

Result<void> merge_map(json& document, const json& patch, const SchemaNode* node,
                       const std::string& path) {
  const auto directive = patch.find(kPatchDirective);
  if (directive != patch.end()) {
    if (*directive == "delete" || *directive == "replace") {
      document = *directive == "delete" ? json::object() : without_directives(patch);
      return {};
    }
    if (*directive != "merge") {
      return fail(Code::bad_request,
                  join(path, kPatchDirective) + ": unknown patch type: " + directive->dump());
    }
  }
  TRY_VOID(retain_keys(document, patch, path));
  for (const auto& [key, value] : patch.items()) {
    if (key == kPatchDirective || key == kRetainKeys) continue;
    const std::string field(field_of(key));
    const SchemaNode* child = node == nullptr ? nullptr : node->field(field);
    if (field == key) {
      TRY_VOID(merge_field(document, patch, field, child, join(path, field)));
    } else if (!patch.contains(field)) {
      TRY_VOID(direct_field(document, patch, field, child, join(path, field)));
    }
  }
  return {};
}

}  // namespace

Result<json> strategic_merge(json document, const json& patch, const SchemaNode& kind) {
  if (!patch.is_object()) {
    return fail(Code::bad_request, "a strategic merge patch must be a JSON object");
  }
  TRY_VOID(merge_map(document, patch, &kind, ""));
  return document;
}

}  // namespace weir
