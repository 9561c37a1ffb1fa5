#pragma once

// ProxyPreamble: a client's connection on a listener behind a balancer, from its acceptance until
// the PROXY protocol's header has said who it is, within Limits::head; then it goes on as any
// other. Owned by the gate, as any session.

#include "controller/gateway/gate.h"

namespace weir::gateway {

class ProxyPreamble final : public Session, public StreamUser {
 public:
  ProxyPreamble(Gate& gate, StreamPtr stream, Origin origin);

  void tick(Clock::time_point now) override;
  void drain() override {}  // whom it becomes is told by the gate

 private:
  void on_bytes(std::string_view bytes) override;
  void on_end(int) override { end(); }
  void go_on(std::string_view first);
  void refuse();
  void end();

  Gate& gate_;
  StreamPtr stream_;
  Origin origin_;
  const Clock::time_point since_;
  std::string in_;
  bool over_ = false;
};

}  // namespace weir::gateway
