// Counts how often the backends, all together, have seen each POST: they report every request by
// UDP as "ID METHOD CONTAINER VERSION".
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "bench/conserve/connection.h"

namespace weir::conserve {

struct Seen {
  std::uint64_t reports = 0;                      // of requests of this run, in any method
  std::uint64_t posts = 0;                        // different ones
  std::map<std::string, std::string> duplicates;  // POST id → who has seen it
};

class SeenListener {
 public:
  // Counts ids that begin with `run`. Throws std::runtime_error if it cannot listen there.
  SeenListener(const std::string& address, std::string run);
  ~SeenListener();
  SeenListener(const SeenListener&) = delete;
  SeenListener& operator=(const SeenListener&) = delete;

  // Waits a little until so many different POSTs are reported, then ends.
  Seen finish(std::uint64_t posts);

 private:
  struct Sightings {
    unsigned count = 0;
    std::string by;
  };

  void listen(const std::stop_token& stop);
  void note(const std::string& report);

  const std::string run_;
  int fd_;
  std::mutex mutex_;
  std::condition_variable more_posts_;
  std::uint64_t reports_ = 0;                         // under mutex_
  std::unordered_map<std::string, Sightings> posts_;  // under mutex_
  std::jthread thread_;                               // the last member: it uses the others
};

}  // namespace weir::conserve
