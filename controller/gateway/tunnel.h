#pragma once

// Tunnel: bytes both ways between a client and an endpoint, neither read nor changed: raw TCP, and
// what an upgrade has made of an HTTP connection. Each side is read only as fast as the other
// takes, and the end of one is passed on to the other.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "controller/gateway/gate.h"
#include "controller/gateway/pause.h"

namespace weir::gateway {

class Tunnel {
 public:
  // `over` is called once, when both sides have ended or one broke; the client's stream is then its
  // owner's to close.
  Tunnel(Gate& gate, Stream& client, std::function<void()> over);

  // To an endpoint that is connected already.
  void begin(UpstreamPtr upstream);
  // To one of the backend's endpoints: the next where one cannot be reached. Nothing has been sent
  // to it; `first` has come from the client.
  void open(Choice choice, std::string first);

 private:
  // What comes from one side, on its way to the other.
  class Side final : public StreamUser {
   public:
    explicit Side(Tunnel& tunnel) : tunnel_(tunnel) {}
    void join(Stream& from, Side& other);
    void send(std::string_view bytes) { from_->send(bytes); }
    void on_connected() override { tunnel_.connected(); }
    void on_bytes(std::string_view bytes) override;
    void on_sent() override;
    void on_end(int error) override;
    void reset() { from_->reset(); }
    void listen_to(Stream& from);
    void pass_on_end();

   private:
    Tunnel& tunnel_;
    Stream* from_ = nullptr;
    Side* other_ = nullptr;
    bool ended_ = false;
  };
  void connect();
  void refuse(Refused why);
  void connected();
  void broke(Side& side, int error);
  void end();

  Gate& gate_;
  Stream& client_;
  const std::function<void()> over_;
  UpstreamPtr upstream_;
  Side down_{*this};               // what the client sends
  Side up_{*this};                 // what the endpoint sends
  std::optional<Choice> opening_;  // until an endpoint is reached
  std::string first_;
  Pause pause_;
};

}  // namespace weir::gateway
