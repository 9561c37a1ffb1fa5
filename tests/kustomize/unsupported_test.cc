// What Kustomize has and weir refuses, and what it says to do instead.

#include <gtest/gtest.h>

#include "tests/kustomize/in_memory.h"

namespace weir::kustomize {
namespace {

TEST(Unsupported, EachSaysWhatToDoInstead) {
  const struct {
    std::string field, want;
  } rows[] = {
      {"helmCharts: [{name: a}]",
       "helmCharts is not supported: render the chart with `helm template` and list the result "
       "under resources"},
      {"generators: [a.yaml]",
       "generators is not supported: plugins are not run; use configMapGenerator, secretGenerator "
       "or resources"},
      {"transformers: [a.yaml]",
       "transformers is not supported: plugins are not run; use the fields of kustomization.yaml, "
       "or `components`"},
      {"validators: [a.yaml]",
       "validators is not supported: plugins are not run; leave the field out"},
      {"vars: [{name: A}]", "vars is not supported: use `replacements` instead"},
      {"crds: [a.yaml]",
       "crds is not supported: name the fields under `configurations: nameReference` instead"},
      {"openapi: {path: a}",
       "openapi is not supported: lists of custom kinds are replaced as a whole; use a JSON 6902 "
       "patch instead"},
      {"buildMetadata: [originAnnotations]",
       "buildMetadata is not supported: leave the field out; add labels with `labels`"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(names_or_error({{"kustomization.yaml", row.field}}),
              "kustomization.yaml: " + row.want);
  }
}

TEST(Unsupported, NothingIsFetched) {
  for (const char* base :
       {"https://example.com/base.yaml", "github.com/org/repo//base?ref=v1", "git@host:org/repo",
        "git::https://example.com/x", "ssh://git@host/x", "oci://registry/x"}) {
    const std::string got =
        names_or_error({{"kustomization.yaml", "resources: [\"" + std::string(base) + "\"]\n"}});
    EXPECT_EQ(got, "in '.': \"" + std::string(base) +
                       "\" is not in this source: nothing is fetched while building; copy it into "
                       "the source and name its path");
  }
}

TEST(Unsupported, DeprecatedFieldsWork) {
  const auto built = build(MapFiles({{"kustomization.yaml", "bases: [b]\ncommonLabels: {a: b}\n"},
                                     {"b/kustomization.yaml", "resources: [a.yaml]"},
                                     {"b/a.yaml", map_of("a")}}),
                           "");
  ASSERT_TRUE(built) << built.error().message;
  EXPECT_EQ(built->warnings, (std::vector<std::string>{
                                 "'bases' is deprecated. Please use 'resources' instead.",
                                 "'commonLabels' is deprecated. Please use 'labels' instead."}));
}

}  // namespace
}  // namespace weir::kustomize
