// Where a repository may be, and which credentials go there.

#include "controller/gitops/git_url.h"

#include <gtest/gtest.h>

namespace weir::gitops {
namespace {

TEST(GitUrl, Kinds) {
  struct Row {
    const char* text;
    GitUrl want;
  };
  const Row rows[] = {
      {"https://example.com/a/b.git", {"https", "", "example.com", 0, "/a/b.git"}},
      {"http://example.com:8080/a", {"http", "", "example.com", 8080, "/a"}},
      {"ssh://git@example.com/a", {"ssh", "git", "example.com", 0, "/a"}},
      {"ssh://example.com:2222/~ada/a", {"ssh", "", "example.com", 2222, "/~ada/a"}},
      {"ssh://git@[::1]:22/a", {"ssh", "git", "::1", 22, "/a"}},
      {"git@example.com:group/a.git", {"ssh", "git", "example.com", 0, "group/a.git"}},
      {"file:///srv/a.git", {"file", "", "", 0, "/srv/a.git"}},
  };
  for (const Row& row : rows) {
    const auto url = parse_git_url(row.text);
    ASSERT_TRUE(url) << row.text << ": " << url.error().message;
    EXPECT_EQ(*url, row.want) << row.text;
  }
}

TEST(GitUrl, WhatIsRefused) {
  struct Row {
    std::string text;
    std::string why;
  };
  const Row rows[] = {
      {"", "is empty or longer than 2048 bytes"},
      {"https://example.com/" + std::string(2048, 'a'), "is empty or longer than 2048 bytes"},
      {"https://example.com", "has no path"},
      {"https://example.com/", "has no path"},
      {"https:///a", "has no host that can be asked"},
      {"https://ada:secret@example.com/a",
       "has a user in it: give username and password in the Secret of secretRef"},
      {"https://token@example.com/a",
       "has a user in it: give username and password in the Secret of secretRef"},
      {"ssh://git:secret@example.com/a", "has a password in it"},
      {"ssh://a@b@example.com/a", "has a user that is no plain name"},
      {"ssh://a%40b@example.com/a", "has a user that is no plain name"},
      {"ssh://@example.com/a", "has a user that is no plain name"},
      {"https://good.example%2f@evil.example/a",
       "has a user in it: give username and password in the Secret of secretRef"},
      {"https://exa%6dple.com/a", "has no host that can be asked"},
      {"https://example.com:0/a", "has a port that is not between 1 and 65535"},
      {"https://example.com:99999/a", "has a port that is not between 1 and 65535"},
      {"https://example.com:2x/a", "has a port that is not between 1 and 65535"},
      {"https://example.com/a?b", "has a query or a fragment"},
      {"git://example.com/a", "has a scheme that weir does not fetch from"},
      {"ext::sh -c id", "has a space, a quote or another character that belongs in no URL"},
      {"ssh://git@example.com/a'b",
       "has a space, a quote or another character that belongs in no "
       "URL"},
      {"ssh://git@example.com/a\nb",
       "has a space, a quote or another character that belongs in no "
       "URL"},
      {"ssh://-oProxyCommand=x/a", "has no host that can be asked"},
      {"file://host/a", "names a host: a file is on this one"},
      {"/srv/a.git", "is of no kind that weir knows"},
      {"../a.git", "is of no kind that weir knows"},
      {"git@example.com:", "has no path"},
  };
  for (const Row& row : rows) {
    const auto url = parse_git_url(row.text);
    ASSERT_FALSE(url) << row.text;
    EXPECT_EQ(url.error(),
              (FetchError{.reason = "URLInvalid",
                          .message = "spec.url " + row.why +
                                     "; it is https://host/path, ssh://user@host/path, "
                                     "user@host:path or file:///path",
                          .stalled = true}))
        << row.text;
  }
}

TEST(GitUrl, Credentials) {
  struct Row {
    const char* url;
    GitCredentials credentials;
    const char* refused;  // the message's beginning; empty: it is good
  };
  const Row rows[] = {
      {"https://h/a", {}, ""},
      {"https://h/a", {.username = "a", .password = "b"}, ""},
      {"https://h/a", {.bearer_token = "b"}, ""},
      {"https://h/a", {.username = "a", .bearer_token = "b"}, "the Secret of secretRef has both"},
      {"https://h/a", {.password = "b"}, "the Secret of secretRef has a password but no username"},
      {"https://h/a",
       {.bearer_token = "a\r\nHost: b"},
       "the username or bearerToken in the Secret"},
      {"http://h/a", {}, ""},
      {"http://h/a", {.username = "a", .password = "b"}, "credentials are not sent over http"},
      {"http://h/a", {.bearer_token = "b"}, "credentials are not sent over http"},
      {"ssh://h/a", {}, "ssh needs a private key"},
      {"ssh://h/a", {.identity = "k"}, "ssh needs the server's host keys"},
      {"ssh://h/a", {.identity = "k", .known_hosts = "h"}, ""},
      {"file:///a", {}, ""},
  };
  for (const Row& row : rows) {
    const auto checked = check_credentials(*parse_git_url(row.url), row.credentials);
    EXPECT_EQ(checked.has_value(), *row.refused == '\0') << row.url << row.refused;
    if (checked) continue;
    EXPECT_EQ(checked.error().reason, "AuthenticationFailed");
    EXPECT_TRUE(checked.error().message.starts_with(row.refused)) << checked.error().message;
  }
}

}  // namespace
}  // namespace weir::gitops
