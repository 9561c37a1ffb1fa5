#pragma once

// known_hosts, as libgit2 and libssh2 read it, and what to say of a server that is not in it.

#include <string>
#include <string_view>

#include "controller/gitops/git_url.h"

namespace weir::gitops {

// The lines in an order that makes the server prove itself with its best key: libgit2 asks for the
// kind of the first line of a host only, and servers of today refuse the oldest kind (ssh-rsa).
// Error: AuthenticationFailed, for lines that libssh2 would pass over in silence.
Fetching<std::string> ordered_known_hosts(const std::string& text);

// "SHA256:…", as ssh-keygen -l shows it, of the bytes of a public key.
std::string fingerprint(std::string_view key);

// Of the key that known_hosts has for this server; empty: it has none.
std::string known_fingerprint(const std::string& known_hosts, const GitUrl& server);

}  // namespace weir::gitops
