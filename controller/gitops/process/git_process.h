#pragma once

// `weir git`: one fetch, in a process that Fetcher (controller/gitops/fetcher.h) starts. It reads
// the request from stdin, gives up every right, lets libgit2 talk to the server, and writes the
// answer to stdout: files are read from the commit's tree and never written anywhere.

#include <string>

namespace weir::gitops {

// Ends the process: 0 with an answer, whatever it says. `folder` is the source's own: the cache of
// its history, and `private`, which Fetcher removes.
[[noreturn]] void run_git_process(const std::string& folder);

}  // namespace weir::gitops
