#include "reconcilers/experiment_templates.h"

#include <algorithm>

#include "reconcilers/claims.h"
#include "reconcilers/garbage.h"
#include "reconcilers/labels.h"
#include "reconcilers/rollout_traffic.h"
#include "reconcilers/scale_down.h"

namespace weir {

namespace {

using experiment_template::kError;
using experiment_template::kFailed;
using experiment_template::kProgressing;
using experiment_template::kRunning;
using experiment_template::kSuccessful;

// While the gateway has not said that it works by the newest table.
constexpr std::chrono::seconds kLookAgain{1};

void fail(ExperimentDraft& draft, const TemplateView& one, const char* phase, std::string message) {
  auto& status = draft.template_status(one.name());
  status.status = phase;
  status.message = std::move(message);
}

template <class T>
std::string unable(const T& wanted, const TemplateView& one) {
  return "Failed to create " + std::string(info(KindOf<T>::value).name) + " " +
         wanted.metadata.name + " for template '" + one.name() + "': ";
}

// --- Making them ---------------------------------------------------------------------------------

api::ObjectMeta metadata_of(const ExperimentView& view, const TemplateView& one) {
  const api::ObjectMeta& m = view.experiment.metadata;
  api::ObjectMeta made;
  made.namespace_ = view.key.ns;
  made.ownerReferences = {controller_reference(Kind::Experiment, m)};
  made.annotations = {{annotation::kExperimentName, m.name},
                      {annotation::kExperimentTemplate, one.name()}};
  made.labels = one.spec->template_.metadata.labels;
  made.labels[kRolloutsPodTemplateHash] = one.hash;
  return made;
}

api::ReplicaSet new_replica_set(const ExperimentView& view, const TemplateView& one) {
  api::ReplicaSet set;
  set.metadata = metadata_of(view, one);
  set.metadata.name = replica_set_name(view, one);
  set.spec.replicas = one.spec->replicas;
  set.spec.minReadySeconds = one.spec->minReadySeconds;
  set.spec.selector = one.spec->selector;
  set.spec.selector.matchLabels[kRolloutsPodTemplateHash] = one.hash;
  set.spec.template_ = one.spec->template_;
  set.spec.template_.metadata.labels[kRolloutsPodTemplateHash] = one.hash;
  return set;
}

// Each port that a container names is one of the Service's.
api::Service new_service(const ExperimentView& view, const TemplateView& one) {
  api::Service service;
  service.metadata = metadata_of(view, one);
  service.metadata.name = service_name(view, one);
  service.spec.selector = one.spec->selector.matchLabels;
  service.spec.selector[kRolloutsPodTemplateHash] = one.hash;
  for (const api::Container& container : one.spec->template_.spec.containers) {
    for (const api::ContainerPort& port : container.ports) {
      service.spec.ports.push_back({.name = port.name,
                                    .port = port.containerPort,
                                    .protocol = port.protocol,
                                    .targetPort = api::IntOrString{.number = port.containerPort}});
    }
  }
  return service;
}

// Somebody else's has the name. What belonged to an Experiment of the same name goes soon.
template <class T>
bool is_taken(const ExperimentView& view, ExperimentDraft& draft, const TemplateView& one,
              const T& wanted) {
  const auto* other = view.world.get<T>(view.key.ns, wanted.metadata.name);
  if (!other) return false;
  const api::ObjectMeta& m = other->metadata;
  if (m.deletionTimestamp || ownership_of(view.world, m) != Ownership::settled) {
    draft.plan.wake(view.now + kLookAgain);
  } else {
    fail(draft, one, kError, unable(wanted, one) + "it already exists");
  }
  return true;
}

void make_replica_set(const ExperimentView& view, ExperimentDraft& draft, const TemplateView& one) {
  api::ReplicaSet set = new_replica_set(view, one);
  if (is_taken(view, draft, one, set)) return;
  draft.note(view, "NewReplicaSetCreated",
             "Created ReplicaSet " + set.metadata.name + " with size " +
                 std::to_string(set.spec.replicas));
  draft.plan.changes.push_back(CreateObject{std::move(set)});
}

void make_service(const ExperimentView& view, ExperimentDraft& draft, const TemplateView& one) {
  api::Service service = new_service(view, one);
  if (service.spec.ports.empty()) {
    return fail(draft, one, kError, unable(service, one) + "its containers name no ports");
  }
  if (is_taken(view, draft, one, service)) return;
  draft.plan.changes.push_back(CreateObject{std::move(service)});
}

void resize(const ExperimentView& view, ExperimentDraft& draft, api::ReplicaSet set,
            std::int64_t size) {
  const std::int64_t before = set.spec.replicas;
  draft.note(view, "ScalingReplicaSet",
             std::string("Scaled ") + (size > before ? "up" : "down") + " ReplicaSet " +
                 set.metadata.name + " from " + std::to_string(before) + " to " +
                 std::to_string(size));
  set.spec.replicas = size;
  draft.plan.changes.push_back(UpdateObject{std::move(set)});
}

// --- Their end -----------------------------------------------------------------------------------

// Whether the gateway may still send them what the Rollout whose step this is gives them.
bool may_be_asked(const ExperimentView& view, const TemplateView& one) {
  const api::OwnerReference* owner = controller_of(view.experiment.metadata);
  const Key* key = owner ? view.world.find_uid(owner->uid) : nullptr;
  const auto* rollout = key ? view.world.get<api::Rollout>(key->ns, key->name) : nullptr;
  if (!rollout || !rollout->status.canary.weights) return false;
  const auto& additional = rollout->status.canary.weights->additional;
  const bool has_share =
      std::any_of(additional.begin(), additional.end(),
                  [&](const api::WeightDestination& to) { return to.podTemplateHash == one.hash; });
  return has_share || !is_told(view.world);
}

void empty(const ExperimentView& view, ExperimentDraft& draft, const TemplateView& one) {
  const std::int64_t delay = view.experiment.spec.scaleDownDelaySeconds.value_or(kScaleDownDelay);
  api::ReplicaSet set = *one.set;
  if (delay > 0 && !scale_down_at(set)) {
    set_scale_down(set, view.now, delay);
    draft.plan.wake(*scale_down_at(set));
    draft.plan.changes.push_back(UpdateObject{std::move(set)});
    return;
  }
  if (const auto at = scale_down_at(set); at && view.now < *at) return draft.plan.wake(*at);
  if (may_be_asked(view, one)) return draft.plan.wake(view.now + kLookAgain);
  forget_scale_down(set);
  resize(view, draft, std::move(set), 0);
}

void remove(ExperimentDraft& draft, const Object& object) {
  if (meta(object).deletionTimestamp) return;
  draft.plan.changes.push_back(DeleteObject{.key = key_of(object), .uid = meta(object).uid});
}

bool has_ended(const std::string& status) {
  return status == kSuccessful || status == kFailed || status == kError;
}

}  // namespace

void make_templates(const ExperimentView& view, ExperimentDraft& draft) {
  for (const TemplateView& one : view.templates) {
    if (!one.set) {
      make_replica_set(view, draft, one);
    } else if (one.set->spec.replicas != one.spec->replicas) {
      resize(view, draft, *one.set, one.spec->replicas);
    }
    if (one.spec->service && !one.service) make_service(view, draft, one);
  }
  for (const api::ReplicaSet* set : view.unwanted) remove(draft, Object(*set));
}

void state_templates(const ExperimentView& view, ExperimentDraft& draft) {
  const std::int64_t deadline = view.experiment.spec.progressDeadlineSeconds;
  std::erase_if(draft.status.templateStatuses, [&](const api::ExperimentTemplateStatus& status) {
    return std::none_of(view.templates.begin(), view.templates.end(),
                        [&](const TemplateView& one) { return one.name() == status.name; });
  });
  for (const TemplateView& one : view.templates) {
    api::ExperimentTemplateStatus& status = draft.template_status(one.name());
    const api::ExperimentTemplateStatus before = status;
    status.podTemplateHash = one.hash;
    status.serviceName = one.service ? one.service->metadata.name : "";
    status.replicas = status.updatedReplicas = one.replicas.pods;
    status.readyReplicas = one.replicas.ready;
    status.availableReplicas = one.replicas.available;
    const bool moved = status.replicas != before.replicas ||
                       status.readyReplicas != before.readyReplicas ||
                       status.availableReplicas != before.availableReplicas;
    if (moved || !status.lastTransitionTime) status.lastTransitionTime = to_seconds(view.now);
    if (one.replicas.next_available) draft.plan.wake(*one.replicas.next_available);
    if (has_ended(status.status)) continue;
    const Time end = *status.lastTransitionTime + bounded_seconds(deadline);
    if (one.is_available()) {
      status.status = kRunning;
    } else if (view.now > end) {
      fail(draft, one, kFailed,
           "Template '" + one.name() + "' exceeded its progressDeadlineSeconds (" +
               std::to_string(deadline) + ")");
    } else {
      status.status = kProgressing;
      draft.plan.wake(end + std::chrono::milliseconds(1));
    }
  }
}

void end_templates(const ExperimentView& view, ExperimentDraft& draft) {
  for (const TemplateView& one : view.templates) {
    auto& status = draft.template_status(one.name());
    if (!has_ended(status.status)) status.status = kSuccessful;
    if (one.set && one.set->spec.replicas > 0) {
      empty(view, draft, one);
    } else if (one.service && one.replicas.pods == 0) {
      remove(draft, Object(*one.service));
    }
  }
}

}  // namespace weir
