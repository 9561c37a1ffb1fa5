#pragma once

// What /metrics asks the engine itself: what each running container has used, and what the host is.
//
// Asked only because somebody scrapes, and then at most every kReadEvery: no thread, no timer, and
// nothing at all while nobody scrapes. A round of requests is begun by read(), runs on the engine's
// thread, in a lane of its own that no mutation ever waits for (engine/docker.cc), and is waited
// for kWaitMax at most. What has not answered by then is left out of this scrape; while such a
// round is still under way, no scrape waits again and none is begun.
//
// Example, a scrape every 15 seconds, 100 containers: each scrape begins one round of 101 requests
// and shows its answers. Two Prometheus servers that scrape every 15 seconds each: the second one
// is shown what the first one has read, if that is less than 10 seconds ago.

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "controller/engine/engine.h"

namespace weir {

struct Readings {
  struct One {
    Container container;  // as the engine lists it
    engine::Usage usage;
    std::chrono::system_clock::time_point at = {};
  };
  std::vector<One> containers = {};  // those that run, by id
  std::optional<engine::Info> host = {};
};

// Thread-safe.
class EngineReadings {
 public:
  static constexpr std::chrono::seconds kReadEvery{10};
  static constexpr std::chrono::seconds kHostEvery{600};
  static constexpr std::chrono::seconds kWaitMax{2};

  EngineReadings();
  ~EngineReadings();

  // Whom to ask, of whose containers; null: nobody any more. The engine outlives its use here.
  void use(engine::Engine* engine, std::string instance);
  Readings read();

 private:
  struct Round;
  void begin(std::chrono::steady_clock::time_point now);

  std::mutex mutex_;
  engine::Engine* engine_ = nullptr;
  std::string instance_;
  std::shared_ptr<Round> round_;
};

}  // namespace weir
