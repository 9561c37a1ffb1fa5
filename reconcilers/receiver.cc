#include "reconcilers/receiver.h"

#include <algorithm>

#include "reconcilers/flux.h"

namespace weir {

Plan plan_receiver(const World& world, const Key& key, Time now) {
  const auto* receiver = world.get<api::Receiver>(key.ns, key.name);
  if (!receiver || receiver->metadata.deletionTimestamp) return {};
  api::Receiver next = *receiver;
  const std::string& name = receiver->spec.secretRef.name;
  const auto* secret = world.get<api::Secret>(key.ns, name);
  Statement ready{.type = "Ready", .status = "False", .reason = "TokenNotFound"};
  next.status.observedGeneration = receiver->metadata.generation;
  next.status.webhookPath.clear();
  if (!secret || !secret->data.contains("token")) {
    ready.message = "unable to read token from secret '" + key.ns + "/" + name + "' key 'token'";
  } else if (receiver->spec.suspend) {
    ready.reason = "Suspended";
    ready.message = "suspended: nobody is listened to";
  } else {
    std::string path = receiver->metadata.uid;
    std::erase(path, '-');
    next.status.webhookPath = "/hook/" + path;
    ready.status = "True";
    ready.reason = "Succeeded";
    ready.message = "Receiver initialized for path: " + next.status.webhookPath;
  }
  say(next.status.conditions, ready, now, receiver->metadata.generation);
  Plan plan;
  plan.reasons.push_back({.step = "path", .verdict = ready.message});
  if (next.status != receiver->status) plan.changes.push_back(UpdateStatus{std::move(next)});
  return plan;
}

}  // namespace weir
