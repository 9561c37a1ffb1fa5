#pragma once

// The host's folders as Kustomize reads them: absolute paths, symbolic links followed, so that what
// lies outside a kustomization is seen to. Any thread.

#include <string>

#include "controller/kustomize/files.h"

namespace weir::cli {

class HostFiles : public kustomize::Files {
 public:
  Result<std::string> resolve(const std::string& path) const override;
  bool is_directory(const std::string& resolved) const override;
  Result<std::string> read(const std::string& resolved, std::size_t limit) const override;
};

}  // namespace weir::cli
