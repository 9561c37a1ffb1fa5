// Bad or hostile sources end with a clear error, soon.

#include <gtest/gtest.h>

#include "tests/kustomize/in_memory.h"

namespace weir::kustomize {
namespace {

// Folders d0 … dN, each a resource of the one before.
Contents chain(int length) {
  Contents contents;
  for (int i = 0; i < length; ++i) {
    contents["d" + std::to_string(i) + "/kustomization.yaml"] =
        "resources: [../d" + std::to_string(i + 1) + "]\n";
  }
  contents["d" + std::to_string(length) + "/kustomization.yaml"] = "resources: [a.yaml]\n";
  contents["d" + std::to_string(length) + "/a.yaml"] = map_of("a");
  return contents;
}

// Each level refers twice to the next: 2^N folders.
Contents doubling(int levels) {
  Contents contents;
  for (int i = 0; i < levels; ++i) {
    const std::string next = "../l" + std::to_string(i + 1);
    for (const char* side : {"a", "b"}) {
      contents["l" + std::to_string(i) + side + "/kustomization.yaml"] =
          "resources: [" + next + "a, " + next + "b]\n";
    }
  }
  const std::string last = "l" + std::to_string(levels);
  for (const char* side : {"a", "b"})
    contents[last + side + "/kustomization.yaml"] = "resources: []";
  return contents;
}

TEST(Limits, EachHasANameAndAMessage) {
  Contents two{{"kustomization.yaml", "resources: [a.yaml, b.yaml]\n"},
               {"a.yaml", map_of("a")},
               {"b.yaml", map_of("b")}};
  const std::string in = "in '.': ";
  EXPECT_EQ(names_or_error(two), "ConfigMap/a ConfigMap/b");
  const struct {
    const char* name;
    BuildLimits limits;
    std::string want;
  } rows[] = {
      {"files", {.files = 2}, in + "more than 2 files are read"},
      {"bytes of a file", {.file_bytes = 40}, in + "the file \"a.yaml\" is larger than 40 bytes"},
      {"bytes of all", {.total_bytes = 90}, in + "the file \"b.yaml\" is larger than 7 bytes"},
      {"documents", {.documents = 1}, in + "more than 1 objects"},
      {"output", {.output_bytes = 100}, "the output is larger than 100 bytes"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(names_or_error(two, "", row.limits), row.want) << row.name;
  }
}

TEST(Limits, FoldersThatReferToFolders) {
  EXPECT_EQ(names_or_error(chain(15), "d0"), "ConfigMap/a");
  const std::string deep = names_or_error(chain(40), "d0");
  EXPECT_NE(deep.find("more than 20 folders refer to each other"), std::string::npos) << deep;
  const std::string many = names_or_error(doubling(16), "l0a");
  EXPECT_NE(many.find("more than 200 folders are built"), std::string::npos) << many;
}

TEST(Limits, Cycles) {
  const struct {
    const char* name;
    Contents contents;
    std::string directory, want;
  } rows[] = {
      {"itself", {{"a/kustomization.yaml", "resources: [.]"}}, "a", "'.' contains 'a'"},
      {"parent",
       {{"a/kustomization.yaml", "resources: [..]"}, {"kustomization.yaml", "{}"}},
       "a",
       "'..' contains 'a'"},
      {"two",
       {{"a/kustomization.yaml", "resources: [../b]"},
        {"b/kustomization.yaml", "resources: [../a]"}},
       "a",
       "'../a' contains 'a'"},
      {"component",
       {{"a/kustomization.yaml", "kind: Component\ncomponents: [../a]"},
        {"kustomization.yaml", "components: [a]"}},
       "",
       "'../a' contains 'a'"},
  };
  for (const auto& row : rows) {
    const std::string got = names_or_error(row.contents, row.directory);
    EXPECT_NE(got.find("cycle detected: " + row.want), std::string::npos)
        << row.name << ": " << got;
  }
}

}  // namespace
}  // namespace weir::kustomize
