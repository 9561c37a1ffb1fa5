#include "controller/metrics/engine_readings.h"

#include <algorithm>

namespace weir {

using engine::Reply;
using std::chrono::steady_clock;
using std::chrono::system_clock;

// Belongs to the answers that are still to come, and to the EngineReadings.
struct EngineReadings::Round {
  steady_clock::time_point began = {};
  std::mutex mutex = {};
  int open = 0;  // requests without an answer
  steady_clock::time_point host_at = {};
  Readings found = {};
};

EngineReadings::EngineReadings() = default;
EngineReadings::~EngineReadings() = default;

void EngineReadings::use(engine::Engine* engine, std::string instance) {
  const std::lock_guard lock(mutex_);
  engine_ = engine;
  instance_ = std::move(instance);
}

void EngineReadings::begin(steady_clock::time_point now) {
  const auto round = std::make_shared<Round>();
  round->began = now;
  if (round_) {
    const std::lock_guard lock(round_->mutex);
    round->host_at = round_->host_at;
    round->found.host = round_->found.host;
  }
  round_ = round;
  const bool ask_host = !round->found.host || now - round->host_at >= kHostEvery;
  round->open = ask_host ? 2 : 1;  // before any answer can come
  if (ask_host) {
    engine_->submit(engine::GetInfo{}, [round, now](Result<Reply> reply) {
      const std::lock_guard lock(round->mutex);
      if (reply) {
        round->found.host = std::get<engine::Info>(*reply);
        round->host_at = now;
      }
      --round->open;
    });
  }
  // On the engine's thread, which is there until its last answer has been given.
  const auto listed = [round, engine = engine_](Result<Reply> reply) {
    std::vector<Container> running;
    if (reply) running = std::get<std::vector<Container>>(std::move(*reply));
    std::erase_if(running, [](const Container& one) {
      return one.state != ContainerState::running || one.pod_name.empty();
    });
    {
      const std::lock_guard lock(round->mutex);
      round->open += static_cast<int>(running.size());
    }
    for (const Container& container : running) {
      engine->submit(
          engine::ContainerStats{.id = container.id}, [round, container](Result<Reply> usage) {
            const std::lock_guard answer_lock(round->mutex);
            if (usage) {
              round->found.containers.push_back({.container = container,
                                                 .usage = std::get<engine::Usage>(*usage),
                                                 .at = system_clock::now()});
            }
            --round->open;
          });
    }
    const std::lock_guard lock(round->mutex);
    --round->open;
  };
  engine_->submit(engine::ListContainers{.instance = instance_}, listed);
}

Readings EngineReadings::read(steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (!engine_) return {};
  if (round_) {
    const std::lock_guard round_lock(round_->mutex);
    const bool ended = round_->open == 0;
    if (ended && shown_at_ != round_->began) {
      shown_at_ = round_->began;
      shown_ = round_->found;
      std::ranges::sort(shown_.containers, {}, [](const auto& one) { return one.container.id; });
    }
    if (now - shown_at_ > kKeep) shown_.containers.clear();
    if (!ended || now - round_->began < kReadEvery) return shown_;
  }
  begin(now);
  return shown_;
}

}  // namespace weir
