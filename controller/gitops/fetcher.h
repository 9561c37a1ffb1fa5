#pragma once

// Fetches Git repositories for `weir serve`, each in a process of its own (`weir git`) that holds
// no right and nothing of weir's, is limited, and is killed at its deadline: what a server sends
// never meets this process but as an answer that is checked (controller/gitops/fetch_wire.h).
//
// From any thread. Answers come on a thread of Fetcher's own, which may be held up for a while: it
// starts another fetch only afterwards. So many run at once, and one of each source; others wait.
//
// Between fetches a source's history is kept in `cache_dir`/SOURCE, so that only what is new is
// fetched (libgit2 1.5 has no shallow fetch). A cache that is too large or broken is made anew. All
// folders above `cache_dir` must let everybody pass (x for others): the process is `nobody`.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "controller/gitops/fetch.h"

namespace weir::gitops {

class Fetcher {
 public:
  struct Options {
    std::string cache_dir = {};
    std::string program = "/proc/self/exe";  // this weir, even where the file has been replaced
    std::size_t at_once = 2;
  };
  using OnFetched = std::function<void(FetchResult)>;

  explicit Fetcher(Options options);
  // Those under way are ended, and they and those that wait are answered: GitOperationFailed.
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  // Answered exactly once, within the request's timeout from when its turn came.
  void start(FetchRequest request, OnFetched on_fetched);

  // The source is gone: so is its cache, once no fetch of it is under way.
  void forget(const std::string& source);

 private:
  struct Job {
    std::string source;
    std::function<void()> work;
  };
  void put(Job job);
  void run();
  FetchResult fetch(const FetchRequest& request) const;
  FetchResult run_process(const FetchRequest& request, const std::string& folder) const;

  const Options options_;
  int stop_ = -1;  // an eventfd: readable once it ends
  std::mutex mutex_;
  std::condition_variable changed_;
  // Below by mutex_.
  std::deque<Job> waiting_;
  std::set<std::string> busy_;  // sources
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // the last: they use the others
};

}  // namespace weir::gitops
