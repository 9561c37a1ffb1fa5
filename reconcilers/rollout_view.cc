#include "reconcilers/rollout_view.h"

#include <algorithm>

#include "reconcilers/deployment_strategy.h"
#include "reconcilers/endpoints.h"
#include "reconcilers/labels.h"

namespace weir {

namespace {

// Argo reads "25" as 25 %.
api::IntOrString percentage(const std::optional<api::IntOrString>& given, const char* otherwise) {
  api::IntOrString value = given.value_or(api::IntOrString{.is_string = true, .text = otherwise});
  if (value.is_string && !value.text.ends_with('%')) value.text += '%';
  return value;
}

RolloutLimits limits_in(const RolloutView& view) {
  constexpr char kQuarter[] = "25%";
  const std::int64_t replicas = view.rollout.spec.replicas;
  if (const auto* canary = view.canary()) {
    return limits_of(replicas, percentage(canary->maxSurge, kQuarter),
                     percentage(canary->maxUnavailable, kQuarter));
  }
  const auto* blue_green = view.blue_green();
  return limits_of(replicas, {},
                   percentage(blue_green ? blue_green->maxUnavailable : std::nullopt, kQuarter));
}

}  // namespace

RolloutView view_of_rollout(const World& world, const Key& key, const api::Rollout& rollout,
                            Time now) {
  RolloutView view{.world = world, .key = key, .rollout = rollout, .now = now};
  if (rollout.spec.workloadRef) {
    view.workload = world.get<api::Deployment>(key.ns, rollout.spec.workloadRef->name);
  }
  view.is_delegated = deployment_of(world, rollout) != nullptr;
  view.claims = claims<api::ReplicaSet>(
      world, view.is_delegated ? view.workload->metadata : rollout.metadata, view.selector());
  view.revisions = revisions_of(
      world, view.claims, view.is_delegated ? annotation::kRevision : annotation::kRolloutRevision,
      std::chrono::seconds(rollout.spec.minReadySeconds), now);
  view.wanted = configured(world, view.owner(), view.pod_template(), view.revisions);
  view.current_index =
      index_of_configured(world, view.owner(), view.revisions, view.pod_template(), view.wanted);
  view.limits = limits_in(view);
  if (view.is_delegated && view.current_index < 0) {
    // The Deployment has not made another template's yet, or is paused: what there is goes on.
    const Revision* before = view.with_hash(rollout.status.currentPodHash);
    view.current_index = before ? before - view.revisions.data() : -1;
  }
  return view;
}

Owner RolloutView::owner() const {
  if (is_delegated) return {.kind = Kind::Deployment, .metadata = workload->metadata};
  return {.kind = Kind::Rollout, .metadata = rollout.metadata};
}

const api::PodTemplateSpec& RolloutView::pod_template() const {
  return workload ? workload->spec.template_ : rollout.spec.template_;
}

const api::LabelSelector& RolloutView::selector() const {
  const bool own = rollout.spec.selector.has_value();
  static const api::LabelSelector kNone;
  if (own) return *rollout.spec.selector;
  return workload ? workload->spec.selector : kNone;
}

const api::CanaryStrategy* RolloutView::canary() const {
  const auto& canary = rollout.spec.strategy.canary;
  return canary ? &*canary : nullptr;
}

const api::BlueGreenStrategy* RolloutView::blue_green() const {
  const auto& blue_green = rollout.spec.strategy.blueGreen;
  return blue_green ? &*blue_green : nullptr;
}

const std::vector<api::CanaryStep>& RolloutView::steps() const {
  static const std::vector<api::CanaryStep> kNone;
  return canary() ? canary()->steps : kNone;
}

const Revision* RolloutView::current() const {
  return current_index < 0 ? nullptr : &revisions[static_cast<std::size_t>(current_index)];
}

const Revision* RolloutView::with_hash(const std::string& hash) const {
  const auto found = std::find_if(
      revisions.begin(), revisions.end(),
      [&](const Revision& revision) { return !hash.empty() && hash_of(revision) == hash; });
  return found == revisions.end() ? nullptr : &*found;
}

std::vector<const Revision*> RolloutView::others(const std::string& stable) const {
  std::vector<const Revision*> others;
  for (const Revision& revision : revisions) {
    if (&revision != current() && hash_of(revision) != stable) others.push_back(&revision);
  }
  return others;
}

Replicas RolloutView::total() const {
  Replicas sum;
  for (const Revision& revision : revisions) sum.add(revision.replicas);
  return sum;
}

std::string RolloutView::current_hash() const { return current() ? hash_of(*current()) : ""; }

std::string hash_of(const Revision& revision) {
  return revision_hash(revision.set->metadata.labels);
}

// --- RolloutDraft --------------------------------------------------------------------------------

api::ReplicaSet& RolloutDraft::edit(const Revision& revision) {
  return edited.try_emplace(revision.name(), *revision.set).first->second;
}

const std::map<std::string, std::string>& RolloutDraft::annotations_of(
    const Revision& revision) const {
  const auto found = edited.find(revision.name());
  return (found == edited.end() ? *revision.set : found->second).metadata.annotations;
}

std::int64_t RolloutDraft::size_of(const Revision& revision) const {
  const auto found = edited.find(revision.name());
  return found == edited.end() ? revision.size() : found->second.spec.replicas;
}

void note(const RolloutView& view, RolloutDraft& draft, std::string reason, std::string message,
          bool warning) {
  draft.plan.events.push_back({.about = view.key,
                               .warning = warning,
                               .reason = std::move(reason),
                               .message = std::move(message)});
}

void resize(const RolloutView& view, RolloutDraft& draft, const Revision& revision,
            std::int64_t size) {
  const std::int64_t before = draft.size_of(revision);
  if (size == before) return;
  draft.edit(revision).spec.replicas = size;
  note(view, draft, "ScalingReplicaSet",
       std::string("Scaled ") + (size > before ? "up" : "down") + " ReplicaSet " + revision.name() +
           " (revision " + std::to_string(revision.number) + ") from " + std::to_string(before) +
           " to " + std::to_string(size));
}

std::optional<Time> scale_down_at(const RolloutDraft& draft, const Revision& revision) {
  const auto edited = draft.edited.find(revision.name());
  return scale_down_at(edited == draft.edited.end() ? *revision.set : edited->second);
}

void scale_down_later(const RolloutView& view, RolloutDraft& draft, const Revision& revision,
                      std::int64_t delay_seconds) {
  if (revision.size() == 0 || scale_down_at(draft, revision)) return;
  set_scale_down(draft.edit(revision), view.now, delay_seconds);
}

void forget_scale_down(RolloutDraft& draft, const Revision& revision) {
  if (!scale_down_at(draft, revision)) return;
  forget_scale_down(draft.edit(revision));
}

}  // namespace weir
