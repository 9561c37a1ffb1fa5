#include "controller/gateway/choice.h"

#include <algorithm>

namespace weir::gateway {

namespace {

constexpr double kFirstShare = 0.1;  // of a new endpoint

bool has(const std::vector<EndpointPtr>& list, const EndpointPtr& one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

// Grows from a tenth to the whole within the window.
double share_of(const EndpointState& endpoint, Clock::time_point now, int window_ms) {
  const Clock::duration window = std::chrono::milliseconds(window_ms);
  if (endpoint.since == Clock::time_point{} || now - endpoint.since >= window) return 1;
  const double part =
      static_cast<double>((now - endpoint.since).count()) / static_cast<double>(window.count());
  return std::max(kFirstShare, part);
}

}  // namespace

const Backend* Turns::backend(const Rule& rule) {
  const Backend* best = nullptr;
  for (const Backend& one : rule.backends) {
    if (one.from.weight <= 0) continue;
    turns_[one.index].credit += one.from.weight;
    if (!best || turns_[one.index].credit > turns_[best->index].credit) best = &one;
  }
  if (best) turns_[best->index].credit -= rule.weight;
  return best;
}

EndpointPtr Turns::endpoint(const Backend& backend, const std::vector<EndpointPtr>& tried,
                            Clock::time_point now) {
  const std::size_t count = backend.endpoints.size();
  if (count == 0) return nullptr;
  if (backend.from.policy.slow_start_ms > 0) return warm(backend, tried, now);
  std::size_t& next = turns_[backend.index].next;
  const EndpointPtr* ejected = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    const EndpointPtr& one = backend.endpoints[next++ % count];
    if (has(tried, one)) continue;
    if (!one->health.ejected(now)) return one;
    if (!ejected) ejected = &one;
  }
  return ejected ? *ejected : backend.endpoints[next++ % count];
}

// By weights that grow: smooth weighted round robin, as among backends. Where all are equally new
// their shares are equal, too.
EndpointPtr Turns::warm(const Backend& backend, const std::vector<EndpointPtr>& tried,
                        Clock::time_point now) {
  const auto& all = backend.endpoints;
  std::vector<double>& credits = turns_[backend.index].credits;
  credits.resize(all.size());
  const auto is_out = [&](const EndpointPtr& one) {
    return has(tried, one) || one->health.ejected(now);
  };
  const bool all_out = std::all_of(all.begin(), all.end(), is_out);
  std::size_t best = all.size();
  double sum = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    // Who is out gathers no credit: it would get everything once it is back.
    if (!all_out && is_out(all[i])) continue;
    const double share = share_of(*all[i], now, backend.from.policy.slow_start_ms);
    credits[i] += share;
    sum += share;
    if (best == all.size() || credits[i] > credits[best]) best = i;
  }
  credits[best] -= sum;
  return all[best];
}

bool Turns::one_of(std::int64_t& credit, int basis_points) {
  credit += basis_points;
  if (credit < kAllBasisPoints) return false;
  credit -= kAllBasisPoints;
  return true;
}

bool Choice::renew(const ViewPtr& newest) {
  if (newest == view_) return true;
  const Backend* same = newest->snapshot->backend(backend_->from);
  if (!same) return false;
  backend_ = same;
  view_ = newest;
  return true;
}

EndpointPtr Choice::next(const ViewPtr& newest, Clock::time_point now) {
  if (!renew(newest)) return nullptr;
  if (!user_.key.empty()) return endpoint_of(user_, *backend_, tried_, now);
  return view_->turns.endpoint(*backend_, tried_, now);
}

}  // namespace weir::gateway
