// What revisions have answered lately, from counters that only grow.

#include "controller/gateway/traffic_history.h"

#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

Time at(int second) { return Time{} + std::chrono::seconds(1'000'000 + second); }

Traffic traffic(const std::string& endpoint, const std::string& revision,
                std::map<int, std::int64_t> requests,
                const std::string& service = "default/web:80") {
  Traffic made{.service = service, .endpoint = endpoint, .revision = revision};
  made.requests = std::move(requests);
  made.latency.assign(kLatencySeconds.size() + 1, 0);
  return made;
}
TrafficReport report(std::vector<Traffic> endpoints) { return {.endpoints = std::move(endpoints)}; }

// "REQUESTS/ERRORS" of a revision in the last seconds.
std::string seen(const TrafficHistory& history, int now, int seconds, const std::string& revision,
                 const std::string& service = {}, const std::string& ns = "default") {
  const auto found = history.since(at(now - seconds), ns, service, revision);
  return std::to_string(found.requests) + "/" + std::to_string(found.errors);
}

TEST(TrafficHistory, CountsWhatGrewInThatTime) {
  TrafficHistory history;
  history.add(report({traffic("a", "old", {{200, 1000}})}), at(0));
  EXPECT_EQ(seen(history, 0, 60, "old"), "0/0") << "before anybody looked";
  history.add(
      report({traffic("a", "old", {{200, 1100}, {500, 4}}), traffic("b", "new", {{200, 5}})}),
      at(10));
  history.add(report({traffic("a", "old", {{200, 1110}, {500, 5}}),
                      traffic("b", "new", {{0, 2}, {200, 5}})}),
              at(20));
  EXPECT_EQ(seen(history, 20, 60, "old"), "115/5");
  EXPECT_EQ(seen(history, 20, 10, "old"), "11/1") << "later than ten seconds ago";
  EXPECT_EQ(seen(history, 20, 60, "new"), "7/2") << "what was cut is an error";
  EXPECT_EQ(seen(history, 20, 60, "other"), "0/0");
}

TEST(TrafficHistory, SumsTheEndpointsAndServices) {
  TrafficHistory history;
  history.add(report({}), at(0));
  history.add(report({traffic("a", "v", {{200, 1}}), traffic("b", "v", {{200, 2}}),
                      traffic("a", "v", {{200, 4}}, "default/web-canary:80"),
                      traffic("a", "v", {{200, 8}}, "default/web:443"),
                      traffic("a", "v", {{200, 16}}, "shop/web:80"), traffic("", "", {{503, 32}})}),
              at(1));
  EXPECT_EQ(seen(history, 1, 10, "v"), "15/0");
  EXPECT_EQ(seen(history, 1, 10, "v", "web"), "11/0") << "all of its ports";
  EXPECT_EQ(seen(history, 1, 10, "v", "web-canary"), "4/0");
  EXPECT_EQ(seen(history, 1, 10, "v", "", "shop"), "16/0");
}

TEST(TrafficHistory, RequestsThatWentElsewhereAreErrors) {
  TrafficHistory history;
  history.add(report({}), at(0));
  Traffic failing = traffic("a", "v", {{200, 3}});
  failing.retries = {{"connect-failure", 2}, {"timeout", 1}, {"reset", 50}};
  history.add(report({failing}), at(1));
  EXPECT_EQ(seen(history, 1, 10, "v"), "6/3") << "a kept connection may be closed at any time";
}

TEST(TrafficHistory, AWorkerThatIsReplacedBeginsAnew) {
  TrafficHistory history;
  history.add(report({traffic("a", "v", {{200, 100}})}), at(0));
  history.add(report({traffic("a", "v", {{200, 70}})}), at(1));
  EXPECT_EQ(seen(history, 1, 10, "v"), "0/0") << "some of it is of before";
  history.add(report({traffic("a", "v", {{200, 77}})}), at(2));
  EXPECT_EQ(seen(history, 2, 10, "v"), "7/0");
  history.add(report({}), at(3));
  history.add(report({traffic("a", "v", {{200, 3}})}), at(4));
  EXPECT_EQ(seen(history, 4, 10, "v"), "10/0") << "an endpoint that is new";
}

TEST(TrafficHistory, ForgetsWhatIsOld) {
  TrafficHistory history;
  history.add(report({}), at(0));
  history.add(report({traffic("a", "v", {{200, 5}})}), at(1));
  history.add(report({traffic("a", "v", {{200, 5}})}), at(602));
  EXPECT_EQ(seen(history, 602, 10'000, "v"), "0/0");
}

TEST(TrafficHistory, QuantilesAreThoseOfPrometheus) {
  RevisionTraffic traffic;
  traffic.latency.assign(kLatencySeconds.size() + 1, 0);
  EXPECT_EQ(latency_quantile(traffic, 0.99), 0);
  traffic.latency[4] = 100;  // of 5 to 10 ms
  EXPECT_DOUBLE_EQ(latency_quantile(traffic, 0.5), 0.0075);
  EXPECT_DOUBLE_EQ(latency_quantile(traffic, 1), 0.01);
  traffic.latency[9] = 100;  // and of 250 to 500 ms
  EXPECT_DOUBLE_EQ(latency_quantile(traffic, 0.25), 0.0075);
  EXPECT_DOUBLE_EQ(latency_quantile(traffic, 0.75), 0.375);
  traffic.latency.back() = 1000;
  EXPECT_DOUBLE_EQ(latency_quantile(traffic, 0.99), 10) << "beyond the last bound";
}

}  // namespace
}  // namespace weir::gateway
