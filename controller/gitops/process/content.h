#pragma once

// The files of a commit, read from its tree. Nothing is ever checked out.

#include <map>

#include "controller/gitops/fetch.h"
#include "controller/gitops/process/git_handle.h"

namespace weir::gitops {

// Of what is neither ignored nor outside of sparse_checkout. Error: InvalidPath for what could lead
// out of the tree, symlinks and submodules; ArchiveOperationFailed for what is above a limit.
Fetching<std::map<std::string, std::string>> read_content(git_repository* repository,
                                                          const git_commit* commit,
                                                          const FetchRequest& request);

}  // namespace weir::gitops
