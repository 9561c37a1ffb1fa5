// Which endpoints are ejected, what a new one's share is, how many second tries there may be: with
// the time as an argument.

#include <gtest/gtest.h>

#include "controller/gateway/choice.h"

namespace weir::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Clock::time_point kStart{std::chrono::hours(1)};

RouteTable table(int endpoints, const RoutePolicy& policy = {}) {
  RouteBackend backend{.service = "web", .policy = policy};
  for (int i = 0; i < endpoints; ++i) {
    backend.endpoints.push_back({.id = std::to_string(i), .address = "127.0.0.1", .port = 80 + i});
  }
  return {.listeners = {{.name = "l", .rules = {{.backends = {backend}}}}}};
}

const Backend& backend_in(const SnapshotPtr& snapshot) {
  return snapshot->listeners.at("l").rules.at(0).backends.at(0);
}

// What is noted of endpoints, in turn: "0u" is endpoint 0 unreachable, g(ood), e(rror of the
// server), t(ime out), 5 (a gateway error). The answer: who is ejected after that.
std::string ejected_after(int endpoints, const RouteOutliers& rules, const std::string& notes) {
  const SnapshotPtr snapshot = make_snapshot(1, table(endpoints, {.outliers = rules}), {});
  const Backend& backend = backend_in(snapshot);
  for (std::size_t i = 0; i + 1 < notes.size(); i += 2) {
    const Outcome outcome = notes[i + 1] == 'g'   ? Outcome::good
                            : notes[i + 1] == 'e' ? Outcome::server_error
                            : notes[i + 1] == '5' ? Outcome::gateway_error
                            : notes[i + 1] == 't' ? Outcome::silent
                                                  : Outcome::unreachable;
    note(backend, *backend.endpoints.at(static_cast<std::size_t>(notes[i] - '0')), outcome, kStart);
  }
  std::string out;
  for (const EndpointPtr& one : backend.endpoints) {
    if (one->health.ejected(kStart)) out += one->endpoint.id;
  }
  return out;
}

TEST(Outliers, AreEjected) {
  const RouteOutliers two{.gateway_errors = 2};
  const RouteOutliers answers{.gateway_errors = 2, .answers = true};
  const RouteOutliers errors{.gateway_errors = 2, .answers = true, .server_errors = 3};
  const struct {
    const char* name;
    int endpoints;
    RouteOutliers rules;
    const char* notes;
    const char* want;
  } rows[] = {
      {"too many in a row", 3, two, "1u1u", "1"},
      {"not in a row", 3, two, "1u1g1u", ""},
      {"an answer, whatever it says, is a connection", 3, two, "1u1e1u1515", ""},
      {"silence alone is none", 3, two, "1t1t1t", ""},
      {"answers, where a policy says so", 3, answers, "1515", "1"},
      {"silence, where a policy says so", 3, answers, "1t1t", "1"},
      {"an error of the application breaks the row", 3, answers, "151e15", ""},
      {"errors of the application, where they count", 3, errors, "1e1e1e", "1"},
      {"not the last one", 1, two, "0u0u0u", ""},
      {"not the last one of two", 2, two, "0u0u1u1u1u", "0"},
      {"half of them", 4, two, "0u0u1u1u2u2u3u3u", "01"},
      {"less than half of three, but one", 3, two, "0u0u1u1u", "0"},
      {"never", 3, {.gateway_errors = 0}, "1u1u1u1u1u1u", ""},
      {"by default at the fifth", 3, {}, "1u1u1u1u1u", "1"},
      {"by default not before", 3, {}, "1u1u1u1u", ""},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(ejected_after(row.endpoints, row.rules, row.notes), row.want) << row.name;
  }
}

TEST(Outliers, StayAwayLongerEachTimeInARow) {
  const RouteOutliers rules{.gateway_errors = 1, .interval_ms = 10'000, .base_ms = 30'000};
  const SnapshotPtr snapshot = make_snapshot(1, table(2, {.outliers = rules}), {});
  const Backend& backend = backend_in(snapshot);
  EndpointState& one = *backend.endpoints[0];
  Clock::time_point now = kStart;
  for (const int away : {30, 60, 90}) {
    ASSERT_TRUE(note(backend, one, Outcome::unreachable, now));
    EXPECT_TRUE(one.health.ejected(now + seconds(away) - milliseconds(1))) << away;
    EXPECT_FALSE(one.health.ejected(now + seconds(away))) << away;
    now += seconds(away);
  }
  // Two intervals without trouble: two of the three are forgotten.
  now += seconds(20);
  ASSERT_TRUE(note(backend, one, Outcome::unreachable, now));
  EXPECT_FALSE(one.health.ejected(now + seconds(60)));
  EXPECT_TRUE(one.health.ejected(now + seconds(59)));
}

TEST(Outliers, AreTriedWhenNobodyElseIsLeft) {
  const SnapshotPtr snapshot = make_snapshot(1, table(2), {});
  const Backend& backend = backend_in(snapshot);
  for (int i = 0; i < 5; ++i) note(backend, *backend.endpoints[0], Outcome::unreachable, kStart);
  View view(snapshot);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(view.turns.endpoint(backend, {}, kStart)->endpoint.id, "1");
  }
  EXPECT_EQ(view.turns.endpoint(backend, {backend.endpoints[1]}, kStart)->endpoint.id, "0");
  EXPECT_EQ(endpoint_of({.key = "ann"}, backend, {}, kStart)->endpoint.id, "1");
}

TEST(Outliers, AreForgottenWhenTheyLeaveTheTable) {
  const SnapshotPtr first = make_snapshot(1, table(2), {});
  const Backend& backend = backend_in(first);
  for (int i = 0; i < 5; ++i) note(backend, *backend.endpoints[1], Outcome::unreachable, kStart);
  const SnapshotPtr same = make_snapshot(2, table(2), first->endpoints);
  EXPECT_TRUE(backend_in(same).endpoints[1]->health.ejected(kStart));
  make_snapshot(3, table(1), first->endpoints);
  const SnapshotPtr back = make_snapshot(4, table(2), first->endpoints);
  EXPECT_FALSE(backend_in(back).endpoints[1]->health.ejected(kStart));
}

// Of a hundred and ten requests, how many go to an endpoint that came so many seconds ago.
int share_at(seconds age, bool is_new) {
  const RoutePolicy policy{.slow_start_ms = 100'000};
  const SnapshotPtr first = make_snapshot(1, table(1, policy), {});
  const SnapshotPtr second = make_snapshot(
      2, table(2, policy), is_new ? first->endpoints : std::map<std::string, EndpointPtr>{});
  const Backend& backend = backend_in(second);
  View view(second);
  int count = 0;
  for (int i = 0; i < 110; ++i) {
    const auto now = backend.endpoints[1]->since + age;
    count += view.turns.endpoint(backend, {}, now) == backend.endpoints[1];
  }
  return count;
}

TEST(SlowStart, TheShareGrows) {
  EXPECT_NEAR(share_at(seconds(0), true), 10, 1);    // a tenth of the other's
  EXPECT_NEAR(share_at(seconds(50), true), 37, 1);   // half
  EXPECT_NEAR(share_at(seconds(100), true), 55, 1);  // the same
  EXPECT_NEAR(share_at(seconds(0), false), 55, 1);   // there from the gateway's start
}

// It has not been asked meanwhile: that is no reason to ask nobody else now.
TEST(SlowStart, WhoComesBackGetsItsShareAndNoMore) {
  const SnapshotPtr snapshot =
      make_snapshot(1, table(2, {.outliers = {.gateway_errors = 1}, .slow_start_ms = 1}), {});
  const Backend& backend = backend_in(snapshot);
  View view(snapshot);
  ASSERT_TRUE(note(backend, *backend.endpoints[0], Outcome::unreachable, kStart));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(view.turns.endpoint(backend, {}, kStart)->endpoint.id, "1");
  }
  int count = 0;
  for (int i = 0; i < 20; ++i) {
    const auto later = kStart + std::chrono::hours(1);
    count += view.turns.endpoint(backend, {}, later) == backend.endpoints[0];
  }
  EXPECT_NEAR(count, 10, 1);
}

TEST(Load, ForgetsWhatItCountedByAnotherInterval) {
  RecentCount count;
  count.add(0, kStart, 1000);
  EXPECT_EQ(count.in_last(kStart, 1000), 1);
  EXPECT_EQ(count.in_last(kStart, 10'000), 0);
}

TEST(Load, LimitsSecondTries) {
  const RouteRetryBudget budget{
      .percent = 20, .interval_ms = 10'000, .min_count = 2, .min_interval_ms = 1000};
  Load load;
  Clock::time_point now = kStart;
  const auto retries = [&] {
    int allowed = 0;
    while (load.retry(budget, 1, now)) ++allowed;
    return allowed;
  };
  EXPECT_EQ(retries(), 2);  // a few in any case
  for (int i = 0; i < 50; ++i) load.asked.add(i % 2, now, budget.interval_ms);
  EXPECT_EQ(retries(), 8);  // ten to fifty requests
  now += seconds(2);
  EXPECT_EQ(retries(), 2);
  now += seconds(20);
  EXPECT_EQ(retries(), 2);  // what was long ago does not count
}

TEST(Ticket, IsGivenBack) {
  std::atomic<std::int64_t> count = 0;
  const auto keeper = std::make_shared<int>();
  {
    Ticket one(keeper, count, 1);
    EXPECT_TRUE(one);
    EXPECT_FALSE(Ticket(keeper, count, 1));
    const Ticket moved = std::move(one);
    EXPECT_TRUE(moved);
    EXPECT_EQ(count, 1);
  }
  EXPECT_EQ(count, 0);
  EXPECT_EQ(keeper.use_count(), 1);
}

}  // namespace
}  // namespace weir::gateway
