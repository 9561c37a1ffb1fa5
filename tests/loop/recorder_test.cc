// Events: the same words about the same object are one, counted; they are kept an hour.

#include "controller/loop/recorder.h"

#include <nlohmann/json.hpp>

#include "tests/store/store_fixture.h"
#include "tests/support/power_loss_vfs.h"

namespace weir {
namespace {

class SetClock : public Clock {
 public:
  Time now() const override { return time; }
  Time time = Time{} + std::chrono::hours(100);
};

class Events : public testing::Test {
 protected:
  void say(const std::string& reason, const std::string& message, const char* pod = "web-1") {
    recorder_.record(world_, {.about = {.kind = Kind::Pod, .ns = "default", .name = pod},
                              .warning = reason == "Failed",
                              .reason = reason,
                              .message = message});
  }
  void flush() {
    recorder_.flush();
    while (!recorder_.idle()) {
      store_->commit_pending();
      mailbox_.run_all();
    }
  }
  // "Warning Failed Pod/web-1: no image x2", a line each, oldest first.
  std::string events() const {
    std::multimap<std::chrono::sys_seconds, std::string> lines;
    for (const StoredPtr& stored : store_->list(Kind::Event).objects) {
      const auto& event = std::get<api::Event>(*stored->typed);
      lines.emplace(*event.lastTimestamp, event.type + " " + event.reason + " " +
                                              event.involvedObject.kind + "/" +
                                              event.involvedObject.name + ": " + event.message +
                                              " x" + std::to_string(event.count) + "\n");
    }
    std::string out;
    for (const auto& [at, line] : lines) out += line;
    return out;
  }

  PowerLossDisk disk_;
  std::unique_ptr<Store> store_ = store_test::open(store_test::options_on(disk_.vfs()));
  Mailbox mailbox_;
  SetClock clock_;
  World world_;
  Recorder recorder_{*store_, mailbox_, clock_};
};

TEST_F(Events, TheSameWordsAreCountedAlsoAcrossFlushes) {
  say("Failed", "no image");
  say("Failed", "no image");
  flush();
  clock_.time += std::chrono::minutes(1);
  say("Started", "Started container web");
  say("Failed", "no image");
  clock_.time += std::chrono::minutes(1);
  say("Failed", "no image", "web-2");
  flush();
  EXPECT_EQ(events(),
            "Warning Failed Pod/web-1: no image x3\n"
            "Normal Started Pod/web-1: Started container web x1\n"
            "Warning Failed Pod/web-2: no image x1\n");
}

TEST_F(Events, WhatComesDuringAWriteIsTheNextWrite) {
  say("Started", "one");
  recorder_.flush();
  clock_.time += std::chrono::seconds(1);
  say("Started", "two");
  recorder_.flush();  // the first is still under way
  EXPECT_FALSE(recorder_.idle());
  flush();
  EXPECT_EQ(events(), "Normal Started Pod/web-1: one x1\nNormal Started Pod/web-1: two x1\n");
}

TEST_F(Events, AreKeptAnHour) {
  say("Started", "old");
  flush();
  clock_.time += std::chrono::minutes(50);
  say("Started", "young");
  flush();
  clock_.time += std::chrono::minutes(20);
  recorder_.expire();
  store_->commit_pending();
  EXPECT_EQ(events(), "Normal Started Pod/web-1: young x1\n");
}

TEST_F(Events, AFloodIsCut) {
  for (int i = 0; i < 2'000; ++i) say("Failed", "message " + std::to_string(i));
  flush();
  EXPECT_EQ(store_->list(Kind::Event).objects.size(), 1'000u);
}

TEST_F(Events, MessagesAreAtMostAKilobyte) {
  say("Failed", std::string(5'000, 'x'));
  flush();
  EXPECT_EQ(events().size(), std::string("Warning Failed Pod/web-1:  x1\n").size() + 1024);
}

}  // namespace
}  // namespace weir
