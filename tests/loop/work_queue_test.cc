// A key waits once, is never planned twice at once, and is never forgotten.

#include "controller/loop/work_queue.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr Time kStart{};

Key pod(const char* name) { return {.kind = Kind::Pod, .ns = "default", .name = name}; }

// The names of all that is ready, each taken and done.
std::string drain(WorkQueue& queue) {
  std::string out;
  while (const auto key = queue.take()) {
    out += (out.empty() ? "" : " ") + key->name;
    queue.done(*key);
  }
  return out;
}

TEST(WorkQueue, FirstInFirstOutAndEachOnce) {
  WorkQueue queue;
  for (const char* name : {"a", "b", "a", "c", "b"}) queue.add(pod(name));
  EXPECT_EQ(queue.depth(), 3u);
  EXPECT_EQ(drain(queue), "a b c");
  EXPECT_EQ(queue.adds_total(), 5u);
}

TEST(WorkQueue, WhatBecomesDueWhileItIsProcessedComesAgainAfterwards) {
  WorkQueue queue;
  queue.add(pod("a"));
  ASSERT_TRUE(queue.take());
  queue.add(pod("a"));
  queue.add(pod("a"));
  EXPECT_FALSE(queue.take()) << "it is being processed";
  queue.done(pod("a"));
  EXPECT_EQ(drain(queue), "a");
}

TEST(WorkQueue, TheEarliestInstantCounts) {
  WorkQueue queue;
  queue.add_at(pod("a"), kStart + std::chrono::seconds(5));
  queue.add_at(pod("a"), kStart + std::chrono::seconds(2));
  queue.add_at(pod("a"), kStart + std::chrono::seconds(9));
  EXPECT_EQ(queue.next_wake(), kStart + std::chrono::seconds(2));
  queue.advance(kStart + std::chrono::seconds(1));
  EXPECT_EQ(drain(queue), "");
  queue.advance(kStart + std::chrono::seconds(2));
  EXPECT_EQ(drain(queue), "a");
  EXPECT_EQ(queue.next_wake(), std::nullopt);
}

TEST(WorkQueue, ATurnReplacesTheWaitForALaterOne) {
  WorkQueue queue;
  queue.add_at(pod("a"), kStart + std::chrono::seconds(5));
  queue.add(pod("a"));
  EXPECT_EQ(drain(queue), "a");
  EXPECT_EQ(queue.next_wake(), std::nullopt) << "the new plan says when it wants to be asked again";
}

TEST(WorkQueue, FailuresInARowPauseLongerAndSuccessForgetsThem) {
  WorkQueue queue;
  std::string pauses;
  const auto fail = [&] {
    queue.add_after_failure(pod("a"), kStart);
    pauses += std::to_string((*queue.next_wake() - kStart) / Duration(1)) + " ";
    queue.advance(Time::max());
    drain(queue);
  };
  for (int i = 0; i < 4; ++i) fail();
  for (int i = 0; i < 20; ++i) queue.add_after_failure(pod("b"), kStart);
  queue.forget_failures(pod("a"));
  queue.advance(Time::max());
  drain(queue);
  fail();
  EXPECT_EQ(pauses, "20 40 80 160 20 ");
  EXPECT_EQ(queue.retries_total(), 25u);
}

TEST(WorkQueue, APauseNeverExceedsAMinute) {
  WorkQueue queue;
  for (int i = 0; i < 40; ++i) {
    queue.add_after_failure(pod("a"), kStart);
    queue.advance(Time::max());
    drain(queue);
  }
  queue.add_after_failure(pod("a"), kStart);
  EXPECT_EQ(queue.next_wake(), kStart + std::chrono::minutes(1));
}

}  // namespace
}  // namespace weir
