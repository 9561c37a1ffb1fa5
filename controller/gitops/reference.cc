#include "controller/gitops/reference.h"

#include <algorithm>

#include "controller/gitops/semver.h"
#include "controller/gitops/tree_path.h"

namespace weir::gitops {

namespace {

constexpr std::string_view kBranches = "refs/heads/";
constexpr std::string_view kTags = "refs/tags/";

auto failed(std::string why) { return refuse(reason::kGitOperationFailed, std::move(why)); }
auto wrong(std::string why) { return refuse_spec(reason::kGitOperationFailed, std::move(why)); }

// As git check-ref-format, for what could mean something else in a refspec.
bool is_ref_name(const std::string& name) {
  const bool good = std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != 0x7F &&
           std::string_view(":*?[\\^~").find(c) == std::string_view::npos;
  });
  return good && !name.empty() && name.size() < 512 && name.find("..") == name.npos &&
         name.find("@{") == name.npos && name.find("//") == name.npos && !name.starts_with('/') &&
         !name.ends_with('/') && !name.ends_with(".lock") && !name.ends_with('.');
}

Fetching<Wanted> one_ref(const std::string& field, const std::string& name, bool tag,
                         const RemoteHeads& heads) {
  if (!is_ref_name(name) || !name.starts_with("refs/"))
    return wrong(field + " \"" + printable(name) + "\" is no full name such as refs/heads/main");
  const auto head = heads.find(name);
  if (head == heads.end()) {
    return failed("the repository has no " + name + ": see " + field + " and what was pushed");
  }
  const auto& [id, peeled] = head->second;
  return Wanted{
      .refs = {name}, .commit = peeled.empty() ? id : peeled, .tag = tag, .only_forward = true};
}

// All tags of the greatest version in the range: 1.2.0 and 1.2.0+build are the same.
Fetching<Wanted> greatest(const std::string& range_text, const RemoteHeads& heads) {
  const auto range = VersionRange::parse(range_text);
  if (!range) return wrong("spec.ref.semver: " + range.error().message);
  Wanted wanted{.tag = true};
  Version best;
  for (const auto& [name, head] : heads) {
    if (!name.starts_with(kTags)) continue;
    const auto version = parse_version(std::string_view(name).substr(kTags.size()));
    if (!version || !range->contains(*version)) continue;
    const int order = wanted.refs.empty() ? 1 : compare(*version, best);
    if (order < 0) continue;
    if (order > 0) wanted.refs.clear();
    best = *version;
    wanted.refs.push_back(name);
    wanted.commit = head.peeled.empty() ? head.id : head.peeled;
  }
  if (wanted.refs.empty()) {
    return failed("no tag of the repository is a version in spec.ref.semver \"" +
                  printable(range_text) + "\"");
  }
  if (wanted.refs.size() > 1) wanted.commit.clear();
  return wanted;
}

Fetching<Wanted> of_commit(const GitReference& ref, const RemoteHeads& heads) {
  if (!is_commit_id(ref.commit)) {
    return wrong("spec.ref.commit is no commit: give all 40 digits of it");
  }
  Wanted wanted{.refs = {std::string(kBranches) + "*"}, .commit = ref.commit};
  if (!ref.branch.empty()) {
    TRY(Wanted branch,
        one_ref("spec.ref.branch", std::string(kBranches) + ref.branch, false, heads));
    wanted.refs = branch.refs;
  }
  return wanted;
}

}  // namespace

bool is_commit_id(const std::string& text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

Fetching<Wanted> choose(const GitReference& ref, const RemoteHeads& heads) {
  if (heads.empty()) {
    return refuse(reason::kEmptyGitRepository,
                  "the repository is empty: nothing has been pushed to it yet");
  }
  if (!ref.commit.empty()) return of_commit(ref, heads);
  if (!ref.name.empty()) {
    return one_ref("spec.ref.name", ref.name, ref.name.starts_with(kTags), heads);
  }
  if (!ref.semver.empty()) return greatest(ref.semver, heads);
  if (!ref.tag.empty()) {
    return one_ref("spec.ref.tag", std::string(kTags) + ref.tag, true, heads);
  }
  const std::string branch = ref.branch.empty() ? "master" : ref.branch;
  return one_ref("spec.ref.branch", std::string(kBranches) + branch, false, heads);
}

std::string revision_of(const GitReference& ref, const std::string& full_name,
                        const std::string& commit) {
  const std::string id = "sha1:" + commit;
  if (!ref.commit.empty()) return ref.branch.empty() ? id : ref.branch + "@" + id;
  if (!ref.name.empty()) return ref.name + "@" + id;
  for (const std::string_view prefix : {kBranches, kTags}) {
    if (full_name.starts_with(prefix)) return full_name.substr(prefix.size()) + "@" + id;
  }
  return full_name + "@" + id;
}

}  // namespace weir::gitops
