#pragma once

// Where a repository is, as spec.url says it, and how a message may show it. Pure.

#include <string>
#include <string_view>

#include "controller/gitops/fetch.h"

namespace weir::gitops {

struct GitUrl {
  std::string scheme = {};  // https, http, ssh or file
  std::string user = {};    // with ssh; `git` where none is given
  std::string host = {};
  int port = 0;  // 0: the scheme's own
  std::string path = {};
  bool operator==(const GitUrl&) const = default;
};

// Error: URLInvalid. A password in a URL is refused: it would stand in the object for all to read.
Fetching<GitUrl> parse_git_url(std::string_view text);

// Can this URL be asked with these credentials? Error: AuthenticationFailed, with the key of the
// Secret that is missing or does not fit.
Fetching<void> check_credentials(const GitUrl& url, const GitCredentials& credentials);

}  // namespace weir::gitops
