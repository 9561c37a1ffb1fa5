#pragma once

// Whether, when and at which back-off step a container that ended gets a successor: the kubelet's
// rules. The first restart comes at once, then after 10 s, 20 s, 40 s … 300 s; ten minutes of
// running start the count anew. The step is written on the successor (label dev.weir.backoff), so
// that a crash of weir loses nothing.

#include <string>

#include "reconcilers/world.h"

namespace weir {

// The pause before the successor of a container that was started at this step: 0, 10 s, 20 s …
Duration restart_pause(int step);

struct Restart {
  bool wanted = false;
  Time not_before = {};
  int step = 0;  // of the successor
  Duration pause = {};
};

// `ended` ran under `hash`; `killed`: weir itself ended it, because a probe or hook failed.
Restart restart_after(const World& world, const api::PodSpec& pod, const std::string& hash,
                      const Container& ended, bool killed, Time now);

}  // namespace weir
