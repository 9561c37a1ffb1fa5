#include "controller/gitops/process/git_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "controller/gitops/fetch_wire.h"
#include "controller/gitops/process/confine.h"
#include "controller/gitops/process/fetch_once.h"
#include "controller/gitops/process/git_handle.h"

namespace weir::gitops {

namespace {

constexpr std::size_t kChunk = 65536;
constexpr ssize_t kCacheOfObjects = 64 << 20;

std::string read_all(int fd, std::size_t most) {
  std::string text;
  for (;;) {
    const std::size_t size = text.size();
    text.resize(size + kChunk);
    const ssize_t got = ::read(fd, text.data() + size, kChunk);
    text.resize(size + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got <= 0 || text.size() > most) return text;
  }
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t taken = ::write(fd, bytes.data(), bytes.size());
    if (taken <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(taken));
  }
  return true;
}

// Nothing of the host's configuration of git counts, nor who owns the cache.
void set_up_libgit2() {
  git_libgit2_init();
  for (const git_config_level_t level : {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
                                         GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_PROGRAMDATA}) {
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
  }
  git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, kCacheOfObjects);
}

FetchResult answer(const FetchRequest& request, const std::string& folder) {
  if (::chdir(folder.c_str()) != 0 || ::access(".", R_OK | W_OK | X_OK) != 0) {
    return refuse(reason::kGitOperationFailed,
                  "the cache " + folder + " cannot be used by the user nobody (" +
                      std::strerror(errno) + "): every folder above it must have x for others");
  }
  ::setenv("HOME", (folder + "/private").c_str(), 1);  // libgit2 looks there for known_hosts
  set_up_libgit2();
  try {
    return fetch_once(request);
  } catch (const std::exception& e) {  // no memory, or no room on the disk
    return refuse(reason::kGitOperationFailed, "cannot fetch " + request.url + ": " + e.what());
  }
}

int run(const std::string& folder) {
  try {
    give_up_rights();
    // Whatever a library prints must not get into the answer.
    const int out = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    const auto request = parse_request(read_all(STDIN_FILENO, kRequestMax));
    if (!request) {
      std::fprintf(stderr, "weir git: %s\n", request.error().message.c_str());
      return 2;
    }
    limit(*request);
    return write_all(out, answer_bytes(answer(*request, folder))) ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "weir git: %s\n", e.what());
    return 1;
  }
}

}  // namespace

void run_git_process(const std::string& folder) {
  // Nothing is taken down: a server may have had a hand in what there is.
  ::_exit(run(folder));
}

}  // namespace weir::gitops
