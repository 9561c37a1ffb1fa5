#pragma once

// RealGitOps: fetches by Fetcher (a process a fetch), applies on a thread of its own, one
// Kustomization after the other: they write to one store. From any thread.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "controller/api/writer.h"
#include "controller/gitops/fetcher.h"
#include "controller/loop/git_ops.h"

namespace weir {

class RealGitOps final : public GitOps {
 public:
  struct Parts {
    const Writer& writer;
    const Store& store;
    std::string cache_dir;  // see Fetcher; of repositories that are gone, it is emptied
  };
  explicit RealGitOps(Parts parts);
  ~RealGitOps() override;  // what waits is dropped, what is under way ends at its next object

  void fetch(const FetchSource& what, std::function<void(Source)> on_fetched) override;
  void apply(const ApplySource& what, std::function<void(Applied)> on_applied) override;

 private:
  void run(const std::stop_token& stop);
  void forget_the_gone();

  const Parts parts_;
  gitops::Fetcher fetcher_;
  std::set<std::string> cached_;  // uids; the loop's thread
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void(const std::stop_token&)>> waiting_;  // by mutex_
  std::jthread thread_;                                              // the last: it uses the others
};

}  // namespace weir
