// When a source's revision is applied, what is deleted with the last one, and what is waited for.

#include "reconcilers/kustomization.h"

#include <gtest/gtest.h>

#include <functional>

#include "reconcilers/flux.h"
#include "reconcilers/inventory.h"
#include "reconcilers/reconciler.h"
#include "tests/support/kustomization_world.h"

namespace weir {
namespace {

using test::kNow;
using test::KustomizationWorld;
using test::seconds;

TEST(Kustomization, TheFirstRevision) {
  KustomizationWorld shop;
  shop.without_status();
  EXPECT_EQ(shop.planned(),
            "update Kustomization default/shop\n"
            "    metadata.finalizers[0]: (none) -> \"finalizers.fluxcd.io\"\n");
  shop.change([](auto& k) { k.metadata.finalizers = {flux::kFinalizer}; });
  EXPECT_EQ(shop.planned(),
            "status Kustomization default/shop\n"
            "    status.conditions[0]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"Reconciliation in progress\", observedGeneration: 1, reason: "
            "\"Progressing\", status: \"True\", type: \"Reconciling\"}\n"
            "apply main@sha1:aaa for Kustomization default/shop\n"
            "  asked \"1  main@sha1:aaa sha256:aaa\"\n");
  shop.applied("aaa", {"web"});
  EXPECT_EQ(shop.planned(),
            "status Kustomization default/shop\n"
            "    status.conditions[0]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"Applied revision: main@sha1:aaa\", observedGeneration: 1, reason: "
            "\"ReconciliationSucceeded\", status: \"True\", type: \"Ready\"}\n"
            "    status.history[0]: (none) -> {digest: \"sha256:of-aaa\", firstReconciled: "
            "2023-11-14T22:13:10Z, lastReconciled: 2023-11-14T22:13:10Z, lastReconciledDuration: "
            "\"0ms\", lastReconciledStatus: \"ReconciliationSucceeded\", metadata: {revision: "
            "\"main@sha1:aaa\"}, totalReconciliations: 1}\n"
            "    status.inventory: (none) -> {entries: [{id: \"default_web_apps_Deployment\", v: "
            "\"v1\"}]}\n"
            "    status.lastAppliedRevision: (none) -> \"main@sha1:aaa\"\n"
            "    status.lastAttemptedRevision: (none) -> \"main@sha1:aaa\"\n"
            "    status.lastGoodRevision: (none) -> \"main@sha1:aaa\"\n"
            "    status.observedGeneration: 0 -> 1\n"
            "event Normal ReconciliationSucceeded Kustomization default/shop: Applied revision: "
            "main@sha1:aaa\n"
            "wake at 1700000590000\n");
}

TEST(Kustomization, WithoutItsSource) {
  KustomizationWorld shop;
  shop.world.erase({.kind = Kind::GitRepository, .ns = "default", .name = "shop"});
  EXPECT_EQ(
      shop.planned(),
      "status Kustomization default/shop\n"
      "    status.conditions[0].lastTransitionTime: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:20Z\n"
      "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> "
      "\"GitRepository.source.toolkit.fluxcd.io \\\"default/shop\\\" not found\"\n"
      "    status.conditions[0].reason: \"ReconciliationSucceeded\" -> \"ArtifactFailed\"\n"
      "    status.conditions[0].status: \"True\" -> \"False\"\n"
      "event Warning ArtifactFailed Kustomization default/shop: "
      "GitRepository.source.toolkit.fluxcd.io \"default/shop\" not found\n");
  KustomizationWorld restarted;
  restarted.world.sources.clear();
  EXPECT_EQ(restarted.planned(), "");
}

TEST(Kustomization, ItIsAppliedAgainWhenItIsDue) {
  KustomizationWorld shop;
  EXPECT_EQ(shop.planned(), "wake at 1700000540000\n");
  EXPECT_EQ(shop.planned(kNow + seconds(600)),
            "apply main@sha1:aaa for Kustomization default/shop again\n"
            "  asked \"1  main@sha1:aaa sha256:aaa\"\n");
}

TEST(Kustomization, WhoeverAsksIsAnsweredAtOnce) {
  KustomizationWorld shop;
  shop.change([](auto& k) { k.metadata.annotations[flux::kRequestedAt] = "t1"; });
  EXPECT_EQ(shop.planned(),
            "status Kustomization default/shop\n"
            "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"Reconciliation in progress\", observedGeneration: 1, reason: "
            "\"Progressing\", status: \"True\", type: \"Reconciling\"}\n"
            "apply main@sha1:aaa for Kustomization default/shop again\n"
            "  asked \"1 t1 main@sha1:aaa sha256:aaa\"\n");
}

TEST(Kustomization, WhatIsInTheSourceNoMoreGoes) {
  KustomizationWorld shop({"old", "web"});
  shop.deployment("old", 1).deployment("web", 1).source("bbb").applied("bbb", {"web"});
  EXPECT_EQ(shop.planned(),
            "delete Deployment default/old (background)\n"
            "status Kustomization default/shop\n"
            "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> \"Applied "
            "revision: main@sha1:bbb\"\n"
            "    status.history[0].digest: \"sha256:of-aaa\" -> \"sha256:of-bbb\"\n"
            "    status.history[0].firstReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
            "    status.history[0].lastReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
            "    status.history[0].metadata.revision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
            "    status.history[1]: (none) -> {digest: \"sha256:of-aaa\", firstReconciled: "
            "2023-11-14T22:12:20Z, lastReconciled: 2023-11-14T22:12:20Z, lastReconciledDuration: "
            "\"0ms\", lastReconciledStatus: \"ReconciliationSucceeded\", metadata: {revision: "
            "\"main@sha1:aaa\"}, totalReconciliations: 1}\n"
            "    status.inventory.entries[0].id: \"default_old_apps_Deployment\" -> "
            "\"default_web_apps_Deployment\"\n"
            "    status.inventory.entries[1]: {id: \"default_web_apps_Deployment\", v: \"v1\"} -> "
            "(none)\n"
            "    status.lastAppliedRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
            "    status.lastAttemptedRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
            "    status.lastGoodRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
            "event Normal Progressing Kustomization default/shop: Deployment/default/old deleted\n"
            "event Normal ReconciliationSucceeded Kustomization default/shop: Applied revision: "
            "main@sha1:bbb\n"
            "wake at 1700000590000\n");
  // Not what somebody else has, or wants to keep.
  shop.owner("old", "another");
  EXPECT_EQ(shop.planned().find("delete"), std::string::npos);
  shop.owner("old", "shop").annotate("old", flux::kPrune, "disabled");
  EXPECT_EQ(shop.planned().find("delete"), std::string::npos);
  shop.annotate("old", flux::kPrune, "").change([](auto& k) { k.spec.prune = false; });
  EXPECT_EQ(shop.planned().find("delete"), std::string::npos);
}

TEST(Kustomization, OneThatFailsDeletesNothingAndForgetsNothing) {
  KustomizationWorld shop({"old", "web"});
  shop.deployment("old", 1)
      .source("bbb")
      .applied("bbb", {"new"})
      .failed("ReconciliationFailed", "web is wrong");
  EXPECT_EQ(
      shop.planned(),
      "status Kustomization default/shop\n"
      "    status.conditions[0].lastTransitionTime: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:20Z\n"
      "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> \"web is wrong\"\n"
      "    status.conditions[0].reason: \"ReconciliationSucceeded\" -> \"ReconciliationFailed\"\n"
      "    status.conditions[0].status: \"True\" -> \"False\"\n"
      "    status.history[0].digest: \"sha256:of-aaa\" -> \"sha256:of-bbb\"\n"
      "    status.history[0].firstReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
      "    status.history[0].lastReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
      "    status.history[0].lastReconciledStatus: \"ReconciliationSucceeded\" -> "
      "\"ReconciliationFailed\"\n"
      "    status.history[0].metadata.revision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
      "    status.history[1]: (none) -> {digest: \"sha256:of-aaa\", firstReconciled: "
      "2023-11-14T22:12:20Z, lastReconciled: 2023-11-14T22:12:20Z, lastReconciledDuration: "
      "\"0ms\", lastReconciledStatus: \"ReconciliationSucceeded\", metadata: {revision: "
      "\"main@sha1:aaa\"}, totalReconciliations: 1}\n"
      "    status.inventory.entries[0].id: \"default_old_apps_Deployment\" -> "
      "\"default_new_apps_Deployment\"\n"
      "    status.inventory.entries[1].id: \"default_web_apps_Deployment\" -> "
      "\"default_old_apps_Deployment\"\n"
      "    status.inventory.entries[2]: (none) -> {id: \"default_web_apps_Deployment\", v: "
      "\"v1\"}\n"
      "    status.lastAttemptedRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
      "event Warning ReconciliationFailed Kustomization default/shop: web is wrong\n"
      "wake at 1700000110000\n");
  EXPECT_EQ(
      shop.planned(kNow + seconds(120)),
      "status Kustomization default/shop\n"
      "    status.conditions[0].lastTransitionTime: 2023-11-14T22:12:20Z -> 2023-11-14T22:15:20Z\n"
      "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> \"web is wrong\"\n"
      "    status.conditions[0].reason: \"ReconciliationSucceeded\" -> \"ReconciliationFailed\"\n"
      "    status.conditions[0].status: \"True\" -> \"False\"\n"
      "    status.history[0].digest: \"sha256:of-aaa\" -> \"sha256:of-bbb\"\n"
      "    status.history[0].firstReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
      "    status.history[0].lastReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
      "    status.history[0].lastReconciledStatus: \"ReconciliationSucceeded\" -> "
      "\"ReconciliationFailed\"\n"
      "    status.history[0].metadata.revision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
      "    status.history[1]: (none) -> {digest: \"sha256:of-aaa\", firstReconciled: "
      "2023-11-14T22:12:20Z, lastReconciled: 2023-11-14T22:12:20Z, lastReconciledDuration: "
      "\"0ms\", lastReconciledStatus: \"ReconciliationSucceeded\", metadata: {revision: "
      "\"main@sha1:aaa\"}, totalReconciliations: 1}\n"
      "    status.inventory.entries[0].id: \"default_old_apps_Deployment\" -> "
      "\"default_new_apps_Deployment\"\n"
      "    status.inventory.entries[1].id: \"default_web_apps_Deployment\" -> "
      "\"default_old_apps_Deployment\"\n"
      "    status.inventory.entries[2]: (none) -> {id: \"default_web_apps_Deployment\", v: "
      "\"v1\"}\n"
      "    status.lastAttemptedRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
      "apply main@sha1:bbb for Kustomization default/shop\n"
      "event Warning ReconciliationFailed Kustomization default/shop: web is wrong\n"
      "  asked \"1  main@sha1:bbb sha256:bbb\"\n");
}

TEST(Kustomization, WhatCannotBeBuiltLeavesTheHistoryAsItIs) {
  KustomizationWorld shop;
  shop.source("bbb").applied("bbb", {}).failed("BuildFailed", "web.yaml: not YAML");
  shop.world.applied["uid-k"].digest.clear();
  EXPECT_EQ(
      shop.planned(),
      "status Kustomization default/shop\n"
      "    status.conditions[0].lastTransitionTime: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:20Z\n"
      "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> \"web.yaml: not "
      "YAML\"\n"
      "    status.conditions[0].reason: \"ReconciliationSucceeded\" -> \"BuildFailed\"\n"
      "    status.conditions[0].status: \"True\" -> \"False\"\n"
      "    status.lastAttemptedRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
      "event Warning BuildFailed Kustomization default/shop: web.yaml: not YAML\n"
      "wake at 1700000110000\n");
}

TEST(Kustomization, Waiting) {
  KustomizationWorld shop;
  shop.change([](auto& k) {
    k.spec.wait = true;
    k.spec.timeout = "30s";
  });
  shop.source("bbb").applied("bbb", {"web"}).deployment("web", 0);
  EXPECT_EQ(
      shop.planned(),
      "status Kustomization default/shop\n"
      "    status.conditions[0].lastTransitionTime: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:20Z\n"
      "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> \"Running health "
      "checks for revision main@sha1:bbb with a timeout of 30s\"\n"
      "    status.conditions[0].reason: \"ReconciliationSucceeded\" -> \"Progressing\"\n"
      "    status.conditions[0].status: \"True\" -> \"Unknown\"\n"
      "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, message: "
      "\"Running health checks for revision main@sha1:bbb with a timeout of 30s\", "
      "observedGeneration: 1, reason: \"Progressing\", status: \"True\", type: \"Reconciling\"}\n"
      "    status.history[0].digest: \"sha256:of-aaa\" -> \"sha256:of-bbb\"\n"
      "    status.history[0].firstReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
      "    status.history[0].lastReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
      "    status.history[0].lastReconciledStatus: \"ReconciliationSucceeded\" -> \"Progressing\"\n"
      "    status.history[0].metadata.revision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
      "    status.history[1]: (none) -> {digest: \"sha256:of-aaa\", firstReconciled: "
      "2023-11-14T22:12:20Z, lastReconciled: 2023-11-14T22:12:20Z, lastReconciledDuration: "
      "\"0ms\", lastReconciledStatus: \"ReconciliationSucceeded\", metadata: {revision: "
      "\"main@sha1:aaa\"}, totalReconciliations: 1}\n"
      "    status.lastAppliedRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
      "    status.lastAttemptedRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
      "wake at 1700000020000\n");
  EXPECT_EQ(
      shop.planned(kNow + seconds(30)),
      "status Kustomization default/shop\n"
      "    status.conditions[0].lastTransitionTime: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:50Z\n"
      "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> \"timeout waiting "
      "for: [Deployment/default/web status: 'InProgress']\"\n"
      "    status.conditions[0].reason: \"ReconciliationSucceeded\" -> \"HealthCheckFailed\"\n"
      "    status.conditions[0].status: \"True\" -> \"False\"\n"
      "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:50Z, message: "
      "\"timeout waiting for: [Deployment/default/web status: 'InProgress']\", observedGeneration: "
      "1, reason: \"HealthCheckFailed\", status: \"False\", type: \"Healthy\"}\n"
      "    status.history[0].digest: \"sha256:of-aaa\" -> \"sha256:of-bbb\"\n"
      "    status.history[0].firstReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
      "    status.history[0].lastReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
      "    status.history[0].lastReconciledStatus: \"ReconciliationSucceeded\" -> "
      "\"HealthCheckFailed\"\n"
      "    status.history[0].metadata.revision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
      "    status.history[1]: (none) -> {digest: \"sha256:of-aaa\", firstReconciled: "
      "2023-11-14T22:12:20Z, lastReconciled: 2023-11-14T22:12:20Z, lastReconciledDuration: "
      "\"0ms\", lastReconciledStatus: \"ReconciliationSucceeded\", metadata: {revision: "
      "\"main@sha1:aaa\"}, totalReconciliations: 1}\n"
      "    status.lastAppliedRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
      "    status.lastAttemptedRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
      "event Warning HealthCheckFailed Kustomization default/shop: timeout waiting for: "
      "[Deployment/default/web status: 'InProgress']\n"
      "wake at 1700000110000\n");
  shop.deployment("web", 1);
  EXPECT_EQ(shop.planned(),
            "status Kustomization default/shop\n"
            "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> \"Applied "
            "revision: main@sha1:bbb\"\n"
            "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"Health check passed\", observedGeneration: 1, reason: \"Succeeded\", "
            "status: \"True\", type: \"Healthy\"}\n"
            "    status.history[0].digest: \"sha256:of-aaa\" -> \"sha256:of-bbb\"\n"
            "    status.history[0].firstReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
            "    status.history[0].lastReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
            "    status.history[0].metadata.revision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
            "    status.history[1]: (none) -> {digest: \"sha256:of-aaa\", firstReconciled: "
            "2023-11-14T22:12:20Z, lastReconciled: 2023-11-14T22:12:20Z, lastReconciledDuration: "
            "\"0ms\", lastReconciledStatus: \"ReconciliationSucceeded\", metadata: {revision: "
            "\"main@sha1:aaa\"}, totalReconciliations: 1}\n"
            "    status.lastAppliedRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
            "    status.lastAttemptedRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
            "    status.lastGoodRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
            "event Normal ReconciliationSucceeded Kustomization default/shop: Applied revision: "
            "main@sha1:bbb\n"
            "wake at 1700000590000\n");
  shop.deployment("web", 0, "ProgressDeadlineExceeded");
  EXPECT_EQ(
      shop.planned(),
      "status Kustomization default/shop\n"
      "    status.conditions[0].lastTransitionTime: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:20Z\n"
      "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> \"failed early due "
      "to stalled resources: [Deployment/default/web status: 'Failed']\"\n"
      "    status.conditions[0].reason: \"ReconciliationSucceeded\" -> \"HealthCheckFailed\"\n"
      "    status.conditions[0].status: \"True\" -> \"False\"\n"
      "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, message: "
      "\"failed early due to stalled resources: [Deployment/default/web status: 'Failed']\", "
      "observedGeneration: 1, reason: \"HealthCheckFailed\", status: \"False\", type: "
      "\"Healthy\"}\n"
      "    status.history[0].digest: \"sha256:of-aaa\" -> \"sha256:of-bbb\"\n"
      "    status.history[0].firstReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
      "    status.history[0].lastReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
      "    status.history[0].lastReconciledStatus: \"ReconciliationSucceeded\" -> "
      "\"HealthCheckFailed\"\n"
      "    status.history[0].metadata.revision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
      "    status.history[1]: (none) -> {digest: \"sha256:of-aaa\", firstReconciled: "
      "2023-11-14T22:12:20Z, lastReconciled: 2023-11-14T22:12:20Z, lastReconciledDuration: "
      "\"0ms\", lastReconciledStatus: \"ReconciliationSucceeded\", metadata: {revision: "
      "\"main@sha1:aaa\"}, totalReconciliations: 1}\n"
      "    status.lastAppliedRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
      "    status.lastAttemptedRevision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
      "event Warning HealthCheckFailed Kustomization default/shop: failed early due to stalled "
      "resources: [Deployment/default/web status: 'Failed']\n"
      "wake at 1700000110000\n");
}

TEST(Kustomization, WhatWasReadyOnceIsNotWaitedForAgain) {
  KustomizationWorld shop;
  shop.change([](auto& k) { k.spec.wait = true; }).applied("aaa", {"web"}).carry_out();
  shop.deployment("web", 0);
  EXPECT_EQ(shop.planned(), "wake at 1700000590000\n");
  EXPECT_EQ(shop.planned(kNow + seconds(599)),
            "apply main@sha1:aaa for Kustomization default/shop again\n"
            "  asked \"1  main@sha1:aaa sha256:aaa\"\n");
}

TEST(Kustomization, HealthChecks) {
  KustomizationWorld shop;
  shop.change([](auto& k) {
    auto& check = k.spec.healthChecks.emplace_back();
    check.kind = "Deployment";
    check.name = "api";
  });
  shop.applied("aaa", {"web"});
  EXPECT_EQ(
      shop.planned(),
      "status Kustomization default/shop\n"
      "    status.conditions[0].lastTransitionTime: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:20Z\n"
      "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> \"Running health "
      "checks for revision main@sha1:aaa with a timeout of 600s\"\n"
      "    status.conditions[0].reason: \"ReconciliationSucceeded\" -> \"Progressing\"\n"
      "    status.conditions[0].status: \"True\" -> \"Unknown\"\n"
      "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, message: "
      "\"Running health checks for revision main@sha1:aaa with a timeout of 600s\", "
      "observedGeneration: 1, reason: \"Progressing\", status: \"True\", type: \"Reconciling\"}\n"
      "    status.history[0].lastReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:10Z\n"
      "    status.history[0].lastReconciledStatus: \"ReconciliationSucceeded\" -> \"Progressing\"\n"
      "    status.history[0].totalReconciliations: 1 -> 2\n"
      "wake at 1700000590000\n");
}

TEST(Kustomization, Dependencies) {
  KustomizationWorld shop;
  shop.source("bbb").change([](auto& k) { k.spec.dependsOn.emplace_back().name = "base"; });
  EXPECT_EQ(
      shop.planned(),
      "status Kustomization default/shop\n"
      "    status.conditions[0].lastTransitionTime: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:20Z\n"
      "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> \"dependency "
      "'default/base' not found\"\n"
      "    status.conditions[0].reason: \"ReconciliationSucceeded\" -> \"DependencyNotReady\"\n"
      "    status.conditions[0].status: \"True\" -> \"False\"\n"
      "event Warning DependencyNotReady Kustomization default/shop: dependency 'default/base' not "
      "found\n");
  shop.other("base", "aaa");
  EXPECT_EQ(
      shop.planned(),
      "status Kustomization default/shop\n"
      "    status.conditions[0].lastTransitionTime: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:20Z\n"
      "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> \"dependency "
      "'default/base' is not ready\"\n"
      "    status.conditions[0].reason: \"ReconciliationSucceeded\" -> \"DependencyNotReady\"\n"
      "    status.conditions[0].status: \"True\" -> \"False\"\n"
      "event Warning DependencyNotReady Kustomization default/shop: dependency 'default/base' is "
      "not ready\n");
  shop.other("base", "bbb");
  EXPECT_EQ(shop.planned(),
            "status Kustomization default/shop\n"
            "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"Reconciliation in progress\", observedGeneration: 1, reason: "
            "\"Progressing\", status: \"True\", type: \"Reconciling\"}\n"
            "apply main@sha1:bbb for Kustomization default/shop\n"
            "  asked \"1  main@sha1:bbb sha256:bbb\"\n");
}

TEST(Kustomization, Variables) {
  KustomizationWorld shop;
  shop.change([](auto& k) {
    auto& build = k.spec.postBuild.emplace();
    build.substitute = {{"COLOUR", "blue"}};
    auto& from = build.substituteFrom.emplace_back();
    from.kind = "ConfigMap";
    from.name = "settings";
  });
  EXPECT_EQ(
      shop.planned(),
      "status Kustomization default/shop\n"
      "    status.conditions[0].lastTransitionTime: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:20Z\n"
      "    status.conditions[0].message: \"Applied revision: main@sha1:aaa\" -> \"substitute from "
      "'ConfigMap/settings' error: it is not there\"\n"
      "    status.conditions[0].reason: \"ReconciliationSucceeded\" -> \"BuildFailed\"\n"
      "    status.conditions[0].status: \"True\" -> \"False\"\n"
      "event Warning BuildFailed Kustomization default/shop: substitute from 'ConfigMap/settings' "
      "error: it is not there\n");
  api::ConfigMap settings;
  settings.metadata = {
      .name = "settings", .namespace_ = "default", .resourceVersion = "9", .uid = "uid-c"};
  settings.data = {{"COLOUR", "red"}, {"SIZE", "3"}};
  shop.world.put(Object(settings));
  EXPECT_EQ(shop.planned(),
            "status Kustomization default/shop\n"
            "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"Reconciliation in progress\", observedGeneration: 1, reason: "
            "\"Progressing\", status: \"True\", type: \"Reconciling\"}\n"
            "apply main@sha1:aaa for Kustomization default/shop again\n"
            "  asked \"1  main@sha1:aaa sha256:aaa uid-c@9\" COLOUR=blue SIZE=3\n");
}

TEST(Kustomization, Drift) {
  KustomizationWorld shop;
  shop.applied("aaa", {"web"});
  Applied& applied = shop.world.applied["uid-k"];
  applied.finished_at = kNow - seconds(1);
  applied.changes = {"Deployment/default/web configured"};
  applied.drift = {"Deployment/default/web: .spec.replicas, conflict with \"kubectl-edit\""};
  EXPECT_EQ(
      shop.planned(),
      "status Kustomization default/shop\n"
      "    status.history[0].lastReconciled: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:19Z\n"
      "    status.history[0].lastReconciledDuration: \"0ms\" -> \"9000ms\"\n"
      "    status.history[0].totalReconciliations: 1 -> 2\n"
      "event Normal Progressing Kustomization default/shop: Deployment/default/web configured\n"
      "event Warning DriftCorrected Kustomization default/shop: Deployment/default/web: "
      ".spec.replicas, conflict with \"kubectl-edit\"\n"
      "wake at 1700000599000\n");
}

TEST(Kustomization, ItsEnd) {
  for (const char* policy : {"MirrorPrune", "Delete", "WaitForTermination", "Orphan"}) {
    KustomizationWorld shop;
    shop.deployment("web", 1).change([&](auto& k) {
      k.metadata.deletionTimestamp = to_seconds(kNow);
      k.spec.deletionPolicy = policy;
      k.spec.prune = false;
    });
    const std::string plan = shop.planned();
    const bool deletes = plan.find("delete Deployment default/web") != std::string::npos;
    const bool ends = plan.find("finalizers.fluxcd.io") != std::string::npos;
    EXPECT_EQ(deletes,
              std::string(policy) == "Delete" || std::string(policy) == "WaitForTermination")
        << policy;
    EXPECT_EQ(ends, std::string(policy) != "WaitForTermination") << policy;
  }
}

TEST(Kustomization, Suspended) {
  KustomizationWorld shop;
  shop.source("bbb").change([](auto& k) { k.spec.suspend = true; });
  EXPECT_EQ(shop.planned(), "");
}

}  // namespace
}  // namespace weir
