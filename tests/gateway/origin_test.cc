// Who asks, behind proxies that are trusted and those that are not.

#include "controller/gateway/origin.h"

#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

struct Row {
  const char* name;
  RouteClients clients;
  std::string peer;
  std::string headers;
  std::string want;
};

std::string shown(const Caller& caller) {
  return caller.ip + (caller.through_proxy ? " through a proxy" : "");
}

TEST(Origin, KnowsWhoAsks) {
  const RouteClients one{.trusted_hops = 1}, two{.trusted_hops = 2};
  const RouteClients ten{.trusted_cidrs = {"10.0.0.0/8", "fd00::/8"}};
  const std::string list = "X-Forwarded-For: 198.51.100.1, 192.0.2.7, 10.0.0.9\r\n";
  const Row rows[] = {
      {"nothing is said", {}, "10.0.0.1", list, "10.0.0.1"},
      {"one proxy", one, "10.0.0.1", "X-Forwarded-For: 192.0.2.7\r\n", "192.0.2.7 through a proxy"},
      {"one proxy, and a client that says it was another", one, "10.0.0.1",
       "X-Forwarded-For: 1.1.1.1, 192.0.2.7\r\n", "192.0.2.7 through a proxy"},
      {"two proxies", two, "10.0.0.1", list, "192.0.2.7 through a proxy"},
      {"in two fields", two, "10.0.0.1",
       "X-Forwarded-For: 1.1.1.1\r\nx-forwarded-for: 192.0.2.7 ,\t10.0.0.9\r\n",
       "192.0.2.7 through a proxy"},
      {"fewer proxies than there should be", two, "10.0.0.1", "X-Forwarded-For: 192.0.2.7\r\n",
       "10.0.0.1"},
      {"nobody said it", one, "10.0.0.1", "", "10.0.0.1"},
      {"no address", one, "10.0.0.1", "X-Forwarded-For: unknown\r\n", "10.0.0.1"},
      {"with a port", one, "10.0.0.1", "X-Forwarded-For: 192.0.2.7:1234\r\n",
       "192.0.2.7 through a proxy"},
      {"IPv6 with a port", one, "10.0.0.1", "X-Forwarded-For: [2001:db8::1]:80\r\n",
       "2001:db8::1 through a proxy"},
      {"by address", ten, "10.0.0.1", list, "192.0.2.7 through a proxy"},
      {"by address, of IPv6", ten, "fd00::1", list, "192.0.2.7 through a proxy"},
      {"by address: not from there", ten, "192.0.2.1", list, "192.0.2.1"},
      {"by address: all are proxies", ten, "10.0.0.1", "X-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n",
       "10.0.0.3 through a proxy"},
      {"by address: nonsense in between", ten, "10.0.0.1",
       "X-Forwarded-For: 192.0.2.7, nonsense, 10.0.0.2\r\n", "10.0.0.2 through a proxy"},
  };
  for (const Row& row : rows) {
    RequestHead head;
    const std::string text = "GET / HTTP/1.1\r\nHost: web\r\n" + row.headers + "\r\n";
    ASSERT_FALSE(parse(text, head)) << row.name;
    const Origin origin{.ip = row.peer, .clients = make_clients(row.clients)};
    EXPECT_EQ(shown(caller_of(origin, head)), row.want) << row.name;
  }
}

}  // namespace
}  // namespace weir::gateway
