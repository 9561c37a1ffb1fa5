// Watches: ordered, unique, atomic, resumable at every version, over restarts too; too old is gone.

#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "tests/store/store_fixture.h"
#include "tests/support/power_loss_vfs.h"

namespace weir::store_test {
namespace {

// A watch that writes down what it is told.
struct Recording {
  std::string text;
  int calls = 0;
  std::shared_ptr<void> handle;

  Result<void> start(Store& store, std::uint64_t after) {
    auto result = store.subscribe(after, [this](std::span<const Commit> commits) {
      ++calls;
      text += store_test::text(commits);
    });
    if (!result) return tl::unexpected(result.error());
    handle = *std::move(result);
    return {};
  }
};

class WatchTest : public ::testing::Test {
 protected:
  void reopen() {
    store_ = nullptr;
    store_ = open(options_);
  }
  // What a watch from there is told at once.
  std::string history(std::uint64_t after) {
    Recording recording;
    const auto started = recording.start(*store_, after);
    return started ? recording.text : started.error().message;
  }

  PowerLossDisk disk_;
  StoreOptions options_ = options_on(disk_.vfs());
  std::unique_ptr<Store> store_ = open(options_);
};

TEST_F(WatchTest, HistoryThenLive) {
  write(*store_, {create(config_map("a"), "1")});
  write(*store_, {update(*store_, config_map("a"), "2")});
  Recording recording;
  ASSERT_TRUE(recording.start(*store_, 1));
  write(*store_, {create(config_map("b"), "3"), remove(config_map("a"))});
  EXPECT_EQ(recording.text,
            "modified 2 ConfigMap default/a = 2 (was 1)\n"
            "added 3 ConfigMap default/b = 3\n"
            "deleted 4 ConfigMap default/a = 2 (was 2)\n");
  EXPECT_EQ(recording.calls, 2);  // the transaction in one call
  recording.handle = nullptr;
  write(*store_, {create(config_map("c"), "4")});
  EXPECT_EQ(recording.calls, 2);
}

TEST_F(WatchTest, EveryVersionOfARandomHistoryCanBeResumedFromAlsoAfterRestarts) {
  std::mt19937_64 random(7);
  Recording all;
  ASSERT_TRUE(all.start(*store_, 0));
  std::string told;
  for (int i = 0; i < 120; ++i) {
    const Key key = config_map(std::string(1, static_cast<char>('a' + random() % 6)));
    if (!store_->get(key)) {
      write(*store_, {create(key, std::to_string(i), "uid-of-" + std::to_string(i))});
    } else if (random() % 4 == 0) {
      write(*store_, {remove(key)});
    } else {
      write(*store_, {update(*store_, key, std::to_string(i))});
    }
    if (i % 30 == 29) {
      told += std::exchange(all.text, "");
      all.handle = nullptr;
      reopen();
      ASSERT_TRUE(all.start(*store_, store_->list_all().version));
    }
  }
  ASSERT_EQ(store_->list_all().version, 120u);
  // The whole history, and each of its suffixes.
  std::size_t line = 0;
  for (std::uint64_t version = 0; version <= 120; ++version) {
    ASSERT_EQ(history(version), told.substr(line)) << "after " << version;
    line = std::min(told.find('\n', line), told.size() - 1) + 1;
  }
}

TEST_F(WatchTest, OnlyWhatWasMadeAndIsKept) {
  options_.history_max = 16;
  reopen();
  EXPECT_EQ(history(1),
            "resource version 1 was never made by this store, which is at 0: list again");
  write(*store_, {create(config_map("kept"), "0")});
  for (int i = 1; i <= 40; ++i) {
    write(*store_, {create(config_map("x"), std::to_string(i))});
    write(*store_, {remove(config_map("x"))});
  }
  for (int round = 0; round < 2; ++round) {
    // 81 versions; 16 to 17 of them are kept.
    EXPECT_EQ(store_->subscribe(63, [](auto) {}).error().code, Code::gone);
    EXPECT_EQ(history(63), "too old resource version: 63 (64)");
    EXPECT_EQ(history(65).substr(0, 40), "added 66 ConfigMap default/x = 33\ndelete");
    EXPECT_EQ(history(80), "deleted 81 ConfigMap default/x = 40 (was 40)\n");
    EXPECT_EQ(history(81), "");
    EXPECT_EQ(text(store_->list_all()), "ConfigMap default/kept 1 = 0\n");
    reopen();
  }
}

TEST_F(WatchTest, AfterARestartTheOldestCommitStillHasWhatItCameFrom) {
  options_.history_max = 4;
  reopen();
  write(*store_, {create(config_map("a"), "0")});
  write(*store_, {create(config_map("b"), "0")});
  for (int i = 1; i <= 10; ++i) {
    write(*store_, {update(*store_, config_map("a"), std::to_string(i))});
    const std::uint64_t version = store_->list_all().version;
    const std::uint64_t after = version < 4 ? 0 : version - 4;
    const std::string before = history(after);
    ASSERT_NE(before, "");
    reopen();
    ASSERT_EQ(history(after), before);
  }
  EXPECT_EQ(history(11), "modified 12 ConfigMap default/a = 10 (was 9)\n");
  EXPECT_EQ(text(store_->list_all()), "ConfigMap default/a 12 = 10\nConfigMap default/b 2 = 0\n");
}

TEST_F(WatchTest, HistoryIsBoundedInBytes) {
  options_.history_bytes = 200'000;
  reopen();
  const std::string big(10'000, 'x');
  write(*store_, {create(config_map("a"), big)});
  for (int i = 0; i < 50; ++i)
    write(*store_, {update(*store_, config_map("a"), big + std::to_string(i))});
  EXPECT_EQ(store_->subscribe(40, [](auto) {}).error().code, Code::gone);
  EXPECT_TRUE(store_->subscribe(48, [](auto) {}));
  EXPECT_LT(disk_.used(), 5u << 20);
}

TEST_F(WatchTest, ACallbackMayEndItsOwnSubscriptionAndStartAnother) {
  std::string told;
  std::shared_ptr<void> first;
  std::shared_ptr<void> second;
  first = *store_->subscribe(0, [&](std::span<const Commit> commits) {
    told += "first " + text(commits);
    first = nullptr;
    second = *store_->subscribe(commits.back().object->version, [&](std::span<const Commit> more) {
      told += "second " + text(more);
    });
  });
  write(*store_, {create(config_map("a"), "1")});
  write(*store_, {create(config_map("b"), "2")});
  EXPECT_EQ(told,
            "first added 1 ConfigMap default/a = 1\nsecond added 2 ConfigMap default/b = 2\n");
}

TEST_F(WatchTest, SubscribersAreToldBeforeTheWriter) {
  std::string order;
  const auto handle = *store_->subscribe(0, [&](auto) { order += "watch "; });
  store_->submit({.writes = {create(config_map("a"), "1")}}, [&](auto) { order += "writer"; });
  store_->commit_pending();
  EXPECT_EQ(order, "watch writer");
}

// Watches that come and go while many write: each sees every version once, in order.
TEST(WatchThreadsTest, OrderedUniqueReliableWhileWritersRun) {
  const TemporaryFolder folder;
  const auto store = open(options(folder.path() + "/weir.db"));
  constexpr int kWriters = 4;
  constexpr int kWrites = 60;
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      for (int i = 0; i < kWrites; ++i) {
        const std::string name = std::to_string(writer) + "-" + std::to_string(i);
        // Two objects, one transaction: a watch must get both in one call.
        const auto result = write(
            *store, {create(config_map(name + "-a"), "x"), create(config_map(name + "-b"), "x")});
        ASSERT_TRUE(result) << result.error().message;
      }
    });
  }
  std::thread watcher([&] {
    std::uint64_t resume_after = 0;
    std::mt19937_64 random(3);
    while (!done || resume_after < store->list_all().version) {
      std::mutex mutex;
      std::vector<Commit> seen;
      bool torn = false;
      auto handle = store->subscribe(resume_after, [&](std::span<const Commit> commits) {
        const std::lock_guard lock(mutex);
        torn = torn || commits.size() % 2 != 0;
        seen.insert(seen.end(), commits.begin(), commits.end());
      });
      ASSERT_TRUE(handle) << handle.error().message;
      for (std::uint64_t turns = random() % 50; turns > 0; --turns) std::this_thread::yield();
      *handle = nullptr;  // waits for a call in progress
      ASSERT_FALSE(torn);
      for (const Commit& commit : seen) ASSERT_EQ(commit.object->version, ++resume_after);
    }
  });
  for (std::thread& thread : threads) thread.join();
  done = true;
  watcher.join();
  EXPECT_EQ(store->list_all().version, 2u * kWriters * kWrites);
}

}  // namespace
}  // namespace weir::store_test
