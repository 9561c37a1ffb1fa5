#include "tests/sim/scenario_git.h"

#include "reconcilers/flux.h"

namespace weir::sim {

namespace {

constexpr char kUrl[] = "https://git/app.git";
constexpr const char* kNames[] = {"git-a", "git-b", "git-c"};
constexpr const char* kImages[] = {"g1", "g2", "g3", "git-sick"};

}  // namespace

GitUsers::GitUsers(Simulation& sim) : sim_(sim), dice_(sim.random) {
  for (const char* image : {"g1", "g2", "g3"}) sim.engine.images[image] = {};
  sim.engine.images["git-sick"] = {.ready_after = Duration(-1)};
}

void GitUsers::begin() {
  begun_ = true;
  push({{kNames[0], {.name = kNames[0], .image = "g1", .replicas = 2, .auto_rollback = true}}});
  apply_all();
}

void GitUsers::apply_all() {
  if (!begun_) return;
  api::GitRepository repository;
  repository.metadata.name = "app";
  repository.metadata.namespace_ = "default";
  repository.spec.url = kUrl;
  repository.spec.interval = "20s";
  sim_.apply(Object(repository));
  api::Kustomization kustomization;
  kustomization.metadata.name = "app";
  kustomization.metadata.namespace_ = "default";
  kustomization.spec.interval = "24h";
  kustomization.spec.retryInterval = "15s";
  kustomization.spec.prune = true;
  kustomization.spec.sourceRef.kind = "GitRepository";
  kustomization.spec.sourceRef.name = "app";
  sim_.apply(Object(kustomization));
}

void GitUsers::push(Contents contents) {
  const std::string commit = "c" + std::to_string(commits_.size() + 1);
  commits_[commit] = std::move(contents);
  push_again(commit);
}

void GitUsers::push_again(const std::string& commit) {
  head_ = commit;
  contents_ = commits_.at(commit);
  std::vector<Object> objects;
  for (const auto& [name, options] : contents_) objects.push_back(Object(deployment(options)));
  sim_.git.push(kUrl, commit, std::move(objects));
}

void GitUsers::meddle() {
  const std::string name = dice_.pick(kNames);
  if (dice_.chance(30)) {
    return sim_.remove({.kind = Kind::Deployment, .ns = "default", .name = name});
  }
  sim_.change<api::Deployment>("default", name, [&](api::Deployment& d) {
    d.spec.replicas = dice_.number(1, 3);
    ++d.metadata.generation;
  });
}

void GitUsers::change() {
  Contents next = contents_;
  const std::string name = dice_.pick(kNames);
  switch (dice_.number(0, 9)) {
    case 0:
      next.erase(name);
      return push(next);
    case 1:  // a commit that was there before
      return push_again("c" + std::to_string(dice_.number(1, static_cast<int>(commits_.size()))));
    case 2:
      return sim_.git.fail(dice_.chance(50));
    case 3:
    case 4:
      return meddle();
    case 5:
      return sim_.change<api::Kustomization>("default", "app", [&](api::Kustomization& k) {
        k.metadata.annotations[flux::kRequestedAt] = std::to_string(dice_.number(1, 1000));
      });
    default:
      next[name] = {.name = name,
                    .image = dice_.pick(kImages),
                    .replicas = dice_.number(1, 3),
                    .auto_rollback = true,
                    .progress_deadline_seconds = dice_.number(20, 60)};
      push(next);
  }
}

// The last commit is good, and new: nobody's hand has changed anything since.
void GitUsers::make_possible() {
  if (!begun_) return;
  sim_.git.fail(false);
  apply_all();
  Contents last = contents_;
  for (auto& [name, options] : last) {
    if (options.image == "git-sick") options.image = "g1";
  }
  push(last);
}

// What the faults had held up beyond its deadline went back, and its commit with it.
bool GitUsers::say_again() {
  if (!begun_ || unfinished().empty()) return false;
  push(contents_);
  return true;
}

std::string GitUsers::unfinished() const {
  if (!begun_) return "";
  const auto wrong = [&](const std::string& what) {
    return "invariant 17: the commit " + head_ + ": " + what + "\n" + sim_.end_state();
  };
  const auto app = sim_.get<api::Kustomization>("default", "app");
  if (!app) return wrong("its Kustomization is gone");
  if (app->status.lastAppliedRevision != "master@sha1:" + head_) {
    return wrong(app->status.lastAppliedRevision + " is applied");
  }
  for (const api::QuarantinedRevision& bad : app->status.quarantine) {
    if (bad.revision == app->status.lastAppliedRevision)
      return wrong("quarantined: " + bad.message);
  }
  for (const char* name : kNames) {
    const auto d = sim_.get<api::Deployment>("default", name);
    const auto wanted = contents_.find(name);
    if (wanted == contents_.end()) {
      if (d && d->metadata.labels.contains(flux::kNameLabel)) {
        return wrong(std::string(name) + " is there");
      }
      continue;
    }
    if (!d) return wrong(std::string(name) + " is not there");
    if (d->status.availableReplicas != wanted->second.replicas ||
        d->spec.template_.spec.containers[0].image != wanted->second.image) {
      return wrong(std::string(name) + " is not as it says");
    }
  }
  return "";
}

std::size_t GitUsers::pods() const {
  std::size_t count = 0;
  for (const auto& [name, options] : contents_) count += static_cast<std::size_t>(options.replicas);
  return count;
}

}  // namespace weir::sim
