// Servers that stop, break off, lie, or send what is no repository.

#include <chrono>

#include "tests/gitops/git_fixture.h"
#include "tests/gitops/servers.h"

namespace weir::gitops {
namespace {

class HostileServerTest : public GitFixture {
 protected:
  HostileServerTest() { commit("a.yaml", std::string(10'000, 'a')); }

  FetchRequest at(const HttpServer& server) const {
    FetchRequest asked = request();
    asked.url = server.url();
    return asked;
  }
  std::string failed(const FetchRequest& asked, const std::string& why) const {
    return "GitOperationFailed: cannot fetch " + asked.url + ": " + why;
  }
};

TEST_F(HostileServerTest, OneThatStopsInTheMiddle) {
  const HttpServer server(folder_, {"--bad", "stall"});
  FetchRequest asked = at(server);
  asked.limits.stall = std::chrono::milliseconds(300);
  EXPECT_EQ(fetched(asked),
            failed(asked, "there was no progress for 300 ms: see whether the server answers"));
  asked.limits.stall = std::chrono::seconds(30);
  asked.timeout = std::chrono::milliseconds(1000);
  EXPECT_EQ(fetched(asked), failed(asked,
                                   "it was not done within 1 s: see whether the server answers, or "
                                   "give it more in spec.timeout"));
  // What it left does not stand in the way of a server that answers.
  const HttpServer good(folder_, {});
  EXPECT_TRUE(fetch(at(good)));
}

TEST_F(HostileServerTest, OneThatIsNotThere) {
  FetchRequest asked = request();
  asked.url = "http://127.0.0.1:1/a.git";
  EXPECT_EQ(fetched(asked), failed(asked, "failed to connect to 127.0.0.1: Connection refused"));
}

TEST_F(HostileServerTest, OneThatBreaksOff) {
  const HttpServer server(folder_, {"--bad", "close"});
  EXPECT_EQ(fetched(at(server)),
            failed(at(server), "http parser error: stream ended at an unexpected time"));
}

TEST_F(HostileServerTest, OneThatSpeaksNoHttp) {
  const HttpServer server(folder_, {"--bad", "garbage"});
  EXPECT_EQ(fetched(at(server)), failed(at(server), "http parser error: invalid constant string"));
}

TEST_F(HostileServerTest, RefsWithoutEnd) {
  const HttpServer server(folder_, {"--bad", "endless"});
  FetchRequest asked = at(server);
  asked.limits.stall = std::chrono::seconds(2);
  EXPECT_EQ(fetched(asked),
            failed(asked, "there was no progress for 2 s: see whether the server answers"));
}

// What a server says gets into a condition: not with what it was told.
TEST_F(HostileServerTest, OneThatRepeatsTheCredentials) {
  shell(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x "
      "-addext subjectAltName=DNS:localhost -keyout " +
      folder_ + "/key -out " + folder_ + "/crt 2>/dev/null");
  const HttpServer server(folder_, {"--tls", folder_ + "/crt", folder_ + "/key", "--user",
                                    "ada:right", "--bad", "echo"});
  FetchRequest asked = at(server);
  asked.credentials = {
      .username = "ada", .password = "secret", .ca_certificate = read_file(folder_ + "/crt")};
  EXPECT_EQ(fetched(asked), failed(asked, "remote error: no: Basic ***ada:***"));
}

// Packs with a few bytes changed, and packs of made-up objects: an error or, where the change is of
// no consequence, the content; and never a crash.
TEST_F(HostileServerTest, PacksThatAreSpoiled) {
  for (int i = 0; i < 30; ++i) commit("f" + std::to_string(i) + ".yaml", std::string(i * 10, 'x'));
  const std::string content = fetched(request());
  for (const char* how : {"corrupt:0", "invent:0"}) {
    const HttpServer server(folder_, {"--bad", how});
    int errors = 0;
    for (int seed = 0; seed < 60; ++seed) {
      FetchRequest asked = at(server);
      asked.source = "spoiled";
      const FetchResult result = fetch(asked);
      fetcher_->forget(asked.source);
      const std::string text = text_of(result);
      EXPECT_TRUE(text == content ||
                  text.starts_with("GitOperationFailed: cannot fetch " + asked.url + ": "))
          << how << " " << seed << " " << text;
      EXPECT_EQ(text.find("crashed"), text.npos) << how << " " << seed << " " << text;
      errors += result ? 0 : 1;
    }
    EXPECT_GT(errors, 50) << how;
  }
}

}  // namespace
}  // namespace weir::gitops
