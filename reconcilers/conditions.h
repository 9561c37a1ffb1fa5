#pragma once

// status.conditions of workloads: Kubernetes' rules for changing them, written once.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "gen/types.h"
#include "reconcilers/time.h"

namespace weir {

// What a condition is to say; the times follow from what it said before.
struct Statement {
  std::string type = {};
  std::string status = {};  // True, False, Unknown
  std::string reason = {};
  std::string message = {};
};

template <class Condition>
const Condition* find_condition(const std::vector<Condition>& conditions, std::string_view type) {
  const auto found = std::find_if(conditions.begin(), conditions.end(),
                                  [&](const Condition& c) { return c.type == type; });
  return found == conditions.end() ? nullptr : &*found;
}

template <class Condition>
void remove_condition(std::vector<Condition>& conditions, std::string_view type) {
  std::erase_if(conditions, [&](const Condition& c) { return c.type == type; });
}

// Writes the condition even when it says the same as before: lastUpdateTime is now. The time of
// transition moves only with the status.
template <class Condition>
void restate_condition(std::vector<Condition>& conditions, const Statement& what, Time now) {
  Condition next;
  next.type = what.type;
  next.status = what.status;
  next.reason = what.reason;
  next.message = what.message;
  next.lastTransitionTime = to_seconds(now);
  if (const Condition* before = find_condition(conditions, what.type);
      before && before->status == what.status && before->lastTransitionTime) {
    next.lastTransitionTime = before->lastTransitionTime;
  }
  if constexpr (requires { next.lastUpdateTime; }) next.lastUpdateTime = to_seconds(now);
  remove_condition(conditions, what.type);
  conditions.push_back(std::move(next));
}

// Of the Gateway API: it says of which generation it is. Said anew each time, in one order: equal
// statuses are equal objects.
template <class Condition>
void restate_condition(std::vector<Condition>& conditions, const Statement& what, Time now,
                       std::int64_t generation) {
  restate_condition(conditions, what, now);
  conditions.back().observedGeneration = generation;
}

// Writes the condition only when its status or reason is news: a message alone is none.
template <class Condition>
void set_condition(std::vector<Condition>& conditions, const Statement& what, Time now) {
  const Condition* before = find_condition(conditions, what.type);
  if (before && before->status == what.status && before->reason == what.reason) return;
  restate_condition(conditions, what, now);
}

// Says it where the condition stands in the list, message included. The time of transition moves
// only with the status, or when it lies ahead: the clock was set back, and nobody waits for it.
template <class Condition>
void state_condition(std::vector<Condition>& conditions, const Statement& what, Time now) {
  auto found = std::find_if(conditions.begin(), conditions.end(),
                            [&](const Condition& c) { return c.type == what.type; });
  if (found == conditions.end()) {
    found = conditions.emplace(conditions.end());
    found->type = what.type;
  }
  if (found->status != what.status || found->lastTransitionTime > to_seconds(now)) {
    found->lastTransitionTime = to_seconds(now);
  }
  found->status = what.status;
  found->reason = what.reason;
  found->message = what.message;
}

}  // namespace weir
