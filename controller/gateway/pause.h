#pragma once

// Pause: the wait of one request, or of one connection of bytes, as long as a policy says that
// nothing goes to its backend (RoutePause). On the gate's thread.

#include <functional>
#include <memory>

#include "controller/gateway/gate.h"

namespace weir::gateway {

class Pause {
 public:
  // What is to be done now: go on; wait until `again` is called; answer that there are too many
  // who wait, or that it took too long.
  enum class Verdict { go, wait, full, late };
  Verdict look(Gate& gate, const Choice& choice, std::function<void()> again);

 private:
  Ticket ticket_;
  Clock::time_point until_ = {};
  std::unique_ptr<Wait> wait_;
};

}  // namespace weir::gateway
