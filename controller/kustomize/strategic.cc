#include "controller/kustomize/strategic.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "controller/kustomize/documents.h"
#include "controller/kustomize/merge_lists.h"
#include "controller/kustomize/merge_schema.h"

namespace weir::kustomize {
namespace {

enum class Shape { nothing, map, list, scalar };

Shape shape_of(const json* value) {
  if (value == nullptr || value->is_null()) return Shape::nothing;
  if (value->is_object()) return Shape::map;
  return value->is_array() ? Shape::list : Shape::scalar;
}

tl::unexpected<Error> mismatch(const std::string& path) {
  return fail(Code::bad_request, "strategic merge patch: wrong node kind at " +
                                     (path.empty() ? "the top" : path) +
                                     ": the patch has another type than the object");
}

class Merger {
 public:
  // What remains: the (changed) document, the (cleaned) patch, or nothing. Both may be one and the
  // same value: then it is cleaned of directives and nulls.
  Result<Kept> merge(json* document, json* patch, const MergeNode& node, const std::string& path) {
    const Shape is = shape_of(document), wanted = shape_of(patch);
    const Shape shape = is == Shape::nothing ? wanted : is;
    if (wanted != Shape::nothing && wanted != shape) return mismatch(path);
    if (shape == Shape::nothing) return Kept::nothing;
    if (shape == Shape::map) return merge_maps(document, patch, node, path);
    if (shape == Shape::list && node.merges()) return merge_lists(document, patch, node, path);
    if (patch == nullptr) return Kept::document;
    if (shape == Shape::scalar && document != nullptr) keep_quotes(*document, *patch);
    return Kept::patch;
  }

 private:
  // In Kustomize a quoted text stays quoted: `value: "80"` patched with 8080 is "8080". Which texts
  // were quoted is known only where they had to be.
  static void keep_quotes(const json& document, json& patch) {
    if (!document.is_string() || patch.is_string() || patch.is_null()) return;
    const auto& text = document.get_ref<const std::string&>();
    const bool quoted = text.find('\n') != std::string::npos || !plain_value(text).is_string();
    if (quoted) patch = scalar_text(patch);
  }

  Result<Kept> merge_maps(json* document, json* patch, const MergeNode& node,
                          const std::string& path) {
    Kept kept = Kept::document;
    if (shape_of(document) == Shape::nothing) {
      TRY(const Directive directive, take_directive(*patch, path));
      if (directive == Directive::remove) return Kept::nothing;
      kept = Kept::patch;
    } else if (patch != nullptr && patch->is_null()) {
      return Kept::nothing;
    } else if (patch != nullptr) {
      TRY(const Directive directive, take_directive(*patch, path));
      if (directive == Directive::remove) return Kept::nothing;
      if (directive == Directive::replace) kept = Kept::patch;
    }
    json& target = kept == Kept::patch ? *patch : *document;
    TRY_VOID(merge_fields(target, patch, node, path));
    return kept;
  }

  Result<void> merge_fields(json& target, json* patch, const MergeNode& node,
                            const std::string& path) {
    std::set<std::string> names;
    for (const auto& [name, value] : target.items()) names.insert(name);
    if (patch != nullptr) {
      for (const auto& [name, value] : patch->items()) names.insert(name);
    }
    for (const std::string& name : names) {
      json* is = member(target, name);
      json* wanted = patch == nullptr ? nullptr : member(*patch, name);
      TRY(const Kept kept,
          merge(is, wanted, node.field(name), path.empty() ? name : path + "." + name));
      const json* value = kept == Kept::nothing ? nullptr : kept == Kept::patch ? wanted : is;
      if (value == nullptr || value->is_null()) {
        target.erase(name);
      } else if (value == wanted && is != wanted) {
        json copy = *wanted;
        target[name] = std::move(copy);
      }
    }
    return {};
  }

  static json* member(json& object, const std::string& name) {
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
  }

  Result<Kept> merge_lists(json* document, json* patch, const MergeNode& node,
                           const std::string& path) {
    Kept kept = Kept::document;
    if (shape_of(document) == Shape::nothing) {
      kept = Kept::patch;
    } else if (patch != nullptr && patch->is_null()) {
      return Kept::nothing;
    } else if (patch != nullptr) {
      TRY(const Directive directive, take_directive(*patch, path));
      if (directive == Directive::remove) return Kept::nothing;
      if (directive == Directive::replace) kept = Kept::patch;
    }
    json& target = kept == Kept::patch ? *patch : *document;
    const MergeElements merge_elements = [&](json* is, json* wanted) {
      return merge(is, wanted, node.items(), path);
    };
    TRY(json merged, merge_associative(target, patch == nullptr ? target : *patch, patch != nullptr,
                                       node.keys(), merge_elements));
    target = std::move(merged);
    return kept;
  }
};

}  // namespace

Result<std::optional<Document>> strategic_merge(const Document& document, const Document& patch) {
  json merged = *document, with = *patch;
  const MergeNode schema = merge_schema(text_at(merged, {"apiVersion"}), text_at(merged, {"kind"}));
  TRY(const Kept kept, Merger().merge(&merged, &with, schema, ""));
  if (kept == Kept::nothing) return std::nullopt;
  return Document(kept == Kept::patch ? std::move(with) : std::move(merged));
}

}  // namespace weir::kustomize
