// What an object may not make weir do: a table of URLs against a port that is open on every address
// of this host, and to which nobody comes.

#include <gtest/gtest.h>
#include <netdb.h>
#include <stdlib.h>

#include "tests/analysis/blocking_outgoing.h"
#include "tests/analysis/fake_resolver.h"
#include "tests/analysis/listener.h"
#include "tests/engine/fake_server.h"

namespace weir::analysis {
namespace {

class OutgoingDenied : public testing::Test {
 protected:
  std::string get(const std::string& url) {
    return answer(outgoing, {.url = with_port(url), .deadline = kPatient});
  }
  std::string with_port(const std::string& text) {
    return engine::replaced(text, "PORT", std::to_string(listener.port()));
  }
  Listener listener;
  Outgoing outgoing{policy()};
};

TEST_F(OutgoingDenied, Addresses) {
  const std::string loopback =
      "denied: http://127.0.0.1:PORT may not be reached: 127.0.0.1 is a loopback address";
  resolve_to("loopback.example", {"127.0.0.1"});
  resolve_to("several.example", {"169.254.169.254 127.0.0.1"});
  resolve_to("six.example", {"::1"});
  const struct {
    const char* url;
    std::string want;
  } rows[] = {
      {"http://127.0.0.1:PORT/", loopback},
      {"http://127.1:PORT/", loopback},
      {"http://2130706433:PORT/", loopback},
      {"http://0x7f000001:PORT/", loopback},
      {"http://0x7f.1:PORT/", loopback},
      {"http://0177.0.0.1:PORT/", loopback},
      {"HTTP://127.0.0.1:PORT/?q=secret#secret", loopback},
      {"http:/127.0.0.1:PORT/", loopback},
      {"https://127.0.0.1:PORT/",
       "denied: https://127.0.0.1:PORT may not be reached: 127.0.0.1 is a loopback address"},
      {"http://0.0.0.0:PORT/",
       "denied: http://0.0.0.0:PORT may not be reached: 0.0.0.0 is an unspecified address"},
      {"http://0:PORT/",
       "denied: http://0.0.0.0:PORT may not be reached: 0.0.0.0 is an unspecified address"},
      {"http://[::]:PORT/",
       "denied: http://[::]:PORT may not be reached: :: is an unspecified address"},
      {"http://[::1]:PORT/",
       "denied: http://[::1]:PORT may not be reached: ::1 is a loopback address"},
      {"http://[::ffff:127.0.0.1]:PORT/",
       "denied: http://[::ffff:127.0.0.1]:PORT may not be reached: 127.0.0.1 is a loopback "
       "address"},
      {"http://[::ffff:7f00:1]:PORT/",
       "denied: http://[::ffff:7f00:1]:PORT may not be reached: 127.0.0.1 is a loopback "
       "address"},
      {"http://[::127.0.0.1]:PORT/",
       "denied: http://[::127.0.0.1]:PORT may not be reached: ::127.0.0.1 carries 127.0.0.1, which "
       "is a loopback address"},
      {"http://[64:ff9b::7f00:1]:PORT/",
       "denied: http://[64:ff9b::7f00:1]:PORT may not be reached: 64:ff9b::7f00:1 carries "
       "127.0.0.1, which is a loopback address"},
      {"http://loopback.example:PORT/",
       "denied: http://loopback.example:PORT may not be reached: 127.0.0.1 is a loopback address"},
      {"http://several.example:PORT/",
       "denied: http://several.example:PORT may not be reached: 127.0.0.1 is a loopback address"},
      {"http://six.example:PORT/",
       "denied: http://six.example:PORT may not be reached: ::1 is a loopback address"},
      {"http://169.254.169.254/latest/meta-data/",
       "denied: http://169.254.169.254:80 may not be reached: 169.254.169.254 is a link-local "
       "address"},
      {"http://[fe80::1]/",
       "denied: http://[fe80::1]:80 may not be reached: fe80::1 is a link-local address"},
      {"http://255.255.255.255/",
       "denied: http://255.255.255.255:80 may not be reached: 255.255.255.255 is a broadcast "
       "address"},
  };
  for (const auto& row : rows) EXPECT_EQ(get(row.url), with_port(row.want)) << row.url;
  // What becomes of these depends on the host's resolver and locale.
  for (const char* url :
       {"http://localhost:PORT/", "http://LocalHost.:PORT/", "http://①②⑦.⓪.⓪.①:PORT/"}) {
    const std::string got = get(url);
    EXPECT_TRUE(got.starts_with("denied: ") || got.starts_with("unavailable: ")) << got;
  }
  EXPECT_EQ(listener.connections(), 0);
}

TEST_F(OutgoingDenied, ThisHostsOwnAddresses) {
  const auto interfaces = read_interfaces();
  ASSERT_TRUE(interfaces && !interfaces->empty());
  for (const HostInterface& one : *interfaces) {
    const std::string address = text(one.address);
    const std::string host = address.find(':') == address.npos ? address : "[" + address + "]";
    for (const char* port : {"PORT", "2375"}) {
      const std::string got = get("http://" + host + ":" + port + "/containers/json");
      EXPECT_TRUE(got.starts_with("denied: ")) << address << ": " << got;
    }
  }
  EXPECT_EQ(listener.connections(), 0);
}

TEST_F(OutgoingDenied, Urls) {
  const std::string scheme = "invalid: the URL's scheme is http or https";
  const std::string form =
      "invalid: the URL is not of the form http://host/path or https://host/path";
  const std::string credentials = "invalid: the URL has no user and no password in it";
  const struct {
    const char* url;
    std::string want;
  } rows[] = {
      {"ftp://127.0.0.1:PORT/", scheme},
      {"gopher://127.0.0.1:PORT/_GET", scheme},
      {"dict://127.0.0.1:PORT/d:secret", scheme},
      {"ldap://127.0.0.1:PORT/", scheme},
      {"unix://127.0.0.1:PORT/", scheme},
      {"file:///etc/passwd", form},
      {"127.0.0.1:PORT", form},
      {"//127.0.0.1:PORT/", form},
      {"", form},
      {"http://", form},
      {"http://127.0.0.1:99999/", form},
      {"http://127.0.0.1 :PORT/", form},
      {"http://a\r\nb/", form},
      {"http://[::1/", form},
      {"http://user:secret@127.0.0.1:PORT/", credentials},
      {"http://user@127.0.0.1:PORT/", credentials},
      {"http://example.com@127.0.0.1:PORT/", credentials},
      {"http://example.com:80@127.0.0.1:PORT/", credentials},
      {"http://@127.0.0.1:PORT/", credentials},
      {"http://example.com#@127.0.0.1:PORT/", "denied: http://example.com:80 may not"},
      {"http://127.0.0.1:PORT\\@example.com/", credentials},
  };
  resolve_to("example.com", {"255.255.255.255"});
  for (const auto& row : rows) {
    const std::string got = get(row.url);
    EXPECT_EQ(got.substr(0, row.want.size()), row.want) << row.url << ": " << got;
    EXPECT_EQ(got.find("secret"), got.npos) << got;
  }
  EXPECT_EQ(get("http://" + std::string(300, 'a') + "/"), form);
  EXPECT_EQ(listener.connections(), 0);
}

TEST_F(OutgoingDenied, ANameThatHasMovedSinceItWasLookedAt) {
  resolve_to("rebind.example", {"203.0.113.1", "127.0.0.1"});
  addrinfo* found = nullptr;
  ASSERT_EQ(::getaddrinfo("rebind.example", nullptr, nullptr, &found), 0);
  ::freeaddrinfo(found);
  EXPECT_EQ(get("http://rebind.example:PORT/"),
            with_port("denied: http://rebind.example:PORT may not be reached: 127.0.0.1 is a "
                      "loopback address"));
  EXPECT_EQ(lookups("rebind.example"), 2);
  EXPECT_EQ(listener.connections(), 0);
}

TEST_F(OutgoingDenied, ARedirectIsAnAnswer) {
  for (const char* to : {"http://127.0.0.1:PORT/", "http://169.254.169.254/latest/meta-data/",
                         "http://localhost:PORT/", "file:///etc/passwd", "//127.0.0.1:PORT/"}) {
    engine::FakeServer server(engine::FakeServer::Tcp::port, [&](engine::Talk& talk) {
      talk.say("HTTP/1.1 302 Found\r\nLocation: " + with_port(to) +
               "\r\nContent-Length: 4\r\n\r\nmove");
    });
    resolve_to("redirect.example", {"127.0.0.1"});
    Outgoing lenient(policy({"127.0.0.1"}));
    EXPECT_EQ(answer(lenient, {.url = "http://redirect.example:" + std::to_string(server.port()),
                               .deadline = kPatient}),
              "302 move")
        << to;
    EXPECT_EQ(server.requests().all().size(), 1u);
  }
  EXPECT_EQ(listener.connections(), 0);
}

TEST_F(OutgoingDenied, NoProxyOfTheEnvironment) {
  const std::string proxy = with_port("http://127.0.0.1:PORT");
  for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY"}) {
    ::setenv(name, proxy.c_str(), 1);
  }
  EXPECT_EQ(get("http://255.255.255.255/"),
            "denied: http://255.255.255.255:80 may not be reached: 255.255.255.255 is a broadcast "
            "address");
  for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY"}) ::unsetenv(name);
  EXPECT_EQ(listener.connections(), 0);
}

TEST_F(OutgoingDenied, RequestsThatMakeNoSense) {
  const std::string url = with_port("http://127.0.0.1:PORT/");
  const std::string header = "invalid: a header is a name, a colon and a value on one line";
  const struct {
    const char* name;
    OutgoingRequest request;
    std::string want;
  } rows[] = {
      {"a line break", {.url = url, .headers = {"A: b\r\nC: d"}}, header},
      {"a line feed", {.url = url, .headers = {"A: b\nC: d"}}, header},
      {"a zero byte", {.url = url, .headers = {std::string("A: b\0c", 6)}}, header},
      {"no colon", {.url = url, .headers = {"A"}}, header},
      {"no name", {.url = url, .headers = {": b"}}, header},
      {"a blank in the name", {.url = url, .headers = {"A : b"}}, header},
      {"a break in the name", {.url = url, .headers = {"A\r\nB: c"}}, header},
      {"its length",
       {.url = url, .headers = {"content-length: 7"}},
       "invalid: Content-Length cannot be set"},
      {"its encoding",
       {.url = url, .headers = {"Transfer-Encoding: chunked"}},
       "invalid: Transfer-Encoding cannot be set"},
      {"two authorizations",
       {.url = url, .headers = {"authorization: Bearer t"}, .user = "u"},
       "invalid: an Authorization header and basic authentication exclude each other"},
      {"a colon", {.url = url, .user = "a:b"}, "invalid: a user name has no colon"},
      {"a method",
       {.method = "CONNECT", .url = url},
       "invalid: the method is GET, POST, PUT, PATCH or DELETE"},
      {"a method with more",
       {.method = "GET / HTTP/1.1\r\nA: b\r\n\r\nPOST", .url = url},
       "invalid: the method is GET, POST, PUT, PATCH or DELETE"},
      {"GET's body", {.url = url, .body = "x"}, "invalid: GET has no body"},
      {"no time", {.url = url, .deadline = Duration(0)}, "invalid: the deadline is above 0"},
      {"no address",
       {.url = url, .hosts = {{"web", "nowhere"}}},
       "invalid: the address of web is not known"},
  };
  for (const auto& row : rows) EXPECT_EQ(answer(outgoing, row.request), row.want) << row.name;
  EXPECT_EQ(listener.connections(), 0);
}

}  // namespace
}  // namespace weir::analysis
