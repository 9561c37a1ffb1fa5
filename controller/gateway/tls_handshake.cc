#include "controller/gateway/tls_handshake.h"

#include <utility>

#include "controller/gateway/client.h"

namespace weir::gateway {

TlsHandshake::TlsHandshake(Gate& gate, StreamPtr stream, Origin origin)
    : gate_(gate),
      stream_(std::move(stream)),
      origin_(std::move(origin)),
      deadline_(gate.now() + gate.limits().head) {
  if (stream_) {
    stream_->use(*this);
  } else {
    end();
  }
}

void TlsHandshake::on_connected() {
  gate_.admit(std::make_unique<Client>(gate_, std::move(stream_), std::move(origin_)));
  end();
}

void TlsHandshake::end() {
  stream_.reset();
  if (!std::exchange(over_, true)) gate_.over(*this);
}

void TlsHandshake::tick(Clock::time_point now) {
  if (now >= deadline_) end();
}

}  // namespace weir::gateway
