#pragma once

// `weir serve --git URL --git-path DIR`: a repository is the desired state, and nobody has to write
// a manifest for that. It makes what `flux bootstrap` makes: a GitRepository and a Kustomization,
// both "flux-system" in the namespace "flux-system". Applied again at each start; without --git
// they are left as they are.

#include <string>

#include "controller/api/writer.h"

namespace weir {

struct GitBootstrap {
  std::string url = {};  // empty: nothing is made
  std::string path = "./";
  std::string branch = "main";
  std::string interval = "1m";
  std::string secret = {};  // in flux-system: username and password, or identity and known_hosts
};

Result<void> bootstrap(const GitBootstrap& git, const Writer& writer);

}  // namespace weir
