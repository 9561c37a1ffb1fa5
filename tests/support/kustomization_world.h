#pragma once

// A World with one Kustomization, default/shop, of the GitRepository of that name; it was applied a
// minute before kNow at the commit aaa, and says so.

#include <functional>
#include <string>
#include <vector>

#include "reconcilers/plan.h"
#include "tests/support/world_builder.h"

namespace weir::test {

class KustomizationWorld {
 public:
  // The names of the Deployments and Rollouts in its inventory.
  explicit KustomizationWorld(std::vector<std::string> deployments = {"web"},
                              std::vector<std::string> rollouts = {});

  KustomizationWorld& without_status();
  KustomizationWorld& change(const std::function<void(api::Kustomization&)>& by);
  KustomizationWorld& source(const std::string& commit);
  // What came of the application of this commit, as it is asked for now.
  KustomizationWorld& applied(const std::string& commit, std::vector<std::string> deployments,
                              std::vector<std::string> rollouts = {}, Time at = kNow - seconds(10));
  KustomizationWorld& failed(const std::string& reason, const std::string& message);
  KustomizationWorld& deployment(const std::string& name, int available,
                                 const std::string& progressing = {});
  KustomizationWorld& rolled_back(const std::string& deployment, Time at);
  KustomizationWorld& aborted(const std::string& rollout, Time at);
  KustomizationWorld& owner(const std::string& deployment, const std::string& kustomization);
  KustomizationWorld& annotate(const std::string& deployment, const std::string& name,
                               const std::string& value);
  // Another Kustomization of the same source, ready at this commit.
  KustomizationWorld& other(const std::string& name, const std::string& commit);
  KustomizationWorld& carry_out(Time now = kNow);

  std::string planned(Time now = kNow) const;

  World world;

 private:
  void put_deployment(const std::string& name, const std::function<void(api::Deployment&)>& by);
};

}  // namespace weir::test
