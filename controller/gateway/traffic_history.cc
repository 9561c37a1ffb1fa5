#include "controller/gateway/traffic_history.h"

#include <algorithm>
#include <utility>

namespace weir::gateway {

namespace {

RevisionTraffic sum_of(const Traffic& traffic) {
  RevisionTraffic sum{.latency = traffic.latency};
  for (const auto& [code, count] : traffic.requests) {
    sum.requests += count;
    if (code == 0 || code >= 500) sum.errors += count;
  }
  for (const auto& [reason, count] : traffic.retries) {
    // A kept connection that the endpoint has closed is a reset, too, and no failure of its.
    if (reason == kRetries[static_cast<std::size_t>(Retry::reset)]) continue;
    sum.requests += count;
    sum.errors += count;
  }
  return sum;
}

void add_to(RevisionTraffic& to, const RevisionTraffic& from) {
  to.requests += from.requests;
  to.errors += from.errors;
  to.latency.resize(std::max(to.latency.size(), from.latency.size()));
  for (std::size_t i = 0; i < from.latency.size(); ++i) to.latency[i] += from.latency[i];
}

// A worker that was replaced took its numbers with it: how much of what is there now is new, nobody
// knows, and the next report will tell.
RevisionTraffic growth(const RevisionTraffic& before, const RevisionTraffic& now) {
  const bool fell = now.requests < before.requests || now.errors < before.errors ||
                    now.latency.size() < before.latency.size();
  if (fell) return {};
  RevisionTraffic grown = now;
  grown.requests -= before.requests;
  grown.errors -= before.errors;
  for (std::size_t i = 0; i < before.latency.size(); ++i) grown.latency[i] -= before.latency[i];
  return grown;
}

// "default/web:80" → "default/web"
std::string without_port(const std::string& service) {
  return service.substr(0, service.rfind(':'));
}

}  // namespace

double latency_quantile(const RevisionTraffic& traffic, double quantile) {
  std::int64_t all = 0;
  for (const std::int64_t count : traffic.latency) all += count;
  const double wanted = quantile * static_cast<double>(all);
  double below = 0;
  for (std::size_t i = 0; i < traffic.latency.size(); ++i) {
    const auto here = static_cast<double>(traffic.latency[i]);
    if (here > 0 && below + here >= wanted) {
      if (i >= kLatencySeconds.size()) return kLatencySeconds.back();
      const double low = i == 0 ? 0 : kLatencySeconds[i - 1];
      return low + (kLatencySeconds[i] - low) * (wanted - below) / here;
    }
    below += here;
  }
  return 0;
}

void TrafficHistory::add(const TrafficReport& report, Time now) {
  const std::lock_guard lock(mutex_);
  decltype(added_) added;
  for (const Traffic& traffic : report.endpoints) {
    const std::pair id{traffic.service, traffic.endpoint};
    const RevisionTraffic sum = sum_of(traffic);
    const auto before = added_.find(id);
    const RevisionTraffic grown =
        growth(before == added_.end() ? RevisionTraffic{} : before->second, sum);
    added.emplace(id, sum);
    if (!began_ || grown.requests == 0 || traffic.revision.empty()) continue;
    auto& seconds = seconds_[{without_port(traffic.service), traffic.revision}];
    if (seconds.empty() || seconds.back().at != now) seconds.push_back({.at = now, .traffic = {}});
    add_to(seconds.back().traffic, grown);
  }
  added_ = std::move(added);
  began_ = true;
  for (auto& [of, seconds] : seconds_) {
    while (!seconds.empty() && seconds.front().at < now - kKept) seconds.pop_front();
  }
  std::erase_if(seconds_, [](const auto& one) { return one.second.empty(); });
}

RevisionTraffic TrafficHistory::since(Time from, const std::string& ns, const std::string& service,
                                      const std::string& revision) const {
  const std::lock_guard lock(mutex_);
  RevisionTraffic sum;
  for (const auto& [of, seconds] : seconds_) {
    const bool here =
        service.empty() ? of.service.starts_with(ns + "/") : of.service == ns + "/" + service;
    if (!here || of.revision != revision) continue;
    for (auto it = seconds.rbegin(); it != seconds.rend() && it->at > from; ++it) {
      add_to(sum, it->traffic);
    }
  }
  return sum;
}

}  // namespace weir::gateway
