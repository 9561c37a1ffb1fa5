#pragma once

// MirroredRequest: the copy of a request that a rule has sent elsewhere as well. A session of its
// own: it outlives the request that it copies, delays it in nothing, and what it is answered is
// dropped. Owned by its gate.

#include <optional>
#include <string_view>

#include "controller/gateway/exchange.h"

namespace weir::gateway {

class MirroredRequest final : public Session, public Requester {
 public:
  // `body`: as it went upstream, with the framing of its chunks.
  MirroredRequest(Gate& gate, const Request& request, std::string_view body, Choice choice);
  ~MirroredRequest() override { --gate_.copies(); }

  void tick(Clock::time_point now) override;
  void drain() override {}

 private:
  void on_informational(const ResponseHead&) override {}
  void on_response(const ResponseHead&, std::optional<std::uint64_t>) override {}
  void on_response_data(std::string_view) override {}
  void on_response_end() override { gate_.over(*this); }
  void on_failure(const Answer&) override { gate_.over(*this); }
  void on_cut() override { gate_.over(*this); }
  void on_switched(const ResponseHead&, UpstreamPtr, std::string_view) override {
    gate_.over(*this);
  }
  void on_writable() override {}
  std::size_t unsent() const override { return 0; }

  Gate& gate_;
  Exchange exchange_;
  Clock::time_point deadline_;
};

}  // namespace weir::gateway
