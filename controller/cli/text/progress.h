#pragma once

// What a person sees on a terminal while a rollout runs: a few lines, drawn again in place. Pure:
// state in, text out. verbs/rollout_watch.cc gathers the state and writes the text.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "reconcilers/time.h"

namespace weir::cli {

struct RevisionView {
  std::string name = {};  // of the ReplicaSet
  std::int64_t revision = 0;
  bool is_new = false;
  long created = 0, ready = 0, available = 0;
  bool operator==(const RevisionView&) const = default;
};

struct RolloutView {
  std::string title = {};    // deployment.apps/web
  std::string message = {};  // rollout_status's
  long desired = 0;
  std::vector<RevisionView> revisions = {};  // the new one first
  std::string last_event = {};
  Duration elapsed = {};
  bool operator==(const RolloutView&) const = default;
};

// The ReplicaSets are those of the Deployment; empty old ones are left out. `events` may hold those
// of other objects.
RolloutView rollout_view(const nlohmann::json& deployment,
                         const std::vector<nlohmann::json>& replica_sets,
                         const std::vector<nlohmann::json>& events);

// The view as lines that are at most `width` characters long.
std::string rollout_frame(const RolloutView& view, int width);

// The bytes that put `frame` where the `lines_before` lines of the frame before it stand.
std::string redraw(std::size_t lines_before, const std::string& frame);

// [=====>    ]
std::string progress_bar(long done, long total, int width);

}  // namespace weir::cli
