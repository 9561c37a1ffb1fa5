// Which requests a rule takes, whose turn it is, and where a second try goes.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "controller/gateway/choice.h"

namespace weir::gateway {
namespace {

const Clock::time_point kNow{std::chrono::hours(1)};

bool takes(const RouteRule& rule, const std::string& request) {
  const SnapshotPtr snapshot =
      make_snapshot(1, {.listeners = {{.name = "l", .rules = {rule}}}}, {});
  RequestHead head;
  EXPECT_FALSE(parse(request, head)) << request;
  return snapshot->listeners.at("l").rule_for(head) != nullptr;
}

struct Row {
  const char* name;
  RouteRule rule;
  const char* path;
  bool want;
};

TEST(Rule, TakesWhatItMatches) {
  const Row rows[] = {
      {"anything", {}, "/a", true},
      {"a prefix", {.match = {.path = "/foo"}}, "/foo/bar", true},
      {"a prefix itself", {.match = {.path = "/foo"}}, "/foo", true},
      {"a prefix with its slash", {.match = {.path = "/foo/"}}, "/foo", true},
      {"whole segments only", {.match = {.path = "/foo"}}, "/foobar", false},
      {"exactly", {.match = {.path = "/foo", .exact = true}}, "/foo", true},
      {"exactly, and no more", {.match = {.path = "/foo", .exact = true}}, "/foo/", false},
      {"the host", {.hosts = {"WEB.example"}}, "/", true},
      {"another host", {.hosts = {"web.other"}}, "/", false},
      {"a wildcard", {.hosts = {"*.example"}}, "/", true},
      {"a wildcard is not the domain itself", {.hosts = {"*.web.example"}}, "/", false},
      {"the method", {.match = {.method = "GET"}}, "/", true},
      {"another method", {.match = {.method = "POST"}}, "/", false},
      {"a header", {.match = {.headers = {{"x-a", "1"}}}}, "/", true},
      {"a header that fits a pattern", {.match = {.patterns = {{"x-a", "[0-9]"}}}}, "/", true},
      {"one that only begins so", {.match = {.patterns = {{"x-a", ""}}}}, "/", false},
      {"one that is not there", {.match = {.patterns = {{"x-z", ".*"}}}}, "/", false},
      {"what is no pattern", {.match = {.patterns = {{"x-a", "("}}}}, "/", false},
      {"a path", {.match = {.patterns = {{":path", "/v[12]/.*"}}}}, "/v1/a", true},
      {"another path", {.match = {.patterns = {{":path", "/v[12]/.*"}}}}, "/v3/a", false},
      {"a method", {.match = {.patterns = {{":method", "GET|HEAD"}}}}, "/", true},
      {"another method", {.match = {.patterns = {{":method", "P.*"}}}}, "/", false},
      {"a header of another value", {.match = {.headers = {{"x-a", "2"}}}}, "/", false},
      {"a parameter", {.match = {.query = {{"b", "2"}}}}, "/?a=1&b=2", true},
      {"a parameter of another value", {.match = {.query = {{"b", "2"}}}}, "/?b=1&b=2", false},
      {"a parameter that is not there", {.match = {.query = {{"b", ""}}}}, "/?a=1", false},
  };
  for (const Row& row : rows) {
    const std::string request =
        std::string("GET ") + row.path + " HTTP/1.1\r\nHost: web.example:80\r\nX-A: 1\r\n\r\n";
    EXPECT_EQ(takes(row.rule, request), row.want) << row.name;
  }
}

RouteBackend backend(const std::string& service, int weight, const std::vector<int>& ports) {
  RouteBackend made{.service = service, .weight = weight};
  for (const int port : ports) {
    made.endpoints.push_back({.id = std::to_string(port), .address = "127.0.0.1", .port = port});
  }
  return made;
}

ViewPtr view_of(const std::vector<RouteBackend>& backends) {
  const RouteTable table{.listeners = {{.name = "l", .rules = {{.backends = backends}}}}};
  return std::make_shared<View>(make_snapshot(1, table, {}));
}

const Rule& rule_of(const View& view) { return view.snapshot->listeners.at("l").rules.at(0); }

// Invariant 31: at no instant is a weight wrong by more than one request.
TEST(Turns, KeepWeightsExactAtEveryInstant) {
  for (const int weight : {1, 50, 1000, 3333, 5000, 9999}) {
    const ViewPtr view = view_of({backend("new", weight, {}), backend("old", 10000 - weight, {})});
    int taken = 0;
    for (int request = 1; request <= 20000; ++request) {
      taken += view->turns.backend(rule_of(*view))->from.service == "new";
      EXPECT_NEAR(taken, request * weight / 10000.0, 1.0) << weight;
    }
    EXPECT_EQ(taken, 2 * weight);
  }
}

// Whatever a Rollout's step says.
TEST(Turns, KeepEachPercentageOfAThousandRequests) {
  for (int weight = 0; weight <= 100; ++weight) {
    const ViewPtr view = view_of({backend("old", 100 - weight, {}), backend("new", weight, {})});
    int taken = 0;
    for (int request = 1; request <= 1000; ++request) {
      taken += view->turns.backend(rule_of(*view))->from.service == "new";
      ASSERT_NEAR(taken, request * weight / 100.0, 1.0) << weight << " %, request " << request;
    }
    EXPECT_EQ(taken, 10 * weight);
  }
}

TEST(Turns, AWeightOfNothingGetsNothing) {
  const ViewPtr view = view_of({backend("new", 0, {}), backend("old", 1, {})});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(view->turns.backend(rule_of(*view))->from.service, "old");
  const ViewPtr none = view_of({backend("old", 0, {})});
  EXPECT_EQ(none->turns.backend(rule_of(*none)), nullptr);
}

TEST(Choice, GoesToAnotherEndpointAfterAFailure) {
  const ViewPtr view = view_of({backend("web", 1, {1, 2, 3})});
  Choice choice(view, rule_of(*view), rule_of(*view).backends[0]);
  std::set<std::string> tried;
  for (int i = 0; i < 3; ++i) {
    const EndpointPtr endpoint = choice.next(view, kNow);
    choice.failed(endpoint);
    tried.insert(endpoint->endpoint.id);
  }
  EXPECT_EQ(tried.size(), 3u);
}

TEST(Choice, OfAClientStaysTheSame) {
  RouteBackend sticky = backend("web", 1, {1, 2, 3, 4});
  sticky.affinity = {.by = RouteAffinity::By::source_ip};
  const ViewPtr view = view_of({sticky});
  sticky.endpoints.pop_back();
  const ViewPtr fewer = view_of({sticky});
  const auto home = [](const ViewPtr& in, int client) {
    Choice choice(in, rule_of(*in), rule_of(*in).backends[0]);
    choice.stick_to({.key = "10.0.0." + std::to_string(client)});
    const EndpointPtr first = choice.next(in, kNow);
    choice.failed(first);
    EXPECT_NE(choice.next(in, kNow), first);  // and there is another way
    return first->endpoint.id;
  };
  std::map<std::string, int> clients;
  for (int client = 0; client < 400; ++client) {
    const std::string here = home(view, client);
    ++clients[here];
    EXPECT_EQ(home(view, client), here);
    if (here != "4") {
      EXPECT_EQ(home(fewer, client), here);  // nobody else moves
    }
  }
  for (const auto& [id, count] : clients) EXPECT_GT(count, 50) << id;
  EXPECT_EQ(clients.size(), 4u);
}

// Else a second try could reach what an acknowledged epoch has left out.
TEST(Choice, IsMadeAnewFromTheNewestEpoch) {
  const ViewPtr before = view_of({backend("other", 1, {9}), backend("web", 1, {1})});
  const ViewPtr after = view_of({backend("web", 1, {2})});
  Choice choice(before, rule_of(*before), rule_of(*before).backends[1]);
  EXPECT_EQ(choice.next(before, kNow)->endpoint.id, "1");
  EXPECT_EQ(choice.next(after, kNow)->endpoint.id, "2");
  EXPECT_EQ(choice.next(view_of({}), kNow), nullptr);
}

}  // namespace
}  // namespace weir::gateway
