// What the cache makes of what it is told: who is looked at again, and whom the gateway may ask.

#include "controller/loop/cache.h"

#include <gtest/gtest.h>

#include "reconcilers/sandbox.h"

namespace weir {
namespace {

const Key kService{.kind = Kind::Service, .ns = "default", .name = "web"};

StoredPtr stored(Object object) {
  const Key key = key_of(object);
  return std::make_shared<const Stored>(
      Stored{.key = key,
             .uid = meta(object).uid,
             .version = 1,
             .json = {},
             .typed = std::make_shared<const Object>(std::move(object))});
}

std::string drain(WorkQueue& queue) {
  std::string out;
  while (const auto key = queue.take()) {
    out += text(*key) + "\n";
    queue.done(*key);
  }
  return out;
}

RouteTable leading_to(const std::string& id) {
  return {.listeners = {{.name = "a", .rules = {{.backends = {{.endpoints = {{.id = id}}}}}}}}};
}

TEST(Cache, AServiceThatWentWhileWeirWasAwayIsLookedAt) {
  WorkQueue queue;
  Cache cache(queue);
  cache.load({.version = 1, .objects = {stored(Object(sandbox_of(kService)))}});
  EXPECT_EQ(drain(queue), text(sandbox_key(kService)) + "\n" + text(kService) + "\n");
}

// Else it takes the place of its successor, which is then removed as one too many.
TEST(Cache, AContainerThatIsGoneDoesNotComeBackWithAnOldList) {
  WorkQueue queue;
  Cache cache(queue);
  const Container container{.id = "4f1c", .state = ContainerState::running};
  cache.put(container);
  cache.erase_container(container.id);
  cache.put(container);
  EXPECT_EQ(cache.world().container(container.id), nullptr);
  cache.put({.id = "5a2d", .state = ContainerState::running});
  EXPECT_NE(cache.world().container("5a2d"), nullptr);
}

// Else it would be made again and again, and each time be found to be there.
TEST(Cache, AContainerThatWasNotFoundAndIsThereIsTaken) {
  WorkQueue queue;
  Cache cache(queue);
  const Container container{.id = "4f1c", .state = ContainerState::created};
  cache.put(container);
  cache.erase_container(container.id);
  cache.is_there(container.id);
  cache.put(container);
  EXPECT_NE(cache.world().container(container.id), nullptr);
}

TEST(Cache, WhoIsInATableThatIsOnItsWayMayBeAsked) {
  WorkQueue queue;
  Cache cache(queue);
  const auto in_use = [&] { return cache.world().gateway.in_use; };
  using InUse = std::map<std::string, std::int64_t>;
  cache.gateway_said({.reached = true, .in_use = InUse{{"old", 2}}});
  cache.publishing(leading_to("new"));
  EXPECT_EQ(in_use(), (InUse{{"new", 0}, {"old", 2}}));
  cache.published(leading_to("new"));
  EXPECT_EQ(in_use(), (InUse{{"new", 0}, {"old", 2}}));
  cache.gateway_said({.reached = true, .in_use = InUse{{"new", 0}}});
  EXPECT_EQ(in_use(), (InUse{{"new", 0}}));
}

// Else a pod that no table has any more waits until its grace is over.
TEST(Cache, TheFirstWordOfAGatewayIsHeardByAllPods) {
  WorkQueue queue;
  Cache cache(queue);
  cache.load({.version = 1, .objects = {stored(Object(sandbox_of(kService)))}});
  drain(queue);
  cache.gateway_said({.reached = true, .in_use = std::map<std::string, std::int64_t>{}});
  EXPECT_NE(drain(queue).find(text(sandbox_key(kService))), std::string::npos);
  cache.gateway_said({.reached = true, .in_use = std::map<std::string, std::int64_t>{}});
  EXPECT_EQ(drain(queue), "");
}

// It was sent before the gateway was reached, and goes there now.
TEST(Cache, WhatAGatewaySaysThatIsReachedAnewIsNotAboutATableThatIsStillToGo) {
  WorkQueue queue;
  Cache cache(queue);
  const auto in_use = [&] { return cache.world().gateway.in_use; };
  using InUse = std::map<std::string, std::int64_t>;
  cache.publishing(leading_to("lost"));
  cache.gateway_said({.reached = false, .trouble = "gone"});
  cache.not_published();
  cache.publishing(leading_to("new"));
  cache.gateway_said({.reached = true, .in_use = InUse{{"old", 2}}});
  EXPECT_EQ(in_use(), (InUse{{"new", 0}, {"old", 2}}));
  cache.not_published();
  EXPECT_EQ(in_use(), (InUse{{"new", 0}, {"old", 2}}));  // it may have arrived
  cache.gateway_said({.reached = false, .trouble = "gone"});
  cache.gateway_said({.reached = true, .in_use = InUse{{"old", 1}}});
  EXPECT_EQ(in_use(), (InUse{{"old", 1}}));
}

TEST(Cache, AListenerThatIsClosedSaysNothingOfWhoIsAsked) {
  WorkQueue queue;
  Cache cache(queue);
  const std::map<std::string, std::int64_t> asked{{"a", 1}};
  cache.gateway_said({.reached = true, .in_use = asked});
  cache.gateway_said({.reached = true, .closed = {{{"Service/default/web:80/node", "in use"}}}});
  EXPECT_EQ(cache.world().gateway.in_use, asked);
  EXPECT_EQ(cache.world().gateway.closed.size(), 1u);
}

}  // namespace
}  // namespace weir
