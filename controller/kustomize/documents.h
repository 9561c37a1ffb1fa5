#pragma once

// Manifest texts as resources, with the types that Kustomize's YAML reader gives to plain scalars
// (1_000 is a number, 2026-01-02 a time; annotations are texts as they are written). Pure.

#include <string>
#include <string_view>

#include "controller/kustomize/resource.h"

namespace weir::kustomize {

// Every document needs a kind and a name; those of lists (…List) are opened. `name` is for
// messages.
Result<Resources> read_resources(std::string_view text, const std::string& name);

// A patch or a configuration: documents as they are.
Result<std::vector<Document>> read_any(std::string_view text, const std::string& name);

// A kustomization.yaml, which is read as YAML 1.1: `n`, `yes` and `off` are booleans.
Result<std::vector<Document>> read_yaml11(std::string_view text, const std::string& name);

// The value that a plain scalar has: what replacements put into a new field.
json plain_value(const std::string& text);

}  // namespace weir::kustomize
