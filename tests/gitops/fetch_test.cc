// What is fetched, by each way of spec.ref, and when nothing is.

#include <filesystem>

#include "tests/gitops/git_fixture.h"

namespace weir::gitops {
namespace {

using FetchTest = GitFixture;

std::string by_ada(const std::string& revision, const std::string& subject) {
  return revision + " \"" + subject + "\" by Ada <ada@example.com>";
}

TEST_F(FetchTest, EachWayOfRef) {
  const std::string first = commit("a.yaml", "one");
  git("tag v1.0.0");
  const std::string second = commit("a.yaml", "two");
  git("tag -a -m release v1.1.0");
  git("tag v2.0.0-rc.1");
  git("update-ref refs/pull/7/head " + first);
  const std::string third = commit("b.yaml", "three");
  const std::string one = "\na.yaml = one", two = "\na.yaml = two";
  const std::string three = two + "\nb.yaml = three";
  struct Row {
    const char* name;
    GitReference ref;
    std::string want;
  };
  const Row rows[] = {
      {"branch", {.branch = "main"}, by_ada("main@sha1:" + third, "change b.yaml") + three},
      {"tag", {.tag = "v1.0.0"}, by_ada("v1.0.0@sha1:" + first, "change a.yaml") + one},
      {"annotated tag", {.tag = "v1.1.0"}, by_ada("v1.1.0@sha1:" + second, "change a.yaml") + two},
      {"semver", {.semver = ">=1.0.0"}, by_ada("v1.1.0@sha1:" + second, "change a.yaml") + two},
      {"semver with pre-releases",
       {.semver = ">=1.0.0-0"},
       by_ada("v2.0.0-rc.1@sha1:" + second, "change a.yaml") + two},
      {"name",
       {.name = "refs/pull/7/head"},
       by_ada("refs/pull/7/head@sha1:" + first, "change a.yaml") + one},
      {"commit", {.commit = first}, by_ada("sha1:" + first, "change a.yaml") + one},
      {"commit of a branch",
       {.branch = "main", .commit = second},
       by_ada("main@sha1:" + second, "change a.yaml") + two},
      {"commit before name before semver before tag before branch",
       {.branch = "none", .tag = "none", .semver = "none", .name = "refs/heads/main"},
       by_ada("refs/heads/main@sha1:" + third, "change b.yaml") + three},
      {"semver before tag before branch",
       {.branch = "none", .tag = "none", .semver = "1.0.x"},
       by_ada("v1.0.0@sha1:" + first, "change a.yaml") + one},
  };
  for (const Row& row : rows) {
    FetchRequest asked = request();
    asked.source = "source-" + std::to_string(&row - rows);
    asked.ref = row.ref;
    EXPECT_EQ(fetched(asked), row.want) << row.name;
  }
}

TEST_F(FetchTest, WhatIsNotThere) {
  const std::string head = commit("a.yaml", "one");
  git("tag v1.0.0");
  struct Row {
    GitReference ref;
    std::string want;
  };
  const std::string none(40, '0');
  const Row rows[] = {
      {{},
       "GitOperationFailed: the repository has no refs/heads/master: see spec.ref.branch and "
       "what was pushed"},
      {{.tag = "v2"},
       "GitOperationFailed: the repository has no refs/tags/v2: see spec.ref.tag and what was "
       "pushed"},
      {{.semver = ">=2"},
       "GitOperationFailed: no tag of the repository is a version in spec.ref.semver \">=2\""},
      {{.semver = "two"},
       "GitOperationFailed: spec.ref.semver: \"two\" is no version or comparison"},
      {{.name = "refs/heads/../x"},
       "GitOperationFailed: spec.ref.name \"refs/heads/../x\" is no full name such as "
       "refs/heads/main"},
      {{.name = "HEAD"},
       "GitOperationFailed: spec.ref.name \"HEAD\" is no full name such as refs/heads/main"},
      {{.commit = "abc"},
       "GitOperationFailed: spec.ref.commit is no commit: give all 40 digits of it"},
      {{.commit = none},
       "GitOperationFailed: commit " + none + " is not in any branch of the repository"},
  };
  for (const Row& row : rows) {
    FetchRequest asked = request();
    asked.ref = row.ref;
    EXPECT_EQ(fetched(asked), row.want);
  }
}

TEST_F(FetchTest, AnEmptyRepository) {
  EXPECT_EQ(fetched(request()),
            "EmptyGitRepository: the repository is empty: nothing has been pushed to it yet");
}

TEST_F(FetchTest, UnchangedThenNew) {
  const std::string first = commit("a.yaml", "one");
  FetchRequest asked = request();
  const FetchResult whole = fetch(asked);
  ASSERT_TRUE(whole) << text_of(whole);
  asked.last_commit = first;
  EXPECT_EQ(fetched(asked), "main@sha1:" + first + " unchanged");

  asked.even_if_unchanged = true;  // weir was restarted: it has the commit, but no longer the files
  EXPECT_EQ(fetch(asked), whole);

  const std::string second = commit("a.yaml", "two");
  asked.even_if_unchanged = false;
  const FetchResult next = fetch(asked);
  EXPECT_EQ(text_of(next), by_ada("main@sha1:" + second, "change a.yaml") + "\na.yaml = two");
  EXPECT_NE(next->digest, whole->digest);
  EXPECT_EQ(next->committed, Time(std::chrono::seconds(1767323045)));
}

TEST_F(FetchTest, AFixedCommitThatIsHereNeedsNoServer) {
  FetchRequest asked = request();
  asked.ref = {.commit = commit("a.yaml", "one")};
  const std::string want = fetched(asked);
  std::filesystem::rename(work_, work_ + "-gone");
  EXPECT_EQ(fetched(asked), want);
}

TEST_F(FetchTest, AHistoryThatWasRewritten) {
  commit("a.yaml", "one");
  const std::string second = commit("a.yaml", "two");
  FetchRequest asked = request();
  ASSERT_TRUE(fetch(asked));
  git("reset -q --hard HEAD~1");
  const std::string back = id();
  asked.last_commit = second;
  const std::string refused = "NonFastForward: commit " + back + " does not descend from " +
                              second +
                              ", which was fetched before: its history was rewritten or put "
                              "back; if that was meant, allow it";
  EXPECT_EQ(fetched(asked), refused);

  // What was fetched before is not needed to see that it is gone.
  fetcher_->forget(asked.source);
  EXPECT_EQ(fetched(asked), refused);

  asked.allow_force_push = true;
  EXPECT_EQ(fetched(asked), by_ada("main@sha1:" + back, "change a.yaml") + "\na.yaml = one");
}

TEST_F(FetchTest, AVersionNeedNotDescendFromTheLast) {
  const std::string first = commit("a.yaml", "one");
  const std::string other = commit("a.yaml", "other");
  git("checkout -q -b next " + first);
  commit("a.yaml", "two");
  git("tag v1.0.1");
  FetchRequest asked = request();
  asked.ref = {.semver = "*"};
  asked.last_commit = other;
  EXPECT_EQ(fetched(asked), by_ada("v1.0.1@sha1:" + id(), "change a.yaml") + "\na.yaml = two");
}

// What follows a "+" has no part in the order of versions: the latest commit counts.
TEST_F(FetchTest, TagsOfTheSameVersion) {
  const std::string first = commit("a.yaml", "one");
  git("tag v1.0.0+z");
  commit("a.yaml", "two");
  shell("cd " + work_ +
        "; GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=a@b GIT_COMMITTER_DATE="
        "2026-02-01T00:00:00Z git commit -q --amend --no-edit");
  git("tag v1.0.0+a");
  FetchRequest asked = request();
  asked.ref = {.semver = "1.0.0"};
  EXPECT_EQ(fetched(asked), by_ada("v1.0.0+a@sha1:" + id(), "change a.yaml") + "\na.yaml = two");
  asked.last_commit = id();
  EXPECT_EQ(fetched(asked), "v1.0.0+a@sha1:" + id() + " unchanged");
}

TEST_F(FetchTest, SubmodulesAreNotFetched) {
  FetchRequest asked = request();
  asked.recurse_submodules = true;
  EXPECT_EQ(fetched(asked),
            "GitOperationFailed: spec.recurseSubmodules is not supported: make a GitRepository of "
            "each submodule's repository");
}

TEST_F(FetchTest, WhatIsLeftOut) {
  write_file(work_ + "/logo.png", "picture");
  write_file(work_ + "/.gitignore", "x");
  write_file(work_ + "/.github/workflows/ci.yaml", "ci");
  write_file(work_ + "/deploy/a.yaml", "a");
  write_file(work_ + "/docs/b.md", "b");
  const std::string subject = by_ada("main@sha1:" + commit("c.yaml", "c"), "change c.yaml");
  FetchRequest asked = request();
  EXPECT_EQ(fetched(asked), subject + "\nc.yaml = c\ndeploy/a.yaml = a\ndocs/b.md = b");

  // A pattern given takes the place of the exclusions, but for git's own files.
  asked.ignore = "/*\n!/deploy\n";
  EXPECT_EQ(fetched(asked), subject + "\ndeploy/a.yaml = a");
  asked.ignore = "docs/\n";
  EXPECT_EQ(fetched(asked), subject +
                                "\n.github/workflows/ci.yaml = ci\nc.yaml = c\ndeploy/a.yaml = a"
                                "\nlogo.png = picture");
  asked.ignore = "";
  asked.sparse_checkout = {"./deploy/"};
  EXPECT_EQ(fetched(asked), subject + "\ndeploy/a.yaml = a");
  asked.sparse_checkout = {"none"};
  EXPECT_EQ(fetched(asked),
            "GitOperationFailed: the repository has no folder none, which spec.sparseCheckout "
            "names");
}

TEST_F(FetchTest, SourceignoreFilesOfEachFolder) {
  write_file(work_ + "/.sourceignore", "*.md\n");
  write_file(work_ + "/a/.sourceignore", "!keep.md\n/only-here.yaml\n");
  write_file(work_ + "/a/keep.md", "keep");
  write_file(work_ + "/a/only-here.yaml", "left out");
  write_file(work_ + "/a/below/only-here.yaml", "taken");
  write_file(work_ + "/b/keep.md", "left out");
  const std::string head = commit("b/c.yaml", "c");
  EXPECT_EQ(fetched(request()),
            by_ada("main@sha1:" + head, "change b/c.yaml") +
                "\n.sourceignore = *.md\n\na/.sourceignore = !keep.md\n/only-here.yaml\n"
                "\na/below/only-here.yaml = taken\na/keep.md = keep\nb/c.yaml = c");
}

}  // namespace
}  // namespace weir::gitops
