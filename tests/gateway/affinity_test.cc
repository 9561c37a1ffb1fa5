// By what users are known, and where that leads.

#include "controller/gateway/affinity.h"

#include <gtest/gtest.h>

#include <map>

namespace weir::gateway {
namespace {

using By = RouteAffinity::By;

struct Row {
  const char* name;
  RouteAffinity affinity;
  std::string headers;
  std::string key;    // "?": one that was made up
  std::string given;  // the field for the response, "?" in place of such a key
  bool secure = false;
};

TEST(Affinity, KnowsUsers) {
  const RouteAffinity cookie{.by = By::cookie, .name = "sid", .given = true};
  RouteAffinity long_cookie = cookie;
  long_cookie.ttl_s = 60;
  const Row rows[] = {
      {"by nothing", {}, "Cookie: sid=1\r\n", "", ""},
      {"by address", {.by = By::source_ip}, "", "10.0.0.1", ""},
      {"by a header", {.by = By::header, .name = "x-user"}, "X-User: ann\r\n", "ann", ""},
      {"by a header that is not there", {.by = By::header, .name = "x-user"}, "", "", ""},
      {"by a header that is given",
       {.by = By::header, .name = "x-user", .given = true},
       "",
       "?",
       "x-user: ?"},
      {"by a cookie among others", cookie, "Cookie: a=b; sid=1; xsid=2\r\n", "1", ""},
      {"by a cookie of a second line", cookie, "Cookie: a=b\r\nCookie: sid=2\r\n", "2", ""},
      {"by a cookie whose name another's ends with", cookie, "Cookie: xsid=1\r\n", "?",
       "Set-Cookie: sid=?; Path=/; HttpOnly; SameSite=Lax"},
      {"by a cookie that is empty", cookie, "Cookie: sid=\r\n", "?",
       "Set-Cookie: sid=?; Path=/; HttpOnly; SameSite=Lax"},
      {"by a cookie that is kept, through TLS", long_cookie, "", "?",
       "Set-Cookie: sid=?; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure", true},
  };
  for (const Row& row : rows) {
    const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n" + row.headers + "\r\n";
    RequestHead head;
    ASSERT_FALSE(parse(request, head)) << row.name;
    const User user = user_of(row.affinity, "10.0.0.1", row.secure, head);
    std::string given = user.name.empty() ? "" : user.name + ": " + user.value;
    if (row.key == "?") {
      EXPECT_EQ(user.key.size(), 32u) << row.name;
      ASSERT_NE(given.find(user.key), given.npos) << row.name;
      given.replace(given.find(user.key), user.key.size(), "?");
    } else {
      EXPECT_EQ(user.key, row.key) << row.name;
    }
    EXPECT_EQ(given, row.given) << row.name;
  }
}

SnapshotPtr split(int old_weight, int new_weight) {
  const RouteRule rule{.backends = {{.service = "old", .weight = old_weight},
                                    {.service = "new", .weight = new_weight}}};
  return make_snapshot(1, {.listeners = {{.name = "l", .rules = {rule}}}}, {});
}

TEST(Affinity, AUserMovesOnceAsTheWeightGrows) {
  std::map<int, bool> moved;
  for (int percent = 0; percent <= 100; percent += 5) {
    const SnapshotPtr snapshot = split(100 - percent, percent);
    const Rule& rule = snapshot->listeners.at("l").rules.at(0);
    int there = 0;
    for (int i = 0; i < 2000; ++i) {
      const bool is_there =
          backend_of({.key = "user-" + std::to_string(i)}, rule)->from.service == "new";
      EXPECT_TRUE(is_there || !moved[i]) << "user " << i << " went back at " << percent;
      moved[i] = is_there;
      there += is_there;
    }
    EXPECT_NEAR(there, 20 * percent, 80) << percent;
  }
}

TEST(Affinity, WithoutAWeightThereIsNoBackend) {
  const SnapshotPtr snapshot = split(0, 0);
  EXPECT_EQ(backend_of({.key = "ann"}, snapshot->listeners.at("l").rules.at(0)), nullptr);
}

TEST(Affinity, OfARuleIsItsOwnOrWhatItsBackendsAgreeOn) {
  const RouteAffinity by_ip{.by = By::source_ip};
  const RouteAffinity by_cookie{.by = By::cookie, .name = "a", .given = true};
  const auto of = [](const RouteRule& rule) {
    const SnapshotPtr snapshot =
        make_snapshot(1, {.listeners = {{.name = "l", .rules = {rule, rule}}}}, {});
    const RouteAffinity* found = snapshot->listeners.at("l").rules.at(0).affinity;
    return found ? *found : RouteAffinity{};
  };
  EXPECT_EQ(of({.affinity = by_cookie, .backends = {{.affinity = by_ip}}}), by_cookie);
  EXPECT_EQ(of({.backends = {{.affinity = by_ip}, {.affinity = by_ip}}}), by_ip);
  EXPECT_EQ(of({.backends = {{.affinity = by_ip}, {.affinity = by_cookie}}}), RouteAffinity{});
  EXPECT_EQ(of({.backends = {{}, {.affinity = by_ip}}}), RouteAffinity{});
}

}  // namespace
}  // namespace weir::gateway
