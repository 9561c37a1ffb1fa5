#pragma once

// Signatures of commits and tags, by gpgv (PGP) and ssh-keygen (SSH), which get the given keys and
// nothing else. Who the signer says he is counts for nothing: a signature is good if it is by one
// of the keys, and that key and the signature are neither expired nor revoked.

#include "controller/gitops/fetch.h"
#include "controller/gitops/process/git_handle.h"

namespace weir::gitops {

// What was fetched: a commit, and the annotated tag that names it, if one does.
struct Signed {
  git_repository* repository = nullptr;
  git_oid commit = {};
  std::string tag_name = {};  // empty: it was no tag that was asked for
  git_oid tag = {};           // the commit's own id: a lightweight tag, which cannot be signed
};

// "verified signature of …", as Flux says it. Errors: InvalidVerificationMode, InvalidGitObject,
// InvalidTagSignature, InvalidCommitSignature, VerificationError.
Fetching<std::string> verify(const Signed& what, const FetchRequest& request);

}  // namespace weir::gitops
