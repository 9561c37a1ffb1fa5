#include "controller/gateway/pause.h"

#include <utility>

namespace weir::gateway {

Pause::Verdict Pause::look(Gate& gate, const Choice& choice, std::function<void()> again) {
  const auto& pause = choice.policy().pause;
  if (!pause) {
    ticket_.release();
    return Verdict::go;
  }
  if (!ticket_) {
    const EndpointPtr& service = choice.present().nobody;
    ticket_ = Ticket(service, service->load->paused, pause->pending);
    if (!ticket_) return Verdict::full;
    until_ = gate.now() + std::chrono::milliseconds(pause->timeout_ms);
  }
  if (gate.now() >= until_) return Verdict::late;
  wait_ = std::make_unique<Wait>(gate.waits(), Wait::For::new_table, until_, std::move(again));
  return Verdict::wait;
}

}  // namespace weir::gateway
