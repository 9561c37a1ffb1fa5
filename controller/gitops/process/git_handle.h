#pragma once

// libgit2's objects, owned; and what it says went wrong.

#include <git2.h>

#include <memory>
#include <string>

namespace weir::gitops {

template <class T, void (*kFree)(T*)>
struct GitDeleter {
  void operator()(T* object) const { kFree(object); }
};
template <class T, void (*kFree)(T*)>
using GitHandle = std::unique_ptr<T, GitDeleter<T, kFree>>;

using Repository = GitHandle<git_repository, git_repository_free>;
using Config = GitHandle<git_config, git_config_free>;
using RemoteHandle = GitHandle<git_remote, git_remote_free>;
using Object = GitHandle<git_object, git_object_free>;
using Commit = GitHandle<git_commit, git_commit_free>;
using Tree = GitHandle<git_tree, git_tree_free>;
using Blob = GitHandle<git_blob, git_blob_free>;
using Odb = GitHandle<git_odb, git_odb_free>;
using OdbObject = GitHandle<git_odb_object, git_odb_object_free>;

// opened<Tree>([](git_tree** out) { return git_tree_lookup(out, …); }): the handle, empty if it
// failed.
template <class Handle, class Call>
Handle opened(Call call) {
  typename Handle::pointer raw = nullptr;
  return call(&raw) == 0 ? Handle(raw) : Handle();
}

inline std::string git_message() {
  const git_error* error = git_error_last();
  return error && error->message ? error->message : "libgit2 does not say why";
}

inline std::string hex(const git_oid& id) {
  std::string out(GIT_OID_HEXSZ, '0');
  git_oid_fmt(out.data(), &id);
  return out;
}

}  // namespace weir::gitops
