#pragma once

// GatewayClient: weir serve's end of the gateway. Finds the gateway that runs, or starts one that
// outlives us; tells it tables, and the loop what it says. A thread of its own, on which every call
// back is made; the methods are for any thread and never wait.

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "controller/gateway/channel.h"
#include "controller/gateway/traffic.h"
#include "controller/loop/gateway_link.h"

namespace weir {

struct GatewayClientOptions {
  std::string socket;  // where the gateway listens, or will
  std::string io = "best";
  // Whatever it says of its traffic, on the client's thread.
  std::function<void(const gateway::TrafficReport&)> on_traffic = {};
};

class GatewayClient final : public GatewayLink {
 public:
  explicit GatewayClient(GatewayClientOptions options);
  ~GatewayClient() override;

  void follow(std::function<void(GatewayReport)> on_report) override;
  void publish(const RouteTable& table, std::function<void(Result<void>)> on_ack) override;
  // As it was last told, from any thread.
  gateway::TrafficReport traffic() const;

 private:
  struct Publication {
    RouteTable table;
    std::function<void(Result<void>)> on_ack;
  };
  void run();
  void converse(int fd);
  void await(int milliseconds) const;
  bool wanted();
  void start_gateway() const;
  void send_due(gateway::Channel& channel);
  void heard(std::string_view line, const gateway::Channel& channel);
  void lost(const std::string& why);

  const GatewayClientOptions options_;
  std::function<void(GatewayReport)> on_report_;
  int wake_;
  mutable std::mutex mutex_;
  std::vector<Publication> due_;
  gateway::TrafficReport traffic_;
  // The thread's own.
  std::map<std::uint64_t, std::function<void(Result<void>)>> sent_;  // by epoch
  std::uint64_t epoch_ = 0;
  bool greeted_ = false;  // it has said which epoch it is at: ours go on from there
  std::string upgraded_;  // the program whose worker we asked to be replaced
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace weir
