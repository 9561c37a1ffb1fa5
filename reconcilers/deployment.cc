#include "reconcilers/deployment.h"

#include <algorithm>
#include <array>
#include <limits>

#include "reconcilers/conditions.h"
#include "reconcilers/configuration_snapshots.h"
#include "reconcilers/deployment_revision.h"
#include "reconcilers/deployment_rollback.h"
#include "reconcilers/deployment_scale.h"
#include "reconcilers/deployment_status.h"
#include "reconcilers/deployment_strategy.h"
#include "reconcilers/image_digests.h"
#include "reconcilers/names.h"

namespace weir {

namespace {

// Names tried by one plan for a new ReplicaSet. Each try is another hash, so that a second one is
// rare; the count is kept in the status and the next plan goes on from there.
constexpr int kNamesTried = 16;
constexpr std::int64_t kKeepAllRevisions = std::numeric_limits<std::int32_t>::max();

// --- Steps before the rollout --------------------------------------------------------------------

Verdict selector(const DeploymentView& rollout, DeploymentDraft& draft) {
  if (!is_empty(rollout.deployment.spec.selector)) return next();
  if (rollout.deployment.status.observedGeneration < rollout.deployment.metadata.generation) {
    note(rollout, draft, "SelectingAll",
         "This deployment is selecting all pods. A non-empty selector is required.", true);
  }
  return stop("an empty selector would own every pod");
}

Verdict deletion(const DeploymentView& rollout, DeploymentDraft&) {
  if (rollout.deployment.metadata.deletionTimestamp) return stop("being deleted: status only");
  return next();
}

Verdict claim(const DeploymentView& rollout, DeploymentDraft& draft) {
  for (const Revision& revision : rollout.revisions) {
    if (is_controlled_by(revision.set->metadata, rollout.deployment.metadata.uid)) continue;
    draft.edit(revision).metadata.ownerReferences.push_back(
        controller_reference(Kind::Deployment, rollout.deployment.metadata));
  }
  for (const api::ReplicaSet* set : rollout.claims.released) {
    api::ReplicaSet free = *set;
    remove_owner(free.metadata, rollout.deployment.metadata.uid);
    draft.plan.changes.push_back(UpdateObject{std::move(free)});
  }
  const std::size_t adopted = rollout.claims.adopted.size();
  const std::size_t released = rollout.claims.released.size();
  if (adopted + released == 0) return next();
  return next("adopted " + std::to_string(adopted) + " and released " + std::to_string(released) +
              " replica sets");
}

constexpr char kPaused[] = "DeploymentPaused";

Statement paused_statement() {
  return {.type = "Progressing",
          .status = "Unknown",
          .reason = kPaused,
          .message = "Deployment is paused"};
}

// While paused, and until the first progress after it, Progressing says so.
Verdict pause(const DeploymentView& rollout, DeploymentDraft& draft) {
  const bool paused = rollout.deployment.spec.paused;
  const std::string text = paused ? "paused" : "";
  const auto* progressing = rollout.condition("Progressing");
  const std::string reason = progressing ? progressing->reason : "";
  if (!rollout.has_deadline() || reason == "ProgressDeadlineExceeded") return next(text);
  if (paused && reason != kPaused) {
    set_condition(draft.conditions, paused_statement(), rollout.now);
  } else if (!paused && reason == kPaused) {
    set_condition(draft.conditions,
                  {.type = "Progressing",
                   .status = "Unknown",
                   .reason = "DeploymentResumed",
                   .message = "Deployment is resumed"},
                  rollout.now);
    return next("resumed");
  }
  return next(text);
}

// An undo of the configuration stands until that changes again.
Verdict configuration(const DeploymentView& rollout, DeploymentDraft& draft) {
  api::Deployment& edited = draft.edit(rollout);
  if (!follow_again(rollout.world, rollout.owner(), edited.spec.template_,
                    edited.metadata.annotations)) {
    return next();
  }
  return stop("names its own ConfigMaps and Secrets again, in place of snapshots");
}

// What was said of another revision's progress no longer holds.
void found_revision(const DeploymentView& rollout, DeploymentDraft& draft,
                    const Revision& current) {
  if (!rollout.has_deadline()) return;
  if (rollout.deployment.spec.paused) {
    restate_condition(draft.conditions, paused_statement(), rollout.now);
  } else {
    restart_progress(rollout, draft, "FoundNewReplicaSet",
                     "Found new replica set \"" + current.name() + "\"");
  }
}

// Keeps number, annotations and minReadySeconds of the current revision.
Verdict revision(const DeploymentView& rollout, DeploymentDraft& draft) {
  const Revision* current = rollout.current();
  if (!current) return next("the template has no replica set yet");
  const bool renumbered = must_be_renumbered(rollout, *current);
  if (std::string text = take_snapshots(rollout.world, rollout.owner(), rollout.wanted, draft.plan);
      !text.empty()) {
    return stop(std::move(text));
  }
  api::ReplicaSet& set = draft.edit(*current);
  configure(set, rollout.wanted);
  copy_annotations(rollout.deployment, set);
  number_revision(set, next_revision_number(rollout));
  set.spec.minReadySeconds = rollout.deployment.spec.minReadySeconds;
  if (renumbered || !find_condition(draft.conditions, "Progressing")) {
    found_revision(rollout, draft, *current);
  }
  const std::string number = text_at(set.metadata.annotations, annotation::kRevision);
  auto& annotations = draft.edit(rollout).metadata.annotations;
  annotations[annotation::kRevision] = number;
  // `kubectl rollout undo` copies a ReplicaSet's annotations here, marks and all.
  for (const char* mark : annotation::kMarks) annotations.erase(mark);
  if (annotations.contains(annotation::kConfigurationCause)) {
    annotations.erase(annotation::kChangeCause);  // of that revision alone
  }
  for (const char* word : annotation::kOfConfiguration) annotations.erase(word);
  annotations.erase(annotation::kScaleDownDeadline);
  return next("replica set " + current->name() + " is revision " + number);
}

// What each revision resolved to is kept, and of what none needs nothing.
Verdict configurations(const DeploymentView& rollout, DeploymentDraft& draft) {
  const bool wanted = rolls_out_on_config_change(rollout.world, rollout.deployment.metadata);
  for (const Revision& revision : rollout.revisions) {
    auto annotations = draft.annotations_of(revision);
    record_digests(rollout.world, *revision.set, wanted, annotations);
    if (annotations != draft.annotations_of(revision)) {
      draft.edit(revision).metadata.annotations = std::move(annotations);
    }
  }
  forget_snapshots(rollout.world, rollout.owner(), rollout.wanted,
                   rollout.deployment.spec.template_, rollout.revisions, draft.plan);
  return next();
}

// --- The rollout ---------------------------------------------------------------------------------

// Recreate: nothing new before everything old has ended.
Verdict drain(const DeploymentView& rollout, DeploymentDraft& draft) {
  if (rollout.is_rolling_update() || draft.delegated) return next();
  const auto old = rollout.old();
  if (const auto running = active(old); !running.empty()) {
    for (const Revision* revision : running) resize(rollout, draft, *revision, 0);
    return stop("scales the old replica sets to 0");
  }
  std::int64_t left = 0;
  for (const Revision* revision : old) {
    left += revision->replicas.pods + revision->replicas.terminating;
  }
  if (left > 0) return stop("waits for " + std::to_string(left) + " old pods to end");
  return next();
}

Verdict refuse(const DeploymentView& rollout, DeploymentDraft& draft, const std::string& name,
               const std::string& why) {
  const std::string message = "Failed to create new replica set \"" + name + "\": " + why;
  const auto* before = rollout.condition("Progressing");
  if (!before || before->reason != "ReplicaSetCreateError") {
    note(rollout, draft, "ReplicaSetCreateError", message, true);
  }
  if (rollout.has_deadline()) {
    set_condition(draft.conditions,
                  {.type = "Progressing",
                   .status = "False",
                   .reason = "ReplicaSetCreateError",
                   .message = message},
                  rollout.now);
  }
  draft.estimate_progress = false;
  return stop(message);
}

// A new template: its ReplicaSet, already as large as the limits allow.
Verdict create(const DeploymentView& rollout, DeploymentDraft& draft) {
  if (rollout.current()) return next();
  const std::string& ns = rollout.key.ns;
  if (const auto* home = rollout.world.get<api::Namespace>("", ns);
      home && home->metadata.deletionTimestamp) {
    return stop("namespace " + ns + " is being terminated: nothing new is made in it");
  }
  const std::int64_t size =
      draft.delegated ? 0 : next_new_size(rollout.limits, 0, in_numbers(rollout.all()));
  api::ReplicaSet set = new_replica_set(rollout, draft.collision_count, size);
  if (set.metadata.name.size() > kObjectNameMax) {
    // As Kubernetes refuses it.
    return refuse(rollout, draft, set.metadata.name,
                  "its name is longer than " + std::to_string(kObjectNameMax) +
                      " characters; choose a shorter name for the Deployment");
  }
  for (int tries = 1; rollout.world.get<api::ReplicaSet>(ns, set.metadata.name); ++tries) {
    draft.collision_count = draft.collision_count.value_or(0) + 1;
    if (tries == kNamesTried) return stop("the names of new replica sets are taken");
    set = new_replica_set(rollout, draft.collision_count, size);
  }
  const std::string name = set.metadata.name;
  if (const std::string why =
          take_snapshots(rollout.world, rollout.owner(), rollout.wanted, draft.plan);
      !why.empty()) {
    return refuse(rollout, draft, name, why);
  }
  const std::string number = text_at(set.metadata.annotations, annotation::kRevision);
  draft.created = std::move(set);
  draft.edit(rollout).metadata.annotations[annotation::kRevision] = number;
  restart_progress(rollout, draft, "NewReplicaSetCreated",
                   "Created new replica set \"" + name + "\"");
  if (size > 0) {
    note(rollout, draft, "ScalingReplicaSet",
         "Scaled up replica set " + name + " to " + std::to_string(size));
  }
  return stop("creates replica set " + name + " as revision " + number + " with " +
              std::to_string(size) + " replicas");
}

Verdict leave(const DeploymentView&, DeploymentDraft& draft) {
  return draft.delegated ? stop("its Rollout decides about sizes") : next();
}

Verdict grow(const DeploymentView& rollout, DeploymentDraft& draft) {
  const Revision& current = *rollout.current();
  const std::int64_t size =
      next_new_size(rollout.limits, current.size(), in_numbers(rollout.all()));
  if (size == current.size()) return next();
  resize(rollout, draft, current, size);
  return stop("scales " + current.name() + " to " + std::to_string(size));
}

Verdict shrink(const DeploymentView& rollout, DeploymentDraft& draft) {
  const auto old = rollout.old();
  const std::vector<std::int64_t> sizes =
      shrink_old(rollout.limits, in_numbers(*rollout.current()), in_numbers(old));
  std::string text;
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (sizes[i] == old[i]->size()) continue;
    resize(rollout, draft, *old[i], sizes[i]);
    text += (text.empty() ? "scales " : ", ") + old[i]->name() + " to " + std::to_string(sizes[i]);
  }
  if (!text.empty()) return stop(text);
  if (active(old).empty()) return next();
  return next("old replica sets wait for " + rollout.current()->name() + " to become available");
}

// A complete rollout leaves its mark: this revision is worth going back to. With no replicas it has
// proved nothing.
Verdict complete(const DeploymentView& rollout, DeploymentDraft& draft) {
  if (!is_complete(rollout)) return stop("not complete");
  if (rollout.limits.replicas > 0) {
    auto& annotations = draft.edit(*rollout.current()).metadata.annotations;
    annotations[annotation::kAvailableRevision] = text_at(annotations, annotation::kRevision);
  }
  return next("complete");
}

// --- History -------------------------------------------------------------------------------------

// Old ReplicaSets beyond the history limit go, the lowest revision first, once they are empty.
Verdict history(const DeploymentView& rollout, DeploymentDraft& draft) {
  const std::int64_t limit =
      std::max<std::int64_t>(0, rollout.deployment.spec.revisionHistoryLimit);
  std::vector<const Revision*> old = rollout.old();
  std::erase_if(old, [](const Revision* r) { return !!r->set->metadata.deletionTimestamp; });
  if (limit >= kKeepAllRevisions || std::ssize(old) <= limit) return next();
  std::stable_sort(old.begin(), old.end(),
                   [](const Revision* a, const Revision* b) { return a->number < b->number; });
  old.resize(old.size() - static_cast<std::size_t>(limit));
  // What a rollback would go back to stays, as long as one may be needed.
  if (!is_complete(rollout)) std::erase(old, last_available(rollout));
  std::string text;
  for (const Revision* revision : old) {
    const api::ReplicaSet& set = *revision->set;
    if (revision->size() > 0 || revision->replicas.pods > 0 ||
        set.metadata.generation > set.status.observedGeneration ||
        draft.edited.count(revision->name())) {
      continue;
    }
    draft.plan.changes.push_back(DeleteObject{
        .key = {.kind = Kind::ReplicaSet, .ns = rollout.key.ns, .name = revision->name()},
        .uid = set.metadata.uid});
    text += (text.empty() ? "deletes " : ", ") + revision->name();
  }
  return next(text);
}

// Paused: nothing is rolled out. The history is still kept short.
Verdict hold(const DeploymentView& rollout, DeploymentDraft& draft) {
  if (!rollout.deployment.spec.paused) return next();
  if (draft.delegated) return stop("paused: no rollout");
  const Verdict deleted = history(rollout, draft);
  return stop("paused: no rollout" + (deleted.text.empty() ? "" : "; " + deleted.text));
}

// Run in order; the first one that stops ends the plan. The status is written after it, always. A
// plan that stops before the rollout does not judge its progress.
enum class Part { before, rollout };
struct Step {
  const char* name;
  Verdict (*run)(const DeploymentView&, DeploymentDraft&);
  Part part;
};
constexpr std::array kSteps{
    Step{"selector", selector, Part::before},  // refuse to own everything
    Step{"deletion", deletion, Part::before},  // a dying Deployment changes nothing
    Step{"claim", claim, Part::before},        // adopt and release ReplicaSets by their labels
    Step{"pause", pause, Part::before},        // say that it pauses or resumes
    Step{"configuration", configuration, Part::before},  // follow it, or stand undone
    Step{"rollback", roll_back, Part::before},  // back to an earlier template, asked for or failed
    Step{"revision", revision, Part::before},   // number and annotate the current ReplicaSet
    Step{"configurations", configurations, Part::before},  // note digests, forget snapshots
    Step{"strategy", delegate, Part::rollout},  // a Rollout of its own, if it asks for one
    Step{"scale", scale, Part::before},         // spec.replicas changed: resize what there is
    Step{"hold", hold, Part::before},           // paused: that was all
    Step{"drain", drain, Part::rollout},        // Recreate: first everything old ends
    Step{"create", create, Part::rollout},      // a new template gets its ReplicaSet
    Step{"leave", leave, Part::rollout},        // the rest to the Rollout
    Step{"grow", grow, Part::rollout},          // more of the new, within the surge
    Step{"shrink", shrink, Part::rollout},      // fewer of the old, within the availability
    Step{"complete", complete, Part::rollout},  // remember a revision that was fully available
    Step{"history", history, Part::rollout},    // forget revisions past the limit
};

// The one ending: what the steps have decided becomes changes, the status last.
void finish(const DeploymentView& rollout, DeploymentDraft& draft) {
  const api::DeploymentStatus status = status_of(rollout, draft);
  std::vector<Change>& changes = draft.plan.changes;
  if (draft.created) changes.push_back(CreateObject{*draft.created});
  for (const Revision& revision : rollout.revisions) {
    const auto edited = draft.edited.find(revision.name());
    if (edited == draft.edited.end() || edited->second == *revision.set) continue;
    changes.push_back(UpdateObject{edited->second});
  }
  if (draft.deployment && *draft.deployment != rollout.deployment) {
    changes.push_back(UpdateObject{*draft.deployment});
  }
  draft.plan.reasons.push_back(
      {.step = "status",
       .verdict = std::to_string(status.updatedReplicas) + " updated and " +
                  std::to_string(status.availableReplicas) + " available of " +
                  std::to_string(rollout.limits.replicas) + " wanted"});
  if (status == rollout.deployment.status) return;
  api::Deployment deployment = rollout.deployment;
  deployment.status = status;
  changes.push_back(UpdateStatus{std::move(deployment)});
}

}  // namespace

Plan plan_deployment(const World& world, const Key& key, Time now) {
  const auto* deployment = world.get<api::Deployment>(key.ns, key.name);
  if (!deployment) return {};
  const DeploymentView rollout = view_of_deployment(world, key, *deployment, now);
  DeploymentDraft draft;
  draft.conditions = deployment->status.conditions;
  draft.collision_count = deployment->status.collisionCount;
  for (const Step& step : kSteps) {
    draft.estimate_progress = step.part == Part::rollout;
    const Verdict verdict = step.run(rollout, draft);
    if (!verdict.text.empty()) {
      draft.plan.reasons.push_back({.step = step.name, .verdict = verdict.text});
    }
    if (verdict.stop) break;
  }
  finish(rollout, draft);
  return std::move(draft.plan);
}

}  // namespace weir
