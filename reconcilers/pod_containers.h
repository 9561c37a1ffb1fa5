#pragma once

// Which containers are a pod's, and what each of them is to it. A container belongs by its labels,
// never by its name.

#include <string>
#include <vector>

#include "reconcilers/world.h"

namespace weir {

// The one place that says so. Ids and names play no part but one: a container that was adopted
// stays the pod's while the pod's status names it, even when the pod's spec changes.
bool belongs(const World& world, const api::Pod& pod, const std::string& spec_hash,
             const Container& container);

// Its container that runs, as its status has it: one that was adopted, too. Null: none does.
const Container* running_container(const World& world, const api::Pod& pod);

// Our instance and our store made it, for a pod that is no longer there.
bool is_garbage(const World& world, const Container& container);

// Has a process, running or frozen.
bool is_live(const Container& container);
// Ran and ended, or could not be started at all.
bool is_ended(const Container& container);
// Its start was refused by the engine.
bool start_failed(const Container& container);
// Of no more use: the engine removes it, or failed to.
bool is_wreck(const Container& container);

// When it entered its state, by a clock that is not ahead of `now`; nullopt: nobody can say.
std::optional<Time> state_began(const Container& container, Time now);

struct PodContainers {
  const Container* current = nullptr;          // runs, is about to, or ran last
  const Container* previous = nullptr;         // if current has not ended: the newest that has
  std::vector<const Container*> surplus = {};  // the pod's too, and in the way
  std::vector<const Container*> others = {};   // carry the pod's name and are not the pod's

  bool none() const { return !current && !previous && surplus.empty(); }
};

// `pod` may be null: then all are others.
PodContainers classify(const World& world, const Key& key, const api::Pod* pod,
                       const std::string& spec_hash);

}  // namespace weir
