// Patterns that leave files out.

#include "controller/gitops/ignore.h"

#include <gtest/gtest.h>

namespace weir::gitops {
namespace {

TEST(Ignore, Patterns) {
  struct Row {
    const char* patterns;
    const char* path;
    bool left_out;
  };
  const Row rows[] = {
      {"a.yaml", "a.yaml", true},
      {"a.yaml", "deep/er/a.yaml", true},
      {"a.yaml", "a.yaml/below", true},
      {"a.yaml", "b.yaml", false},
      {"/a.yaml", "a.yaml", true},
      {"/a.yaml", "deep/a.yaml", false},
      {"deep/a.yaml", "deep/a.yaml", true},
      {"deep/a.yaml", "very/deep/a.yaml", false},
      {"docs/", "docs/a.md", true},
      {"docs/", "x/docs/a.md", true},
      {"docs/", "docs", false},
      {"/docs/", "docs/a.md", true},
      {"/docs/", "x/docs/a.md", false},
      {"*.md", "x/y.md", true},
      {"*.md", "x/y.mdx", false},
      {"*", ".hidden", true},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"[a-c].yaml", "b.yaml", true},
      {"[!a-c].yaml", "b.yaml", false},
      {"docs/*.md", "docs/a.md", true},
      {"docs/*.md", "docs/x/a.md", false},
      {"**/a.md", "a.md", true},
      {"**/a.md", "x/y/a.md", true},
      {"x/**", "x/y/z", true},
      {"x/**", "x", false},
      {"x/**/z", "x/z", true},
      {"x/**/z", "x/1/2/z", true},
      {"x/**/z", "x/1/2/y", false},
      {"**/**/**/**/**/**/**/**/**/**/**/**/z", "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/y", false},
      {"# a.md", "# a.md", false},
      {"\\#a.md", "#a.md", true},
      {"a.md  ", "a.md", true},
      {"a\\ ", "a ", true},
      {"a.md\r\n", "a.md", true},
      {"[", "[", true},  // as it stands: no set is meant
      {"*.md\n!keep.md", "keep.md", false},
      {"!keep.md\n*.md", "keep.md", true},
      {"/*\n!/deploy", "deploy/a.yaml", false},
      {"/*\n!/deploy", "src/a.yaml", true},
      {"/*\n!/deploy/\n/deploy/x.yaml", "deploy/x.yaml", true},
  };
  for (const Row& row : rows) {
    IgnoreRules rules;
    rules.add(row.patterns);
    EXPECT_EQ(rules.leaves_out(row.path), row.left_out) << row.patterns << " " << row.path;
  }
}

TEST(Ignore, WithoutAnyPattern) {
  struct Row {
    const char* path;
    bool by_default, with_a_pattern;
  };
  const Row rows[] = {
      {"a.yaml", false, false},        {"x/logo.png", true, false},
      {"chart.tar.gz", true, false},   {".github/workflows/ci.yaml", true, false},
      {".gitlab-ci.yml", true, false}, {"x/.sops.yaml", true, false},
      {".gitignore", true, true},      {"x/.gitattributes", true, true},
      {".gitmodules", true, true},     {"x/.git/config", true, true},
  };
  for (const Row& row : rows) {
    IgnoreRules none, some;
    none.add("# only a comment\n\n");
    some.add("unused");
    EXPECT_EQ(none.leaves_out(row.path), row.by_default) << row.path;
    EXPECT_EQ(some.leaves_out(row.path), row.with_a_pattern) << row.path;
  }
}

TEST(Ignore, PatternsOfAFolder) {
  IgnoreRules rules;
  rules.add("*.md");
  rules.add("!/keep.md\n*.txt", "a/b");
  EXPECT_FALSE(rules.leaves_out("a/b/keep.md"));
  EXPECT_TRUE(rules.leaves_out("a/b/c/keep.md"));
  EXPECT_TRUE(rules.leaves_out("a/keep.md"));
  EXPECT_TRUE(rules.leaves_out("a/b/c/x.txt"));
  EXPECT_FALSE(rules.leaves_out("a/x.txt"));
  EXPECT_FALSE(rules.leaves_out("a/bb/x.txt"));
}

}  // namespace
}  // namespace weir::gitops
