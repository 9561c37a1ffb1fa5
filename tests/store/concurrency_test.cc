// Many writers, no lost update; writes and watches from many threads at once (run under tsan too).

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "tests/store/store_fixture.h"

namespace weir::store_test {
namespace {

constexpr int kThreads = 8;
constexpr int kIncrements = 25;

template <class Body>
void in_threads(const Body& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

TEST(ConcurrencyTest, ACounterIsTheSumOfTheAcknowledgedIncrements) {
  const TemporaryFolder folder;
  const auto store = open(options(folder.path() + "/weir.db"));
  ASSERT_EQ(outcome(*store, {create(config_map("counter"), "0")}), "1");
  std::atomic<int> conflicts = 0;
  in_threads([&](int) {
    for (int acknowledged = 0; acknowledged < kIncrements;) {
      const Key key = config_map("counter");
      const StoredPtr current = store->get(key);
      const std::string next = std::to_string(std::stoi(value_of(current)) + 1);
      Write increment{.type = Write::Type::update,
                      .key = key,
                      .json = document(key, next, current->uid),
                      .expected_version = current->version};
      const auto result = write(*store, {increment});
      if (result) {
        ++acknowledged;
      } else {
        ASSERT_EQ(result.error().code, Code::conflict) << result.error().message;
        ++conflicts;
      }
    }
  });
  EXPECT_EQ(value_of(store->get(config_map("counter"))), std::to_string(kThreads * kIncrements));
  EXPECT_EQ(store->list_all().version, 1u + kThreads * kIncrements);
  EXPECT_EQ(store->writes_total(), 1u + kThreads * kIncrements);
}

TEST(ConcurrencyTest, GroupsShareTheirFsync) {
  const TemporaryFolder folder;
  const auto store = open(options(folder.path() + "/weir.db"));
  std::mutex mutex;
  std::set<std::uint64_t> versions;
  in_threads([&](int thread) {
    for (int i = 0; i < kIncrements; ++i) {
      const auto name = std::to_string(thread) + "-" + std::to_string(i);
      const auto result = write(*store, {create(config_map(name), "x")});
      ASSERT_TRUE(result) << result.error().message;
      const std::lock_guard lock(mutex);
      ASSERT_TRUE(versions.insert(result->front()->version).second);
    }
  });
  EXPECT_EQ(versions.size(), static_cast<std::size_t>(kThreads * kIncrements));
  EXPECT_EQ(*versions.rbegin(), versions.size());
  EXPECT_LE(store->commits_total(), store->writes_total());
}

// A writer that does not wait: everything queues while a commit is under way, and the queue is
// committed as one group.
TEST(ConcurrencyTest, WhatWaitsIsCommittedTogether) {
  const TemporaryFolder folder;
  const auto store = open(options(folder.path() + "/weir.db"));
  std::promise<void> all;
  std::atomic<int> answered = 0;
  const auto submit = [&](const std::string& name, const std::function<void()>& then) {
    store->submit({.writes = {create(config_map(name), "x")}},
                  [&all, &answered, then](auto result) {
                    ASSERT_TRUE(result);
                    then();
                    if (++answered == 101) all.set_value();
                  });
  };
  // The first answer holds the store's thread until the others are queued.
  submit("first", [&] {
    for (int i = 0; i < 100; ++i) submit(std::to_string(i), [] {});
  });
  all.get_future().wait();
  EXPECT_EQ(store->commits_total(), 2u);
}

TEST(ConcurrencyTest, AnEndedSubscriptionIsNotCalled) {
  const TemporaryFolder folder;
  const auto store = open(options(folder.path() + "/weir.db"));
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; !done; ++i) write(*store, {create(config_map(std::to_string(i)), "x")});
  });
  for (int i = 0; i < 200; ++i) {
    // Freed right after the handle: a late call would be a use after free (asan, tsan).
    auto calls = std::make_unique<int>(0);
    auto handle =
        store->subscribe(store->list_all().version, [count = calls.get()](auto) { ++*count; });
    if (i % 3 == 0) std::this_thread::yield();
    ASSERT_TRUE(handle);
    *handle = nullptr;
    calls = nullptr;
  }
  done = true;
  writer.join();
}

}  // namespace
}  // namespace weir::store_test
