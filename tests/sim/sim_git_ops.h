#pragma once

// SimGitOps: Git servers, and what is made of their files, in the simulator. A repository is a
// branch: commits that hold whole objects, of which the newest is fetched. Each object of a commit
// is applied by a write of its own, so that weir may die between any two of them.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controller/loop/git_ops.h"
#include "controller/store/store.h"

namespace weir::sim {

class SimGitOps final : public GitOps {
 public:
  // Of this life of weir.
  void begin_life(Store& store);

  // --- What people do ----------------------------------------------------------------------
  void push(const std::string& url, const std::string& commit, std::vector<Object> objects);
  void fail(bool failing) { failing_ = failing; }

  void fetch(const FetchSource& what, std::function<void(Source)> on_fetched) override;
  void apply(const ApplySource& what, std::function<void(Applied)> on_applied) override;

 private:
  struct Application;
  void go_on(std::shared_ptr<Application> application);

  std::map<std::string, std::string> heads_;            // by URL
  std::map<std::string, std::vector<Object>> commits_;  // by commit
  bool failing_ = false;
  Store* store_ = nullptr;
  int life_ = 0;
};

}  // namespace weir::sim
