#include "reconcilers/rollout.h"

#include <algorithm>
#include <array>

#include "reconcilers/conditions.h"
#include "reconcilers/configuration_snapshots.h"
#include "reconcilers/deployment_revision.h"
#include "reconcilers/image_digests.h"
#include "reconcilers/labels.h"
#include "reconcilers/names.h"
#include "reconcilers/rollout_analysis.h"
#include "reconcilers/rollout_experiment.h"
#include "reconcilers/rollout_runs.h"
#include "reconcilers/rollout_status.h"
#include "reconcilers/rollout_steps.h"
#include "reconcilers/rollout_strategy.h"
#include "reconcilers/rollout_traffic.h"

namespace weir {

namespace {

constexpr int kNamesTried = 16;

// --- Before anything is rolled out ---------------------------------------------------------------

Verdict deletion(const RolloutView& view, RolloutDraft&) {
  if (view.rollout.metadata.deletionTimestamp) return stop("being deleted: status only");
  return next();
}

std::string missing_service(const RolloutView& view, const char* path, const std::string& name) {
  if (name.empty() || view.world.get<api::Service>(view.key.ns, name)) return {};
  return "The Rollout \"" + view.key.name + "\" is invalid: spec.strategy." + path +
         ": Invalid value: \"" + name + "\": service \"" + name + "\" not found";
}

// What admission cannot know: whether what it names is there.
std::string invalid_spec(const RolloutView& view) {
  const auto& ref = view.rollout.spec.workloadRef;
  if (ref && !view.workload) {
    return "The Rollout \"" + view.key.name +
           "\" is invalid: spec.workloadRef.name: Invalid value: \"" + ref->name +
           "\": deployment \"" + ref->name + "\" not found";
  }
  if (is_empty(view.selector())) {
    return "The Rollout \"" + view.key.name + "\" is invalid: spec.selector: Required value";
  }
  std::vector<std::string> problems;
  if (const auto* canary = view.canary()) {
    problems = {missing_service(view, "canary.stableService", canary->stableService),
                missing_service(view, "canary.canaryService", canary->canaryService)};
    if (canary->pingPong) {
      problems.push_back(
          missing_service(view, "canary.pingPong.pingService", canary->pingPong->pingService));
      problems.push_back(
          missing_service(view, "canary.pingPong.pongService", canary->pingPong->pongService));
    }
  } else if (const auto* blue_green = view.blue_green()) {
    problems = {missing_service(view, "blueGreen.activeService", blue_green->activeService),
                missing_service(view, "blueGreen.previewService", blue_green->previewService)};
  } else {
    problems = {"The Rollout \"" + view.key.name +
                "\" is invalid: spec.strategy: Required value: one of canary and blueGreen"};
  }
  const auto found = std::find_if(problems.begin(), problems.end(),
                                  [](const std::string& problem) { return !problem.empty(); });
  return found == problems.end() ? analysis_problem(view) : *found;
}

Verdict validity(const RolloutView& view, RolloutDraft& draft) {
  draft.invalid = invalid_spec(view);
  return draft.invalid.empty() ? next() : stop(draft.invalid);
}

Verdict claim(const RolloutView& view, RolloutDraft& draft) {
  if (view.is_delegated) return next();
  for (const api::ReplicaSet* set : view.claims.adopted) {
    const Revision& revision = *std::find_if(view.revisions.begin(), view.revisions.end(),
                                             [&](const Revision& r) { return r.set == set; });
    draft.edit(revision).metadata.ownerReferences.push_back(
        controller_reference(Kind::Rollout, view.rollout.metadata));
  }
  for (const api::ReplicaSet* set : view.claims.released) {
    api::ReplicaSet free = *set;
    remove_owner(free.metadata, view.rollout.metadata.uid);
    draft.plan.changes.push_back(UpdateObject{std::move(free)});
  }
  return next();
}

// An undo of the configuration stands until that changes again.
Verdict configuration(const RolloutView& view, RolloutDraft& draft) {
  if (view.is_delegated || view.workload) return next();
  api::Rollout edited = view.rollout;
  const bool changed =
      follow_again(view.world, view.owner(), edited.spec.template_, edited.metadata.annotations);
  if (edited != view.rollout) draft.rollout = std::move(edited);
  if (!changed) return next();
  return stop("names its own ConfigMaps and Secrets again, in place of snapshots");
}

// --- A new template, or new steps ----------------------------------------------------------------

// A way back that is short enough needs no steps and no looking.
bool is_in_rollback_window(const RolloutView& view, const std::string& hash) {
  const auto& window = view.rollout.spec.rollbackWindow;
  const Revision* to = view.with_hash(hash);
  const Revision* stable = view.with_hash(view.rollout.status.stableRS);
  if (!window || !to || !stable || to->number >= stable->number) return false;
  const std::int64_t between = std::count_if(
      view.revisions.begin(), view.revisions.end(),
      [&](const Revision& r) { return r.number > to->number && r.number < stable->number; });
  return between < window->revisions;
}

void begin(const RolloutView& view, RolloutDraft& draft, const std::string& hash) {
  api::RolloutStatus& status = draft.status;
  const bool short_cut = is_in_rollback_window(view, hash);
  status.currentPodHash = hash;
  status.currentStepHash = view.canary() ? steps_hash(view.steps()) : "";
  status.abort = false;
  status.abortedAt.reset();
  status.promoteFull = short_cut;
  status.blueGreen.scaleUpPreviewCheckPoint = false;
  clear_pause(draft);
  leave_runs(draft);
  if (view.step_count() > 0) {
    const bool straight = status.stableRS.empty() || status.stableRS == hash || short_cut;
    status.currentStepIndex = straight ? view.step_count() : 0;
  } else {
    status.currentStepIndex.reset();
  }
}

// What a Deployment ran before it was rolled out by weights is known to be good.
void trust_what_serves(const RolloutView& view, RolloutDraft& draft) {
  if (!view.is_delegated || !draft.status.stableRS.empty()) return;
  const Revision* most = nullptr;
  for (const Revision* other : view.others("")) {
    if (other->replicas.available > (most ? most->replicas.available : 0)) most = other;
  }
  if (most) draft.status.stableRS = hash_of(*most);
}

Verdict reset(const RolloutView& view, RolloutDraft& draft) {
  if (!view.current()) return next();
  trust_what_serves(view, draft);
  const std::string hash = view.current_hash();
  if (draft.status.currentPodHash != hash) {
    begin(view, draft, hash);
    return next("another template: it begins anew");
  }
  if (view.canary() && draft.status.currentStepHash != steps_hash(view.steps())) {
    begin(view, draft, hash);
    return next("other steps: they begin anew");
  }
  return next();
}

std::int64_t next_number(const RolloutView& view) {
  std::int64_t highest = 0;
  for (const Revision& revision : view.revisions) {
    if (&revision != view.current()) highest = std::max(highest, revision.number);
  }
  return highest + 1;
}

api::ReplicaSet new_replica_set(const RolloutView& view, const std::string& hash) {
  const api::Rollout& rollout = view.rollout;
  api::ReplicaSet set;
  set.metadata.name = rollout.metadata.name + "-" + hash;
  set.metadata.namespace_ = rollout.metadata.namespace_;
  set.metadata.ownerReferences = {controller_reference(Kind::Rollout, rollout.metadata)};
  set.spec.replicas = 0;
  set.spec.minReadySeconds = rollout.spec.minReadySeconds;
  set.spec.template_ = view.wanted.pod_template;
  set.spec.template_.metadata.labels[kRolloutsPodTemplateHash] = hash;
  set.spec.selector = view.selector();
  set.spec.selector.matchLabels[kRolloutsPodTemplateHash] = hash;
  set.metadata.labels = set.spec.template_.metadata.labels;
  set.metadata.annotations[annotation::kRolloutRevision] = std::to_string(next_number(view));
  set.metadata.annotations[annotation::kRolloutDesiredReplicas] =
      std::to_string(rollout.spec.replicas);
  configure(set, view.wanted);
  say_cause(set, configuration_change(view.world, view.key.ns, view.revisions, view.pod_template(),
                                      view.wanted));
  return set;
}

// Made empty: how many Pods it may have is a matter of its strategy.
Verdict create(const RolloutView& view, RolloutDraft& draft) {
  if (view.current()) return next();
  if (view.is_delegated) return stop("its Deployment makes the replica set");
  if (const auto* home = view.world.get<api::Namespace>("", view.key.ns);
      home && home->metadata.deletionTimestamp) {
    return stop("namespace " + view.key.ns + " is being terminated: nothing new is made in it");
  }
  auto& collisions = draft.status.collisionCount;
  std::string hash = pod_template_hash(view.wanted.pod_template, collisions);
  for (int tries = 1; view.world.get<api::ReplicaSet>(view.key.ns, view.key.name + "-" + hash);
       ++tries) {
    if (tries == kNamesTried) return stop("the names of new replica sets are taken");
    collisions = collisions.value_or(0) + 1;
    hash = pod_template_hash(view.wanted.pod_template, collisions);
  }
  if (std::string why = take_snapshots(view.world, view.owner(), view.wanted, draft.plan);
      !why.empty()) {
    draft.invalid = "The Rollout \"" + view.key.name + "\" cannot be rolled out: " + why;
    return stop(draft.invalid);
  }
  begin(view, draft, hash);
  draft.created = new_replica_set(view, hash);
  note(view, draft, "NewReplicaSetCreated",
       "Created ReplicaSet " + draft.created->metadata.name + " (revision " +
           std::to_string(next_number(view)) + ")");
  return stop("creates replica set " + draft.created->metadata.name);
}

// The current revision has the highest number; one that becomes current again is renumbered.
Verdict revision(const RolloutView& view, RolloutDraft& draft) {
  if (view.is_delegated) return next();
  const Revision& current = *view.current();
  if (std::string why = take_snapshots(view.world, view.owner(), view.wanted, draft.plan);
      !why.empty()) {
    return stop(std::move(why));
  }
  configure(draft.edit(current), view.wanted);
  const std::int64_t number = std::max(current.number, next_number(view));
  auto& annotations = draft.edit(current).metadata.annotations;
  annotations[annotation::kRolloutRevision] = std::to_string(number);
  annotations[annotation::kRolloutDesiredReplicas] = std::to_string(view.rollout.spec.replicas);
  draft.edit(current).spec.minReadySeconds = view.rollout.spec.minReadySeconds;
  if (!draft.rollout) draft.rollout = view.rollout;
  draft.rollout->metadata.annotations[annotation::kRolloutRevision] = std::to_string(number);
  return next();
}

// What each revision resolved to is kept, and of what none needs nothing.
Verdict configurations(const RolloutView& view, RolloutDraft& draft) {
  if (view.is_delegated) return next();
  const bool wanted = rolls_out_on_config_change(view.world, view.rollout.metadata);
  for (const Revision& revision : view.revisions) {
    auto annotations = draft.annotations_of(revision);
    record_digests(view.world, *revision.set, wanted, annotations);
    if (annotations != draft.annotations_of(revision)) {
      draft.edit(revision).metadata.annotations = std::move(annotations);
    }
  }
  forget_snapshots(view.world, view.owner(), view.wanted, view.pod_template(), view.revisions,
                   draft.plan);
  return next();
}

// Of what is stable already, there is nothing to abort.
Verdict retry(const RolloutView& view, RolloutDraft& draft) {
  api::RolloutStatus& status = draft.status;
  if (status.abort && (draft.is_settled(view) || status.stableRS.empty())) status.abort = false;
  if (status.abort || !status.abortedAt) return next();
  note(view, draft, "RolloutRetry", "Retrying Rollout after abort");
  forget_scale_down(draft, *view.current());
  leave_runs(draft);
  status.abortedAt.reset();
  return next("somebody retries");
}

Verdict look(const RolloutView& view, RolloutDraft& draft) {
  if (draft.status.promoteFull || draft.is_settled(view)) leave_runs(draft);
  look_at_analyses(view, draft);
  look_at_experiment(view, draft);
  return next();
}

// Holds until the template changes or somebody retries.
Verdict abort(const RolloutView& view, RolloutDraft& draft) {
  api::RolloutStatus& status = draft.status;
  if (!status.abort) return next();
  if (!status.abortedAt) {
    status.abortedAt = to_seconds(view.now);
    note(view, draft, "RolloutAborted", aborted_message(view, draft), true);
  }
  if (view.step_count() > 0) status.currentStepIndex = 0;
  status.promoteFull = false;
  status.blueGreen.scaleUpPreviewCheckPoint = false;
  clear_pause(draft);
  return next("aborted");
}

constexpr std::array kFirst{
    RolloutStep{"deletion", deletion},              // a dying Rollout changes nothing
    RolloutStep{"validity", validity},              // what it names is there
    RolloutStep{"claim", claim},                    // adopt and release ReplicaSets by their labels
    RolloutStep{"configuration", configuration},    // follow it, or stand undone
    RolloutStep{"create", create},                  // a new template gets its ReplicaSet
    RolloutStep{"reset", reset},                    // an old template, or other steps: begin anew
    RolloutStep{"revision", revision},              // number the current ReplicaSet
    RolloutStep{"configurations", configurations},  // note digests, forget snapshots
    RolloutStep{"retry", retry},                    // after an abort, from the first step
    RolloutStep{"runs", look},                      // what its AnalysisRuns and its Experiment say
    RolloutStep{"abort", abort},  // back to what is stable, until somebody retries
};

// --- Afterwards ----------------------------------------------------------------------------------

// Empty ReplicaSets beyond the history limit go, the lowest revision first.
Verdict history(const RolloutView& view, RolloutDraft& draft) {
  std::vector<const Revision*> old = view.others(draft.status.stableRS);
  std::erase_if(old, [](const Revision* r) { return !!r->set->metadata.deletionTimestamp; });
  std::stable_sort(old.begin(), old.end(),
                   [](const Revision* a, const Revision* b) { return a->number < b->number; });
  std::int64_t surplus =
      std::ssize(old) - std::max<std::int64_t>(0, view.rollout.spec.revisionHistoryLimit);
  for (const Revision* revision : old) {
    const bool empty = revision->size() == 0 && revision->replicas.pods == 0 &&
                       revision->replicas.terminating == 0 &&
                       !draft.edited.contains(revision->name());
    if (surplus <= 0) break;
    if (!empty) continue;
    --surplus;
    draft.plan.changes.push_back(
        DeleteObject{.key = {.kind = Kind::ReplicaSet, .ns = view.key.ns, .name = revision->name()},
                     .uid = revision->set->metadata.uid});
  }
  return next();
}

// Pods that are older than restartAt are replaced, no more at a time than may be missing.
Verdict restart(const RolloutView& view, RolloutDraft& draft) {
  const auto& at = view.rollout.spec.restartAt;
  if (!at || draft.status.restartedAt == at) return next();
  if (view.now < Time(*at)) {
    draft.plan.wake(Time(*at));
    return next("restarts later");
  }
  std::int64_t left = 0;
  for (const Revision& revision : view.revisions) {
    std::int64_t spare = revision.replicas.available - revision.size() +
                         std::max<std::int64_t>(1, view.limits.unavailable);
    for (const api::Pod* pod : pods_of(view.world, *revision.set)) {
      const auto& born = pod->metadata.creationTimestamp;
      if (!is_active(*pod) || (born && *born >= *at)) continue;
      ++left;
      if (spare-- <= 0) continue;
      draft.plan.changes.push_back(
          DeleteObject{.key = key_of(Object(*pod)), .uid = pod->metadata.uid});
    }
  }
  if (left == 0) draft.status.restartedAt = at;
  return next(std::to_string(left) + " pods are older than restartAt");
}

// A Deployment whose place the Rollout takes loses its own Pods when they are not needed any more.
Verdict retire_workload(const RolloutView& view, RolloutDraft& draft) {
  if (!view.workload || view.workload->spec.replicas == 0) return next();
  const std::string& when = view.rollout.spec.workloadRef->scaleDown;
  const std::int64_t missing =
      std::max<std::int64_t>(0, view.limits.replicas - view.total().available);
  std::int64_t size = view.workload->spec.replicas;
  if (when == "onsuccess" && draft.is_settled(view) && missing == 0) size = 0;
  if (when == "progressively") size = std::min(size, missing);
  if (size == view.workload->spec.replicas) return next();
  api::Deployment deployment = *view.workload;
  deployment.spec.replicas = size;
  draft.plan.changes.push_back(UpdateObject{std::move(deployment)});
  return next("scales deployment " + view.workload->metadata.name + " to " + std::to_string(size));
}

Verdict tidy(const RolloutView& view, RolloutDraft& draft) {
  tidy_analyses(view, draft);
  tidy_experiments(view, draft);
  return next();
}

constexpr std::array kLast{
    RolloutStep{"runs", tidy},  // AnalysisRuns and Experiments that nothing waits for
    RolloutStep{"workload", retire_workload},  // the Deployment of workloadRef
    RolloutStep{"restart", restart},           // replace Pods, where somebody asked for it
    RolloutStep{"history", history},           // forget revisions past the limit
};

// Runs in order; the first one that stops ends the plan. The status is written after it, always.
bool run(std::span<const RolloutStep> steps, const RolloutView& view, RolloutDraft& draft) {
  for (const RolloutStep& step : steps) {
    const Verdict verdict = step.run(view, draft);
    if (!verdict.text.empty()) {
      draft.plan.reasons.push_back({.step = step.name, .verdict = verdict.text});
    }
    if (verdict.stop) return false;
  }
  return true;
}

void finish(const RolloutView& view, RolloutDraft& draft) {
  state_status(view, draft);
  std::vector<Change>& changes = draft.plan.changes;
  if (draft.created) changes.push_back(CreateObject{*draft.created});
  for (const Revision& revision : view.revisions) {
    const auto edited = draft.edited.find(revision.name());
    if (edited == draft.edited.end() || edited->second == *revision.set) continue;
    changes.push_back(UpdateObject{edited->second});
  }
  for (const auto& [name, service] : draft.services) {
    if (service != *view.world.get<api::Service>(view.key.ns, name)) {
      changes.push_back(UpdateObject{service});
    }
  }
  if (draft.rollout && *draft.rollout != view.rollout) {
    changes.push_back(UpdateObject{*draft.rollout});
  }
  draft.plan.reasons.push_back(
      {.step = "status", .verdict = draft.status.phase + ": " + draft.status.message});
  if (draft.status == view.rollout.status) return;
  api::Rollout rollout = view.rollout;
  rollout.status = draft.status;
  changes.push_back(UpdateStatus{std::move(rollout)});
}

}  // namespace

Plan plan_rollout(const World& world, const Key& key, Time now) {
  const auto* rollout = world.get<api::Rollout>(key.ns, key.name);
  if (!rollout) return {};
  const RolloutView view = view_of_rollout(world, key, *rollout, now);
  RolloutDraft draft{.status = rollout->status};
  if (run(kFirst, view, draft) &&
      run(view.canary() ? canary_steps() : blue_green_steps(), view, draft)) {
    run(kLast, view, draft);
  }
  finish(view, draft);
  return std::move(draft.plan);
}

}  // namespace weir
