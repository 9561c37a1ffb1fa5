// What a metric has come to, and when it is measured next: Argo Rollouts' rules.

#include "reconcilers/analysis_metric.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::kNow;
using test::seconds;

api::IntOrString whole(std::int64_t number) { return {.number = number}; }

// "SFIE": Successful, Failed, Inconclusive, Error; "R": under way.
api::MetricResult after(const std::string& measurements) {
  api::MetricResult result;
  for (const char letter : measurements) {
    const char* phase = letter == 'S'   ? analysis::kSuccessful
                        : letter == 'F' ? analysis::kFailed
                        : letter == 'I' ? analysis::kInconclusive
                        : letter == 'E' ? analysis::kError
                                        : analysis::kRunning;
    add_measurement(result, {.finishedAt = to_seconds(kNow), .phase = phase});
  }
  return result;
}

struct Row {
  const char* name;
  std::function<void(api::Metric&)> metric;
  const char* measurements;
  const char* want;
  bool terminating = false;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    api::Metric metric;
    row.metric(metric);
    const MetricVerdict verdict =
        assess(limits_of(metric), after(row.measurements), row.terminating);
    EXPECT_EQ(verdict.phase + (verdict.reason.empty() ? "" : ": " + verdict.reason), row.want)
        << row.name;
  }
}

TEST(AnalysisMetric, OnceWithoutAnInterval) {
  const auto plain = [](api::Metric&) {};
  check({{"nothing measured yet", plain, "", "Pending"},
         {"under way", plain, "R", "Running"},
         {"good", plain, "S", "Successful"},
         {"bad", plain, "F", "Failed: failed (1) > failureLimit (0)"},
         {"neither", plain, "I", "Inconclusive: inconclusive (1) > inconclusiveLimit (0)"},
         {"an error is tried again", plain, "E", "Running"},
         {"and again", plain, "EEEE", "Running"},
         {"but not for ever", plain, "EEEEE",
          "Error: consecutiveErrors (5) > consecutiveErrorLimit (4)"},
         {"errors do not count", plain, "EES", "Successful"}});
}

TEST(AnalysisMetric, AsOftenAsItsCountSays) {
  const auto three = [](api::Metric& m) {
    m.count = whole(3);
    m.interval = "10s";
  };
  check({{"not yet", three, "SS", "Running"},
         {"all of them", three, "SSS", "Successful"},
         {"errors beside them", three, "SESES", "Successful"},
         {"one bad", three, "SF", "Failed: failed (1) > failureLimit (0)"},
         {"a count of 0 is none",
          [](api::Metric& m) {
            m.count = whole(0);
            m.interval = "1s";
          },
          "SSSSSSSS", "Running"},
         {"without end", [](api::Metric& m) { m.interval = "10s"; }, "SSSSSS", "Running"}});
}

TEST(AnalysisMetric, Limits) {
  const auto limited = [](api::Metric& m) {
    m.count = whole(5);
    m.interval = "1s";
    m.failureLimit = whole(1);
    m.inconclusiveLimit = whole(1);
    m.consecutiveErrorLimit = whole(1);
  };
  check(
      {{"one bad is allowed", limited, "SFSSS", "Successful"},
       {"two are not", limited, "SFSF", "Failed: failed (2) > failureLimit (1)"},
       {"one that is neither", limited, "SISSS", "Successful"},
       {"two", limited, "SII", "Inconclusive: inconclusive (2) > inconclusiveLimit (1)"},
       {"one error", limited, "SESESE", "Running"},
       {"two in a row", limited, "SEE", "Error: consecutiveErrors (2) > consecutiveErrorLimit (1)"},
       {"bad goes before neither", [](api::Metric& m) { m.interval = "1s"; }, "IF",
        "Failed: failed (1) > failureLimit (0)"},
       {"any number of failures",
        [](api::Metric& m) {
          m.interval = "1s";
          m.failureLimit = whole(-1);
          m.consecutiveSuccessLimit = whole(2);
        },
        "FFFSF", "Running"}});
}

TEST(AnalysisMetric, SuccessesInARow) {
  const auto either = [](api::Metric& m) {
    m.count = whole(4);
    m.interval = "1s";
    m.failureLimit = whole(2);
    m.consecutiveSuccessLimit = whole(3);
  };
  const auto only = [](api::Metric& m) {
    m.count = whole(4);
    m.interval = "1s";
    m.failureLimit = whole(-1);
    m.consecutiveSuccessLimit = whole(3);
  };
  check({{"enough", either, "SSS", "Successful"},
         {"enough after one that was bad", either, "FSSS", "Successful"},
         {"too few in a row, and too few bad ones: nobody knows", either, "SFSS",
          "Inconclusive: consecutiveSuccess (2) < consecutiveSuccessLimit (3)"},
         {"too few where they alone decide", only, "SFSS",
          "Failed: consecutiveSuccess (2) < consecutiveSuccessLimit (3)"},
         {"an error breaks the row", either, "SSES", "Running"}});
}

TEST(AnalysisMetric, Terminated) {
  const auto endless = [](api::Metric& m) { m.interval = "1s"; };
  check({{"before the first", endless, "", "Successful", true},
         {"after good ones", endless, "SS", "Successful", true},
         {"what is bad stays bad", endless, "F", "Failed: failed (1) > failureLimit (0)", true},
         {"what is under way is waited for", endless, "R", "Running", true}});
}

TEST(AnalysisMetric, IsMeasuredWhenItsTimeHasCome) {
  struct Due {
    const char* name;
    std::function<void(api::Metric&)> metric;
    const char* measurements;
    std::optional<int> want;  // seconds from kNow; the run began 100 s before
  };
  const auto every = [](api::Metric& m) { m.interval = "30s"; };
  const std::vector<Due> rows{
      {"at once", every, "", -100},
      {"after its delay",
       [](api::Metric& m) {
         m.interval = "30s";
         m.initialDelay = "2m";
       },
       "", 20},
      {"an interval after the last", every, "S", 30},
      {"also after an error", every, "E", 30},
      {"10 s after an error where there is no interval", [](api::Metric&) {}, "E", 10},
      {"never again when all have been", [](api::Metric&) {}, "S", {}},
      {"not while one is under way", every, "R", {}},
  };
  for (const Due& row : rows) {
    api::Metric metric;
    row.metric(metric);
    const auto due =
        next_measurement(limits_of(metric), after(row.measurements), kNow - seconds(100));
    std::optional<int> seconds_from_now;
    if (due) {
      seconds_from_now =
          static_cast<int>(std::chrono::round<std::chrono::seconds>(*due - kNow).count());
    }
    EXPECT_EQ(seconds_from_now, row.want) << row.name;
  }
}

TEST(AnalysisMetric, WhatArgumentsBringDoesNoHarm) {
  api::Metric metric;
  metric.failureLimit = whole(-1);
  metric.inconclusiveLimit = whole(-1);
  metric.consecutiveErrorLimit = whole(-1);
  metric.count = whole(-1);
  metric.interval = "0s";
  const MetricLimits limits = limits_of(metric);
  EXPECT_EQ(limits.failures, 0) << "any number of failures needs a number of successes";
  EXPECT_EQ(limits.inconclusive, 0);
  EXPECT_EQ(limits.consecutive_errors, 0);
  EXPECT_EQ(limits.count, std::nullopt);
  EXPECT_EQ(limits.interval, std::chrono::seconds(1));
}

TEST(AnalysisMetric, NumbersThatAreNone) {
  const auto problem = [](const std::function<void(api::Metric&)>& change) {
    api::Metric metric;
    change(metric);
    return limits_of(metric).problem;
  };
  EXPECT_EQ(problem([](api::Metric& m) { m.count = api::IntOrString{true, 0, "7"}; }), "");
  EXPECT_EQ(problem([](api::Metric& m) {
              m.count = api::IntOrString{true, 0, "many"};
            }),
            "count is not a number");
  EXPECT_EQ(problem([](api::Metric& m) { m.interval = "often"; }),
            "interval is not a duration such as 30s, 5m or 1h");
  EXPECT_EQ(problem([](api::Metric& m) { m.initialDelay = "1w"; }),
            "initialDelay is not a duration such as 30s, 5m or 1h");
}

TEST(AnalysisMetric, TheWorstDecides) {
  const std::vector<std::string> order{"Successful",   "Running", "Pending",
                                       "Inconclusive", "Error",   "Failed"};
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      EXPECT_EQ(worse(order[i], order[j]), order[i]);
      EXPECT_EQ(worse(order[j], order[i]), order[i]);
    }
  }
}

}  // namespace
}  // namespace weir
