#include "controller/real_git_ops.h"

#include <filesystem>
#include <utility>

#include "controller/gitops/digest.h"
#include "controller/kustomization/apply.h"
#include "reconcilers/duration.h"
#include "reconcilers/flux.h"

namespace weir {

namespace {

constexpr std::chrono::seconds kTimeout{60};

std::string text_at(const std::map<std::string, std::string>& data, const char* name) {
  const auto found = data.find(name);
  return found == data.end() ? "" : found->second;
}

// The keys of the Secret, as Flux names them.
gitops::GitCredentials credentials_of(const std::map<std::string, std::string>& data) {
  const std::string ca = text_at(data, "ca.crt");
  return {.username = text_at(data, "username"),
          .password = text_at(data, "password"),
          .bearer_token = text_at(data, "bearerToken"),
          .identity = text_at(data, "identity"),
          .known_hosts = text_at(data, "known_hosts"),
          .ca_certificate = ca.empty() ? text_at(data, "caFile") : ca};
}

gitops::FetchRequest request_of(const FetchSource& what) {
  const api::GitRepositorySpec& spec = what.spec;
  gitops::FetchRequest request{.source = what.uid,
                               .url = spec.url,
                               .credentials = credentials_of(what.credentials),
                               .ignore = spec.ignore,
                               .sparse_checkout = spec.sparseCheckout,
                               .last_commit = what.last_commit,
                               .even_if_unchanged = !what.has_files,
                               .allow_force_push = what.allow_force_push,
                               .timeout = duration_of(spec.timeout, kTimeout)};
  if (const auto& ref = spec.ref) {
    request.ref = {.branch = ref->branch,
                   .tag = ref->tag,
                   .semver = ref->semver,
                   .name = ref->name,
                   .commit = ref->commit};
  }
  if (const auto& verify = spec.verify) {
    request.verify.mode = verify->mode == "head" ? "HEAD" : verify->mode;
    for (const auto& [name, key] : what.keys) request.verify.keys.push_back(key);
  }
  return request;
}

// The files of others, in their folders; they lie over the repository's own, as in Flux.
void include(const FetchSource& what, SourceFiles& files) {
  for (const FetchSource::Include& one : what.includes) {
    std::string from = one.from;
    while (from.starts_with('/') || from.starts_with("./")) from.erase(0, from[0] == '/' ? 1 : 2);
    if (!from.empty() && !from.ends_with('/')) from += '/';
    for (const auto& [path, bytes] : *one.files) {
      if (path.starts_with(from)) files[one.to + "/" + path.substr(from.size())] = bytes;
    }
  }
}

Source source_of(const FetchSource& what, gitops::FetchResult fetched) {
  if (!fetched) {
    return {.reason = fetched.error().reason,
            .message = fetched.error().message,
            .stalled = fetched.error().stalled};
  }
  if (fetched->unchanged) return {};
  Artifact artifact{.revision = fetched->revision,
                    .commit = fetched->commit,
                    .digest = fetched->digest,
                    .author = fetched->author,
                    .subject = fetched->subject,
                    .verified = fetched->verified};
  SourceFiles files = std::move(fetched->files);
  if (!what.includes.empty()) {
    include(what, files);
    artifact.digest = gitops::digest_of(files);
  }
  artifact.files = std::make_shared<const SourceFiles>(std::move(files));
  return {.artifact = std::move(artifact)};
}

}  // namespace

RealGitOps::RealGitOps(Parts parts)
    : parts_(std::move(parts)),
      fetcher_({.cache_dir = parts_.cache_dir}),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(parts_.cache_dir, none)) {
    cached_.insert(entry.path().filename());
  }
}

RealGitOps::~RealGitOps() = default;

void RealGitOps::forget_the_gone() {
  std::set<std::string> there;
  for (const StoredPtr& one : parts_.store.list(Kind::GitRepository).objects)
    there.insert(one->uid);
  std::erase_if(cached_, [&](const std::string& uid) {
    if (there.contains(uid)) return false;
    fetcher_.forget(uid);
    return true;
  });
}

void RealGitOps::fetch(const FetchSource& what, std::function<void(Source)> on_fetched) {
  forget_the_gone();
  cached_.insert(what.uid);
  fetcher_.start(request_of(what),
                 [what, on_fetched = std::move(on_fetched)](gitops::FetchResult fetched) {
                   on_fetched(source_of(what, std::move(fetched)));
                 });
}

void RealGitOps::apply(const ApplySource& what, std::function<void(Applied)> on_applied) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back([this, what, on_applied = std::move(on_applied)](const std::stop_token& stop) {
    Applied applied;
    try {
      applied = kustomization::apply(what, parts_.writer, parts_.store,
                                     [&] { return !stop.stop_requested(); });
    } catch (const std::exception& error) {  // whatever a repository holds
      applied.reason = "BuildFailed";
      applied.message = error.what();
    }
    on_applied(std::move(applied));
  });
  changed_.notify_one();
}

void RealGitOps::run(const std::stop_token& stop) {
  for (;;) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
    const auto work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work(stop);
  }
}

}  // namespace weir
