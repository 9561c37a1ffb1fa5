#pragma once

// What the tests on a real Docker Engine share.

#include <gtest/gtest.h>

#include "tests/engine/throw_away.h"
#include "tests/support/soon.h"

namespace weir::engine {

inline constexpr Duration kPatient(60'000);

class OnDocker : public testing::Test {
 protected:
  OnDocker() : client(ThrowAway::options()) {
    EXPECT_TRUE(client.say(EnsureNetwork{.name = "weir-test"}).starts_with("done "));
  }
  // Whatever a test made goes, and no other test sees it.
  ~OnDocker() override {
    for (const Container& container : list()) client.ask(RemoveContainer{.id = container.id});
  }

  std::vector<Container> list() {
    const Result<Reply> reply = client.ask(ListContainers{.instance = "test"});
    EXPECT_TRUE(reply) << text(reply);
    return reply ? std::get<std::vector<Container>>(*reply) : std::vector<Container>{};
  }
  static ContainerSpec spec(const std::string& name) {
    return {.name = name,
            .labels = {{label::kInstance, "test"}, {label::kUid, "u-" + name}},
            .image = "weir-demo:v1",
            .network = "weir-test"};
  }
  std::string create(ContainerSpec spec) {
    const Result<Reply> reply = client.ask(CreateContainer{.spec = std::move(spec)});
    EXPECT_TRUE(reply) << text(reply);
    return reply ? std::get<Done>(*reply).id : "";
  }
  std::string run(ContainerSpec spec) {
    std::string id = create(std::move(spec));
    EXPECT_EQ(client.say(StartContainer{.id = id}), "done");
    return id;
  }
  Container inspect(const std::string& id) {
    const Result<Reply> reply = client.ask(InspectContainer{.id = id});
    EXPECT_TRUE(reply) << text(reply);
    return reply ? std::get<Container>(*reply) : Container{};
  }
  // Until the container is in that state; the last one is what the test sees if it never is.
  Container wait_for(const std::string& id, ContainerState state) {
    Container container;
    test::soon([&] {
      container = inspect(id);
      return container.state == state;
    });
    EXPECT_EQ(text(container.state), text(state));
    return container;
  }
  // Waits until somebody listens there.
  bool answers(const std::string& host, int port) {
    return test::soon([&] { return client.say(TcpConnect{.host = host, .port = port}) == "done"; });
  }
  // The demo server's, once it listens.
  std::string address(const std::string& id) {
    std::string ip = inspect(id).ip;
    EXPECT_TRUE(answers(ip, 8080));
    return ip;
  }

  Client client;
};

}  // namespace weir::engine
