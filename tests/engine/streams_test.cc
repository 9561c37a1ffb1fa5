// Events, logs and exec: streams that are cut, framed, too long, or silent.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "tests/engine/fake_server.h"

namespace weir::engine {
namespace {

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
