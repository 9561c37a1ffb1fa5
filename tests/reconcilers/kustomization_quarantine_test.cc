// A revision that goes back by itself is not applied again, until there is another one or somebody
// releases it; and whatever was before it is no reason.

#include <gtest/gtest.h>

#include "reconcilers/flux.h"
#include "reconcilers/object_text.h"
#include "tests/support/kustomization_world.h"

namespace weir {
namespace {

using test::kNow;
using test::KustomizationWorld;
using test::seconds;

// The revision was applied 60 seconds ago.
TEST(Quarantine, ADeploymentThatRolledBack) {
  KustomizationWorld shop;
  shop.deployment("web", 1).rolled_back("web", kNow - seconds(5));
  EXPECT_EQ(
      shop.planned(),
      "status Kustomization default/shop\n"
      "    status.conditions[0].lastTransitionTime: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:20Z\n"
      "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> \"main@sha1:aaa is "
      "not applied again: Deployment/default/web: revision 2 exceeded its progress deadline. Push "
      "a new commit, or release it: weir gitops release shop\"\n"
      "    status.conditions[0].reason: \"ReconciliationSucceeded\" -> \"Quarantined\"\n"
      "    status.conditions[0].status: \"True\" -> \"False\"\n"
      "    status.quarantine[0]: (none) -> {message: \"Deployment/default/web: revision 2 exceeded "
      "its progress deadline\", revision: \"main@sha1:aaa\", since: 2023-11-14T22:13:20Z}\n"
      "event Warning Quarantined Kustomization default/shop: main@sha1:aaa is not applied again: "
      "Deployment/default/web: revision 2 exceeded its progress deadline. Push a new commit, or "
      "release it: weir gitops release shop\n");
  shop.carry_out();
  EXPECT_EQ(shop.planned(kNow + seconds(3600)), "");
}

TEST(Quarantine, WhatWentBackBeforeIsNoReason) {
  KustomizationWorld shop;
  shop.deployment("web", 1).rolled_back("web", kNow - seconds(100));
  EXPECT_EQ(shop.planned().find("Quarantined"), std::string::npos);
  // Nor is what went back while it was another revision's.
  shop.rolled_back("web", kNow - seconds(5)).source("bbb");
  EXPECT_EQ(shop.planned().find("Quarantined"), std::string::npos);
}

TEST(Quarantine, ARolloutThatWasAborted) {
  KustomizationWorld shop({}, {"shop"});
  shop.aborted("shop", kNow - seconds(5));
  EXPECT_EQ(
      shop.planned(),
      "status Kustomization default/shop\n"
      "    status.conditions[0].lastTransitionTime: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:20Z\n"
      "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> \"main@sha1:aaa is "
      "not applied again: Rollout/default/shop: RolloutAborted: metric \\\"error-rate\\\" assessed "
      "Failed. Push a new commit, or release it: weir gitops release shop\"\n"
      "    status.conditions[0].reason: \"ReconciliationSucceeded\" -> \"Quarantined\"\n"
      "    status.conditions[0].status: \"True\" -> \"False\"\n"
      "    status.quarantine[0]: (none) -> {message: \"Rollout/default/shop: RolloutAborted: "
      "metric \\\"error-rate\\\" assessed Failed\", revision: \"main@sha1:aaa\", since: "
      "2023-11-14T22:13:20Z}\n"
      "event Warning Quarantined Kustomization default/shop: main@sha1:aaa is not applied again: "
      "Rollout/default/shop: RolloutAborted: metric \"error-rate\" assessed Failed. Push a new "
      "commit, or release it: weir gitops release shop\n");
}

TEST(Quarantine, ANewCommitIsApplied) {
  KustomizationWorld shop;
  shop.deployment("web", 1).rolled_back("web", kNow - seconds(5)).carry_out();
  shop.source("bbb");
  EXPECT_EQ(shop.planned(),
            "status Kustomization default/shop\n"
            "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"Reconciliation in progress\", observedGeneration: 1, reason: "
            "\"Progressing\", status: \"True\", type: \"Reconciling\"}\n"
            "apply main@sha1:bbb for Kustomization default/shop\n"
            "  asked \"1  main@sha1:bbb sha256:bbb\"\n");
  // And the bad one again is not.
  shop.source("aaa");
  EXPECT_EQ(shop.planned(), "");
}

TEST(Quarantine, Released) {
  KustomizationWorld shop({}, {"shop"});
  shop.aborted("shop", kNow - seconds(5)).carry_out();
  shop.change([](auto& k) {
    k.metadata.annotations[flux::kRelease] = "main@sha1:aaa " + time_text(to_seconds(kNow));
  });
  EXPECT_EQ(shop.planned(),
            "status Rollout default/shop\n"
            "    status.abort: true -> false\n"
            "status Kustomization default/shop\n"
            "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"Reconciliation in progress\", observedGeneration: 1, reason: "
            "\"Progressing\", status: \"True\", type: \"Reconciling\"}\n"
            "    status.quarantine[0]: {message: \"Rollout/default/shop: RolloutAborted: metric "
            "\\\"error-rate\\\" assessed Failed\", revision: \"main@sha1:aaa\", since: "
            "2023-11-14T22:13:20Z} -> (none)\n"
            "apply main@sha1:aaa for Kustomization default/shop again\n"
            "  asked \"1  main@sha1:aaa sha256:aaa 1700000000000\"\n");
  shop.carry_out();
  // Applied once more, it may go back once more.
  shop.applied("aaa", {}, {"shop"}, kNow + seconds(1)).carry_out(kNow + seconds(2));
  shop.aborted("shop", kNow + seconds(30));
  EXPECT_NE(shop.planned(kNow + seconds(40)).find("Quarantined"), std::string::npos);
}

}  // namespace
}  // namespace weir
