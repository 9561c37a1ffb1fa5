#pragma once

// TrafficHistory: what each revision has answered lately, second by second, for analyses that
// compare two of them. Fed with every report of the gateway, whose numbers only ever grow (until a
// worker is replaced); from any thread.

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "controller/gateway/traffic.h"
#include "reconcilers/time.h"

namespace weir::gateway {

struct RevisionTraffic {
  std::int64_t requests = 0;
  // Of those: answered with 5xx, cut, or sent to another endpoint because this one failed.
  std::int64_t errors = 0;
  std::vector<std::int64_t> latency = {};  // as Traffic has it
  bool operator==(const RevisionTraffic&) const = default;
};
// Seconds: of which this part (0.99) of the requests took no longer, linear within a bound as
// Prometheus' histogram_quantile() is; 0 without requests.
double latency_quantile(const RevisionTraffic& traffic, double quantile);

class TrafficHistory {
 public:
  static constexpr std::chrono::minutes kKept{10};

  void add(const TrafficReport& report, Time now);
  // Of the endpoints of this revision in this namespace since then; of one Service's, or all.
  RevisionTraffic since(Time from, const std::string& ns, const std::string& service,
                        const std::string& revision) const;

 private:
  struct Second {
    Time at;
    RevisionTraffic traffic;
  };
  struct Of {
    std::string service;  // "default/web"
    std::string revision;
    auto operator<=>(const Of&) const = default;
  };

  mutable std::mutex mutex_;
  std::map<Of, std::deque<Second>> seconds_;
  // What has been added of each endpoint, by Service and name.
  std::map<std::pair<std::string, std::string>, RevisionTraffic> added_;
  bool began_ = false;  // what was counted before the first report belongs to no second
};

}  // namespace weir::gateway
