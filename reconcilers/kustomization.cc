#include "reconcilers/kustomization.h"

#include <algorithm>
#include <array>
#include <set>

#include "reconcilers/flux.h"
#include "reconcilers/git_repository.h"
#include "reconcilers/health.h"
#include "reconcilers/inventory.h"
#include "reconcilers/kustomization_view.h"
#include "reconcilers/labels.h"
#include "reconcilers/secrets.h"

namespace weir {

namespace {

constexpr std::size_t kHistory = 5;    // as Flux
constexpr std::size_t kNamedMax = 10;  // objects in one message

struct Step {
  const char* name;
  Verdict (*run)(const KustomizationView&, KustomizationDraft&);
};

// --- Deletion ------------------------------------------------------------------------------------

// Applied by this one, by its labels, and not to be kept.
bool may_delete(const KustomizationView& view, const Object& object) {
  const api::ObjectMeta& m = meta(object);
  return text_at(m.labels, flux::kNameLabel) == view.key.name &&
         text_at(m.labels, flux::kNamespaceLabel) == view.key.ns &&
         text_at(m.annotations, flux::kPrune) != "disabled";
}

// How many of them are there, those included that are being deleted already.
std::size_t remove(const KustomizationView& view, KustomizationDraft& draft,
                   const std::vector<Key>& keys) {
  std::size_t there = 0;
  for (const Key& key : keys) {
    const Object* object = view.world.find(key);
    if (!object || !may_delete(view, *object)) continue;
    ++there;
    if (meta(*object).deletionTimestamp) continue;
    draft.plan.changes.push_back(DeleteObject{.key = key, .uid = meta(*object).uid});
  }
  return there;
}

bool deletes_with_itself(const KustomizationView& view) {
  const std::string& policy = view.spec().deletionPolicy;
  if (view.spec().suspend || policy == "Orphan") return false;
  return policy != "MirrorPrune" || view.spec().prune;
}

Verdict deletion(const KustomizationView& view, KustomizationDraft& draft) {
  if (!view.kustomization.metadata.deletionTimestamp) return next();
  std::size_t there = 0;
  if (deletes_with_itself(view)) there = remove(view, draft, applied_keys(view.status()));
  if (there > 0 && view.spec().deletionPolicy == "WaitForTermination") {
    return stop("being deleted: waits for " + std::to_string(there) + " objects");
  }
  api::Kustomization last = view.kustomization;
  if (std::erase(last.metadata.finalizers, flux::kFinalizer) == 0) return stop("being deleted");
  draft.plan.changes.push_back(UpdateObject{std::move(last)});
  return stop("being deleted, and " + std::to_string(there) + " objects with it");
}

// --- What is asked for ---------------------------------------------------------------------------

Verdict finalizer(const KustomizationView& view, KustomizationDraft& draft) {
  const auto& finalizers = view.kustomization.metadata.finalizers;
  if (std::find(finalizers.begin(), finalizers.end(), flux::kFinalizer) != finalizers.end()) {
    return next();
  }
  api::Kustomization kept = view.kustomization;
  kept.metadata.finalizers.emplace_back(flux::kFinalizer);
  draft.plan.changes.push_back(UpdateObject{std::move(kept)});
  return stop("what it applies goes with it: it has a finalizer first");
}

Verdict suspended(const KustomizationView& view, KustomizationDraft&) {
  return view.spec().suspend ? stop("suspended: nothing is applied") : next();
}

Verdict source(const KustomizationView& view, KustomizationDraft& draft) {
  const api::KustomizationSource& ref = view.spec().sourceRef;
  const std::string ns = ref.namespace_.empty() ? view.key.ns : ref.namespace_;
  const auto* repository = view.world.get<api::GitRepository>(ns, ref.name);
  if (!repository) {
    draft.fail(view, "ArtifactFailed",
               "GitRepository.source.toolkit.fluxcd.io \"" + ns + "/" + ref.name + "\" not found");
    return stop("its source is not there");
  }
  draft.source = artifact_of(view.world, *repository);
  if (draft.source) return next("source has " + draft.source->revision);
  // After a restart of weir the files come again: what is applied stays as it is.
  if (!repository->status.artifact) {
    draft.fail(view, "ArtifactFailed", "Source artifact not found, waiting for it");
  }
  return stop("waits for its source's files");
}

// Of the same source it must have the same revision, too.
bool is_ready(const KustomizationView& view, const KustomizationDraft& draft,
              const api::Kustomization& other) {
  const auto source_ns = [](const api::Kustomization& one) {
    const std::string& ns = one.spec.sourceRef.namespace_;
    return ns.empty() ? one.metadata.namespace_ : ns;
  };
  const bool same_source = other.spec.sourceRef.name == view.spec().sourceRef.name &&
                           source_ns(other) == source_ns(view.kustomization);
  return health_of(Object(other)) == Health::current &&
         (!same_source || other.status.lastAppliedRevision == draft.source->revision);
}

Verdict dependencies(const KustomizationView& view, KustomizationDraft& draft) {
  for (const api::KustomizationDependency& one : view.spec().dependsOn) {
    const std::string ns = one.namespace_.empty() ? view.key.ns : one.namespace_;
    const auto* other = view.world.get<api::Kustomization>(ns, one.name);
    if (other && is_ready(view, draft, *other)) continue;
    const std::string problem =
        "dependency '" + ns + "/" + one.name + "' " + (other ? "is not ready" : "not found");
    draft.fail(view, "DependencyNotReady", problem);
    return stop(problem);
  }
  return next();
}

// The values of ConfigMaps and Secrets, the later ones over the earlier; those of the spec first.
Verdict substitutes(const KustomizationView& view, KustomizationDraft& draft) {
  const auto& build = view.spec().postBuild;
  std::string versions;
  if (build) {
    for (const api::KustomizationSubstituteReference& ref : build->substituteFrom) {
      const Kind kind = ref.kind == "Secret" ? Kind::Secret : Kind::ConfigMap;
      const Object* object = view.world.find({.kind = kind, .ns = view.key.ns, .name = ref.name});
      if (!object && !ref.optional) {
        const std::string problem =
            "substitute from '" + ref.kind + "/" + ref.name + "' error: it is not there";
        draft.fail(view, "BuildFailed", problem);
        return stop(problem);
      }
      if (!object) continue;
      versions += " " + meta(*object).uid + "@" + meta(*object).resourceVersion;
      if (const auto* map = std::get_if<api::ConfigMap>(object)) {
        for (const auto& [name, value] : map->data) draft.apply.substitutes[name] = value;
      } else {
        for (const auto& [name, value] : bytes_of(std::get<api::Secret>(*object))) {
          draft.apply.substitutes[name] = value;
        }
      }
    }
    for (const auto& [name, value] : build->substitute) draft.apply.substitutes[name] = value;
  }
  const auto released = released_at(view, draft.source->revision);
  draft.apply.asked = std::to_string(view.generation()) + " " + view.requested_at() + " " +
                      draft.source->revision + " " + draft.source->digest + versions +
                      (released ? " " + std::to_string(released->time_since_epoch().count()) : "");
  return next();
}

// --- What came of it -----------------------------------------------------------------------------

bool is_taken(const KustomizationView& view, const KustomizationDraft& draft) {
  return view.last && view.last->asked == draft.apply.asked;
}

void add_history(const KustomizationView& view, KustomizationDraft& draft) {
  const Applied& applied = *view.last;
  auto& history = draft.status.history;
  const auto released = released_at(view, applied.revision);
  const bool same = !history.empty() && history.front().digest == applied.digest &&
                    text_at(history.front().metadata, "revision") == applied.revision &&
                    (!released || Time(history.front().firstReconciled) >= *released);
  const auto finished = to_seconds(applied.finished_at);
  if (!same) {
    api::KustomizationSnapshot snapshot;
    snapshot.digest = applied.digest;
    snapshot.firstReconciled = to_seconds(applied.started_at);
    snapshot.metadata["revision"] = applied.revision;
    history.insert(history.begin(), std::move(snapshot));
    if (history.size() > kHistory) history.resize(kHistory);
  } else if (finished <= history.front().lastReconciled) {
    return;
  }
  api::KustomizationSnapshot& snapshot = history.front();
  snapshot.lastReconciled = finished;
  ++snapshot.totalReconciliations;
  snapshot.lastReconciledDuration =
      std::to_string((applied.finished_at - applied.started_at).count()) + "ms";
}

std::string listed(const std::vector<std::string>& lines) {
  std::string out;
  for (std::size_t i = 0; i < lines.size() && i < kNamedMax; ++i) {
    out += (out.empty() ? "" : "\n") + lines[i];
  }
  if (lines.size() > kNamedMax) {
    out += "\nand " + std::to_string(lines.size() - kNamedMax) + " more";
  }
  return out;
}

// What was applied is written down before anything else: also what one that failed has applied.
void keep_inventory(const KustomizationView& view, KustomizationDraft& draft) {
  std::vector<api::InventoryEntry> entries = view.last->inventory;
  if (!view.last->reason.empty() && view.status().inventory) {
    for (const api::InventoryEntry& entry : view.status().inventory->entries) {
      if (std::find(entries.begin(), entries.end(), entry) == entries.end()) {
        entries.push_back(entry);
      }
    }
  }
  draft.status.inventory.emplace().entries = std::move(entries);
}

Verdict take(const KustomizationView& view, KustomizationDraft& draft) {
  if (!is_taken(view, draft)) {
    draft.say(view, "Reconciling", "True", "Progressing", "Reconciliation in progress");
    return next();
  }
  const Applied& applied = *view.last;
  api::KustomizationStatus& status = draft.status;
  const bool is_news = status.history.empty() ||
                       to_seconds(applied.finished_at) > status.history.front().lastReconciled;
  status.observedGeneration = view.generation();
  status.lastHandledReconcileAt = view.requested_at();
  status.lastAttemptedRevision = applied.revision;
  keep_inventory(view, draft);
  if (!applied.digest.empty()) add_history(view, draft);
  if (is_news && !applied.changes.empty()) {
    draft.note(view, "Progressing", listed(applied.changes), false);
  }
  if (is_news && !applied.drift.empty()) {
    draft.note(view, "DriftCorrected", listed(applied.drift), true);
  }
  if (!applied.reason.empty()) {
    draft.fail(view, applied.reason, applied.message);
    return next(applied.message);
  }
  status.lastAppliedRevision = applied.revision;
  return next("has applied " + applied.revision);
}

// What was applied once and is in the source no more. In the same transaction as the inventory that
// names it no more: whatever becomes of weir, nothing is forgotten.
Verdict prune(const KustomizationView& view, KustomizationDraft& draft) {
  if (!view.spec().prune || draft.failed || !is_taken(view, draft)) return next();
  const std::vector<Key> now = applied_keys(draft.status);
  const std::set<Key> kept(now.begin(), now.end());
  std::vector<Key> gone = applied_keys(view.status());
  std::erase_if(gone, [&](const Key& key) { return kept.contains(key); });
  if (gone.empty()) return next();
  std::vector<std::string> lines;
  const std::size_t before = draft.plan.changes.size();
  remove(view, draft, gone);
  for (std::size_t i = before; i < draft.plan.changes.size(); ++i) {
    lines.push_back(subject(std::get<DeleteObject>(draft.plan.changes[i]).key) + " deleted");
  }
  if (!lines.empty()) draft.note(view, "Progressing", listed(lines), false);
  return next("deletes " + std::to_string(lines.size()) + " objects");
}

// --- What is waited for --------------------------------------------------------------------------

std::vector<Key> awaited(const KustomizationView& view, const KustomizationDraft& draft) {
  if (view.spec().wait) return applied_keys(draft.status);
  std::vector<Key> keys;
  for (const api::FluxObjectReference& ref : view.spec().healthChecks) {
    for (const KindInfo& kind : kinds()) {
      if (kind.name != ref.kind ||
          (!ref.apiVersion.empty() && kind.api_version != ref.apiVersion)) {
        continue;
      }
      const std::string ns = !kind.namespaced         ? ""
                             : ref.namespace_.empty() ? view.key.ns
                                                      : ref.namespace_;
      keys.push_back({.kind = kind.kind, .ns = ns, .name = ref.name});
    }
  }
  return keys;
}

// "Deployment/default/web status: 'InProgress', …" of those that are not current.
std::string not_current(const World& world, const std::vector<Key>& keys, bool& any_failed) {
  std::vector<std::string> lines;
  for (const Key& key : keys) {
    const Health health = health_of(world, key);
    if (health == Health::current) continue;
    any_failed |= health == Health::failed;
    lines.push_back(subject(key) + " status: '" + std::string(text(health)) + "'");
  }
  std::string out;
  for (std::size_t i = 0; i < lines.size() && i < kNamedMax; ++i) {
    out += (i == 0 ? "" : ", ") + lines[i];
  }
  return lines.size() > kNamedMax ? out + " …" : out;
}

constexpr char kSucceeded[] = "ReconciliationSucceeded";

// What was ready once is not waited for again before it is applied again: a pod that restarts is
// its Deployment's affair.
bool has_passed(const KustomizationView& view) {
  const auto& history = view.status().history;
  return !history.empty() && history.front().lastReconciledStatus == kSucceeded &&
         history.front().lastReconciled == to_seconds(view.last->finished_at);
}

Verdict health(const KustomizationView& view, KustomizationDraft& draft) {
  if (draft.failed || !is_taken(view, draft)) return next();
  const std::string& revision = view.last->revision;
  bool any_failed = false;
  if (not_current(view.world, applied_keys(draft.status), any_failed).empty()) {
    draft.status.lastGoodRevision = revision;
  }
  const std::vector<Key> keys = awaited(view, draft);
  any_failed = false;
  const std::string missing = has_passed(view) ? "" : not_current(view.world, keys, any_failed);
  const Time deadline = view.last->finished_at + view.timeout();
  if (!missing.empty() && !any_failed && view.now < deadline) {
    const std::string message = "Running health checks for revision " + revision +
                                " with a timeout of " +
                                std::to_string(view.timeout() / std::chrono::seconds(1)) + "s";
    draft.say(view, "Ready", "Unknown", "Progressing", message);
    draft.say(view, "Reconciling", "True", "Progressing", message);
    draft.plan.wake(deadline);
    return next("waits for " + missing);
  }
  remove_condition(draft.status.conditions, "Reconciling");
  if (!missing.empty()) {
    const std::string message =
        (any_failed ? "failed early due to stalled resources: [" : "timeout waiting for: [") +
        missing + "]";
    draft.say(view, "Healthy", "False", "HealthCheckFailed", message);
    draft.fail(view, "HealthCheckFailed", message);
    return next(message);
  }
  if (keys.empty()) {
    remove_condition(draft.status.conditions, "Healthy");
  } else {
    draft.say(view, "Healthy", "True", "Succeeded", "Health check passed");
  }
  const std::string message = "Applied revision: " + revision;
  const auto* before = find_condition(view.status().conditions, "Ready");
  if (!before || before->status != "True" || before->message != message) {
    draft.note(view, kSucceeded, message, false);
  }
  draft.say(view, "Ready", "True", kSucceeded, message);
  return next();
}

// --- The next time -------------------------------------------------------------------------------

void complete(const KustomizationView& view, KustomizationDraft& draft) {
  ApplySource& action = draft.apply;
  action.kustomization = view.key;
  action.uid = view.kustomization.metadata.uid;
  action.spec = view.spec();
  action.revision = draft.source->revision;
  action.files = draft.source->files;
  action.is_new = view.status().lastAppliedRevision != action.revision ||
                  view.status().observedGeneration != view.generation();
}

Verdict apply(const KustomizationView& view, KustomizationDraft& draft) {
  if (is_taken(view, draft)) {
    const auto* ready = find_condition(draft.status.conditions, "Ready");
    auto& history = draft.status.history;
    const bool is_its = !history.empty() && !view.last->digest.empty();  // else nothing was built
    if (ready && is_its) history.front().lastReconciledStatus = ready->reason;
    const Time due =
        view.last->finished_at + (draft.failed ? view.retry_interval() : view.interval());
    if (view.now < due) {
      draft.plan.wake(due);
      return next();
    }
  }
  complete(view, draft);
  draft.plan.actions.push_back(std::move(draft.apply));
  return next("applies " + draft.source->revision);
}

constexpr std::array kSteps{
    Step{"deletion", deletion},          // what it applied goes as its policy says
    Step{"finalizer", finalizer},        // and it does not go before
    Step{"suspended", suspended},        // somebody else has the say
    Step{"source", source},              // the files are there
    Step{"quarantine", quarantine},      // a revision that went back is left alone
    Step{"dependencies", dependencies},  // others are ready first
    Step{"substitutes", substitutes},    // what its variables stand for
    Step{"take", take},                  // what came of the last time
    Step{"prune", prune},                // what is in the source no more
    Step{"health", health},              // what it waits for
    Step{"apply", apply},                // when it is due
};

}  // namespace

ToApply what_to_apply(const World& world, const Key& key, Time now) {
  const auto* kustomization = world.get<api::Kustomization>(key.ns, key.name);
  if (!kustomization) return {.problem = "kustomization " + key.name + " not found"};
  const KustomizationView view{
      .world = world, .key = key, .kustomization = *kustomization, .now = now};
  KustomizationDraft draft{.status = kustomization->status};
  for (const auto step : {source, substitutes}) {
    const Verdict verdict = step(view, draft);
    if (verdict.stop) return {.problem = "kustomization " + key.name + ": " + verdict.text};
  }
  complete(view, draft);
  return {.action = std::move(draft.apply)};
}

Plan plan_kustomization(const World& world, const Key& key, Time now) {
  const auto* kustomization = world.get<api::Kustomization>(key.ns, key.name);
  if (!kustomization) return {};
  KustomizationView view{.world = world, .key = key, .kustomization = *kustomization, .now = now};
  const auto last = world.applied.find(kustomization->metadata.uid);
  if (last != world.applied.end()) view.last = &last->second;
  KustomizationDraft draft{.status = kustomization->status};
  for (const Step& step : kSteps) {
    const Verdict verdict = step.run(view, draft);
    if (!verdict.text.empty()) {
      draft.plan.reasons.push_back({.step = step.name, .verdict = verdict.text});
    }
    if (verdict.stop) break;
  }
  if (draft.status != kustomization->status) {
    api::Kustomization next = *kustomization;
    next.status = std::move(draft.status);
    draft.plan.changes.push_back(UpdateStatus{std::move(next)});
  }
  return std::move(draft.plan);
}

}  // namespace weir
