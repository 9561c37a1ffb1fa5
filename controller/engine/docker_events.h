#pragma once

// Follows the engine's events and turns them into hints, for as long as it lives. Events are lost
// by construction (a full channel, a restart), so they carry nothing here but a container's id, and
// `connected` asks for a full list. On the HttpClient's thread.

#include <string>

#include "controller/engine/docker_api.h"
#include "controller/engine/streams.h"

namespace weir::engine {

class EventFollower {
 public:
  EventFollower(DockerApi& api, OnHint on_hint);
  void connect();

 private:
  void opened();
  void received(std::string_view piece);
  void ended(const std::string& why);

  DockerApi& api_;
  OnHint on_hint_;
  LineReader lines_;
  Duration pause_;  // before the next try
  bool open_ = false;
  std::uint64_t connection_ = 0;  // counts them
  std::string last_lost_;         // the same trouble is told once
};

}  // namespace weir::engine
