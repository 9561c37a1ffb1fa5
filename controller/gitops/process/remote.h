#pragma once

// The connection to a repository's server. Not again after an error.

#include "controller/gitops/git_url.h"
#include "controller/gitops/process/git_handle.h"
#include "controller/gitops/reference.h"

namespace weir::gitops {

class Remote {
 public:
  // The repository is where the history goes. Both outlive this.
  Remote(git_repository* repository, const FetchRequest& request, GitUrl url);

  // Error: AuthenticationFailed, GitOperationFailed.
  Fetching<RemoteHeads> connect();
  // What these references have and the repository does not; they are then in it under their names.
  Fetching<void> download(const std::vector<std::string>& refs);

 private:
  struct Callbacks;
  git_remote_connect_options options();
  tl::unexpected<FetchError> failure(int code) const;
  void progressed() const;

  git_repository* const repository_;
  const FetchRequest& request_;
  const GitUrl url_;
  const std::string authorization_;  // a header
  std::string known_hosts_;
  RemoteHandle remote_;
  bool credentials_asked_ = false;
  std::uint64_t received_ = 0;
  // What a callback refused: libgit2 knows only that one did.
  FetchError refusal_ = {};
};

}  // namespace weir::gitops
