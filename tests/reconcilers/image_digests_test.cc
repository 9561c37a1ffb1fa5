// What a revision's images resolved to, and what its later pods run.

#include "reconcilers/image_digests.h"

#include <gtest/gtest.h>

#include "reconcilers/configuration.h"
#include "reconcilers/labels.h"
#include "reconcilers/replica_set.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::world;

constexpr char kName[] = "web-1";

// The pod's container runs what the engine calls `id`.
World running(const std::string& image, const std::string& id, const Image& known = {}) {
  World w =
      world().deployment("web", {.image = image}).replica_set(kName, {.image = image, .size = 1});
  for (const Key& key : w.keys(Kind::Pod)) {
    api::Pod pod = *w.get<api::Pod>(key.ns, key.name);
    api::ContainerStatus status;
    status.name = pod.spec.containers.at(0).name;
    status.imageID = id;
    pod.status.containerStatuses = {status};
    w.put(Object(pod));
  }
  w.images[image] = known;
  return w;
}

struct Row {
  const char* name;
  World world;
  std::string before;
  const char* want;
};

TEST(ImageDigests, AreRecordedOnce) {
  const Row rows[] = {
      {"nothing is known yet", running("web:1", ""), "", ""},
      {"its digest", running("web:1", "web@sha256:aa"), "", "web:1=web@sha256:aa"},
      {"of a registry's image in full", running("docker.io/library/web:1", "web@sha256:aa"), "",
       "docker.io/library/web:1=web@sha256:aa"},
      {"of its own repository",
       running("host:5000/web:1", "copy@sha256:aa",
               {.digests = {"copy@sha256:aa", "host:5000/web@sha256:aa"}}),
       "", "host:5000/web:1=host:5000/web@sha256:aa"},
      {"a tag that moved since counts for nothing",
       running("web:1", "web@sha256:aa", {.digests = {"web@sha256:bb"}}), "",
       "web:1=web@sha256:aa"},
      {"an image that was built here", running("web:1", "sha256:cc", {.id = "sha256:cc"}), "",
       "web:1=sha256:cc"},
      {"what is known stays", running("web:1", "web@sha256:bb"), "web:1=web@sha256:aa",
       "web:1=web@sha256:aa"},
      {"a digest that comes later", running("web:1", "web@sha256:bb"), "web:1=sha256:cc",
       "web:1=web@sha256:bb"},
      {"one that the user chose", running("web@sha256:dd", "web@sha256:dd"), "", ""},
  };
  for (const Row& row : rows) {
    std::map<std::string, std::string> annotations;
    if (!row.before.empty()) annotations[annotation::kImageDigests] = row.before;
    const auto& set = *row.world.get<api::ReplicaSet>("default", kName);
    record_digests(row.world, set, true, annotations);
    EXPECT_EQ(text_at(annotations, annotation::kImageDigests), row.want) << row.name;
    record_digests(row.world, set, false, annotations);
    EXPECT_TRUE(annotations.empty()) << row.name << ", and no longer wanted";
  }
}

TEST(ImageDigests, AreWhatLaterPodsRun) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "web:1"},
      {"web:1=web@sha256:aa", "web@sha256:aa"},
      {"web:1=sha256:cc", "web:1"},
      {"web:2=web@sha256:aa", "web:1"},
  };
  for (const auto& [digests, want] : rows) {
    const World w = world().deployment("web").replica_set(
        kName, {.size = 1, .available = 0, .annotations = {{annotation::kImageDigests, digests}}});
    const Plan made =
        plan_replica_set(w, {.kind = Kind::ReplicaSet, .ns = "default", .name = kName}, test::kNow);
    ASSERT_FALSE(made.changes.empty()) << digests;
    const auto* create = std::get_if<CreateObject>(&made.changes.front());
    ASSERT_TRUE(create) << digests;
    EXPECT_EQ(std::get<api::Pod>(create->object).spec.containers.at(0).image, want) << digests;
  }
}

}  // namespace
}  // namespace weir
