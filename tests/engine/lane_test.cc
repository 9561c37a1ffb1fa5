// The order in which requests of one sort are sent.

#include "controller/engine/lane.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::engine {
namespace {

Request create(const std::string& name) { return CreateContainer{.spec = {.name = name}}; }
Request start(const std::string& id) { return StartContainer{.id = id}; }

// A lane whose requests end when the test says so.
class OneLane {
 public:
  explicit OneLane(std::size_t limit)
      : lane_(limit, true, [this](const Request& request, OnReply on_reply) {
          sent.push_back(text(request));
          under_way_.push_back(std::move(on_reply));
        }) {}
  void add(Request request) {
    const std::string what = text(request);
    lane_.add(std::move(request), [this, what](const Result<Reply>& reply) {
      if (!reply) failed.push_back(what);
    });
  }
  void end_first(Result<Reply> reply = Done{}) {
    const OnReply on_reply = under_way_.front();
    under_way_.erase(under_way_.begin());
    on_reply(std::move(reply));
  }

  std::vector<std::string> sent, failed;

 private:
  std::vector<OnReply> under_way_;
  Lane lane_;
};

using Texts = std::vector<std::string>;

TEST(Lane, NewContainersWaitForAllElse) {
  OneLane lane(1);
  for (const char* name : {"a", "b", "c"}) lane.add(create(name));
  lane.end_first();      // a is made; b's turn
  lane.add(start("a"));  // now that it is there
  for (int i = 0; i < 3; ++i) lane.end_first();
  EXPECT_EQ(lane.sent,
            (Texts{text(create("a")), text(create("b")), text(start("a")), text(create("c"))}));
}

TEST(Lane, OthersKeepTheirOrder) {
  OneLane lane(1);
  for (const char* id : {"a", "b", "c"}) lane.add(start(id));
  for (int i = 0; i < 3; ++i) lane.end_first();
  EXPECT_EQ(lane.sent, (Texts{text(start("a")), text(start("b")), text(start("c"))}));
}

TEST(Lane, WhatHasWaitedForADeadEngineIsNotSent) {
  OneLane lane(1);
  lane.add(start("a"));
  lane.add(start("b"));
  lane.add(create("c"));
  lane.end_first();  // b's turn, while c waits
  lane.add(start("d"));
  lane.end_first(fail(Code::timed_out, "no answer"));
  EXPECT_EQ(lane.failed, (Texts{text(create("c")), text(start("b"))}));
  EXPECT_EQ(lane.sent, (Texts{text(start("a")), text(start("b")), text(start("d"))}));
}

}  // namespace
}  // namespace weir::engine
