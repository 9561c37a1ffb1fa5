#include "reconcilers/names.h"

#include <gtest/gtest.h>

#include <set>

#include "reconcilers/labels.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::pod_template;

TEST(Fnv1a, KnownValues) {
  EXPECT_EQ(fnv1a_32(""), 0x811c9dc5u);
  EXPECT_EQ(fnv1a_32("a"), 0xe40c292cu);
  EXPECT_EQ(fnv1a_32("foobar"), 0xbf9cf968u);
}

TEST(PodTemplateHash, FollowsTheTemplateAndTheCollisions) {
  const std::string hash = pod_template_hash(pod_template("web", "web:1"), {});
  EXPECT_EQ(hash, pod_template_hash(pod_template("web", "web:1"), {}));
  EXPECT_NE(hash, pod_template_hash(pod_template("web", "web:2"), {}));
  EXPECT_NE(hash, pod_template_hash(pod_template("api", "web:1"), {}));
  EXPECT_NE(hash, pod_template_hash(pod_template("web", "web:1"), 0));
  EXPECT_NE(pod_template_hash(pod_template("web", "web:1"), 1),
            pod_template_hash(pod_template("web", "web:1"), 2));
}

TEST(PodTemplateHash, IgnoresItsOwnLabel) {
  api::PodTemplateSpec labelled = pod_template("web", "web:1");
  labelled.metadata.labels[kPodTemplateHash] = "x";
  EXPECT_EQ(pod_template_hash(labelled, {}), pod_template_hash(pod_template("web", "web:1"), {}));
}

TEST(PodTemplateHash, HasNoLettersThatMakeWords) {
  for (int i = 0; i < 100; ++i) {
    const std::string hash = pod_template_hash(pod_template("web", std::to_string(i)), {});
    EXPECT_EQ(hash.find_first_not_of("bcdfghjklmnpqrstvwxz2456789"), std::string::npos) << hash;
    EXPECT_GE(hash.size(), 1u);
    EXPECT_LE(hash.size(), 10u);
  }
}

TEST(PodName, IsDerivedFromOwnerAndSlot) {
  EXPECT_EQ(pod_name("web-5d9c", 0), pod_name("web-5d9c", 0));
  EXPECT_EQ(pod_name("web-5d9c", 0).substr(0, 9), "web-5d9c-");
  EXPECT_EQ(pod_name("web-5d9c", 0).size(), 14u);
  EXPECT_NE(pod_name("web-5d9c", 0).substr(9), pod_name("web-6d9c", 0).substr(9));
}

TEST(PodName, SlotsHardlyEverCollide) {
  std::set<std::string> names;
  for (int slot = 0; slot < 1000; ++slot) names.insert(pod_name("web-5d9c", slot));
  EXPECT_EQ(names.size(), 1000u);
}

TEST(PodName, FitsAHostName) {
  const std::string name = pod_name(std::string(200, 'a'), 7);
  EXPECT_EQ(name.size(), 63u);
  EXPECT_NE(name, pod_name(std::string(200, 'a'), 8));
  EXPECT_NE(name.substr(58), pod_name(std::string(201, 'a'), 7).substr(58));
}

}  // namespace
}  // namespace weir
