#include "reconcilers/deployment_rollback.h"

#include <algorithm>

#include "reconcilers/conditions.h"
#include "reconcilers/deployment_revision.h"
#include "reconcilers/deployment_strategy.h"

namespace weir {

namespace {

std::int64_t mark_of(const Revision& revision, const char* mark) {
  return number_at(revision.set->metadata.annotations, mark).value_or(0);
}

// "revision 2 (web-5d9c)"
std::string named(std::int64_t number, const Revision& revision) {
  return "revision " + std::to_string(number) + " (" + revision.name() + ")";
}

bool has_current_template(const DeploymentView& rollout, const Revision& revision) {
  return same_template(revision.set->spec.template_, rollout.wanted.pod_template);
}

void restore_template(const DeploymentView& rollout, DeploymentDraft& draft,
                      const Revision& target) {
  api::PodTemplateSpec& pods = draft.edit(rollout).spec.template_;
  pods = target.set->spec.template_;
  pods.metadata.labels.erase(kPodTemplateHash);
  draft.edit(rollout).metadata.annotations.erase(annotation::kUndone);  // another undo
}

// --- The old annotation --------------------------------------------------------------------------

// 0 asks for the revision before the current one: the second highest.
const Revision* asked_for(const DeploymentView& rollout, std::int64_t number) {
  std::vector<const Revision*> all = rollout.old();
  if (rollout.current()) all.push_back(rollout.current());
  std::sort(all.begin(), all.end(),
            [](const Revision* a, const Revision* b) { return a->number > b->number; });
  if (number == 0) return all.size() < 2 || all[1]->number == 0 ? nullptr : all[1];
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Revision* r) { return r->number == number; });
  return found == all.end() ? nullptr : *found;
}

// `kubectl rollout undo` of old clients asks by an annotation and leaves the work to the
// controller.
Verdict answer_request(const DeploymentView& rollout, DeploymentDraft& draft) {
  const auto& annotations = rollout.deployment.metadata.annotations;
  const auto number = number_at(annotations, annotation::kRollbackTo);
  const Revision* target = number ? asked_for(rollout, *number) : nullptr;
  auto& edited = draft.edit(rollout).metadata.annotations;
  edited.erase(annotation::kRollbackTo);
  if (!target) {
    note(rollout, draft, "DeploymentRollbackRevisionNotFound",
         "Unable to find the revision to rollback to.", true);
    return stop("the revision to roll back to does not exist");
  }
  if (has_current_template(rollout, *target)) {
    note(rollout, draft, "DeploymentRollbackTemplateUnchanged",
         "The rollback revision contains the same template as current deployment \"" +
             rollout.key.name + "\"",
         true);
    return stop("already at the revision to roll back to");
  }
  restore_template(rollout, draft, *target);
  std::erase_if(edited, [](const auto& entry) { return !is_bookkeeping(entry.first); });
  for (const auto& [key, value] : target->set->metadata.annotations) {
    if (!is_bookkeeping(key)) edited[key] = value;
  }
  note(rollout, draft, "DeploymentRollback",
       "Rolled back deployment \"" + rollout.key.name + "\" to revision " +
           std::to_string(target->number));
  return stop("rolled back to " + named(target->number, *target) + " as asked");
}

// --- The passed deadline -------------------------------------------------------------------------

// Whether the rollout of the current revision has passed its deadline. Not when an earlier revision
// did, and not when the current one was fully available already: its rollout had succeeded, and
// what troubles it now (after a pause, say) would trouble another one too.
bool rollout_failed(const DeploymentView& rollout) {
  const Revision* current = rollout.current();
  const auto* progressing = rollout.condition("Progressing");
  return current && !must_be_renumbered(rollout, *current) && progressing &&
         progressing->reason == "ProgressDeadlineExceeded" &&
         mark_of(*current, annotation::kAvailableRevision) != current->number;
}

// The cause of the last change is that of the template: it goes back with it. Not one that is the
// revision's own: a change of its configuration.
void restore_change_cause(api::Deployment& deployment, const Revision& target) {
  const auto& from = target.set->metadata.annotations;
  const auto cause = from.find(annotation::kChangeCause);
  if (cause == from.end() || from.contains(annotation::kConfigurationCause)) {
    deployment.metadata.annotations.erase(annotation::kChangeCause);
  } else {
    deployment.metadata.annotations[annotation::kChangeCause] = cause->second;
  }
}

Verdict leave_failed_revision(const DeploymentView& rollout, DeploymentDraft& draft,
                              const Revision& failed, const Revision& target) {
  const std::int64_t number = failed.number + 1;
  draft.edit(failed).metadata.annotations[annotation::kFailedRevision] =
      std::to_string(failed.number);
  api::ReplicaSet& next = draft.edit(target);
  number_revision(next, number);
  next.metadata.annotations[annotation::kRollbackRevision] = std::to_string(number);
  restore_template(rollout, draft, target);
  restore_change_cause(draft.edit(rollout), target);
  draft.edit(rollout).metadata.annotations[annotation::kRevision] = std::to_string(number);

  const std::string from = named(failed.number, failed);
  const std::string to = named(target.number, target);
  restate_condition(draft.conditions,
                    {.type = kAutoRollbackCondition,
                     .status = "True",
                     .reason = "RolledBack",
                     .message = from + " exceeded its progress deadline; rolled back to " + to +
                                ", which is now revision " + std::to_string(number) + "."},
                    rollout.now);
  note(rollout, draft, "DeploymentRollback",
       "Rolled back deployment \"" + rollout.key.name + "\" to revision " +
           std::to_string(target.number) + ": " + from + " exceeded its progress deadline",
       true);
  return stop("rolled back from " + from + " to " + to);
}

Verdict answer_deadline(const DeploymentView& rollout, DeploymentDraft& draft) {
  if (stands_rolled_back(rollout)) return next("stands rolled back until the template changes");
  const std::string wish =
      text_at(rollout.deployment.metadata.annotations, annotation::kAutoRollback);
  // One that is rolled out by weights goes back by itself.
  if (wish != "true" || has_strategy(rollout.deployment) || !rollout_failed(rollout)) {
    remove_condition(draft.conditions, kAutoRollbackCondition);
    return next();
  }
  const Revision& failed = *rollout.current();
  if (const Revision* target = last_available(rollout)) {
    return leave_failed_revision(rollout, draft, failed, *target);
  }
  const std::string text = named(failed.number, failed) +
                           " exceeded its progress deadline, and no other revision was ever fully "
                           "available: there is nothing to roll back to.";
  set_condition(draft.conditions,
                {.type = kAutoRollbackCondition,
                 .status = "False",
                 .reason = "NoAvailableRevision",
                 .message = text},
                rollout.now);
  return next(text);
}

}  // namespace

bool stands_rolled_back(const DeploymentView& rollout) {
  const Revision* current = rollout.current();
  return current && current->number > 0 &&
         mark_of(*current, annotation::kRollbackRevision) == current->number &&
         !must_be_renumbered(rollout, *current);
}

const Revision* last_available(const DeploymentView& rollout) {
  const Revision* last = nullptr;
  for (const Revision* revision : rollout.old()) {
    if (revision->set->metadata.deletionTimestamp || has_current_template(rollout, *revision)) {
      continue;
    }
    const std::int64_t mark = mark_of(*revision, annotation::kAvailableRevision);
    if (mark > (last ? mark_of(*last, annotation::kAvailableRevision) : 0)) last = revision;
  }
  if (!last) return nullptr;
  // Should several have its template, the oldest is the one that becomes current.
  return &*std::find_if(rollout.revisions.begin(), rollout.revisions.end(), [&](const Revision& r) {
    return same_template(r.set->spec.template_, last->set->spec.template_);
  });
}

Verdict roll_back(const DeploymentView& rollout, DeploymentDraft& draft) {
  if (rollout.deployment.spec.paused) return next();
  if (rollout.deployment.metadata.annotations.count(annotation::kRollbackTo)) {
    return answer_request(rollout, draft);
  }
  return answer_deadline(rollout, draft);
}

}  // namespace weir
