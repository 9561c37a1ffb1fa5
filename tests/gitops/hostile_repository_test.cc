// Repositories that somebody made to do harm: what git itself would never write.

#include "tests/gitops/git_fixture.h"
#include "tests/gitops/servers.h"

namespace weir::gitops {
namespace {

struct Entry {
  const char* mode;
  std::string name;
  std::string id;
};

constexpr const char* kFile = "100644";
constexpr const char* kFolder = "40000";

class HostileRepositoryTest : public GitFixture {
 protected:
  HostileRepositoryTest() : server_(folder_, {}) {
    blob_ = blob("kind: Nothing\n");
    empty_ = object("tree", "");
  }

  std::string object(const std::string& type, const std::string& bytes) {
    write_file(folder_ + "/object", bytes);
    return git("hash-object -t " + type + " --literally -w " + folder_ + "/object");
  }
  std::string blob(const std::string& bytes) { return object("blob", bytes); }
  std::string tree(const std::vector<Entry>& entries) {
    std::string bytes;
    for (const Entry& entry : entries) {
      bytes += std::string(entry.mode) + " " + entry.name + '\0';
      for (std::size_t i = 0; i < entry.id.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(entry.id.substr(i, 2), nullptr, 16));
      }
    }
    return object("tree", bytes);
  }
  // The answer to a branch of this one tree.
  std::string of_tree(const std::string& tree, const FetchLimits& limits = {},
                      const std::string& ignore = "") {
    const std::string commit = object("commit", "tree " + tree +
                                                    "\nauthor E <e@x> 1 +0000\ncommitter E <e@x> 1 "
                                                    "+0000\n\nevil\n");
    git("update-ref refs/heads/main " + commit);
    FetchRequest asked = request();
    asked.source = "source-" + tree;
    asked.url = server_.url();
    asked.limits = limits;
    asked.ignore = ignore;
    std::string text = fetched(asked);
    fetcher_->forget(asked.source);
    const std::string doing = "cannot fetch " + asked.url;
    if (const std::size_t at = text.find(doing); at != text.npos) {
      text.replace(at, doing.size(), "cannot fetch URL");
    }
    return text;
  }
  std::string of_entry(const char* mode, const std::string& name, const std::string& id) {
    return of_tree(tree({{mode, name, id}}));
  }

  const HttpServer server_;
  std::string blob_, empty_;
};

TEST_F(HostileRepositoryTest, Names) {
  const std::string none = ": nothing of it is taken";
  const std::string own = " is named as git's own folder" + none;
  struct Row {
    std::string name;
    std::string want;
  };
  const Row rows[] = {
      {"..", ".. leads out of its folder" + none},
      {".", ". leads out of its folder" + none},
      {".git", ".git" + own},
      {".GIT", ".GIT" + own},
      {".gIt. .", ".gIt. ." + own},
      {"git~1", "git~1" + own},
      {"GIT~1", "GIT~1" + own},
      {".git::$INDEX_ALLOCATION", ".git::$INDEX_ALLOCATION" + own},
      {".g\u200cit", ".g?it has a character in its name that is not seen" + none},
      {"\ufeff.git", "?.git has a character in its name that is not seen" + none},
      {"../../etc/passwd", "../../etc/passwd has a separator of folders in its name" + none},
      {"/etc/passwd", "/etc/passwd has a separator of folders in its name" + none},
      {"..\\x", "..\\x has a separator of folders in its name" + none},
      {"a\nb", "a?b has a control character in its name" + none},
      {"a\x1b[2J", "a?[2J has a control character in its name" + none},
      {"a\xff", "a? has a name that is not UTF-8" + none},
      {"\xc0\xae\xc0\xae", "???? has a name that is not UTF-8" + none},
      {std::string(256, 'a'), std::string(256, 'a') + " has a name of more than 255 bytes" + none},
  };
  for (const Row& row : rows) {
    const std::string want = "InvalidPath: the repository's " + row.want;
    EXPECT_EQ(of_entry(kFile, row.name, blob_), want);
    EXPECT_EQ(of_entry(kFolder, row.name, empty_), want);
  }
}

TEST_F(HostileRepositoryTest, WhatIsNoFile) {
  const std::string none = ": nothing of it is taken";
  const std::string take_out = ": take it out, or leave it out by spec.ignore";
  const std::string target = blob("/etc/shadow");
  const std::string commit = this->commit("other", "x");
  EXPECT_EQ(of_entry("120000", "link.yaml", target),
            "InvalidPath: the repository's link.yaml is a symlink, which weir does not follow" +
                take_out);
  EXPECT_EQ(
      of_entry("160000", "module", commit),
      "InvalidPath: the repository's module is a submodule, which weir does not fetch" + take_out);
  EXPECT_EQ(of_entry(kFile, "a.yaml", empty_),
            "InvalidPath: the repository's a.yaml is no file" + none);
  EXPECT_EQ(of_tree(tree({{kFile, "a", blob_}, {kFile, "a", target}})),
            "InvalidPath: the repository's a is in its folder twice" + none);
  const std::string without =
      of_tree(tree({{kFile, "a", blob_}, {"120000", "link", target}}), {}, "link");
  EXPECT_EQ(without, "main@sha1:" + id() + " \"evil\" by E <e@x>\na = kind: Nothing\n");
}

TEST_F(HostileRepositoryTest, ATagOfNoCommit) {
  git("tag blob " + blob_);
  FetchRequest asked = request();
  asked.url = server_.url();
  asked.ref = {.tag = "blob"};
  EXPECT_EQ(fetched(asked),
            "GitOperationFailed: refs/tags/blob names no commit that can be read: the git_object "
            "of id '" +
                blob_ + "' can not be successfully peeled into a commit (git_object_t=1).");
}

TEST_F(HostileRepositoryTest, MoreThanIsTaken) {
  const std::string leave_out =
      ": leave out what is no manifest, by spec.ignore or spec.sparseCheckout";
  const auto too_much = [&](const std::string& what) {
    return "ArchiveOperationFailed: the repository has " + what + leave_out;
  };
  const auto many = [&](int count, const std::string& suffix, const std::string& id) {
    std::vector<Entry> entries;
    for (int i = 0; i < count; ++i) {
      entries.push_back({kFile, std::to_string(100'000 + i) + suffix, id});
    }
    return tree(entries);
  };
  EXPECT_EQ(of_tree(many(10'001, ".txt", blob_)), too_much("more than 10000 files"));
  EXPECT_EQ(of_tree(many(2'001, ".yaml", blob_)), too_much("more than 2000 manifests"));
  const std::string mebibyte = blob(std::string(1 << 20, 'x'));
  EXPECT_EQ(of_tree(many(51, ".txt", mebibyte)), too_much("more than 50 MiB"));
  EXPECT_EQ(of_entry(kFile, "big.txt", blob(std::string((1 << 20) + 1, 'x'))),
            too_much("big.txt of 1048577 bytes, above 1 MiB"));
}

TEST_F(HostileRepositoryTest, TreesThatGrowAsTheyAreRead) {
  std::string bomb = tree({{kFile, "f", blob_}});
  for (int level = 0; level < 12; ++level) {
    std::vector<Entry> ten;
    for (char name = '0'; name <= '9'; ++name) ten.push_back({kFolder, {name}, bomb});
    bomb = tree(ten);  // 10^12 files in a few hundred bytes
  }
  EXPECT_EQ(of_tree(bomb),
            "ArchiveOperationFailed: the repository has more than 300000 files and folders: leave "
            "out what is no manifest, by spec.ignore or spec.sparseCheckout");

  std::string deep = tree({{kFile, "f", blob_}});
  std::string path;
  for (int level = 0; level < 65; ++level) {
    deep = tree({{kFolder, "d", deep}});
    path += level == 0 ? "d" : "/d";
  }
  EXPECT_EQ(of_tree(deep), "InvalidPath: the repository's " + path +
                               " is deeper than 64 folders: nothing of it is taken");

  std::string longest = tree({{kFile, "f", blob_}});
  for (int level = 0; level < 5; ++level) {
    longest = tree({{kFolder, std::string(250, 'd'), longest}});
  }
  EXPECT_NE(of_tree(longest).find("has a path of more than 1024 bytes"), std::string::npos);
}

// 512 MiB of zeros, in half a MiB.
TEST_F(HostileRepositoryTest, AFileThatUnpacksToMuchMore) {
  const std::string bomb = shell("head -c 536870912 /dev/zero | git -C " + work_ +
                                 " -c core.bigFileThreshold=1k hash-object -w --stdin");
  EXPECT_EQ(of_entry(kFile, "zeros.yaml", bomb),
            "ArchiveOperationFailed: the repository has zeros.yaml of 536870912 bytes, above 1 "
            "MiB: leave out what is no manifest, by spec.ignore or spec.sparseCheckout");
}

// A commit whose message unpacks to 384 MiB.
TEST_F(HostileRepositoryTest, MoreMemoryThanThereIs) {
  if (!kAddressesAreLimited) GTEST_SKIP() << "a sanitizer takes all there is";
  const std::string bomb =
      shell("(printf 'tree " + empty_ +
            "\\nauthor E <e@x> 1 +0000\\ncommitter E <e@x> 1 +0000\\n\\n'; head -c 402653184 "
            "/dev/zero | tr '\\0' x) | git -C " +
            work_ + " hash-object -t commit -w --stdin");
  git("update-ref refs/heads/main " + bomb);
  FetchRequest asked = request();
  asked.url = server_.url();
  asked.limits.memory_bytes = 256u << 20;
  EXPECT_EQ(fetched(asked),
            "GitOperationFailed: refs/heads/main names no commit that can be read: Out of memory");
}

TEST_F(HostileRepositoryTest, AHistoryThatIsTooLarge) {
  FetchLimits limits;
  limits.pack_bytes = 1 << 20;
  const std::string noise =
      shell("head -c 3000000 /dev/urandom > " + folder_ + "/noise; echo " + folder_ + "/noise");
  const std::string want =
      "GitOperationFailed: cannot fetch URL: its history is larger than 1 MiB: fetch from a "
      "repository with less of it";
  EXPECT_EQ(of_tree(tree({{kFile, "noise", git("hash-object -w " + noise)}}), limits), want);
}

}  // namespace
}  // namespace weir::gitops
