#pragma once

// A Rollout told as a story (story.h):
//
//   0s Progressing: more replicas need to be updated | step 0 | 20% | v1 4/4, v2 1/1
//
// Sizes are wanted/available; the percentage is that of the newest revision in the route table.
// AnalysisRuns that the status speaks of stand at the end ("Step Running"), and Experiments that
// have Pods: "Experiment Running: canary v2 1/1 5%, stable v1 1/1 5%".

#include <string>

#include "tests/support/story.h"

namespace weir::test {

class RolloutStory : public Story {
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
    this->title(title);
    write(std::move(next));
    return *this;
  }
  template <class Change>
  RolloutStory& change_deployment(const std::string& title, Change&& change) {
    api::Deployment next = *deployment();
    const api::DeploymentSpec before = next.spec;
    change(next);
    if (next.spec != before) ++next.metadata.generation;
    this->title(title);
    write(std::move(next));
    return *this;
  }
  RolloutStory& image(const std::string& image) {
    const auto set = [&](auto& x) { x.spec.template_.spec.containers.at(0).image = image; };
    return deployment() ? change_deployment(image, set) : change(image, set);
  }
  // Until nothing moves before `seconds` have gone by.
  RolloutStory& run(int seconds = 0) {
    go_on(seconds);
    return *this;
  }
  RolloutStory& heal(const std::string& image) {  // its Pods become ready after all
    heal_pods(image);
    return *this;
  }
  const api::Rollout& rollout() const;
  const api::Deployment* deployment() const;  // null: it is a Rollout's story

 protected:
  std::string line() const override;
  bool tells(const EventNote& event) const override;  // warnings, promotions and aborts
};

api::Rollout rollout_of_web(std::int64_t replicas);
api::Deployment deployment_of_web(std::int64_t replicas);

}  // namespace weir::test
