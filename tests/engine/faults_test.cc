// The engine against a server that goes wrong in every way that a connection can.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "tests/engine/fake_server.h"

namespace weir::engine {
namespace {

// For servers that never answer: short, and long enough for a busy machine to get as far as that.
DockerOptions hasty(const FakeServer& server) {
  DockerOptions options = server.options();
  const Duration soon(1'500);
  options.deadlines = {.list = soon,
                       .inspect = soon,
                       .change = soon,
                       .stop_extra = soon,
                       .silence = Duration(1'000)};
  return options;
}

TEST(Faults, EachEndsInItsOwnError) {
  const struct {
    const char* name;
    Request request;
    FakeServer::Handler handler;
    std::string want;
  } rows[] = {
      {"a chunked body that is cut", ListContainers{.instance = "main"},
       [](Talk& talk) {
         talk.say(kChunked + chunk("[{\"Id\":"));
         talk.hang_up();
       },
       "timed_out: GET containers/json: the connection to the Docker Engine at SOCKET broke before "
       "the whole answer came: transfer closed with outstanding read data remaining"},
      {"a body shorter than it said", InspectContainer{.id = "a"},
       [](Talk& talk) {
         talk.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}");
         talk.hang_up();
       },
       "timed_out: GET containers/a/json: the connection to the Docker Engine at SOCKET broke "
       "before "
       "the whole answer came: transfer closed with 98 bytes remaining to read"},
      {"no answer to a mutation", StartContainer{.id = "a"}, [](Talk& talk) { talk.hang_up(); },
       "timed_out: start a: the connection to the Docker Engine at SOCKET broke before the whole "
       "answer came: Empty reply from server"},
      {"not HTTP", StartContainer{.id = "a"},
       [](Talk& talk) {
         talk.say("SSH-2.0-OpenSSH_9.2\r\n");
         talk.hang_up();
       },
       "timed_out: start a: the connection to the Docker Engine at SOCKET broke before the whole "
       "answer came: Received HTTP/0.9 when not allowed"},
      {"a stall before the answer", StartContainer{.id = "a"},
       [](Talk& talk) { talk.wait_for_hang_up(); },
       "timed_out: start a: no answer from the Docker Engine at SOCKET in time: Operation timed "
       "out "
       "after N milliseconds with 0 bytes received"},
      {"a stall inside the answer", InspectContainer{.id = "a"},
       [](Talk& talk) {
         talk.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}");
         talk.wait_for_hang_up();
       },
       "timed_out: GET containers/a/json: no answer from the Docker Engine at SOCKET in time: "
       "Operation timed out after N milliseconds with 2 out of 100 bytes received"},
      {"a huge body", InspectContainer{.id = "a"},
       [](Talk& talk) {
         const std::string piece(1 << 20, 'x');
         talk.say(kChunked);
         for (int i = 0; i < 9; ++i) talk.say(chunk(piece));
         talk.wait_for_hang_up();
       },
       "too_large: GET containers/a/json: the answer of the Docker Engine at SOCKET is larger than "
       "8 "
       "MiB"},
      {"a body of brackets", InspectContainer{.id = "a"},
       [](Talk& talk) { talk.answer(200, std::string(100'000, '[')); },
       "internal: cannot read the engine's answer: PARSER"},
      {"a proxy's error page", InspectContainer{.id = "a"},
       [](Talk& talk) { talk.answer(502, "<html>bad gateway</html>"); },
       "unavailable: <html>bad gateway</html>"},
      {"a pull with an error in its stream", PullImage{.reference = "a:1"},
       [](Talk& talk) {
         talk.say(kChunked + chunk("{\"status\":\"Pulling\"}\r\n") +
                  chunk("{\"error\":\"toomanyrequests: rate limit\"}\r\n") + chunk(""));
       },
       "exhausted: toomanyrequests: rate limit"},
      {"a pull that is cut", PullImage{.reference = "a:1"},
       [](Talk& talk) {
         talk.say(kChunked + chunk("{\"status\":\"Pulling\"}\r\n"));
         talk.hang_up();
       },
       "timed_out: pull a:1: the connection to the Docker Engine at SOCKET broke before the whole "
       "answer came: transfer closed with outstanding read data remaining"},
      {"a pull that ends without a word", PullImage{.reference = "a:1"},
       [](Talk& talk) { talk.say(kChunked + chunk("{\"status\":\"Pulling\"}\r\n") + chunk("")); },
       "timed_out: the pull ended without a final status; its outcome is unknown"},
      {"a pull that falls silent", PullImage{.reference = "a:1"},
       [](Talk& talk) {
         talk.say(kChunked + chunk("{\"status\":\"Pulling\"}\r\n"));
         talk.wait_for_hang_up();
       },
       "timed_out: pull a:1: no answer from the Docker Engine at SOCKET in time: Operation too "
       "slow. "
       "Less than 1 bytes/sec transferred the last 1 seconds"},
      {"a pull with a line without end", PullImage{.reference = "a:1"},
       [](Talk& talk) {
         talk.say(kChunked + chunk(std::string(2 << 20, 'x')));
         talk.wait_for_hang_up();
       },
       "too_large: the engine sent a line of more than 1 MiB"},
      {"a pull that is refused", PullImage{.reference = "A:1"},
       [](Talk& talk) { talk.answer(400, R"({"message":"invalid reference format"})"); },
       "bad_request: invalid reference format"},
      {"a registry that refuses", PullImage{.reference = "a:1"},
       [](Talk& talk) {
         talk.answer(404, R"({"message":"pull access denied for a, repository does not exist"})");
       },
       "denied: pull access denied for a, repository does not exist"},
      {"an engine that is too new", StartContainer{.id = "a"},
       [](Talk& talk) {
         talk.answer(400, R"({"message":"client version 1.41 is too old. Minimum supported API )"
                          R"(version is 1.60, please upgrade your client to a newer version"})");
       },
       "unsupported: client version 1.41 is too old. Minimum supported API version is 1.60, please "
       "upgrade your client to a newer version (this weir is older than the engine: upgrade weir)"},
      {"a name that is held", CreateContainer{.spec = {.name = "a", .image = "b"}},
       [](Talk& talk) {
         talk.answer(409, R"({"message":"Conflict. The container name \"/a\" is already in use by )"
                          R"(container \"4f\". You have to remove (or rename) that container"})");
       },
       "conflict: Conflict. The container name \"/a\" is already in use by container \"4f\". You "
       "have "
       "to remove (or rename) that container"},
      {"a removal under way", RemoveContainer{.id = "a"},
       [](Talk& talk) {
         talk.answer(409, R"({"message":"removal of container a is already in progress"})");
       },
       "unavailable: removal of container a is already in progress"},
      {"removed already", RemoveContainer{.id = "a"},
       [](Talk& talk) { talk.answer(404, R"({"message":"No such container: a"})"); }, "done"},
      {"stopped already", StopContainer{.id = "a"},
       [](Talk& talk) { talk.say("HTTP/1.1 304 Not Modified\r\n\r\n"); }, "done"},
      {"started already", StartContainer{.id = "a"},
       [](Talk& talk) { talk.say("HTTP/1.1 304 Not Modified\r\n\r\n"); }, "done"},
      {"not paused", UnpauseContainer{.id = "a"},
       [](Talk& talk) { talk.answer(500, R"({"message":"Container a is not paused"})"); }, "done"},
      {"a port that is taken", StartContainer{.id = "a"},
       [](Talk& talk) {
         talk.answer(500, R"({"message":"Bind for 0.0.0.0:80 failed: port is already allocated"})");
       },
       "invalid: Bind for 0.0.0.0:80 failed: port is already allocated"},
      {"a network that is gone", StartContainer{.id = "a"},
       [](Talk& talk) { talk.answer(404, R"({"message":"network weir not found"})"); },
       "unavailable: network weir not found"},
      {"a network of another driver", EnsureNetwork{.name = "weir"},
       [](Talk& talk) { talk.answer(200, R"({"Id":"n1","Driver":"overlay"})"); },
       "conflict: the network is held by one of driver overlay, where weir needs a bridge: start "
       "weir with another --instance"},
  };
  for (const auto& row : rows) {
    FakeServer server(row.handler);
    const std::string name = row.name;
    const bool stalls = name.find("stall") != name.npos || name.find("silent") != name.npos;
    DockerOptions options = stalls ? hasty(server) : server.options();
    if (!stalls) options.deadlines.inspect = options.deadlines.list = Duration(60'000);
    std::string got = Client(options).say(row.request);
    got = replaced(got, "unix://" + server.path(), "SOCKET");
    if (const std::size_t at = got.find("after "); at != got.npos) {
      const std::size_t end = got.find(" milliseconds");
      if (end != got.npos) got.replace(at + 6, end - at - 6, "N");
    }
    if (row.want.ends_with("PARSER") && got.size() > row.want.size()) {
      got = got.substr(0, row.want.size() - 6) + "PARSER";
    }
    EXPECT_EQ(got, row.want) << row.name;
    EXPECT_EQ(server.requests().all().size(), 1u) << row.name << ": nothing is sent twice";
  }
}

TEST(Faults, NobodyListens) {
  FakeServer server([](Talk&) {});
  DockerOptions options = server.options();
  options.host += ".not";
  EXPECT_EQ(Client(options).say(StartContainer{.id = "a"}),
            "unavailable: cannot connect to the Docker Engine at " + options.host +
                ": No such file or directory; is it running?");
}

TEST(Faults, Versions) {
  const auto answer = [](Talk& talk) { talk.say("HTTP/1.1 204 No Content\r\n\r\n"); };
  const struct {
    std::string server, want, path;
  } rows[] = {
      {"1.41", "done", "POST /v1.41/containers/a/start\n"},
      {"1.44", "done", "POST /v1.44/containers/a/start\n"},
      {"1.52", "done", "POST /v1.47/containers/a/start\n"},
      {"1.40",
       "unsupported: the Docker Engine at SOCKET has API version 1.40; weir needs 1.41 (Docker "
       "20.10) "
       "or later",
       ""},
      {"", "unsupported: SOCKET does not answer like a Docker Engine", ""},
      {"nonsense", "unsupported: SOCKET does not answer like a Docker Engine", ""},
  };
  for (const auto& row : rows) {
    FakeServer server(answer, row.server);
    const std::string got = Client(server.options()).say(StartContainer{.id = "a"});
    EXPECT_EQ(replaced(got, "unix://" + server.path(), "SOCKET"), row.want);
    EXPECT_EQ(join(server.requests().all()), row.path);
  }
}

// libcurl would send a request again, silently, when a connection that it kept has died.
TEST(Faults, AMutationIsNeverSentTwiceOnAConnectionThatDied) {
  FakeServer server([](Talk& talk) {
    if (talk.line.starts_with("GET")) {
      talk.answer(200, "[]");
    } else {
      talk.hang_up();
    }
  });
  Client client(server.options());
  ASSERT_EQ(client.say(ListContainers{}), "");  // leaves an idle connection
  EXPECT_TRUE(client.say(StartContainer{.id = "a"}).starts_with("timed_out: start a: "));
  EXPECT_EQ(server.requests().all().size(), 2u);
}

TEST(Faults, ReadsKeepTheirConnection) {
  FakeServer server([](Talk& talk) { talk.answer(200, "[]"); });
  Client client(server.options());
  for (int i = 0; i < 10; ++i) ASSERT_EQ(client.say(ListContainers{}), "");
  EXPECT_EQ(server.connections(), 1);
}

TEST(Faults, MutationsAreBoundedInOrderAndStopsGoBeside) {
  std::mutex mutex;
  std::condition_variable changed;
  int allowed = 0;
  bool finished = false;
  std::atomic<int> under_way = 0, most = 0;
  FakeServer server([&](Talk& talk) {
    if (talk.line.find("/start") != std::string::npos) {
      most = std::max(most.load(), ++under_way);
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return allowed > 0 || finished; });
      --allowed;
      --under_way;
    }
    talk.say("HTTP/1.1 204 No Content\r\n\r\n");
  });
  DockerOptions options = server.options();
  options.mutations_max = 2;
  Client client(options);
  std::vector<std::future<Result<Reply>>> starts;
  for (int i = 0; i < 5; ++i) {
    starts.push_back(client.begin(StartContainer{.id = "s" + std::to_string(i)}));
  }
  EXPECT_EQ(client.say(StopContainer{.id = "t", .grace_seconds = 1}), "done");
  ASSERT_TRUE(server.requests().wait_for("POST /v1.41/containers/s0/start"));
  ASSERT_TRUE(server.requests().wait_for("POST /v1.41/containers/s1/start"));
  EXPECT_EQ(under_way, 2);
  {
    const std::lock_guard lock(mutex);
    allowed = 1;
  }
  changed.notify_all();
  ASSERT_TRUE(server.requests().wait_for("POST /v1.41/containers/s2/start"));
  const auto requests = join(server.requests().all());
  EXPECT_EQ(requests.find("s3"), requests.npos) << requests;
  {
    const std::lock_guard lock(mutex);
    finished = true;
  }
  changed.notify_all();
  for (auto& start : starts) EXPECT_EQ(text(start.get()), "done");
  EXPECT_EQ(most, 2);
}

TEST(Faults, AStuckMutationDelaysNoRead) {
  FakeServer server([](Talk& talk) {
    if (talk.line.starts_with("POST")) return talk.wait_for_hang_up();
    talk.answer(200, "[]");
  });
  Client client(server.options());
  std::vector<std::future<Result<Reply>>> stuck;
  for (int i = 0; i < 20; ++i) stuck.push_back(client.begin(StartContainer{.id = "a"}));
  EXPECT_EQ(client.say(ListContainers{}), "");
  client.destroy();
  // Each is answered, though the engine never was.
  for (auto& reply : stuck) {
    const std::string got = text(reply.get());
    EXPECT_TRUE(got == "timed_out: start a: weir is stopping" ||
                got.starts_with("unavailable: start a: not sent"))
        << got;
  }
}

TEST(Faults, WhatWaitedForADeadEngineIsNotSent) {
  FakeServer server([](Talk& talk) { talk.wait_for_hang_up(); });
  DockerOptions options = hasty(server);
  options.mutations_max = 1;
  Client client(options);
  std::vector<std::future<Result<Reply>>> replies;
  for (int i = 0; i < 50; ++i) {
    replies.push_back(client.begin(StartContainer{.id = "s" + std::to_string(i)}));
  }
  EXPECT_TRUE(text(replies[0].get()).starts_with("timed_out: start s0: no answer"));
  int not_sent = 0;
  for (int i = 1; i < 50; ++i) {
    const std::string got = text(replies[i].get());
    not_sent += got == "unavailable: start s" + std::to_string(i) +
                           ": not sent, because the engine does not answer what was sent before it";
  }
  // Some may have come only after the first was under way; they had a try of their own.
  EXPECT_GE(not_sent, 48);
  EXPECT_LE(server.requests().all().size(), 2u);
}

TEST(Faults, OnePullForAllWhoWait) {
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  FakeServer server([gone](Talk& talk) {
    if (talk.line.starts_with("GET")) return talk.answer(200, R"({"Id":"sha256:1"})");
    gone.wait();
    talk.say(kChunked + chunk("{\"status\":\"Status: Downloaded newer image for a:1\"}\n") +
             chunk(""));
  });
  Client client(server.options());
  std::vector<std::future<Result<Reply>>> pulls;
  for (int i = 0; i < 3; ++i) pulls.push_back(client.begin(PullImage{.reference = "a:1"}));
  pulls.push_back(client.begin(PullImage{.reference = "b@sha256:2"}));
  ASSERT_TRUE(server.requests().wait_for("POST /v1.41/images/create?fromImage=b&tag=sha256%3A2"));
  go.set_value();
  for (auto& pull : pulls) EXPECT_EQ(text(pull.get()), "image sha256:1");
  std::vector<std::string> requests = server.requests().all();
  std::sort(requests.begin(), requests.end());
  EXPECT_EQ(join(requests),
            "GET /v1.41/images/a%3A1/json\n"
            "GET /v1.41/images/b%40sha256%3A2/json\n"
            "POST /v1.41/images/create?fromImage=a&tag=1\n"
            "POST /v1.41/images/create?fromImage=b&tag=sha256%3A2\n");
}

}  // namespace
}  // namespace weir::engine
