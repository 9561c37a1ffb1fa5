#pragma once

// KustomizationView: what the World says about a Kustomization, read once at the start of a plan;
// and KustomizationDraft, what the plan is going to write.

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/plan.h"
#include "reconcilers/reconciler.h"

namespace weir {

struct KustomizationView {
  const World& world;
  const Key& key;
  const api::Kustomization& kustomization;
  Time now;
  const Applied* last = nullptr;  // what came of the last time; null: none since weir started

  const api::KustomizationSpec& spec() const { return kustomization.spec; }
  const api::KustomizationStatus& status() const { return kustomization.status; }
  std::int64_t generation() const { return kustomization.metadata.generation; }
  std::string requested_at() const;
  Duration interval() const;
  Duration retry_interval() const;
  Duration timeout() const;
};

struct KustomizationDraft {
  Plan plan = {};
  api::KustomizationStatus status = {};
  ApplySource apply = {};
  const Artifact* source = nullptr;  // what its GitRepository has
  bool failed = false;               // it is tried again after retryInterval

  void say(const KustomizationView& view, const char* type, const char* status_text,
           const std::string& reason, const std::string& message);
  // Not ready, and why; an Event when it is news.
  void fail(const KustomizationView& view, const std::string& reason, const std::string& message);
  void note(const KustomizationView& view, std::string reason, std::string message, bool warning);
};

// The keys of what it has applied.
std::vector<Key> applied_keys(const api::KustomizationStatus& status);

// --- Quarantine (kustomization_quarantine.cc) ----------------------------------------------------

// A revision that went back by itself since it was applied, whether a Deployment rolled back or a
// Rollout was aborted, is not applied again: until there is another, or somebody releases it.
Verdict quarantine(const KustomizationView& view, KustomizationDraft& draft);
const api::QuarantinedRevision* quarantined(const api::KustomizationStatus& status,
                                            const std::string& revision);
// When somebody last released this revision: weir.dev/release: "REVISION TIME".
std::optional<Time> released_at(const KustomizationView& view, const std::string& revision);

}  // namespace weir
