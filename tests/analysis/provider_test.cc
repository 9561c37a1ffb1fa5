// From a metric to a request, and from its answer to a value.

#include "controller/analysis/provider.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace weir::analysis {
namespace {

const Time kNow{std::chrono::seconds(1'700'000'000)};

std::string shown(const Result<nlohmann::json>& value) {
  return value ? value_text(*value) : "error: " + value.error().message;
}

TEST(WebMetric, Asks) {
  api::WebMetric metric;
  metric.url = "https://checks/go?x=1";
  Result<OutgoingRequest> request = request_of(metric);
  EXPECT_EQ(request->method, "GET");
  EXPECT_EQ(request->url, "https://checks/go?x=1");
  EXPECT_EQ(request->deadline, std::chrono::seconds(10));
  EXPECT_FALSE(request->insecure);
  metric.method = "POST";
  metric.jsonBody.text = R"({"a":1})";
  metric.timeoutSeconds = 3;
  metric.insecure = true;
  metric.headers = {{.key = "X-Key", .value = "k"}};
  metric.authentication.emplace().basicAuth.emplace() = {.password = "p", .username = "u"};
  request = request_of(metric);
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->body, R"({"a":1})");
  EXPECT_EQ(request->headers,
            (std::vector<std::string>{"Content-Type: application/json", "X-Key: k"}));
  EXPECT_EQ(request->user + ":" + request->password, "u:p");
  EXPECT_EQ(request->deadline, std::chrono::seconds(3));
  EXPECT_TRUE(request->insecure);
}

TEST(WebMetric, Understands) {
  struct Row {
    const char* path;
    int status;
    const char* body;
    const char* want;
  };
  for (const Row& row : std::vector<Row>{
           {"", 200, R"({"ok":true})", R"({"ok":true})"},
           {"{$.data.ok}", 200, R"({"data":{"ok":true}})", "true"},
           {"{.data[*].n}", 200, R"({"data":[{"n":1},{"n":2.5}]})", "[1,2.5]"},
           {"{.missing}", 200, R"({"data":1})", "error: jsonPath {.missing} finds nothing"},
           {"{$.a}", 200, "all is well", "all is well"},
           {"", 204, "", ""},
           {"", 404, R"({"ok":true})", "error: received HTTP status 404"},
           {"", 302, "", "error: received HTTP status 302"},
       }) {
    api::WebMetric metric;
    metric.jsonPath = row.path;
    EXPECT_EQ(shown(value_of(metric, {.status = row.status, .body = row.body})), row.want)
        << row.body;
  }
}

TEST(PrometheusMetric, Asks) {
  api::PrometheusMetric metric;
  metric.query = "sum(rate(x{a=\"b\"}[1m])) + 1";
  EXPECT_EQ(request_of(metric, kNow).error().message, "prometheus has no address");
  metric.address = "http://p:9090/base/";
  Result<OutgoingRequest> request = request_of(metric, kNow);
  EXPECT_EQ(request->url, "http://p:9090/base/api/v1/query");
  EXPECT_EQ(request->body, "query=sum%28rate%28x%7Ba%3D%22b%22%7D%5B1m%5D%29%29%20%2B%201");
  EXPECT_EQ(request->deadline, std::chrono::seconds(30));
  metric.rangeQuery.emplace() = {.end = "now()", .start = "now() - duration(\"5m\")", .step = "1m"};
  request = request_of(metric, kNow);
  EXPECT_EQ(request->url, "http://p:9090/base/api/v1/query_range");
  EXPECT_TRUE(request->body.ends_with("&start=1699999700&end=1700000000&step=1m")) << request->body;
  metric.rangeQuery->start = "yesterday";
  EXPECT_EQ(request_of(metric, kNow).error().message,
            "rangeQuery: \"yesterday\" is not now(), or now() - duration(\"5m\")");
}

TEST(PrometheusMetric, Understands) {
  struct Row {
    int status;
    const char* body;
    const char* want;
  };
  for (
      const Row& row : std::vector<Row>{
          {200, R"({"data":{"resultType":"scalar","result":[1.5,"0.95"]}})", "0.95"},
          {200, R"({"data":{"resultType":"vector","result":[]}})", "[]"},
          {200,
           R"({"data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0.5"]},{"value":[1,"NaN"]},{"value":[1,"+Inf"]}]}})",
           "[0.5,NaN,+Inf]"},
          {200,
           R"({"data":{"resultType":"matrix","result":[{"values":[[1,"1"],[2,"2"]]},{"values":[[1,"3"]]}]}})",
           "[1.0,2.0,3.0]"},
          {400, R"({"status":"error","errorType":"bad_data","error":"parse error at char 3"})",
           "error: prometheus: parse error at char 3"},
          {503, "no", "error: received HTTP status 503"},
          {200, "<html>", "error: prometheus answered no JSON"},
          {200, R"({"data":{}})", "error: prometheus answered without a result"},
      }) {
    EXPECT_EQ(shown(value_of(api::PrometheusMetric{}, {.status = row.status, .body = row.body})),
              row.want)
        << row.body;
  }
}

gateway::RevisionTraffic seen(std::int64_t requests, std::int64_t errors) {
  gateway::RevisionTraffic traffic{.requests = requests, .errors = errors};
  traffic.latency.assign(gateway::kLatencySeconds.size() + 1, 0);
  traffic.latency[4] = requests;
  return traffic;
}

TEST(WeirMetric, ComparesTwoRevisions) {
  struct Row {
    const char* metric;
    std::optional<std::int64_t> minimum;
    std::int64_t canary, stable;
    const char* want;
  };
  for (const Row& row : std::vector<Row>{
           {"error-rate",
            {},
            100,
            1000,
            R"({"canary":0.1,"canaryRequests":100,"stable":0.01,"stableRequests":1000})"},
           {"success-rate",
            {},
            100,
            1000,
            R"({"canary":0.9,"canaryRequests":100,"stable":0.99,"stableRequests":1000})"},
           {"request-rate",
            {},
            120,
            600,
            R"({"canary":4.0,"canaryRequests":120,"stable":20.0,"stableRequests":600})"},
           {"latency",
            {},
            100,
            100,
            R"({"canary":0.0075,"canaryRequests":100,"stable":0.0075,"stableRequests":100})"},
           {"error-rate",
            {},
            100,
            19,
            R"({"canary":0.1,"canaryRequests":100,"stable":null,"stableRequests":19})"},
           {"error-rate", 0, 0, 20,
            R"({"canary":null,"canaryRequests":0,"stable":0.5,"stableRequests":20})"},
       }) {
    api::WeirMetric metric;
    metric.metric = row.metric;
    metric.minimumRequests = row.minimum;
    metric.window = "30s";
    metric.quantile = "0.5";
    const nlohmann::json value = value_of(metric, seen(row.canary, 10), seen(row.stable, 10));
    EXPECT_EQ(value.dump(), row.want) << row.metric;
  }
}

TEST(WebMetric, APathThatFindsTooMuchIsAnError) {
  std::string body(60, '[');
  for (int i = 0; i < 60; ++i) body += (i == 0 ? "1" : ",1") + std::string("]");
  api::WebMetric metric;
  metric.jsonPath = "{$..*..*..*..*..*..*}";
  EXPECT_EQ(shown(value_of(metric, {.status = 200, .body = body})),
            "error: the path finds too much");
}

TEST(Value, IsShownInBrief) {
  EXPECT_EQ(kept_text("caf\xe9"), "caf\xef\xbf\xbd") << "what is no UTF-8";
  std::string long_text;
  while (long_text.size() < 2000) long_text += "\xc3\xa9";
  EXPECT_EQ(kept_text(long_text).size(), 1023U) << "not in the middle of a character";
  EXPECT_EQ(value_text(std::string(5000, 'x')).size(), 1024U);
  EXPECT_EQ(value_text(std::nan("")), "NaN");
  EXPECT_EQ(value_text("a \"text\""), "a \"text\"");
}

}  // namespace
}  // namespace weir::analysis
