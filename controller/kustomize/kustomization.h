#pragma once

// A kustomization.yaml, read and checked: every field is known and of the right type, fields that
// are refused are refused here, deprecated ones are said and moved to what replaced them. What
// follows may rely on the shapes. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "controller/kustomize/resource.h"

namespace weir::kustomize {

struct Kustomization {
  Document fields;  // as written, without nulls, `bases` in `resources`, `imageTags` in `images`
  bool is_component = false;

  const json* field(std::string_view name) const;
  std::string text(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
  const json& list(std::string_view name) const;  // an empty one where there is none
};

// `name` is the file's, for messages; `warnings` gets a line for each deprecated field.
Result<Kustomization> read_kustomization(std::string_view text, const std::string& name,
                                         std::vector<std::string>& warnings);

// The contents of a file that `replacements: - path:` names, checked likewise.
Result<void> check_replacement(const json& entry, const std::string& where);

// The texts of a list that has been checked.
std::vector<std::string> texts_of(const json& list);

}  // namespace weir::kustomize
