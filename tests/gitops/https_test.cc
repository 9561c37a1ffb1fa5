// Over HTTP and HTTPS: certificates, passwords and tokens, redirects.

#include "tests/gitops/git_fixture.h"
#include "tests/gitops/servers.h"

namespace weir::gitops {
namespace {

class HttpsTest : public GitFixture {
 protected:
  HttpsTest() {
    commit("a.yaml", "one");
    certificate("server", "DNS:localhost");
    certificate("other", "DNS:elsewhere.example");
  }

  void certificate(const std::string& name, const std::string& names) const {
    shell(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "
        "/CN=" +
        name + " -addext subjectAltName=" + names + " -keyout " + folder_ + "/" + name +
        ".key -out " + folder_ + "/" + name + ".crt 2>/dev/null");
  }
  std::vector<std::string> tls(const std::string& name,
                               const std::vector<std::string>& more = {}) const {
    std::vector<std::string> options{"--tls", folder_ + "/" + name + ".crt",
                                     folder_ + "/" + name + ".key"};
    options.insert(options.end(), more.begin(), more.end());
    return options;
  }
  FetchRequest at(const HttpServer& server) const {
    FetchRequest asked = request();
    asked.url = server.url();
    asked.credentials.ca_certificate = read_file(folder_ + "/server.crt");
    return asked;
  }
  std::string content() {
    return "main@sha1:" + id() + " \"change a.yaml\" by Ada <ada@example.com>\na.yaml = one";
  }
};

TEST_F(HttpsTest, PlainHttp) {
  const HttpServer server(folder_, {});
  EXPECT_EQ(fetched(at(server)), content());
}

TEST_F(HttpsTest, Certificates) {
  const HttpServer good(folder_, tls("server")), elsewhere(folder_, tls("other"));
  FetchRequest asked = at(good);
  EXPECT_EQ(fetched(asked), content());

  const std::string untrusted =
      "the server's certificate is not of an authority that is trusted here, or not of this host: "
      "give the authority as ca.crt in the Secret of secretRef";
  asked.credentials.ca_certificate = read_file(folder_ + "/other.crt");
  EXPECT_EQ(fetched(asked), "GitOperationFailed: cannot fetch " + asked.url + ": " + untrusted);
  asked.credentials.ca_certificate = "";  // the system's do not know it either
  EXPECT_EQ(fetched(asked), "GitOperationFailed: cannot fetch " + asked.url + ": " + untrusted);
  asked.credentials.ca_certificate = "no certificate";
  EXPECT_EQ(fetched(asked),
            "AuthenticationFailed: ca.crt in the Secret of secretRef is no certificate in PEM");

  asked = at(elsewhere);  // a good authority, another host
  asked.credentials.ca_certificate = read_file(folder_ + "/other.crt");
  EXPECT_EQ(fetched(asked), "GitOperationFailed: cannot fetch " + asked.url + ": " + untrusted);
}

TEST_F(HttpsTest, Passwords) {
  const HttpServer server(folder_, tls("server", {"--user", "ada:s3cret word"}));
  FetchRequest asked = at(server);
  const std::string doing = "AuthenticationFailed: cannot fetch " + asked.url + ": ";
  EXPECT_EQ(fetched(asked), doing +
                                "the server asks for credentials: give username and password, or "
                                "a bearerToken, in a Secret and name it in spec.secretRef");
  asked.credentials.username = "ada";
  asked.credentials.password = "wrong";
  EXPECT_EQ(fetched(asked), doing +
                                "the server does not take the credentials in the Secret of "
                                "secretRef: see whether they are still good and may read this "
                                "repository");
  asked.credentials.password = "s3cret word";
  EXPECT_EQ(fetched(asked), content());
}

TEST_F(HttpsTest, Tokens) {
  const HttpServer server(folder_, tls("server", {"--bearer", "t0ken"}));
  FetchRequest asked = at(server);
  asked.credentials.bearer_token = "t0ken";
  EXPECT_EQ(fetched(asked), content());
  asked.credentials.bearer_token = "another";
  EXPECT_EQ(fetched(asked),
            "AuthenticationFailed: cannot fetch " + asked.url +
                ": the server does not take the bearerToken in the Secret of secretRef");
}

TEST_F(HttpsTest, NoCredentialLeavesByHttp) {
  const HttpServer server(folder_, {"--user", "ada:s3cret"});
  FetchRequest asked = at(server);
  asked.credentials.username = "ada";
  asked.credentials.password = "s3cret";
  EXPECT_EQ(fetched(asked),
            "AuthenticationFailed: credentials are not sent over http, where everybody between can "
            "read them: use https in spec.url");
}

TEST_F(HttpsTest, NoRedirectToAnotherHost) {
  const HttpServer target(folder_, tls("server"));
  const std::string elsewhere = "https://127.0.0.1" + target.url("").substr(17);
  const HttpServer server(folder_, tls("server", {"--bad", "redirect:" + elsewhere}));
  const std::string want = "GitOperationFailed: cannot fetch " + server.url() +
                           ": cannot redirect from 'localhost' to '127.0.0.1': weir follows no "
                           "redirect to another host: give the new place in spec.url";
  EXPECT_EQ(fetched(at(server)), want);
  FetchRequest asked = at(server);
  asked.credentials.username = "ada";
  asked.credentials.password = "s3cret";
  EXPECT_EQ(fetched(asked), want);
}

TEST_F(HttpsTest, WhatIsNotThere) {
  const HttpServer server(folder_, {});
  FetchRequest asked = at(server);
  asked.url = server.url("none.git");
  EXPECT_EQ(fetched(asked), "GitOperationFailed: cannot fetch " + asked.url +
                                ": unexpected http status code: 404: it does not exist, or only "
                                "for who has credentials: see spec.url and secretRef");
}

TEST_F(HttpsTest, OnlyWhatIsNewIsFetched) {
  const HttpServer server(folder_, {});
  FetchRequest asked = at(server);
  ASSERT_TRUE(fetch(asked));
  commit("a.yaml", std::string(200'000, 'a'));  // 200 kB that pack well
  asked.limits.pack_bytes = 2000;               // less than the whole history would take
  EXPECT_TRUE(fetch(asked));
}

}  // namespace
}  // namespace weir::gitops
