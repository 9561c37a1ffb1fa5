// patches, patchesStrategicMerge and patchesJson6902.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "controller/admission/manifest.h"
#include "controller/apply/json_patch.h"
#include "controller/kustomize/documents.h"
#include "controller/kustomize/select.h"
#include "controller/kustomize/shared_values.h"
#include "controller/kustomize/strategic.h"
#include "controller/kustomize/transform.h"

namespace weir::kustomize {
namespace {

struct Changes {
  bool name = false, kind = false;
};

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

tl::unexpected<Error> in_patch(Error error, const std::string& where) {
  error.message = where + ": " + error.message;
  return tl::unexpected(std::move(error));
}

// False when the patch removes the object.
Result<bool> apply(Resource& resource, const Document& patch, Changes allowed) {
  const std::string kind = text_at(*resource.document, {"kind"});
  const std::string name = name_of(resource), namespace_ = namespace_of(resource);
  if (allowed.name || allowed.kind) resource.remember_id();
  Document with = patch;
  if (with->is_object() && resource.document->contains("apiVersion")) {
    (*with)["apiVersion"] = resource.document->at("apiVersion");
  }
  TRY(std::optional<Document> merged, strategic_merge(resource.document, with));
  if (!merged || (*merged)->empty()) return false;
  json& document = **merged;
  if (!allowed.kind) document["kind"] = kind;
  if (!allowed.name) document["metadata"]["name"] = name;
  if (namespace_.empty()) {
    document["metadata"].erase("namespace");
  } else {
    document["metadata"]["namespace"] = namespace_;
  }
  const Document before = std::move(resource.document);
  resource.document = *std::move(merged);
  spread_values(resource, *before);
  return true;
}

Result<void> apply_by_id(Resources& resources, const Resources& patches, Changes allowed,
                         const std::string& where) {
  for (const Resource& patch : patches) {
    auto target = find_one(resources, patch.id());
    if (!target) return in_patch(std::move(target).error(), where);
    auto stays = apply(**target, patch.document, allowed);
    if (!stays) return in_patch(std::move(stays).error(), where);
    if (!*stays) resources.erase(resources.begin() + (*target - resources.data()));
  }
  return {};
}

// A patch with a target has its labels and annotations read as texts, in Kustomize: null is the
// text "null" there and removes nothing, and an empty map is none.
Document with_texts(const Document& patch) {
  Document out = patch;
  for (const char* map : {"labels", "annotations"}) {
    if (const json* found = find(*out, {"metadata", map});
        found == nullptr || !found->is_object()) {
      continue;
    }
    json& pairs = (*out)["metadata"][map];
    if (pairs.empty()) {
      (*out)["metadata"].erase(map);
      continue;
    }
    for (json& value : pairs) value = value.is_null() ? "null" : scalar_text(value);
  }
  return out;
}

Result<void> apply_by_selector(Resources& resources, const Resource& patch,
                               const Selector& selector, Changes allowed) {
  const Document with = with_texts(patch.document);
  Resources kept;
  for (Resource& resource : resources) {
    if (selector.selects(resource)) {
      TRY(const bool stays, apply(resource, with, allowed));
      if (!stays) continue;
    }
    kept.push_back(std::move(resource));
  }
  resources.clear();
  return append_all(resources, std::move(kept));
}

Result<void> apply_operations(Resources& resources, const json& operations,
                              const Selector& selector, const std::string& where) {
  for (Resource& resource : resources) {
    if (!selector.selects(resource)) continue;
    resource.remember_id();
    auto patched = json_patch(*resource.document, operations);
    if (!patched) return in_patch(std::move(patched).error(), where);
    if (find(*patched, {"metadata", "name"}) == nullptr || text_at(*patched, {"kind"}).empty()) {
      return fail(Code::bad_request,
                  where + ": what it leaves of " + resource.id().text() + " is no object");
    }
    *resource.document = *std::move(patched);
    resource.shared.clear();
  }
  return {};
}

// The text of a patch, from its file or in place.
Result<std::string> text_of(const json& entry, const ReadFile& read, const std::string& where) {
  const std::string path = text_at(entry, {"path"}), in_place = trimmed(text_at(entry, {"patch"}));
  if (path.empty() == in_place.empty()) {
    return fail(Code::bad_request, where + ": must specify one of patch and path");
  }
  return path.empty() ? Result<std::string>(in_place) : read(path);
}

// JSON 6902 operations, or null when the text is something else.
Result<json> operations_of(const std::string& text, const std::string& where) {
  if (text.starts_with('[')) {
    // Kustomize takes this for JSON; YAML's flow style begins with a bracket, too.
    auto parsed = parse_json(text);
    if (parsed) return *std::move(parsed);
    return fail(Code::bad_request,
                where + ": what begins with '[' must be JSON: " + parsed.error().message);
  }
  TRY(const std::vector<Document> documents, read_any(text, where));
  if (documents.size() != 1 || !documents[0]->is_array()) return json();
  return *documents[0];
}

Result<void> apply_patch(Resources& resources, const json& entry, const ReadFile& read,
                         const std::string& where) {
  TRY(const std::string text, text_of(entry, read, where));
  TRY(const json operations, operations_of(text, where));
  const json* target = find(entry, {"target"});
  const json options = entry.value("options", json::object());
  const Changes allowed{.name = options.value("allowNameChange", false),
                        .kind = options.value("allowKindChange", false)};
  if (!operations.is_null()) {
    if (target == nullptr) {
      return fail(Code::bad_request, where + ": must specify a target for a JSON 6902 patch");
    }
    TRY(const Selector selector, Selector::parse(*target));
    return apply_operations(resources, operations, selector, where);
  }
  TRY(const Resources patches, read_resources(text, where));
  if (target == nullptr) return apply_by_id(resources, patches, allowed, where);
  if (patches.size() != 1) {
    return fail(Code::bad_request,
                where + ": several strategic merge patches in one entry cannot have a target");
  }
  TRY(const Selector selector, Selector::parse(*target));
  auto applied = apply_by_selector(resources, patches[0], selector, allowed);
  return applied ? Result<void>{} : in_patch(std::move(applied).error(), where);
}

std::string place(const char* field, std::size_t i) {
  return std::string(field) + "[" + std::to_string(i) + "]";
}

}  // namespace

Result<void> patch_resources(Resources& resources, const Kustomization& kustomization,
                             const ReadFile& read) {
  const std::vector<std::string> merges = kustomization.texts("patchesStrategicMerge");
  for (std::size_t i = 0; i < merges.size(); ++i) {
    const std::string where = place("patchesStrategicMerge", i);
    // A patch in place, or the name of a file.
    Result<Resources> patches = read_resources(merges[i], where);
    if (!patches) {
      TRY(const std::string text, read(merges[i]));
      TRY(patches, read_resources(text, merges[i]));
    }
    TRY_VOID(apply_by_id(resources, *patches, {}, where));
  }
  const json& entries = kustomization.list("patches");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    TRY_VOID(apply_patch(resources, entries[i], read, place("patches", i)));
  }
  return {};
}

Result<void> patch_json6902(Resources& resources, const Kustomization& kustomization,
                            const ReadFile& read) {
  const json& entries = kustomization.list("patchesJson6902");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string where = place("patchesJson6902", i);
    const json* target = find(entries[i], {"target"});
    if (target == nullptr || text_at(*target, {"name"}).empty()) {
      return fail(Code::bad_request, where + ": must specify the target name");
    }
    TRY(const std::string text, text_of(entries[i], read, where));
    TRY(const json operations, operations_of(text, where));
    if (operations.empty()) return fail(Code::bad_request, where + ": not a JSON 6902 patch");
    TRY(const Selector selector, Selector::parse(*target));
    TRY_VOID(apply_operations(resources, operations, selector, where));
  }
  return {};
}

}  // namespace weir::kustomize
