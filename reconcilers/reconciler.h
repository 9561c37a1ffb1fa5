#pragma once

// The table of reconcilers: one row a kind. plan() is all that the loop knows of them.

#include <string_view>

#include "reconcilers/plan.h"

namespace weir {

// What a step tells the steps after it.
struct Verdict {
  bool stop = false;      // the plan ends here
  std::string text = {};  // what it found or decided, for `weir why`
};
inline Verdict next(std::string text = {}) { return {.stop = false, .text = std::move(text)}; }
inline Verdict stop(std::string text) { return {.stop = true, .text = std::move(text)}; }

struct Reconciler {
  Kind kind;
  Plan (*plan)(const World&, const Key&, Time now);
};

// The plan for this key: first the steps that all kinds share (deletion, finalizers, owners), then
// the kind's own. Total: an absent object, a broken object, an unknown image all give a plan.
Plan plan(const World& world, const Key& key, Time now);

// Keys that may need a new plan when this object was written or removed: itself, its owners and
// would-be owners, its namespace, and the pods that read it. Called for the state before and the
// state after, so that whoever an object leaves hears of it too.
std::vector<Key> affected(const World& world, const Object& object, bool removed);

}  // namespace weir
