#pragma once

// From spec.ref and the references that a server has: what is to be fetched. Pure.

#include <map>
#include <string>
#include <vector>

#include "controller/gitops/fetch.h"

namespace weir::gitops {

// What a server says of one reference.
struct RemoteHead {
  std::string id = {};      // of the object: a commit's or an annotated tag's
  std::string peeled = {};  // of what an annotated tag points at
  bool operator==(const RemoteHead&) const = default;
};
using RemoteHeads = std::map<std::string, RemoteHead>;  // by full name: "refs/heads/main"

struct Wanted {
  // Full names, or one pattern ("refs/heads/*") where a commit is looked for in all branches. More
  // than one is of tags that are the same version: the one with the latest commit counts.
  std::vector<std::string> refs = {};
  std::string commit = {};    // what it must come to, where that is known now
  bool tag = false;           // it is a tag: its signature can be verified
  bool only_forward = false;  // it must descend from last_commit
  bool operator==(const Wanted&) const = default;
};

// Error: GitOperationFailed with what the server does not have, or what is wrong with spec.ref;
// EmptyGitRepository.
Fetching<Wanted> choose(const GitReference& ref, const RemoteHeads& heads);

// "main@sha1:…" of refs/heads/main, "refs/pull/1/head@sha1:…" where spec.ref has a name, "sha1:…"
// of a commit alone: as Flux writes status.artifact.revision.
std::string revision_of(const GitReference& ref, const std::string& full_name,
                        const std::string& commit);

bool is_commit_id(const std::string& text);  // 40 lowercase hexadecimal digits

}  // namespace weir::gitops
