#pragma once

// What /metrics asks the engine itself: what each running container has used, and what the host is.
//
// Asked only because somebody scrapes, and then at most every kReadEvery: no thread, no timer, and
// nothing at all while nobody scrapes. A scrape never waits for the engine: read() gives what the
// last round of requests has found, whole, and begins another when that is due. A round runs on the
// engine's thread, in a lane of its own that no mutation ever waits for (engine/docker.cc).
//
// Example, a scrape every 15 seconds: the first one begins a round and shows nothing of it; each
// later one shows what the one before it has begun to read, and begins the next. Between two of
// them always lie 15 seconds, so that rates are right; they are a scrape late, all alike.

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
  // Longer ago than this is no news any more: nobody has scraped since. Prometheus, too, forgets
  // what it has not seen for five minutes, so that nobody scrapes less often than every two.
  static constexpr std::chrono::seconds kKeep{150};

  EngineReadings();
  ~EngineReadings();

  // Whom to ask, of whose containers; null: nobody any more. The engine outlives its use here.
  void use(engine::Engine* engine, std::string instance);
  Readings read(std::chrono::steady_clock::time_point now);

 private:
  struct Round;
  void begin(std::chrono::steady_clock::time_point now);

  std::mutex mutex_;
  engine::Engine* engine_ = nullptr;
  std::string instance_;
  std::shared_ptr<Round> round_;  // the newest
  Readings shown_;                // of the newest that has ended
  std::chrono::steady_clock::time_point shown_at_ = {};
};

}  // namespace weir
