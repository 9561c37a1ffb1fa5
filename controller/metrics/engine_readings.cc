#include "controller/metrics/engine_readings.h"

#include <algorithm>
#include <condition_variable>

namespace weir {

using engine::Reply;
using std::chrono::steady_clock;
using std::chrono::system_clock;

// Belongs to the scrapes that wait for it and to the answers that are still to come.
struct EngineReadings::Round {
  steady_clock::time_point began = {};
  std::mutex mutex = {};
  std::condition_variable ended = {};
  int open = 0;         // requests without an answer
  bool waited = false;  // in vain
  steady_clock::time_point host_at = {};
  Readings found = {};

  bool done() {
    const std::lock_guard lock(mutex);
    return open == 0;
  }
  void answered() {  // with the mutex held
    if (--open == 0) ended.notify_all();
  }
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
      round->answered();
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
            round->answered();
          });
    }
    const std::lock_guard lock(round->mutex);
    round->answered();
  };
  engine_->submit(engine::ListContainers{.instance = instance_}, listed);
}

Readings EngineReadings::read() {
  std::shared_ptr<Round> round;
  {
    const std::lock_guard lock(mutex_);
    if (!engine_) return {};
    const auto now = steady_clock::now();
    if (!round_ || (round_->done() && now - round_->began >= kReadEvery)) begin(now);
    round = round_;
  }
  std::unique_lock lock(round->mutex);
  const auto done = [&] { return round->open == 0; };
  if (!round->waited) round->waited = !round->ended.wait_for(lock, kWaitMax, done);
  Readings found = round->found;
  lock.unlock();
  std::ranges::sort(found.containers, {},
                    [](const Readings::One& one) { return one.container.id; });
  return found;
}

}  // namespace weir
