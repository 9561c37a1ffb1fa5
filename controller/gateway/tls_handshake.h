#pragma once

// TlsHandshake: a client's connection from its acceptance until its handshake is done, within
// Limits::head; then it is a Client's. Owned by the gate, as any session.

#include "controller/gateway/forward.h"
#include "controller/gateway/tls_stream.h"

namespace weir::gateway {

class TlsHandshake final : public Session, public StreamUser {
 public:
  TlsHandshake(Gate& gate, StreamPtr stream, Origin origin);

  void tick(Clock::time_point now) override;
  void drain() override {}  // whom it becomes is told by the gate

 private:
  void on_connected() override;
  void on_bytes(std::string_view) override {}
  void on_end(int) override { end(); }
  void end();

  Gate& gate_;
  StreamPtr stream_;
  Origin origin_;
  const Clock::time_point deadline_;
  bool over_ = false;
};

}  // namespace weir::gateway
