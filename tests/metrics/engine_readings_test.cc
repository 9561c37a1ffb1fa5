// When the engine is asked, and what is shown of its answers.

#include "controller/metrics/engine_readings.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using std::chrono::seconds;

// Answers when it is told to, or never.
class SlowEngine : public engine::Engine {
 public:
  void follow(engine::OnHint) override {}
  void submit(engine::Request request, engine::OnReply on_reply) override {
    asked += engine::text(request) + "\n";
    open_.emplace_back(std::move(request), std::move(on_reply));
  }
  std::shared_ptr<void> logs(engine::LogOptions, std::function<bool(std::string_view)>,
                             std::function<void(Result<void>)>) override {
    return nullptr;
  }

  // Two pods' containers, one of which ends before it is asked for; one that does not run; the
  // container of a network that is no pod's.
  void answer() {
    while (!open_.empty()) {
      const auto [request, on_reply] = std::move(open_.front());
      open_.erase(open_.begin());
      on_reply(reply(request));
    }
  }

  std::string asked;

 private:
  static Result<engine::Reply> reply(const engine::Request& request) {
    if (std::holds_alternative<engine::GetInfo>(request)) return engine::Info{.cpus = 2};
    if (const auto* stats = std::get_if<engine::ContainerStats>(&request)) {
      if (stats->id == "b") return fail(Code::not_found, "it does not run, and uses nothing");
      return engine::Usage{.memory_bytes = 7};
    }
    const auto running = ContainerState::running;
    return std::vector<Container>{
        {.id = "a", .state = running, .pod_name = "web-1"},
        {.id = "b", .state = running, .pod_name = "web-2"},
        {.id = "c", .state = ContainerState::exited, .pod_name = "web-3"},
        {.id = "d", .state = running},
    };
  }
  std::vector<std::pair<engine::Request, engine::OnReply>> open_;
};

std::string text(const Readings& readings) {
  std::string out = readings.host ? "host " : "";
  for (const auto& one : readings.containers) {
    out += one.container.id + "=" + std::to_string(one.usage.memory_bytes) + " ";
  }
  return out;
}

const std::string kRound = "GET containers/json\nstats a\nstats b\n";

TEST(EngineReadings, AreMadeBecauseSomebodyScrapes) {
  // What a scrape at that second shows, and what the engine was asked because of it. The engine
  // answers after each scrape, or it does not.
  const struct {
    int at;
    const char* shows;
    std::string asks;
    bool answers = true;
  } rows[] = {
      {0, "", "GET info\n" + kRound},
      {5, "host a=7 ", ""},
      {9, "host a=7 ", ""},
      {10, "host a=7 ", kRound},
      {25, "host a=7 ", "GET containers/json\n", false},  // stuck: nobody waits, nothing is added
      {40, "host a=7 ", "", false},
      {170, "host ", "stats a\nstats b\n"},    // it goes on; 10 is old
      {172, "host a=7 ", kRound},              // of 25
      {1000, "host ", "GET info\n" + kRound},  // what is known of containers is old
      {1011, "host a=7 ", kRound},
  };
  SlowEngine engine;
  EngineReadings readings;
  EXPECT_EQ(text(readings.read({})), "");  // there is no engine yet
  readings.use(&engine, "weir");
  const std::chrono::steady_clock::time_point start{seconds(1000)};
  for (const auto& row : rows) {
    engine.asked.clear();
    EXPECT_EQ(text(readings.read(start + seconds(row.at))), row.shows) << row.at;
    if (row.answers) engine.answer();
    EXPECT_EQ(engine.asked, row.asks) << row.at;
  }
  readings.use(nullptr, "");
  engine.asked.clear();
  EXPECT_EQ(text(readings.read(start + seconds(2000))), "");
  EXPECT_EQ(engine.asked, "");
}

}  // namespace
}  // namespace weir
