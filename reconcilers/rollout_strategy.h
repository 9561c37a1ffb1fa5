#pragma once

// What the two strategies of a Rollout do with its revisions, as steps in the order in which they
// run; and what both need.

#include <span>

#include "reconcilers/reconciler.h"
#include "reconcilers/rollout_view.h"

namespace weir {

struct RolloutStep {
  const char* name;
  Verdict (*run)(const RolloutView&, RolloutDraft&);
};
std::span<const RolloutStep> canary_steps();
std::span<const RolloutStep> blue_green_steps();

inline constexpr char kCanaryPauseStep[] = "CanaryPauseStep";
inline constexpr char kBlueGreenPause[] = "BlueGreenPause";

void pause(const RolloutView& view, RolloutDraft& draft, const char* reason);
// Since when it is paused for that reason; nullopt: it is not.
std::optional<Time> paused_since(const RolloutDraft& draft, const char* reason);
// The controller had paused it, and somebody has taken the reasons away: it goes on.
bool is_resumed(const RolloutDraft& draft);
void clear_pause(RolloutDraft& draft);

// From now on this revision is the one that is known to be good.
void promote(const RolloutView& view, RolloutDraft& draft, const std::string& why);

// Has the Service pick this revision's Pods; empty: as it does. A Service that is not there is told
// by the step that looks for it.
void point(const RolloutView& view, RolloutDraft& draft, const std::string& service,
           const std::string& hash);
// The hash that the Service picks, as it is stored; empty: none.
std::string picked_hash(const RolloutView& view, const std::string& service);

// Scales down all revisions but the current, the serving one and `spared`: those that stand by when
// their time is over, the newest `limit` of them at most; the others at once.
void end_others(const RolloutView& view, RolloutDraft& draft, const std::string& serving,
                std::optional<std::int64_t> limit, const Revision* spared = nullptr);

// The size of the current revision, which was aborted and gets nothing any more: it may be looked
// at for a while; with a delay of 0 for good.
std::int64_t size_once_aborted(const RolloutView& view, RolloutDraft& draft,
                               std::optional<std::int64_t> delay);

// Its Pods are there and available: all of its replicas.
bool is_full(const RolloutView& view, const Revision& revision);

}  // namespace weir
