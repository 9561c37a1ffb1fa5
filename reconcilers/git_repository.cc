#include "reconcilers/git_repository.h"

#include <algorithm>
#include <array>

#include "reconcilers/flux.h"
#include "reconcilers/labels.h"
#include "reconcilers/reconciler.h"
#include "reconcilers/secrets.h"

namespace weir {

namespace {

constexpr std::chrono::minutes kInterval{1};

struct View {
  const World& world;
  const Key& key;
  const api::GitRepository& repository;
  Time now;
  const Source* last = nullptr;  // what came of the last fetch; null: none since weir started

  const api::GitRepositorySpec& spec() const { return repository.spec; }
  std::int64_t generation() const { return repository.metadata.generation; }
  std::string requested_at() const {
    return text_at(repository.metadata.annotations, flux::kRequestedAt);
  }
};

struct Draft {
  Plan plan = {};
  api::GitRepositoryStatus status = {};
  FetchSource fetch = {};

  void say(const View& view, const char* type, const char* status_text, const std::string& reason,
           const std::string& message) {
    weir::say(status.conditions,
              {.type = type, .status = status_text, .reason = reason, .message = message}, view.now,
              view.generation());
  }
  void forget(const char* type) { remove_condition(status.conditions, type); }
};

struct Step {
  const char* name;
  Verdict (*run)(const View&, Draft&);
};

void note(const View& view, Draft& draft, std::string reason, std::string message, bool warning) {
  draft.plan.events.push_back({.about = view.key,
                               .warning = warning,
                               .reason = std::move(reason),
                               .message = std::move(message)});
}

void fail(const View& view, Draft& draft, const std::string& reason, const std::string& message) {
  const auto* before = find_condition(view.repository.status.conditions, "Ready");
  const bool is_news = !before || before->reason != reason || before->message != message;
  draft.say(view, "Ready", "False", reason, message);
  draft.say(view, "FetchFailed", "True", reason, message);
  if (is_news) note(view, draft, reason, message, true);
}

// --- Steps ---------------------------------------------------------------------------------------

Verdict deletion(const View& view, Draft&) {
  return view.repository.metadata.deletionTimestamp ? stop("being deleted") : next();
}

Verdict suspended(const View& view, Draft&) {
  return view.spec().suspend ? stop("suspended: nothing is fetched") : next();
}

// The data of a Secret, and by its version what it is that was asked.
std::string take_secret(const View& view, const std::string& name,
                        std::map<std::string, std::string>& into, std::string& asked) {
  const auto* secret = view.world.get<api::Secret>(view.key.ns, name);
  if (!secret) {
    return "failed to get secret '" + view.key.ns + "/" + name + "': secrets \"" + name +
           "\" not found";
  }
  into = bytes_of(*secret);
  asked += " " + secret->metadata.uid + "@" + secret->metadata.resourceVersion;
  return {};
}

Verdict secrets(const View& view, Draft& draft) {
  FetchSource& fetch = draft.fetch;
  std::string problem;
  if (const auto& ref = view.spec().secretRef) {
    problem = take_secret(view, ref->name, fetch.credentials, fetch.asked);
  }
  if (const auto& verify = view.spec().verify; verify && problem.empty()) {
    problem = take_secret(view, verify->secretRef.name, fetch.keys, fetch.asked);
  }
  if (problem.empty()) return next();
  fail(view, draft, "AuthenticationFailed", problem);
  return stop(problem);
}

Verdict includes(const View& view, Draft& draft) {
  draft.status.includedArtifacts.clear();
  for (const api::GitInclude& include : view.spec().include) {
    const std::string& name = include.repository.name;
    const auto* other = view.world.get<api::GitRepository>(view.key.ns, name);
    const Artifact* artifact = other ? artifact_of(view.world, *other) : nullptr;
    if (!artifact) {
      const std::string problem = "no artifact available for include '" + name + "'";
      fail(view, draft, "IncludeUnavailable", problem);
      return stop(problem);
    }
    draft.fetch.asked += " " + artifact->digest;
    draft.fetch.includes.push_back({.from = include.fromPath,
                                    .to = include.toPath.empty() ? name : include.toPath,
                                    .files = artifact->files});
    if (other->status.artifact) draft.status.includedArtifacts.push_back(*other->status.artifact);
  }
  return next();
}

api::FluxArtifact described(const View& view, const Artifact& fetched) {
  api::FluxArtifact artifact;
  artifact.digest = fetched.digest;
  artifact.revision = fetched.revision;
  artifact.lastUpdateTime = to_seconds(fetched.fetched_at);
  artifact.path = "gitrepository/" + view.key.ns + "/" + view.key.name;
  if (!fetched.author.empty()) artifact.metadata["author"] = fetched.author;
  if (!fetched.subject.empty()) artifact.metadata["subject"] = fetched.subject;
  std::int64_t size = 0;
  for (const auto& [path, bytes] : *fetched.files) size += std::ssize(bytes);
  artifact.size = size;
  return artifact;
}

void succeed(const View& view, Draft& draft) {
  const Artifact& fetched = *view.last->artifact;
  api::GitRepositoryStatus& status = draft.status;
  const auto& before = view.repository.status.artifact;
  const std::string stored = "stored artifact for revision '" + fetched.revision + "'";
  if (!before || before->digest != fetched.digest || before->revision != fetched.revision) {
    status.artifact = described(view, fetched);
    const std::string subject = fetched.subject.empty() ? "" : ": " + fetched.subject;
    note(view, draft, "NewArtifact", stored + subject, false);
  }
  draft.say(view, "Ready", "True", "Succeeded", stored);
  draft.say(view, "ArtifactInStorage", "True", "Succeeded", stored);
  draft.forget("FetchFailed");
  draft.forget("Stalled");
  draft.forget("Reconciling");
  draft.forget("SourceVerified");
  status.sourceVerificationMode.clear();
  if (const auto& verify = view.spec().verify) {
    status.sourceVerificationMode = verify->mode;
    draft.say(view, "SourceVerified", "True", "Succeeded", fetched.verified);
  }
  status.observedIgnore = view.spec().ignore;
  status.observedInclude = view.spec().include;
}

// What the last fetch has come to, if it was asked for what is asked for now.
Verdict take(const View& view, Draft& draft) {
  draft.fetch.asked =
      std::to_string(view.generation()) + " " + view.requested_at() + draft.fetch.asked;
  if (!view.last || view.last->asked != draft.fetch.asked) {
    if (!view.repository.status.artifact) {
      draft.say(view, "Reconciling", "True", "Progressing", "building artifact: new revision");
    }
    return next();
  }
  draft.status.observedGeneration = view.generation();
  draft.status.lastHandledReconcileAt = view.requested_at();
  if (view.last->reason.empty() && view.last->artifact) {
    succeed(view, draft);
    return next("has " + view.last->artifact->revision);
  }
  fail(view, draft, view.last->reason, view.last->message);
  draft.forget("Reconciling");
  if (view.last->stalled) {
    draft.say(view, "Stalled", "True", view.last->reason, view.last->message);
  } else {
    draft.forget("Stalled");
  }
  return next(view.last->message);
}

// Only of a branch is there a way forward. "main@sha1:4f…" → "4f…".
std::string last_commit(const View& view) {
  const auto& ref = view.spec().ref;
  const bool is_branch =
      !ref || (ref->commit.empty() && ref->name.empty() && ref->semver.empty() && ref->tag.empty());
  const std::string branch = ref && !ref->branch.empty() ? ref->branch : "master";
  const std::string& revision =
      view.repository.status.artifact ? view.repository.status.artifact->revision : "";
  const std::string prefix = branch + "@sha1:";
  return is_branch && revision.starts_with(prefix) ? revision.substr(prefix.size()) : "";
}

std::optional<Time> due(const View& view, const Draft& draft) {
  if (!view.last || view.last->asked != draft.fetch.asked) return view.now;
  const Duration interval = duration_of(view.spec().interval, kInterval);
  if (view.last->reason.empty()) return view.last->finished_at + interval;
  if (view.last->stalled) return std::nullopt;
  return view.last->finished_at + back_off(view.last->failures, interval);
}

Verdict fetch(const View& view, Draft& draft) {
  const auto at = due(view, draft);
  if (!at) return next("nothing is fetched until it is changed");
  if (view.now < *at) {
    draft.plan.wake(*at);
    return next();
  }
  FetchSource& fetch = draft.fetch;
  fetch.repository = view.key;
  fetch.uid = view.repository.metadata.uid;
  fetch.spec = view.spec();
  fetch.last_commit = last_commit(view);
  fetch.has_files = view.last && view.last->artifact && view.last->asked == fetch.asked &&
                    view.last->artifact->commit == fetch.last_commit;
  fetch.allow_force_push =
      text_at(view.repository.metadata.annotations, flux::kAllowForcePush) == "true";
  draft.plan.actions.push_back(std::move(fetch));
  return next("fetches " + view.spec().url);
}

constexpr std::array kSteps{
    Step{"deletion", deletion},    // a dying one fetches nothing
    Step{"suspended", suspended},  // nor does one that was told so
    Step{"secrets", secrets},      // what it logs in with, and whose signatures it takes
    Step{"includes", includes},    // the files of others are there
    Step{"take", take},            // what came of the last fetch
    Step{"fetch", fetch},          // when it is due
};

}  // namespace

const Artifact* artifact_of(const World& world, const api::GitRepository& repository) {
  const auto found = world.sources.find(repository.metadata.uid);
  return found != world.sources.end() && found->second.artifact ? &*found->second.artifact
                                                                : nullptr;
}

Plan plan_git_repository(const World& world, const Key& key, Time now) {
  const auto* repository = world.get<api::GitRepository>(key.ns, key.name);
  if (!repository) return {};
  View view{.world = world, .key = key, .repository = *repository, .now = now};
  if (const auto last = world.sources.find(repository->metadata.uid); last != world.sources.end()) {
    view.last = &last->second;
  }
  Draft draft{.status = repository->status};
  for (const Step& step : kSteps) {
    const Verdict verdict = step.run(view, draft);
    if (!verdict.text.empty()) {
      draft.plan.reasons.push_back({.step = step.name, .verdict = verdict.text});
    }
    if (verdict.stop) break;
  }
  if (draft.status != repository->status) {
    api::GitRepository next = *repository;
    next.status = std::move(draft.status);
    draft.plan.changes.push_back(UpdateStatus{std::move(next)});
  }
  return std::move(draft.plan);
}

}  // namespace weir
