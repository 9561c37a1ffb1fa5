#pragma once

// GatewayLink: the door to the gateway. Behind it a process of its own
// (controller/gateway_client.h), or the simulator's. Calls come from the loop's thread; answers
// from any, so they go through the mailbox.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "controller/result.h"
#include "reconcilers/route_table.h"

namespace weir {

// What the gateway says of itself: when it is reached, and whenever that changes.
struct GatewayReport {
  bool reached = false;
  // None runs, and requests go to nobody. One is started for the first table.
  bool absent = false;
  std::string trouble = {};  // why not
  // Set when it has something to say of this: endpoints by id, and what each is answering;
  std::optional<std::map<std::string, std::int64_t>> in_use = {};
  // listeners that it cannot open, and why.
  std::optional<std::map<std::string, std::string>> closed = {};
};

class GatewayLink {
 public:
  virtual ~GatewayLink() = default;
  virtual void follow(std::function<void(GatewayReport)> on_report) = 0;
  // Answered when every request follows this table; or not, and then nobody knows.
  virtual void publish(const RouteTable& table, std::function<void(Result<void>)> on_ack) = 0;
};

}  // namespace weir
