// GitRepositories and Kustomizations: what their schema cannot say.

#include <gtest/gtest.h>

#include "tests/admission/documents.h"

namespace weir {
namespace {

using testing::verdict;
using testing::yaml;

std::string repository(const std::string& spec) {
  return "{apiVersion: source.toolkit.fluxcd.io/v1, kind: GitRepository, metadata: {name: a, "
         "namespace: a}, spec: {" +
         spec + "}}";
}
std::string kustomization(const std::string& spec) {
  return "{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: a, "
         "namespace: a}, spec: {sourceRef: {kind: GitRepository, name: a}, prune: true, " +
         spec + "}}";
}

TEST(ValidateFlux, WhatIsRefused) {
  const std::string good = "url: 'https://git/a', interval: 1m";
  const struct {
    const char* name;
    std::string document;
    const char* want;  // how the verdict begins
  } rows[] = {
      {"a repository", repository(good), "admitted"},
      {"by ssh", repository("url: 'ssh://git@host/a', interval: 1m"), "admitted"},
      {"another scheme", repository("url: 'git://host/a', interval: 1m"),
       "spec.url: Invalid value: \"git://host/a\": must begin with https://"},
      {"no interval", repository("url: 'https://git/a'"), "spec.interval: Required value"},
      {"no duration", repository("url: 'https://git/a', interval: often"),
       "spec.interval: Invalid value: \"often\": must be a duration"},
      {"no time at all", repository("url: 'https://git/a', interval: 0s"),
       "spec.interval: Invalid value: \"0s\": must be one second at least"},
      {"submodules", repository(good + ", recurseSubmodules: true"),
       "spec.recurseSubmodules: Forbidden"},
      {"a short commit", repository(good + ", ref: {commit: abc}"),
       "spec.ref.commit: Invalid value: \"abc\""},
      {"a cloud's login", repository(good + ", provider: azure"), "spec.provider: Forbidden"},
      {"a way out", repository(good + ", include: [{repository: {name: b}, toPath: ../x}]"),
       "spec.include[0].toPath: Invalid value: \"../x\": must not contain '..'"},
      {"an unknown mode", repository(good + ", verify: {mode: All, secretRef: {name: b}}"),
       "spec.verify.mode: Unsupported value: \"All\""},
      {"a kustomization", kustomization("interval: 10m"), "admitted"},
      {"a way out of the source", kustomization("interval: 10m, path: ./a/../../b"),
       "spec.path: Invalid value: \"./a/../../b\": must not contain '..'"},
      {"another cluster", kustomization("interval: 10m, kubeConfig: {secretRef: {name: a}}"),
       "spec.kubeConfig: Forbidden: weir applies to its own host only"},
      {"sealed with sops", kustomization("interval: 10m, decryption: {provider: sops}"),
       "spec.decryption: Forbidden"},
      {"CEL", kustomization("interval: 10m, healthCheckExprs: [{kind: A}]"),
       "spec.healthCheckExprs: Forbidden"},
      {"CEL of a dependency",
       kustomization("interval: 10m, dependsOn: [{name: b, readyExpr: 'true'}]"),
       "spec.dependsOn[0].readyExpr: Forbidden"},
      {"no namespace", kustomization("interval: 10m, targetNamespace: Not_One"),
       "spec.targetNamespace: Invalid value: \"Not_One\""},
      {"another kind of source",
       "{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: a, "
       "namespace: a}, spec: {sourceRef: {kind: Bucket, name: a}, prune: true, interval: 1m}}",
       "spec.sourceRef.kind: Unsupported value: \"Bucket\""},
  };
  for (const auto& row : rows) {
    const std::string got = verdict(admission::create(yaml(row.document), {.ns = "a"}));
    EXPECT_EQ(got.substr(0, std::string(row.want).size()), row.want) << row.name;
  }
}

}  // namespace
}  // namespace weir
