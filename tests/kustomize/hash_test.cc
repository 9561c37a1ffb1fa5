// Names of generated objects: the hashes that kubectl 1.33 gave to the same contents.

#include <gtest/gtest.h>

#include "tests/kustomize/in_memory.h"

namespace weir::kustomize {
namespace {

TEST(Hash, IsOfTheContentsOnly) {
  const struct {
    std::string generator, want;
  } rows[] = {
      {"configMapGenerator: [{name: a, literals: [a=1]}]", "ConfigMap/a-h29d89cmmt"},
      {"namePrefix: x-\nconfigMapGenerator: [{name: b, namespace: ns, literals: [a=1]}]",
       "ConfigMap/x-b-h29d89cmmt"},
      {"configMapGenerator: [{name: a, literals: [a=1], options: {disableNameSuffixHash: true}}]",
       "ConfigMap/a"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(names_or_error({{"kustomization.yaml", row.generator}}), row.want);
  }
}

}  // namespace
}  // namespace weir::kustomize
