// When a repository is fetched, with what, and what its conditions say then: whole plans.

#include "reconcilers/git_repository.h"

#include <gtest/gtest.h>

#include <functional>

#include "reconcilers/base64.h"
#include "reconcilers/reconciler.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::kNow;
using test::seconds;

const Key kShop{.kind = Kind::GitRepository, .ns = "default", .name = "shop"};

api::GitRepository shop() {
  api::GitRepository repository;
  repository.metadata = {.generation = 1, .name = "shop", .namespace_ = "default", .uid = "uid-s"};
  repository.spec.url = "https://git/shop.git";
  repository.spec.interval = "5m";
  repository.spec.ref.emplace().branch = "main";
  return repository;
}

api::Secret secret(const std::string& name, std::map<std::string, std::string> data) {
  api::Secret secret;
  secret.metadata = {
      .name = name, .namespace_ = "default", .resourceVersion = "7", .uid = "uid-" + name};
  for (const auto& [key, value] : data) secret.data[key] = base64_encode(value);
  return secret;
}

// Of a fetch ten seconds ago that found this commit.
Source fetched(const std::string& commit, const std::string& asked = "1 ") {
  return {.asked = asked,
          .finished_at = kNow - seconds(10),
          .artifact = Artifact{
              .revision = "main@sha1:" + commit,
              .commit = commit,
              .digest = "sha256:" + commit,
              .author = "Ada",
              .subject = "the subject",
              .fetched_at = kNow - seconds(10),
              .files = std::make_shared<const SourceFiles>(SourceFiles{{"a.yaml", "12345"}})}};
}

Source failed(int times) {
  return {.asked = "1 ",
          .finished_at = kNow - seconds(1),
          .failures = times,
          .reason = "GitOperationFailed",
          .message = "no answer"};
}

std::string planned(const World& world) {
  const Plan made = plan(world, kShop, kNow);
  std::string out = text(made, world);
  for (const Action& action : made.actions) {
    const auto& fetch = std::get<FetchSource>(action);
    out += "  asked \"" + fetch.asked + "\"";
    for (const auto& [key, value] : fetch.credentials) out += " " + key + "=" + value;
    for (const auto& [key, value] : fetch.keys) out += " key " + key;
    for (const auto& include : fetch.includes) out += " " + include.from + "->" + include.to;
    out += fetch.has_files ? " has files" : "";
    out += fetch.allow_force_push ? " may go back\n" : "\n";
  }
  return out;
}

// Of one that has had this commit for long, and says so.
World settled(const std::string& commit) {
  World world;
  world.sources["uid-s"] = fetched(commit);
  world.put(Object(shop()));
  for (const Change& change : plan(world, kShop, kNow - seconds(60)).changes) {
    world.put(std::get<UpdateStatus>(change).object);
  }
  return world;
}
void change(World& world, const std::function<void(api::GitRepository&)>& by) {
  api::GitRepository repository = *world.get<api::GitRepository>("default", "shop");
  by(repository);
  world.put(Object(repository));
}

TEST(GitRepository, TheFirstFetch) {
  World world;
  world.put(Object(shop()));
  EXPECT_EQ(planned(world),
            "status GitRepository default/shop\n"
            "    status.conditions[0]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"building artifact: new revision\", observedGeneration: 1, reason: "
            "\"Progressing\", status: \"True\", type: \"Reconciling\"}\n"
            "fetch https://git/shop.git for GitRepository default/shop\n"
            "  asked \"1 \"\n");
  world.sources["uid-s"] = fetched("aaa");
  EXPECT_EQ(planned(world),
            "status GitRepository default/shop\n"
            "    status.artifact: (none) -> {digest: \"sha256:aaa\", lastUpdateTime: "
            "2023-11-14T22:13:10Z, metadata: {author: \"Ada\", subject: \"the subject\"}, path: "
            "\"gitrepository/default/shop\", revision: \"main@sha1:aaa\", size: 5}\n"
            "    status.conditions[0]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"stored artifact for revision 'main@sha1:aaa'\", observedGeneration: 1, "
            "reason: \"Succeeded\", status: \"True\", type: \"Ready\"}\n"
            "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"stored artifact for revision 'main@sha1:aaa'\", observedGeneration: 1, "
            "reason: \"Succeeded\", status: \"True\", type: \"ArtifactInStorage\"}\n"
            "    status.observedGeneration: 0 -> 1\n"
            "event Normal NewArtifact GitRepository default/shop: stored artifact for revision "
            "'main@sha1:aaa': the subject\n"
            "wake at 1700000290000\n");
}

TEST(GitRepository, IsFetchedAgainWhenItIsDue) {
  World world = settled("aaa");
  EXPECT_EQ(planned(world), "wake at 1700000290000\n");
  world.sources["uid-s"].finished_at = kNow - seconds(300);
  EXPECT_EQ(planned(world),
            "fetch https://git/shop.git for GitRepository default/shop since aaa\n"
            "  asked \"1 \" has files\n");
}

TEST(GitRepository, ANewCommit) {
  World world = settled("aaa");
  world.sources["uid-s"] = fetched("bbb");
  EXPECT_EQ(planned(world),
            "status GitRepository default/shop\n"
            "    status.artifact.digest: \"sha256:aaa\" -> \"sha256:bbb\"\n"
            "    status.artifact.revision: \"main@sha1:aaa\" -> \"main@sha1:bbb\"\n"
            "    status.conditions[0].message: \"stored artifact for revision 'main@sha1:aaa'\" -> "
            "\"stored artifact for revision 'main@sha1:bbb'\"\n"
            "    status.conditions[1].message: \"stored artifact for revision 'main@sha1:aaa'\" -> "
            "\"stored artifact for revision 'main@sha1:bbb'\"\n"
            "event Normal NewArtifact GitRepository default/shop: stored artifact for revision "
            "'main@sha1:bbb': the subject\n"
            "wake at 1700000290000\n");
}

TEST(GitRepository, WhoeverAsksIsAnsweredAtOnce) {
  World world = settled("aaa");
  change(world, [](auto& r) { r.metadata.annotations["reconcile.fluxcd.io/requestedAt"] = "t1"; });
  EXPECT_EQ(planned(world),
            "fetch https://git/shop.git for GitRepository default/shop since aaa\n"
            "  asked \"1 t1\"\n");
  world.sources["uid-s"] = fetched("aaa", "1 t1");
  EXPECT_EQ(planned(world),
            "status GitRepository default/shop\n"
            "    status.lastHandledReconcileAt: (none) -> \"t1\"\n"
            "wake at 1700000290000\n");
}

TEST(GitRepository, AnotherSpecIsFetchedAtOnce) {
  World world = settled("aaa");
  change(world, [](auto& r) {
    r.metadata.generation = 2;
    r.spec.ref->branch = "next";
  });
  EXPECT_EQ(planned(world),
            "fetch https://git/shop.git for GitRepository default/shop\n"
            "  asked \"2 \"\n");
  change(world, [](auto& r) {
    r.spec.ref->branch = "main";
    r.spec.ignore = "docs/";
    r.metadata.annotations["weir.dev/allow-force-push"] = "true";
  });
  EXPECT_EQ(planned(world),
            "fetch https://git/shop.git for GitRepository default/shop since aaa\n"
            "  asked \"2 \" may go back\n");
}

TEST(GitRepository, AfterARestartTheFilesComeAgain) {
  World world = settled("aaa");
  world.sources.clear();
  EXPECT_EQ(planned(world),
            "fetch https://git/shop.git for GitRepository default/shop since aaa\n"
            "  asked \"1 \"\n");
}

TEST(GitRepository, AFailureIsSaidAndTriedAgainLaterAndLater) {
  World world = settled("aaa");
  Source source = fetched("aaa");
  source.failures = 1;
  source.reason = "GitOperationFailed";
  source.message = "no answer";
  source.finished_at = kNow - seconds(1);
  world.sources["uid-s"] = source;
  EXPECT_EQ(
      planned(world),
      "status GitRepository default/shop\n"
      "    status.conditions[0].lastTransitionTime: 2023-11-14T22:12:20Z -> 2023-11-14T22:13:20Z\n"
      "    status.conditions[0].message: \"stored artifact for revision 'main@sha1:aaa'\" -> \"no "
      "answer\"\n"
      "    status.conditions[0].reason: \"Succeeded\" -> \"GitOperationFailed\"\n"
      "    status.conditions[0].status: \"True\" -> \"False\"\n"
      "    status.conditions[2]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, message: "
      "\"no answer\", observedGeneration: 1, reason: \"GitOperationFailed\", status: \"True\", "
      "type: \"FetchFailed\"}\n"
      "event Warning GitOperationFailed GitRepository default/shop: no answer\n"
      "wake at 1700000001000\n");
  world = World();
  world.put(Object(shop()));
  world.sources["uid-s"] = failed(4);
  EXPECT_EQ(planned(world),
            "status GitRepository default/shop\n"
            "    status.conditions[0]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"no answer\", observedGeneration: 1, reason: \"GitOperationFailed\", "
            "status: \"False\", type: \"Ready\"}\n"
            "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"no answer\", observedGeneration: 1, reason: \"GitOperationFailed\", "
            "status: \"True\", type: \"FetchFailed\"}\n"
            "    status.observedGeneration: 0 -> 1\n"
            "event Warning GitOperationFailed GitRepository default/shop: no answer\n"
            "wake at 1700000015000\n");
  world.sources["uid-s"].stalled = true;
  EXPECT_EQ(planned(world),
            "status GitRepository default/shop\n"
            "    status.conditions[0]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"no answer\", observedGeneration: 1, reason: \"GitOperationFailed\", "
            "status: \"False\", type: \"Ready\"}\n"
            "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"no answer\", observedGeneration: 1, reason: \"GitOperationFailed\", "
            "status: \"True\", type: \"FetchFailed\"}\n"
            "    status.conditions[2]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"no answer\", observedGeneration: 1, reason: \"GitOperationFailed\", "
            "status: \"True\", type: \"Stalled\"}\n"
            "    status.observedGeneration: 0 -> 1\n"
            "event Warning GitOperationFailed GitRepository default/shop: no answer\n");
}

TEST(GitRepository, SecretsAreReadAndNeverShown) {
  World world;
  api::GitRepository repository = shop();
  repository.spec.secretRef.emplace().name = "login";
  repository.spec.verify.emplace().secretRef.name = "keys";
  world.put(Object(repository));
  EXPECT_EQ(planned(world),
            "status GitRepository default/shop\n"
            "    status.conditions[0]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"failed to get secret 'default/login': secrets \\\"login\\\" not found\", "
            "observedGeneration: 1, reason: \"AuthenticationFailed\", status: \"False\", type: "
            "\"Ready\"}\n"
            "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"failed to get secret 'default/login': secrets \\\"login\\\" not found\", "
            "observedGeneration: 1, reason: \"AuthenticationFailed\", status: \"True\", type: "
            "\"FetchFailed\"}\n"
            "event Warning AuthenticationFailed GitRepository default/shop: failed to get secret "
            "'default/login': secrets \"login\" not found\n");
  world.put(Object(secret("login", {{"username", "ada"}, {"password", "hush"}})));
  world.put(Object(secret("keys", {{"ada.asc", "a public key"}})));
  EXPECT_EQ(planned(world),
            "status GitRepository default/shop\n"
            "    status.conditions[0]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"building artifact: new revision\", observedGeneration: 1, reason: "
            "\"Progressing\", status: \"True\", type: \"Reconciling\"}\n"
            "fetch https://git/shop.git for GitRepository default/shop\n"
            "  asked \"1  uid-login@7 uid-keys@7\" password=hush username=ada key ada.asc\n");
  EXPECT_EQ(text(plan(world, kShop, kNow), world).find("hush"), std::string::npos);
}

TEST(GitRepository, FilesOfOthers) {
  World world;
  api::GitRepository repository = shop();
  auto& include = repository.spec.include.emplace_back();
  include.repository.name = "base";
  include.fromPath = "deploy";
  world.put(Object(repository));
  EXPECT_EQ(planned(world),
            "status GitRepository default/shop\n"
            "    status.conditions[0]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"no artifact available for include 'base'\", observedGeneration: 1, reason: "
            "\"IncludeUnavailable\", status: \"False\", type: \"Ready\"}\n"
            "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"no artifact available for include 'base'\", observedGeneration: 1, reason: "
            "\"IncludeUnavailable\", status: \"True\", type: \"FetchFailed\"}\n"
            "event Warning IncludeUnavailable GitRepository default/shop: no artifact available "
            "for include 'base'\n");
  api::GitRepository base = shop();
  base.metadata.name = "base";
  base.metadata.uid = "uid-b";
  world.put(Object(base));
  world.sources["uid-b"] = fetched("ccc");
  EXPECT_EQ(planned(world),
            "status GitRepository default/shop\n"
            "    status.conditions[0]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "message: \"building artifact: new revision\", observedGeneration: 1, reason: "
            "\"Progressing\", status: \"True\", type: \"Reconciling\"}\n"
            "fetch https://git/shop.git for GitRepository default/shop\n"
            "  asked \"1  sha256:ccc\" deploy->base\n");
}

TEST(GitRepository, SuspendedOrDyingItFetchesNothing) {
  World world;
  api::GitRepository repository = shop();
  repository.spec.suspend = true;
  world.put(Object(repository));
  EXPECT_EQ(planned(world), "");
  repository.spec.suspend = false;
  repository.metadata.deletionTimestamp = to_seconds(kNow);
  repository.metadata.finalizers = {"somebody.else/waits"};
  world.put(Object(repository));
  EXPECT_EQ(planned(world), "");
}

}  // namespace
}  // namespace weir
