// Which files a build may read: the map of a fetched source, and the host's folders.

#include "controller/kustomize/files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "controller/cli/client/host_files.h"
#include "tests/kustomize/in_memory.h"

namespace weir::kustomize {
namespace {

namespace fs = std::filesystem;

TEST(Files, PathsAreJoinedAndNeverClimbAboveTheTop) {
  const struct {
    std::string base, path, want;
  } rows[] = {
      {"a/b", "../c", "a/c"},
      {"", "./x/./y//z", "x/y/z"},
      {"a", "..", ""},
      {"/a", "../b", "/b"},
      {"/", "x", "/x"},
      {"a", "../../c", "the path \"../../c\" leads out of the source"},
      {"", "..", "the path \"..\" leads out of the source"},
  };
  for (const auto& row : rows) {
    const auto joined = join(row.base, row.path);
    EXPECT_EQ(joined ? *joined : joined.error().message, row.want) << row.base << " " << row.path;
  }
}

TEST(Files, WithinIsByWholeNames) {
  EXPECT_TRUE(is_within("a/b", "a"));
  EXPECT_TRUE(is_within("a", "a"));
  EXPECT_TRUE(is_within("a", ""));
  EXPECT_FALSE(is_within("ab", "a"));
  EXPECT_FALSE(is_within("a", "a/b"));
}

TEST(Files, AMapsFoldersAreWhatItsPathsImply) {
  const MapFiles files({{"a/b/c.yaml", "x"}, {"a-b/d", "y"}});
  EXPECT_TRUE(files.is_directory(""));
  EXPECT_TRUE(files.is_directory("a"));
  EXPECT_TRUE(files.is_directory("a/b"));
  EXPECT_FALSE(files.is_directory("a/b/c.yaml"));
  EXPECT_FALSE(files.is_directory("a/bb"));
  EXPECT_EQ(*files.resolve("./a/../a/b/c.yaml"), "a/b/c.yaml");
  EXPECT_EQ(files.resolve("nothing").error().code, Code::not_found);
  EXPECT_EQ(files.resolve("/a").error().code, Code::denied);
  EXPECT_EQ(*files.read("a/b/c.yaml", 1), "x");
  EXPECT_EQ(files.read("a/b/c.yaml", 0).error().code, Code::too_large);
}

TEST(Files, AFetchedSourceIsNotLeft) {
  const Contents contents{
      {"a/kustomization.yaml", "resources: [../../etc]\n"},
      {"b/kustomization.yaml", "resources: [/etc]\n"},
      {"c/kustomization.yaml", "configMapGenerator: [{name: x, files: [../d]}]"},
      {"d", "text"}};
  EXPECT_EQ(names_or_error(contents, "a"),
            "in 'a': the path \"../../etc\" leads out of the source");
  EXPECT_EQ(names_or_error(contents, "b"), "in 'b': the path \"/etc\" leads out of the source");
  EXPECT_EQ(names_or_error(contents, "c"), "in 'c': security; file '../d' is not in or below 'c'");
  EXPECT_EQ(names_or_error(contents, "../x"), "the path \"../x\" leads out of the source");
}

class HostFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "weir-kustomize-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    top_ = fs::canonical(name);
    write("outside.txt", "secret");
    write("over/kustomization.yaml", "configMapGenerator: [{name: a, files: [x.txt]}]\n");
  }
  void TearDown() override { fs::remove_all(top_); }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((top_ / name).parent_path());
    std::ofstream(top_ / name) << text;
  }
  std::string built() const {
    const auto result = build(cli::HostFiles(), (top_ / "over").string());
    return result ? result->documents.at(0).at("data").dump() : result.error().message;
  }

  fs::path top_;
};

TEST_F(HostFolder, ALinkDoesNotLeadOutOfTheKustomization) {
  fs::create_symlink("../outside.txt", top_ / "over/x.txt");
  EXPECT_EQ(built(), "in '" + (top_ / "over").string() +
                         "': security; file 'x.txt' is not in or "
                         "below '" +
                         (top_ / "over").string() + "'");
}

TEST_F(HostFolder, ALinkInsideIsFollowed) {
  write("over/sub/y.txt", "inside");
  fs::create_symlink("sub/y.txt", top_ / "over/x.txt");
  EXPECT_EQ(built(), R"({"x.txt":"inside"})");
}

TEST_F(HostFolder, WhatIsNoFileIsNotRead) {
  fs::create_directory(top_ / "over/x.txt");
  EXPECT_NE(built().find("'x.txt' is a folder, not a file"), std::string::npos) << built();
  fs::remove(top_ / "over/x.txt");
  fs::create_symlink("/dev/zero", top_ / "over/x.txt");
  EXPECT_NE(built().find("security"), std::string::npos) << built();
}

}  // namespace
}  // namespace weir::kustomize
