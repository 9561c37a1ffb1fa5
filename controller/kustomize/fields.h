#pragma once

// FieldSpecs: which fields of which kinds a transformer changes, as Kustomize writes them
// ("spec/template/spec/volumes/configMap/name"; lists are walked through; `\/` is a slash in a
// name; `[]` at a name's end says that it is a list). Pure.

#include <functional>
#include <string>
#include <vector>

#include "controller/kustomize/resource.h"

namespace weir::kustomize {

struct FieldSpec {
  Gvk gvk = {};
  std::string path = {};
  bool create = false;  // make what is missing on the way
};
using FieldSpecs = std::vector<FieldSpec>;

enum class Creates { nothing, scalar, map };  // what stands at the end of a path that is made

using SetField = std::function<Result<void>(json& field)>;

// Calls `set` on every field that `spec` means in `document`, if it means this kind.
Result<void> change_fields(json& document, const FieldSpec& spec, Creates creates,
                           const SetField& set);
Result<void> change_fields(json& document, const FieldSpecs& specs, Creates creates,
                           const SetField& set);

// Sets a text; bad_request when the field holds a map or a list.
Result<void> set_text(json& field, const std::string& text);

// True when the path exists, through lists too.
bool has_field(const json& document, const std::string& path);

// Adds a spec that is not there yet; bad_request when it is, with another `create`.
Result<void> merge(FieldSpecs& into, const FieldSpec& spec);
Result<void> merge(FieldSpecs& into, const FieldSpecs& specs);

// "a/b\/c" is a, b/c.
std::vector<std::string> split_path(const std::string& path);

}  // namespace weir::kustomize
