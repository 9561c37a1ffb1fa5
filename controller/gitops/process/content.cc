#include "controller/gitops/process/content.h"

#include <algorithm>
#include <vector>

#include "controller/gitops/ignore.h"
#include "controller/gitops/tree_path.h"

namespace weir::gitops {

namespace {

const std::string kSourceIgnore = ".sourceignore";

struct Entry {
  std::string path;
  git_filemode_t mode = GIT_FILEMODE_UNREADABLE;
  git_oid id = {};
};

struct Folder {
  std::string path;  // "" or "a/b/"
  git_oid id = {};
  std::uint64_t depth = 0;
};

auto bad_path(const std::string& path, const std::string& why) {
  return refuse(reason::kInvalidPath, "the repository's " + printable(path) + " " + why +
                                          ": take it out, or leave it out by spec.ignore");
}

auto never(const std::string& path, const std::string& why) {
  return refuse(reason::kInvalidPath,
                "the repository's " + printable(path) + " " + why + ": nothing of it is taken");
}

auto too_much(const std::string& what) {
  return refuse(reason::kArchiveOperationFailed,
                "the repository has " + what +
                    ": leave out what is no manifest, by spec.ignore or spec.sparseCheckout");
}

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

bool is_manifest(const std::string& path) {
  return path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json");
}

// "./apps/web/" is "apps/web"; the whole tree is "".
std::string plain_folder(std::string folder) {
  while (folder.starts_with("./")) folder.erase(0, 2);
  while (folder.ends_with('/')) folder.pop_back();
  return folder == "." ? "" : folder;
}

class Sparse {
 public:
  explicit Sparse(const std::vector<std::string>& folders) {
    for (const std::string& folder : folders) wanted_.push_back(plain_folder(folder));
  }
  // Is the path, of a folder or a file, in a wanted folder?
  bool holds(const std::string& path) const {
    return wanted_.empty() || std::any_of(wanted_.begin(), wanted_.end(), [&](const auto& one) {
             return one.empty() || path == one || path.starts_with(one + "/");
           });
  }
  // … or on the way to one?
  bool leads_to(const std::string& folder) const {
    return holds(folder) || std::any_of(wanted_.begin(), wanted_.end(), [&](const auto& one) {
             return one.starts_with(folder + "/");
           });
  }
  const std::vector<std::string>& wanted() const { return wanted_; }

 private:
  std::vector<std::string> wanted_;
};

// All entries but folders, bounded in number and depth whatever the trees say: one tree may be in
// itself a thousand times, by way of others.
class Walk {
 public:
  Walk(git_repository* repository, const FetchRequest& request)
      : repository_(repository), limits_(request.limits), sparse_(request.sparse_checkout) {}

  Fetching<std::vector<Entry>> all(const git_oid& root) {
    folders_.push_back({.path = "", .id = root});
    while (!folders_.empty()) {
      const Folder folder = std::move(folders_.back());
      folders_.pop_back();
      TRY_VOID(read(folder));
    }
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& a, const Entry& b) { return a.path < b.path; });
    const auto twice =
        std::adjacent_find(entries_.begin(), entries_.end(),
                           [](const Entry& a, const Entry& b) { return a.path == b.path; });
    if (twice != entries_.end()) return never(twice->path, "is in its folder twice");
    for (const std::string& folder : sparse_.wanted()) {
      TRY_VOID(must_be_there(folder));
    }
    return std::move(entries_);
  }

 private:
  Fetching<void> read(const Folder& folder) {
    const auto tree =
        opened<Tree>([&](git_tree** out) { return git_tree_lookup(out, repository_, &folder.id); });
    if (!tree) return never(folder.path, "cannot be read (" + git_message() + ")");
    for (std::size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
      TRY_VOID(take(folder, git_tree_entry_byindex(tree.get(), i)));
    }
    return {};
  }

  Fetching<void> take(const Folder& folder, const git_tree_entry* entry) {
    if (++seen_ > limits_.entries) {
      return too_much("more than " + std::to_string(limits_.entries) + " files and folders");
    }
    const std::string name = git_tree_entry_name(entry);
    Entry found{.path = folder.path + name,
                .mode = git_tree_entry_filemode(entry),
                .id = *git_tree_entry_id(entry)};
    if (const auto why = why_refused(name)) return never(found.path, *why);
    if (found.path.size() > limits_.path_bytes) {
      return never(found.path,
                   "has a path of more than " + std::to_string(limits_.path_bytes) + " bytes");
    }
    if (found.mode != GIT_FILEMODE_TREE) {
      if (sparse_.holds(found.path)) entries_.push_back(std::move(found));
      return {};
    }
    if (!sparse_.leads_to(found.path)) return {};
    if (folder.depth + 1 > limits_.depth) {
      return never(found.path, "is deeper than " + std::to_string(limits_.depth) + " folders");
    }
    folders_.push_back({.path = found.path + "/", .id = found.id, .depth = folder.depth + 1});
    return {};
  }

  Fetching<void> must_be_there(const std::string& folder) const {
    const bool there =
        folder.empty() || std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
          return entry.path.starts_with(folder + "/");
        });
    if (there) return {};
    return refuse(reason::kGitOperationFailed, "the repository has no folder " + printable(folder) +
                                                   ", which spec.sparseCheckout names");
  }

  git_repository* repository_;
  const FetchLimits& limits_;
  const Sparse sparse_;
  std::vector<Folder> folders_;
  std::vector<Entry> entries_;
  std::uint64_t seen_ = 0;
};

class Reader {
 public:
  Reader(git_repository* repository, const FetchLimits& limits)
      : repository_(repository),
        limits_(limits),
        odb_(opened<Odb>([&](git_odb** out) { return git_repository_odb(out, repository); })) {}

  // The size is asked first: a few bytes can unpack to gigabytes.
  Fetching<std::string> read(const Entry& entry) {
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (!odb_ || git_odb_read_header(&size, &type, odb_.get(), &entry.id) != 0) {
      return never(entry.path, "cannot be read (" + git_message() + ")");
    }
    if (type != GIT_OBJECT_BLOB) return never(entry.path, "is no file");
    if (size > limits_.file_bytes) {
      return too_much(printable(entry.path) + " of " + std::to_string(size) + " bytes, above " +
                      mebibytes(limits_.file_bytes));
    }
    all_ += size;
    if (all_ > limits_.all_bytes) return too_much("more than " + mebibytes(limits_.all_bytes));
    const auto blob =
        opened<Blob>([&](git_blob** out) { return git_blob_lookup(out, repository_, &entry.id); });
    if (!blob) return never(entry.path, "cannot be read (" + git_message() + ")");
    return std::string(static_cast<const char*>(git_blob_rawcontent(blob.get())),
                       static_cast<std::size_t>(git_blob_rawsize(blob.get())));
  }

 private:
  git_repository* repository_;
  const FetchLimits& limits_;
  Odb odb_;
  std::uint64_t all_ = 0;
};

Fetching<void> check_mode(const Entry& entry) {
  switch (entry.mode) {
    case GIT_FILEMODE_BLOB:
    case GIT_FILEMODE_BLOB_EXECUTABLE:
      return {};
    case GIT_FILEMODE_LINK:
      return bad_path(entry.path, "is a symlink, which weir does not follow");
    case GIT_FILEMODE_COMMIT:
      return bad_path(entry.path, "is a submodule, which weir does not fetch");
    default:
      return bad_path(entry.path, "is no plain file");
  }
}

// Those of folders further up first: the last pattern decides.
Fetching<IgnoreRules> sourceignore_files(const std::vector<Entry>& entries, Reader& reader) {
  std::vector<const Entry*> found;
  for (const Entry& entry : entries) {
    if (entry.path == kSourceIgnore || entry.path.ends_with("/" + kSourceIgnore)) {
      found.push_back(&entry);
    }
  }
  const auto depth = [](const Entry* entry) {
    return std::count(entry->path.begin(), entry->path.end(), '/');
  };
  std::stable_sort(found.begin(), found.end(),
                   [&](const Entry* a, const Entry* b) { return depth(a) < depth(b); });
  IgnoreRules rules;
  for (const Entry* entry : found) {
    TRY_VOID(check_mode(*entry));
    TRY(const std::string text, reader.read(*entry));
    const std::size_t slash = entry->path.rfind('/');
    rules.add(text, entry->path.substr(0, slash == entry->path.npos ? 0 : slash));
  }
  return rules;
}

}  // namespace

Fetching<std::map<std::string, std::string>> read_content(git_repository* repository,
                                                          const git_commit* commit,
                                                          const FetchRequest& request) {
  const FetchLimits& limits = request.limits;
  TRY(const std::vector<Entry> entries, Walk(repository, request).all(*git_commit_tree_id(commit)));
  Reader reader(repository, limits);
  TRY(IgnoreRules rules, sourceignore_files(entries, reader));
  rules.add(request.ignore);
  std::map<std::string, std::string> files;
  std::uint64_t manifests = 0;
  for (const Entry& entry : entries) {
    if (rules.leaves_out(entry.path)) continue;
    TRY_VOID(check_mode(entry));
    if (files.size() >= limits.files) {
      return too_much("more than " + std::to_string(limits.files) + " files");
    }
    if (is_manifest(entry.path) && ++manifests > limits.manifests) {
      return too_much("more than " + std::to_string(limits.manifests) + " manifests");
    }
    TRY(std::string bytes, reader.read(entry));
    files.emplace(entry.path, std::move(bytes));
  }
  return files;
}

}  // namespace weir::gitops
