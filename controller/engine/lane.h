#pragma once

// A queue of requests of one sort: some are under way, the others wait in order, new containers
// behind all else: of forty that are asked for, the first run while the last are not yet made.
// Lanes keep the sorts apart, so that a hundred slow stops never hold up a start. On the engine's
// thread.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "controller/engine/engine.h"

namespace weir::engine {

class Lane {
 public:
  using Run = std::function<void(const Request&, OnReply)>;

  // `gives_up`: when a request has timed out, those that waited all that time are answered with
  // `unavailable` and not sent. Otherwise the last of many would wait for a dead engine for as many
  // deadlines.
  Lane(std::size_t limit, bool gives_up, Run run);

  void add(Request request, OnReply on_reply);

 private:
  using Place = std::pair<bool, std::uint64_t>;  // whether it makes a container; its number
  struct Job {
    Request request;
    OnReply on_reply;
  };
  void advance();
  void give_up(std::uint64_t newest);

  const std::size_t limit_;
  const bool gives_up_;
  const Run run_;
  std::size_t busy_ = 0;
  std::uint64_t newest_ = 0;  // the number of the one that was added last
  std::map<Place, Job> waiting_;
};

}  // namespace weir::engine
