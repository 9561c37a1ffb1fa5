// The engine against a server that goes wrong in every way that a connection can.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "tests/engine/fake_server.h"

namespace weir::engine {
namespace {

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

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

std::string chunk(const std::string& bytes) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx", bytes.size());
  return size + ("\r\n" + bytes + "\r\n");
}
const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

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

// --- Events --------------------------------------------------------------------------------------

TEST(Events, HintsAndReconnections) {
  std::atomic<int> streams = 0;
  FakeServer server([&](Talk& talk) {
    if (talk.line.find("/events?") == std::string::npos) return talk.answer(200, "[]");
    ++streams;
    talk.say(kChunked +
             chunk(R"({"Type":"container","Action":"die","Actor":{"ID":"c)" +
                   std::to_string(streams) + R"("}})" + "\n") +
             chunk("garbage\n") +
             chunk(R"({"Type":"network","Actor":{"ID":"n1"}})"
                   "\n"));
    talk.wait_for_hang_up();
  });
  Lines hints;
  Client client(server.options());
  client.engine().follow([&](Hint hint) { hints.add(text(hint)); });
  ASSERT_TRUE(hints.wait_for("changed c1"));
  EXPECT_EQ(join(hints.all()), "connected\nchanged c1\n");

  hints.clear();
  server.set_version("1.45");  // it was upgraded
  server.cut_all();
  ASSERT_TRUE(hints.wait_for("changed c2"));
  EXPECT_EQ(
      replaced(join(hints.all()), "unix://" + server.path(), "SOCKET"),
      "lost: GET events: the connection to the Docker Engine at SOCKET broke before the whole "
      "answer came: transfer closed with outstanding read data remaining\n"
      "connected\nchanged c2\n");
  EXPECT_EQ(client.say(ListContainers{}), "");
  EXPECT_EQ(server.requests().all().back().substr(0, 26), "GET /v1.45/containers/json");
}

TEST(Events, TroubleIsToldOnceAndConnectedComesWhenItEnds) {
  std::atomic<bool> healthy = false;
  std::atomic<int> refused = 0;
  FakeServer server([&](Talk& talk) {
    if (healthy) {
      talk.say(kChunked);
      return talk.wait_for_hang_up();
    }
    ++refused;
    talk.answer(503, R"({"message":"starting"})");
    if (refused == 3) healthy = true;
  });
  Lines hints;
  Client client(server.options());
  client.engine().follow([&](Hint hint) { hints.add(text(hint)); });
  ASSERT_TRUE(hints.wait_for("connected"));
  EXPECT_EQ(join(hints.all()), "lost: GET events: starting\nconnected\n");
}

TEST(Events, OnlyOursAndOnlyChanges) {
  FakeServer server([](Talk& talk) { talk.wait_for_hang_up(); });
  DockerOptions options = server.options();
  options.instance = "main";
  Client client(options);
  client.engine().follow([](Hint) {});
  while (server.requests().all().empty()) std::this_thread::yield();
  const std::string line = server.requests().all()[0];
  EXPECT_EQ(
      line.substr(line.find("&filters=")),
      "&filters=%7B%22event%22%3A%5B%22create%22%2C%22start%22%2C%22die%22%2C%22oom%22%2C"
      "%22pause%22%2C%22unpause%22%2C%22rename%22%2C%22update%22%2C%22destroy%22%5D%2C"
      "%22label%22%3A%5B%22dev.weir.instance%3Dmain%22%5D%2C%22type%22%3A%5B%22container%22%5D"
      "%7D");
}

// --- Logs ----------------------------------------------------------------------------------------

std::string frame(const std::string& bytes) {
  return std::string("\1\0\0\0\0\0\0", 7) + static_cast<char>(bytes.size()) + bytes;
}

TEST(Logs, FramedAndRaw) {
  const struct {
    const char* name;
    std::string inspect;
    FakeServer::Handler logs;
    std::string bytes, end;
  } rows[] = {
      {"framed", R"({"Config":{"Tty":false}})",
       [](Talk& talk) { talk.answer(200, frame("one\n") + frame("two\n")); }, "one\ntwo\n", "done"},
      {"a tty", R"({"Config":{"Tty":true}})", [](Talk& talk) { talk.answer(200, "raw\r\n"); },
       "raw\r\n", "done"},
      {"not frames", R"({"Config":{}})", [](Talk& talk) { talk.answer(200, "raw text\n"); }, "",
       "internal: the engine's stream is not made of Docker's frames"},
      {"refused", R"({"Config":{}})",
       [](Talk& talk) {
         talk.answer(501, R"({"message":"configured logging driver does not support reading"})");
       },
       "", "unavailable: configured logging driver does not support reading"},
  };
  for (const auto& row : rows) {
    FakeServer server([&row](Talk& talk) {
      if (talk.line.find("/logs?") != std::string::npos) return row.logs(talk);
      talk.answer(200, row.inspect);
    });
    Client client(server.options());
    const Log log = read_log(client.engine(),
                             {.id = "a", .timestamps = true, .tail_lines = 5, .since_seconds = 7});
    EXPECT_EQ(log.bytes, row.bytes) << row.name;
    EXPECT_EQ(log.end ? "done" : text(Result<Reply>(tl::unexpected(log.end.error()))), row.end)
        << row.name;
    EXPECT_EQ(server.requests().all().back(),
              "GET /v1.41/containers/a/logs?stdout=1&stderr=1&tail=5&since=7&timestamps=1");
  }
}

TEST(Logs, TheHandleEndsAStream) {
  FakeServer server([](Talk& talk) {
    if (talk.line.find("/logs?") == std::string::npos) {
      return talk.answer(200, R"({"Config":{"Tty":true}})");
    }
    talk.say(kChunked + chunk("first\n"));
    talk.wait_for_hang_up();
  });
  Client client(server.options());
  Lines got;
  auto handle = client.engine().logs(
      {.id = "a", .follow = true},
      [&](std::string_view bytes) {
        got.add(std::string(bytes));
        return true;
      },
      [&](Result<void> end) { got.add(end ? "end" : end.error().message); });
  ASSERT_TRUE(got.wait_for("first\n"));
  handle.reset();
  ASSERT_TRUE(got.wait_for("end"));
  EXPECT_EQ(join(got.all()), "first\n\nend\n");
}

TEST(Logs, ManyButNotWithoutEnd) {
  FakeServer server([](Talk& talk) { talk.wait_for_hang_up(); });
  Client client(server.options());
  Lines ends;
  std::vector<std::shared_ptr<void>> handles;
  for (int i = 0; i < 257; ++i) {
    handles.push_back(client.engine().logs(
        {.id = "a", .follow = true}, [](std::string_view) { return true; },
        [&](Result<void> end) { ends.add(end ? "end" : end.error().message); }));
  }
  EXPECT_TRUE(ends.wait_for("too many log streams are open; close one and retry"));
  client.destroy();
  EXPECT_EQ(ends.all().size(), 257u);
}

// --- Exec ----------------------------------------------------------------------------------------

std::string answer_of(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Status\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(Execs, OutputIsCutAndTimeIsTheCommands) {
  const struct {
    const char* name;
    FakeServer::Handler start;
    std::string want;
    Duration timeout = Duration(60'000);
  } rows[] = {
      {"long output",
       [](Talk& talk) {
         talk.say("HTTP/1.1 200 OK\r\n\r\n");
         for (int i = 0; i < 200; ++i) talk.say(frame(std::string(100, 'x')));
         talk.hang_up();
       },
       "exit 3: " + std::string(10 << 10, 'x')},
      {"a slow command",
       [](Talk& talk) {
         talk.say("HTTP/1.1 200 OK\r\n\r\n" + frame("working"));
         talk.wait_for_hang_up();
       },
       "timed_out: command timed out: it did not end within 2000 ms", Duration(2'000)},
      {"a slow engine", [](Talk& talk) { talk.wait_for_hang_up(); },
       "unavailable: exec a: no answer", Duration(2'000)},
      {"a container that does not run",
       [](Talk& talk) { talk.answer(409, R"({"message":"Container a is not running"})"); },
       "conflict: Container a is not running"},
  };
  for (const auto& row : rows) {
    FakeServer server([&row](Talk& talk) {
      if (talk.line == "POST /v1.41/containers/a/exec") return talk.answer(201, R"({"Id":"e1"})");
      if (talk.line == "POST /v1.41/exec/e1/start") return row.start(talk);
      talk.say(answer_of(200, R"({"Running":false,"ExitCode":3})"));
    });
    const std::string got =
        Client(server.options()).say(Exec{.id = "a", .command = {"x"}, .timeout = row.timeout});
    EXPECT_EQ(got.substr(0, row.want.size()), row.want) << row.name;
  }
}

TEST(Execs, FourAtOnce) {
  std::atomic<int> under_way = 0, most = 0;
  FakeServer server([&](Talk& talk) {
    if (talk.line.ends_with("/exec")) {
      most = std::max(most.load(), ++under_way);
      return talk.answer(201, R"({"Id":"e1"})");
    }
    if (talk.line.ends_with("/start")) {
      talk.say("HTTP/1.1 200 OK\r\n\r\n");
      return talk.hang_up();
    }
    --under_way;
    talk.answer(200, R"({"ExitCode":0})");
  });
  Client client(server.options());
  std::vector<std::future<Result<Reply>>> execs;
  for (int i = 0; i < 20; ++i) {
    execs.push_back(client.begin(Exec{.id = "a", .command = {"x"}, .timeout = Duration(30'000)}));
  }
  for (auto& exec : execs) EXPECT_EQ(text(exec.get()), "exit 0: ");
  EXPECT_LE(most, 4);
}

}  // namespace
}  // namespace weir::engine
