#include "controller/gateway/outliers.h"

#include <algorithm>
#include <cerrno>

namespace weir::gateway {

namespace {

constexpr std::chrono::minutes kLongest{5};  // as Envoy has it

int one_more(std::atomic<int>& count) { return count.fetch_add(1, std::memory_order_relaxed) + 1; }

// Written only where it changes: most requests find nothing, and leave the line to other threads.
void forget(std::atomic<int>& count) {
  if (count.load(std::memory_order_relaxed) != 0) count.store(0, std::memory_order_relaxed);
}

bool may_go(const Backend& backend, Clock::time_point now) {
  const auto& all = backend.endpoints;
  const auto ejected = std::count_if(
      all.begin(), all.end(), [&](const EndpointPtr& one) { return one->health.ejected(now); });
  const auto count = static_cast<std::ptrdiff_t>(all.size());
  if (ejected + 1 >= count) return false;  // the last one
  return ejected == 0 || (ejected + 1) * 100 <= count * backend.from.policy.outliers.max_percent;
}

bool eject(const Backend& backend, Health& health, Clock::time_point now) {
  const RouteOutliers& rules = backend.from.policy.outliers;
  const std::lock_guard lock(backend.nobody->load->ejecting);
  if (health.ejected(now) || !may_go(backend, now)) return false;
  // For each interval that it has done well, one time less.
  const Clock::time_point back{Clock::duration(health.ejected_until.load())};
  const auto well = (now - back) / std::chrono::milliseconds(std::max(rules.interval_ms, 1));
  health.ejections -= static_cast<int>(std::min<std::int64_t>(well, health.ejections));
  ++health.ejections;
  const Clock::duration base = std::chrono::milliseconds(rules.base_ms);
  const Clock::duration most = std::max<Clock::duration>(base, kLongest);
  health.forget();
  health.ejected_until = (now + std::min(base * health.ejections, most)).time_since_epoch().count();
  return true;
}

}  // namespace

bool is_own_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == EADDRNOTAVAIL || error == ENOBUFS ||
         error == ENOMEM;
}

Outcome outcome_of(int status) {
  if (status < 500) return Outcome::good;
  return status >= 502 && status <= 504 ? Outcome::gateway_error : Outcome::server_error;
}

bool note(const Backend& backend, EndpointState& endpoint, Outcome outcome, Clock::time_point now) {
  const RouteOutliers& rules = backend.from.policy.outliers;
  Health& health = endpoint.health;
  bool too_many = false;
  if (outcome == Outcome::good) {
    forget(health.server_errors);
  } else if (rules.server_errors > 0) {
    too_many = one_more(health.server_errors) >= rules.server_errors;
  }
  const bool answered = outcome != Outcome::unreachable && outcome != Outcome::silent;
  const bool counts =
      outcome == Outcome::unreachable ||
      (rules.answers && outcome != Outcome::good && outcome != Outcome::server_error);
  if (counts && rules.gateway_errors > 0) {
    too_many |= one_more(health.gateway_errors) >= rules.gateway_errors;
  } else if (answered) {
    forget(health.gateway_errors);
  }
  return too_many && eject(backend, health, now);
}

}  // namespace weir::gateway
