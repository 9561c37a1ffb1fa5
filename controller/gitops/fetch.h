#pragma once

// What one fetch of a Git repository is asked, and what comes of it: the border between the
// reconciler of GitRepository and Fetcher (controller/gitops/fetcher.h). Plain values.
//
// Words and reasons are those of Flux's GitRepository v1 (source.toolkit.fluxcd.io) and of its
// source-controller, so that conditions read as they do there.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "controller/result.h"
#include "reconcilers/time.h"

namespace weir::gitops {

// spec.ref. The first of these that is given counts: commit, name, semver, tag, branch; with none
// of them it is the branch `master`. A branch beside a commit says where the commit is looked for.
struct GitReference {
  std::string branch = {};
  std::string tag = {};
  std::string semver = {};  // ">=1.0.0 <2.0.0": the greatest tag in the range
  std::string name = {};    // "refs/pull/420/head"
  std::string commit = {};  // 40 hexadecimal digits
  bool operator==(const GitReference&) const = default;
};

// The data of the Secret that spec.secretRef names, as bytes.
struct GitCredentials {
  std::string username = {}, password = {};  // with ssh the password opens the identity
  std::string bearer_token = {};
  std::string identity = {};        // a private key, in PEM or OpenSSH's form
  std::string known_hosts = {};     // must be given with ssh
  std::string ca_certificate = {};  // PEM; empty: the system's authorities
  bool operator==(const GitCredentials&) const = default;
};

// spec.verify.
struct GitVerification {
  std::string mode = {};  // HEAD, Tag or TagAndHEAD; empty: nothing is verified
  // Each the value of one key of the Secret: PGP public keys in armor, or SSH public keys, one a
  // line, as in an authorized_keys or an allowed_signers file.
  std::vector<std::string> keys = {};
  bool operator==(const GitVerification&) const = default;
};

// What a repository may cost. Each has an error of its own.
struct FetchLimits {
  std::uint64_t pack_bytes = 64ull << 20;    // of one transfer: libgit2 1.5 fetches whole histories
  std::uint64_t cache_bytes = 256ull << 20;  // of a source's cache; above, it is made anew
  std::uint64_t file_bytes = 1ull << 20;
  std::uint64_t all_bytes = 50ull << 20;
  std::uint64_t files = 10'000;
  std::uint64_t manifests = 2'000;  // files that end in .yaml, .yml or .json
  std::uint64_t entries = 300'000;  // of all trees, with what is left out
  std::uint64_t depth = 64;         // of folders
  std::uint64_t path_bytes = 1024;
  std::uint64_t memory_bytes = 1ull << 30;    // of the process's addresses
  Duration stall = std::chrono::seconds(30);  // without any progress of the transfer
  bool operator==(const FetchLimits&) const = default;
};

struct FetchRequest {
  // Names the cache, and no two fetches of one source run at once: the object's uid. Letters,
  // digits and "-" only.
  std::string source = {};
  std::string url = {};  // https://, http://, ssh://, file://, or git@host:path
  GitReference ref = {};
  GitCredentials credentials = {};
  // spec.ignore, in .gitignore's syntax; Flux's own exclusions count only where neither this nor a
  // .sourceignore file gives any pattern.
  std::string ignore = {};
  std::vector<std::string> sparse_checkout = {};  // folders; none: all
  bool recurse_submodules = false;  // refused: weir fetches from what the object names only
  GitVerification verify = {};
  // The last commit that was fetched for this spec.ref; empty once that is another. When the server
  // still has it there, nothing is fetched, and nothing verified, unless `even_if_unchanged`. A
  // branch, tag or name that no longer descends from it is refused unless `allow_force_push`; a
  // semver range goes where its tags go, and a commit is what the spec says.
  std::string last_commit = {};
  // The content is wanted (it is not kept, or what is left out or verified has been changed): it
  // comes from the cache where it can.
  bool even_if_unchanged = false;
  bool allow_force_push = false;
  Duration timeout = std::chrono::seconds(60);  // of all of it
  FetchLimits limits = {};
  bool operator==(const FetchRequest&) const = default;
};

struct Fetched {
  std::string revision = {};  // "main@sha1:…", "v1.2.3@sha1:…", "sha1:…", as Flux writes it
  std::string commit = {};
  bool unchanged = false;   // it is last_commit: the rest is empty
  std::string author = {};  // "Ada <ada@example.com>"
  Time committed = {};
  std::string subject = {};
  std::string verified = {};  // "verified signature of …", the message of SourceVerified
  std::map<std::string, std::string> files = {};  // path → bytes
  std::string digest = {};                        // "sha256:…" over paths and bytes
  bool operator==(const Fetched&) const = default;
};

// Reasons of the conditions, as source-controller has them.
namespace reason {
inline constexpr std::string_view kUrlInvalid = "URLInvalid";
inline constexpr std::string_view kAuthenticationFailed = "AuthenticationFailed";
inline constexpr std::string_view kGitOperationFailed = "GitOperationFailed";
inline constexpr std::string_view kEmptyGitRepository = "EmptyGitRepository";
// Of SourceVerified.
inline constexpr std::string_view kVerificationError = "VerificationError";
inline constexpr std::string_view kInvalidVerificationMode = "InvalidVerificationMode";
inline constexpr std::string_view kInvalidGitObject = "InvalidGitObject";
inline constexpr std::string_view kInvalidTagSignature = "InvalidTagSignature";
inline constexpr std::string_view kInvalidCommitSignature = "InvalidCommitSignature";
// Of StorageOperationFailed: what is in the repository cannot be taken.
inline constexpr std::string_view kInvalidPath = "InvalidPath";
inline constexpr std::string_view kArchiveOperationFailed = "ArchiveOperationFailed";
// Flux has no such guard. git's own word for a branch that went back.
inline constexpr std::string_view kNonFastForward = "NonFastForward";
}  // namespace reason

struct FetchError {
  std::string reason = {};
  std::string message = {};  // for the operator, without any credential
  bool stalled = false;      // only another spec can help: trying again cannot
  bool operator==(const FetchError&) const = default;
};

template <class T>
using Fetching = tl::expected<T, FetchError>;
using FetchResult = Fetching<Fetched>;

inline tl::unexpected<FetchError> refuse(std::string_view reason, std::string message) {
  return tl::unexpected<FetchError>(
      FetchError{.reason = std::string(reason), .message = std::move(message)});
}
// What only another spec can mend.
inline tl::unexpected<FetchError> refuse_spec(std::string_view reason, std::string message) {
  return tl::unexpected<FetchError>(
      FetchError{.reason = std::string(reason), .message = std::move(message), .stalled = true});
}

}  // namespace weir::gitops
