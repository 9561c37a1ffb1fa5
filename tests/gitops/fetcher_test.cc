// Fetches as a whole: several at once, processes that die, caches that break, an end in the middle.

#include "controller/gitops/fetcher.h"

#include <signal.h>

#include <atomic>
#include <filesystem>
#include <future>

#include "tests/gitops/git_fixture.h"
#include "tests/gitops/servers.h"
#include "tests/support/soon.h"

namespace weir::gitops {
namespace {

namespace fs = std::filesystem;

class FetcherTest : public GitFixture {
 protected:
  FetcherTest() { commit("a.yaml", "one"); }

  // Of the process that fetches from this cache; 0: there is none.
  pid_t fetching() const {
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string words = read_file(entry.path() / "cmdline");
      if (words.find(cache_) != words.npos && words.find("--folder") != words.npos) {
        return std::stoi(entry.path().filename());
      }
    }
    return 0;
  }
  FetchRequest stalled(const HttpServer& server) const {
    FetchRequest asked = request();
    asked.url = server.url();
    return asked;
  }
};

TEST_F(FetcherTest, AProcessThatDies) {
  const HttpServer server(folder_, {"--bad", "stall"});
  const FetchRequest asked = stalled(server);
  struct Row {
    int signal;
    const char* want;
  };
  const Row rows[] = {{SIGKILL, "Killed"}, {SIGABRT, "Aborted"}};
  for (const Row& row : rows) {
    std::promise<FetchResult> answered;
    fetcher_->start(asked, [&](FetchResult result) { answered.set_value(std::move(result)); });
    ASSERT_TRUE(test::soon([&] { return fs::exists(cache_ + "/a-source/repository.git/HEAD"); }));
    ::kill(fetching(), row.signal);
    EXPECT_EQ(text_of(answered.get_future().get()),
              "GitOperationFailed: cannot fetch " + asked.url + ": the fetch process crashed (" +
                  row.want + "), as it can when a server sends what is no repository");
    EXPECT_FALSE(fs::exists(cache_ + "/a-source"));
  }
  EXPECT_TRUE(fetch(request()));
}

TEST_F(FetcherTest, AnEndInTheMiddle) {
  const HttpServer server(folder_, {"--bad", "stall"});
  std::promise<FetchResult> first, second;
  fetcher_->start(stalled(server), [&](FetchResult r) { first.set_value(std::move(r)); });
  fetcher_->start(stalled(server), [&](FetchResult r) { second.set_value(std::move(r)); });
  ASSERT_TRUE(test::soon([&] { return fetching() != 0; }));
  fetcher_.reset();
  const std::string want =
      "GitOperationFailed: cannot fetch " + stalled(server).url + ": weir is being stopped";
  EXPECT_EQ(text_of(first.get_future().get()), want);
  EXPECT_EQ(text_of(second.get_future().get()), want);
}

TEST_F(FetcherTest, OneThatHangsHoldsUpNoOther) {
  const HttpServer server(folder_, {"--bad", "stall"});
  std::promise<FetchResult> hung;
  fetcher_->start(stalled(server), [&](FetchResult r) { hung.set_value(std::move(r)); });
  FetchRequest asked = request();
  asked.source = "another";
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(fetch(asked));
  fetcher_.reset();
  EXPECT_FALSE(hung.get_future().get());
}

TEST_F(FetcherTest, ManyOfFewSources) {
  std::atomic<int> good = 0, answers = 0;
  for (int i = 0; i < 20; ++i) {
    FetchRequest asked = request();
    asked.source = "source-" + std::to_string(i % 3);
    fetcher_->start(asked, [&](FetchResult result) {
      good += result ? 1 : 0;
      ++answers;
    });
  }
  EXPECT_TRUE(test::soon([&] { return answers == 20; }));
  EXPECT_EQ(good, 20);
}

TEST_F(FetcherTest, ACacheThatIsBroken) {
  ASSERT_TRUE(fetch(request()));
  const std::string cache = cache_ + "/a-source/repository.git";
  const char* const kBreak[] = {"truncate -s 20 objects/pack/*.pack",
                                "rm objects/pack/*.pack",
                                "rm -r objects",
                                "echo x > HEAD",
                                "rm HEAD",
                                "mkdir -p refs/heads/main/x",
                                "touch refs/heads/main.lock",
                                "echo x > objects/pack/*.idx",
                                "echo '[core' > config"};
  for (const char* how : kBreak) {
    shell("cd " + cache + "; rm -f refs/heads/main; " + how);
    shell("chown -R --reference=" + cache_ + "/a-source " + cache);
    commit("a.yaml", how);
    const FetchResult result = fetch(request());
    ASSERT_TRUE(result) << how << ": " << text_of(result);
    EXPECT_EQ(result->files.at("a.yaml"), how);
  }
}

TEST_F(FetcherTest, ACacheThatGrewTooLarge) {
  FetchRequest asked = request();
  ASSERT_TRUE(fetch(asked));
  const std::string marker = cache_ + "/a-source/repository.git/marker";
  write_file(marker, "old");
  ASSERT_TRUE(fetch(asked));
  EXPECT_TRUE(fs::exists(marker));
  asked.limits.cache_bytes = 10;
  ASSERT_TRUE(fetch(asked));
  EXPECT_FALSE(fs::exists(marker));
}

TEST_F(FetcherTest, WhatIsForgottenIsGone) {
  ASSERT_TRUE(fetch(request()));
  ASSERT_TRUE(fs::exists(cache_ + "/a-source"));
  fetcher_->forget("a-source");
  fetcher_->forget("../work");
  fetcher_.reset();
  EXPECT_FALSE(fs::exists(cache_ + "/a-source"));
  EXPECT_TRUE(fs::exists(work_));
}

TEST_F(FetcherTest, WhatCannotRun) {
  FetchRequest asked = request();
  asked.source = "../x";
  EXPECT_EQ(fetched(asked), "GitOperationFailed: a source is named by letters, digits and \"-\"");

  fetcher_.emplace(Fetcher::Options{.cache_dir = cache_, .program = folder_ + "/none"});
  EXPECT_EQ(fetched(request()), "GitOperationFailed: " + folder_ +
                                    "/none cannot be started: No such file or directory");
  fetcher_.emplace(Fetcher::Options{.cache_dir = cache_, .program = "/bin/true"});
  EXPECT_EQ(fetched(request()), "GitOperationFailed: cannot fetch file://" + work_ +
                                    ": the fetch process gave no good answer: it is not whole");
  write_file(folder_ + "/file", "");
  fetcher_.emplace(Fetcher::Options{.cache_dir = folder_ + "/file", .program = WEIR_PROGRAM});
  EXPECT_EQ(fetched(request()), "GitOperationFailed: the cache " + folder_ +
                                    "/file/a-source cannot be made: Not a directory");
}

TEST_F(FetcherTest, AFolderThatNobodyMayReach) {
  fs::create_directories(folder_ + "/closed");
  fs::permissions(folder_ + "/closed", fs::perms::owner_all);
  fetcher_.emplace(Fetcher::Options{.cache_dir = folder_ + "/closed/x", .program = WEIR_PROGRAM});
  const std::string got = fetched(request());
  if (::geteuid() != 0) {  // who stays who he is has that folder
    EXPECT_FALSE(got.starts_with("GitOperationFailed")) << got;
    return;
  }
  EXPECT_EQ(got, "GitOperationFailed: the cache " + folder_ +
                     "/closed/x/a-source cannot be used by the user nobody (Permission denied): "
                     "every folder above it must have x for others");
}

// What the process may do, asked of the kernel while it waits for a server.
TEST_F(FetcherTest, TheProcessHasNoRights) {
  const HttpServer server(folder_, {"--bad", "stall"});
  FetchRequest asked = stalled(server);
  asked.credentials.ca_certificate = "";
  std::promise<FetchResult> answered;
  fetcher_->start(asked, [&](FetchResult r) { answered.set_value(std::move(r)); });
  ASSERT_TRUE(test::soon([&] { return fs::exists(cache_ + "/a-source/repository.git/HEAD"); }));
  const std::string proc = "/proc/" + std::to_string(fetching());
  const std::string status = read_file(proc + "/status");
  const auto line = [&](const std::string& name) {
    const std::size_t at = status.find("\n" + name + ":");
    return at == status.npos ? "" : status.substr(at + 1, status.find('\n', at + 1) - at - 1);
  };
  EXPECT_EQ(line("NoNewPrivs"), "NoNewPrivs:\t1");
  EXPECT_EQ(line("Seccomp"), "Seccomp:\t2");
  if (::geteuid() == 0) {
    EXPECT_EQ(line("Uid"), "Uid:\t65534\t65534\t65534\t65534");
    EXPECT_EQ(line("Gid"), "Gid:\t65534\t65534\t65534\t65534");
    EXPECT_EQ(line("Groups"), "Groups:\t ");
    EXPECT_EQ(line("CapEff"), "CapEff:\t0000000000000000");
    EXPECT_EQ(line("CapPrm"), "CapPrm:\t0000000000000000");
  }
  const std::string limits = read_file(proc + "/limits");
  for (const char* limit : {"Max core file size", "Max file size", "Max address space",
                            "Max cpu time", "Max open files"}) {
    if (!kAddressesAreLimited && limit == std::string_view("Max address space")) continue;
    const std::size_t at = limits.find(limit);
    ASSERT_NE(at, limits.npos);
    EXPECT_EQ(limits.substr(at, limits.find('\n', at) - at).find("unlimited"), std::string::npos)
        << limit;
  }
  fetcher_.reset();
}

}  // namespace
}  // namespace weir::gitops
