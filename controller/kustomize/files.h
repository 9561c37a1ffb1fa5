#pragma once

// The door through which a build reads. A map of contents (a fetched Git artifact, which nothing
// leaves) is here: its paths are relative to its top. The host's folders, with absolute paths, are
// controller/cli/client/host_files.h. Paths may have any spelling (`./a/../b`).

#include <cstddef>
#include <map>
#include <string>

#include "controller/result.h"

namespace weir::kustomize {

class Files {
 public:
  Files() = default;
  virtual ~Files() = default;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  // The one spelling of a path: normal, symbolic links followed. not_found where there is nothing,
  // denied outside the top.
  virtual Result<std::string> resolve(const std::string& path) const = 0;
  // Of a resolved path.
  virtual bool is_directory(const std::string& resolved) const = 0;
  // too_large beyond `limit` bytes; not_found.
  virtual Result<std::string> read(const std::string& resolved, std::size_t limit) const = 0;
};

// Contents by path: "overlays/prod/kustomization.yaml". Folders are what paths imply.
class MapFiles : public Files {
 public:
  explicit MapFiles(std::map<std::string, std::string> contents);

  Result<std::string> resolve(const std::string& path) const override;
  bool is_directory(const std::string& resolved) const override;
  Result<std::string> read(const std::string& resolved, std::size_t limit) const override;

 private:
  std::map<std::string, std::string> contents_;
};

// `base` and `path` joined, without `.`, `..` and doubled slashes; absolute when `base` is; denied
// when it climbs above the top: ("a/b", "../c") is "a/c", ("a", "../../c") is refused.
Result<std::string> join(const std::string& base, const std::string& path);

// True for `directory` itself and everything below it.
bool is_within(const std::string& path, const std::string& directory);

}  // namespace weir::kustomize
