#include <algorithm>

#include "reconcilers/deployment_rollback.h"
#include "reconcilers/deployment_strategy.h"
#include "reconcilers/flux.h"
#include "reconcilers/inventory.h"
#include "reconcilers/kustomization_view.h"
#include "reconcilers/labels.h"
#include "reconcilers/object_text.h"

namespace weir {

namespace {

constexpr std::size_t kKept = 10;

// When the source's revision was applied first, or first after its release.
std::optional<std::chrono::sys_seconds> applied_since(const KustomizationView& view,
                                                      const std::string& revision) {
  const auto& history = view.status().history;
  if (history.empty() || text_at(history.front().metadata, "revision") != revision) {
    return std::nullopt;
  }
  return history.front().firstReconciled;
}

std::string aborted_since(const api::Rollout& rollout, std::chrono::sys_seconds since) {
  const api::RolloutStatus& status = rollout.status;
  if (!status.abort || !status.abortedAt || *status.abortedAt <= since) return {};
  return status.message.empty() ? "aborted" : status.message;
}

// Why it went back after that; empty: it did not.
std::string went_back(const World& world, const Key& key, std::chrono::sys_seconds since) {
  if (const auto* rollout = world.get<api::Rollout>(key.ns, key.name);
      rollout && key.kind == Kind::Rollout) {
    return aborted_since(*rollout, since);
  }
  if (key.kind != Kind::Deployment) return {};
  const auto* deployment = world.get<api::Deployment>(key.ns, key.name);
  if (!deployment) return {};
  const auto* back = find_condition(deployment->status.conditions, kAutoRollbackCondition);
  if (back && back->status == "True" && back->lastTransitionTime > since) return back->message;
  // One that is rolled out by weights has a Rollout of its own.
  const auto* own = world.get<api::Rollout>(key.ns, key.name);
  return own && deployment_of(world, *own) == deployment ? aborted_since(*own, since) : "";
}

// An aborted Rollout has the template already: it tries again.
void retry_rollouts(const KustomizationView& view, KustomizationDraft& draft) {
  for (const Key& key : applied_keys(view.status())) {
    const auto* rollout = view.world.get<api::Rollout>(key.ns, key.name);
    if (!rollout) continue;
    const bool own = key.kind == Kind::Rollout || deployment_of(view.world, *rollout);
    if (!own || !rollout->status.abort) continue;
    api::Rollout next = *rollout;
    next.status.abort = false;
    draft.plan.changes.push_back(UpdateStatus{std::move(next)});
  }
}

void release(const KustomizationView& view, KustomizationDraft& draft) {
  const auto released =
      std::erase_if(draft.status.quarantine, [&](const api::QuarantinedRevision& one) {
        const auto at = released_at(view, one.revision);
        return at && one.since && Time(*one.since) <= *at;
      });
  if (released > 0) retry_rollouts(view, draft);
}

}  // namespace

const api::QuarantinedRevision* quarantined(const api::KustomizationStatus& status,
                                            const std::string& revision) {
  for (const api::QuarantinedRevision& one : status.quarantine) {
    if (one.revision == revision) return &one;
  }
  return nullptr;
}

std::optional<Time> released_at(const KustomizationView& view, const std::string& revision) {
  const std::string released = text_at(view.kustomization.metadata.annotations, flux::kRelease);
  const std::size_t space = released.find(' ');
  if (space == released.npos || released.substr(0, space) != revision) return std::nullopt;
  const auto at = parse_time(released.substr(space + 1));
  return at ? std::optional<Time>(*at) : std::nullopt;
}

Verdict quarantine(const KustomizationView& view, KustomizationDraft& draft) {
  release(view, draft);
  const std::string& revision = draft.source->revision;
  const auto since = applied_since(view, revision);
  if (since && !quarantined(draft.status, revision)) {
    for (const Key& key : applied_keys(view.status())) {
      const std::string why = went_back(view.world, key, *since);
      const auto released = released_at(view, revision);
      if (why.empty() || (released && Time(*since) < *released)) continue;
      auto& all = draft.status.quarantine.emplace_back();
      all.revision = revision;
      all.message = subject(key) + ": " + why;
      all.since = to_seconds(view.now);
      break;
    }
  }
  auto& all = draft.status.quarantine;
  if (all.size() > kKept) all.erase(all.begin(), all.end() - kKept);
  const auto* bad = quarantined(draft.status, revision);
  if (!bad) return next();
  draft.status.observedGeneration = view.generation();
  draft.status.lastHandledReconcileAt = view.requested_at();
  draft.fail(view, "Quarantined",
             revision + " is not applied again: " + bad->message +
                 ". Push a new commit, or release it: weir gitops release " + view.key.name);
  return stop(revision + " is quarantined");
}

}  // namespace weir
