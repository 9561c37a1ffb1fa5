#include "controller/gitops/process/fetch_once.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "controller/gitops/git_url.h"
#include "controller/gitops/process/content.h"
#include "controller/gitops/process/git_handle.h"
#include "controller/gitops/process/remote.h"
#include "controller/gitops/process/signature.h"
#include "controller/gitops/reference.h"
#include "controller/gitops/tree_path.h"

namespace weir::gitops {

namespace fs = std::filesystem;

namespace {

constexpr const char* kCache = "repository.git";
constexpr const char* kPacks = "repository.git/objects/pack";
constexpr std::size_t kPacksMax = 64;  // each is an open file, and a place where an object may be

auto failed(std::string why) { return refuse(reason::kGitOperationFailed, std::move(why)); }

// What a process that was killed has left, and whether it is small enough to go on with.
bool tidy_cache(const FetchLimits& limits) {
  std::error_code error;
  std::uint64_t bytes = 0;
  std::size_t packs = 0;
  for (const auto& file : fs::directory_iterator(kPacks, error)) {
    const std::string kind = file.path().extension();
    if (kind != ".pack" && kind != ".idx") fs::remove(file.path(), error);
    packs += kind == ".pack" ? 1 : 0;
  }
  for (const auto& file : fs::recursive_directory_iterator(kCache, error)) {
    bytes += file.is_regular_file(error) ? file.file_size(error) : 0;
  }
  return !error && bytes <= limits.cache_bytes && packs <= kPacksMax;
}

struct Cache {
  Repository repository;
  bool fresh = false;
};

Fetching<Cache> open_cache(const FetchLimits& limits) {
  Cache cache;
  if (tidy_cache(limits)) {
    cache.repository = opened<Repository>(
        [](git_repository** out) { return git_repository_open_bare(out, kCache); });
  }
  const auto config = opened<Config>([&](git_config** out) {
    return cache.repository ? git_repository_config(out, cache.repository.get()) : GIT_ERROR;
  });
  if (config) return cache;
  cache.repository.reset();
  std::error_code error;
  fs::remove_all(kCache, error);
  cache.fresh = true;
  cache.repository =
      opened<Repository>([](git_repository** out) { return git_repository_init(out, kCache, 1); });
  if (!cache.repository) return failed("the cache cannot be made: " + printable(git_message()));
  return cache;
}

// What was asked for, once it is in the cache.
struct Found {
  std::string ref;  // its full name; empty: a commit alone
  Commit commit;
  git_oid target = {};  // what the reference points at: an annotated tag, or the commit
};

std::optional<Found> find_commit(git_repository* repository, const std::string& id) {
  Found found;
  if (git_oid_fromstr(&found.target, id.c_str()) != 0) return std::nullopt;
  found.commit = opened<Commit>(
      [&](git_commit** out) { return git_commit_lookup(out, repository, &found.target); });
  return found.commit ? std::optional(std::move(found)) : std::nullopt;
}

Fetching<Found> find_ref(git_repository* repository, const std::string& ref) {
  Found found{.ref = ref, .commit = {}};
  if (git_reference_name_to_id(&found.target, repository, ref.c_str()) != 0) {
    return failed(ref + " is not in what was fetched: " + printable(git_message()));
  }
  const auto object = opened<Object>([&](git_object** out) {
    return git_object_lookup(out, repository, &found.target, GIT_OBJECT_ANY);
  });
  git_object* peeled = nullptr;
  if (!object || git_object_peel(&peeled, object.get(), GIT_OBJECT_COMMIT) != 0) {
    return failed(ref + " names no commit that can be read: " + printable(git_message()));
  }
  found.commit = Commit(reinterpret_cast<git_commit*>(peeled));
  return found;
}

Fetching<Found> find(git_repository* repository, const FetchRequest& request,
                     const Wanted& wanted) {
  if (!request.ref.commit.empty()) {
    if (auto found = find_commit(repository, request.ref.commit)) return *std::move(found);
    return failed("commit " + request.ref.commit + " is not in " +
                  (request.ref.branch.empty() ? "any branch of the repository"
                                              : "branch " + request.ref.branch));
  }
  std::optional<Found> best;
  for (const std::string& ref : wanted.refs) {
    TRY(Found found, find_ref(repository, ref));
    if (!best || git_commit_time(found.commit.get()) > git_commit_time(best->commit.get())) {
      best = std::move(found);
    }
  }
  return *std::move(best);
}

Fetching<void> must_descend(git_repository* repository, const git_commit* commit,
                            const FetchRequest& request) {
  git_oid last{};
  const bool same = git_oid_fromstr(&last, request.last_commit.c_str()) == 0 &&
                    git_oid_equal(&last, git_commit_id(commit));
  if (same || git_graph_descendant_of(repository, git_commit_id(commit), &last) == 1) return {};
  return refuse(reason::kNonFastForward,
                "commit " + hex(*git_commit_id(commit)) + " does not descend from " +
                    request.last_commit +
                    ", which was fetched before: its history was rewritten or put back; if that "
                    "was meant, allow it");
}

std::string person(const git_signature* signature) {
  return signature ? std::string(signature->name) + " <" + signature->email + ">" : "";
}

Fetching<Fetched> describe(git_repository* repository, const FetchRequest& request,
                           const Wanted& wanted, const Found& found) {
  const std::string id = hex(*git_commit_id(found.commit.get()));
  const bool has_last = !request.last_commit.empty();
  if (wanted.only_forward && has_last && !request.allow_force_push) {
    TRY_VOID(must_descend(repository, found.commit.get(), request));
  }
  Fetched fetched{.revision = revision_of(request.ref, found.ref, id), .commit = id};
  if (id == request.last_commit && !request.even_if_unchanged) {
    fetched.unchanged = true;
    return fetched;
  }
  if (!request.verify.mode.empty()) {
    const Signed what{.repository = repository,
                      .commit = *git_commit_id(found.commit.get()),
                      .tag_name = wanted.tag ? found.ref.substr(sizeof("refs/tags/") - 1) : "",
                      .tag = found.target};
    TRY(fetched.verified, verify(what, request));
  }
  TRY(fetched.files, read_content(repository, found.commit.get(), request));
  fetched.author = person(git_commit_author(found.commit.get()));
  fetched.committed = Time(std::chrono::seconds(git_commit_time(found.commit.get())));
  const char* subject = git_commit_summary(found.commit.get());
  fetched.subject = subject ? subject : "";
  return fetched;
}

Fetching<Fetched> fetch_into(git_repository* repository, const FetchRequest& request, bool* asked) {
  if (!request.ref.commit.empty()) {
    // A commit is what it is: there is nobody to ask about one that is here.
    if (auto found = find_commit(repository, request.ref.commit)) {
      return describe(repository, request, {}, *found);
    }
  }
  TRY(GitUrl url, parse_git_url(request.url));
  Remote remote(repository, request, std::move(url));
  TRY(const RemoteHeads heads, remote.connect());
  TRY(const Wanted wanted, choose(request.ref, heads));
  if (wanted.commit == request.last_commit && !wanted.commit.empty() &&
      !request.even_if_unchanged && wanted.refs.size() == 1) {
    return Fetched{.revision = revision_of(request.ref, wanted.refs.front(), wanted.commit),
                   .commit = wanted.commit,
                   .unchanged = true};
  }
  *asked = true;
  TRY_VOID(remote.download(wanted.refs));
  TRY(const Found found, find(repository, request, wanted));
  return describe(repository, request, wanted, found);
}

}  // namespace

FetchResult fetch_once(const FetchRequest& request) {
  for (;;) {
    TRY(const Cache cache, open_cache(request.limits));
    bool asked = false;
    FetchResult result = fetch_into(cache.repository.get(), request, &asked);
    // What goes wrong with an old cache may be the cache's fault: once more with a new one.
    const bool may_be_cache =
        asked && !cache.fresh && !result && result.error().reason == reason::kGitOperationFailed;
    if (!may_be_cache) return result;
    std::error_code error;
    fs::remove_all(kCache, error);
  }
}

}  // namespace weir::gitops
