#pragma once

// A Rollout told as a story: its plans and those of its ReplicaSets are carried out at once, Pods
// become ready as soon as they are made (not those of an image with "bad" in its name), the gateway
// works by each table, and when nothing moves any more the clock goes to the next wake-up. Each
// state is one line; lines that say the same are one.
//
//   0s Progressing: more replicas need to be updated | step 0 | 20% | v1 4/4, v2 1/1
//
// Sizes are wanted/available; the percentage is that of the newest revision in the route table.
// AnalysisRuns that the status speaks of stand at the end: "Step Running".

#include <map>
#include <string>

#include "reconcilers/plan.h"

namespace weir::test {

class RolloutStory {
 public:
  // `rollout` is called "web", in namespace "default", with the template of image "v1"; Services
  // "web", "stable" and "canary" pick its Pods.
  explicit RolloutStory(api::Rollout rollout);
  // Of a Deployment called "web", with a Rollout of its own or without: its part of a line is the
  // reason of its condition Progressing, and its replicas: updated/available/all.
  explicit RolloutStory(api::Deployment deployment);

  template <class Change>
  RolloutStory& change(const std::string& title, Change&& change) {
    api::Rollout next = rollout();
    const api::RolloutSpec before = next.spec;
    change(next);
    if (next.spec != before) ++next.metadata.generation;
    lines_ += "-- " + title + "\n";
    write(std::move(next));
    return *this;
  }
  template <class Change>
  RolloutStory& change_deployment(const std::string& title, Change&& change) {
    api::Deployment next = *deployment();
    const api::DeploymentSpec before = next.spec;
    change(next);
    if (next.spec != before) ++next.metadata.generation;
    lines_ += "-- " + title + "\n";
    write(std::move(next));
    return *this;
  }
  RolloutStory& image(const std::string& image) {
    const auto set = [&](auto& x) { x.spec.template_.spec.containers.at(0).image = image; };
    return deployment() ? change_deployment(image, set) : change(image, set);
  }
  // Until nothing moves before `seconds` have gone by.
  RolloutStory& run(int seconds = 0);
  RolloutStory& heal(const std::string& image);  // its Pods become ready after all
  void write(Object object);

  std::string told();  // since it was last asked
  const api::Rollout& rollout() const;
  const api::Deployment* deployment() const;  // null: it is a Rollout's story
  const World& world() const { return world_; }
  std::string events = {};  // warnings and what was promoted or aborted, a line each
  // What measurements of a metric come to from now on; of others, Successful.
  std::map<std::string, std::string> measurements = {};

 private:
  void begin();
  bool carry_out(const Key& key);
  bool kubelet();
  bool gateway();
  void tell();

  World world_;
  Time start_ = {};
  Time now_ = {};
  std::optional<Time> wake_ = {};
  std::string healed_ = {};
  std::string lines_ = {};
  std::string last_ = {};
  std::uint64_t version_ = 0;
  int addresses_ = 0;
};

api::Rollout rollout_of_web(std::int64_t replicas);
api::Deployment deployment_of_web(std::int64_t replicas);

}  // namespace weir::test
