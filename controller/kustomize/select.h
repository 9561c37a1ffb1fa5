#pragma once

// Which resources a patch means: group, version, kind, name and namespace as
// regular expressions of the whole text, labels and annotations as label selectors. Pure.

#include <memory>
#include <string>
#include <vector>

#include "controller/kustomize/resource.h"

namespace weir::kustomize {

class Selector {
 public:
  // `fields` has been checked with its kustomization; bad_request for a bad expression.
  static Result<Selector> parse(const json& fields);
  Selector(Selector&&) noexcept;
  ~Selector();

  // As `patches` select: by the original or the present name and namespace.
  bool selects(const Resource& resource) const;
  bool selects_labels(const Resource& resource) const;

 private:
  struct State;
  explicit Selector(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::kustomize
