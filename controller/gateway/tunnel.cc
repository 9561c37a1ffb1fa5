#include "controller/gateway/tunnel.h"

#include <utility>

namespace weir::gateway {

namespace {

constexpr std::size_t kTriesMax = 3;

}  // namespace

Tunnel::Tunnel(Gate& gate, Stream& client, std::function<void()> over)
    : gate_(gate), client_(client), over_(std::move(over)) {}

void Tunnel::Side::join(Stream& from, Side& other) {
  from_ = &from;
  other_ = &other;
  from.use(*this);
}

void Tunnel::begin(UpstreamPtr upstream) {
  upstream_ = std::move(upstream);
  down_.join(client_, up_);
  up_.join(*upstream_->stream, down_);
  client_.resume();
}

void Tunnel::open(Choice choice, std::string first) {
  opening_ = std::move(choice);
  first_ = std::move(first);
  client_.pause();
  connect();
}

void Tunnel::connect() {
  const EndpointPtr endpoint =
      opening_->tried() < kTriesMax ? opening_->next(gate_.view()) : nullptr;
  if (!endpoint) return end();
  opening_->failed(endpoint);  // as far as we know
  upstream_ = gate_.raw_upstream(endpoint, up_);
  down_.join(client_, up_);
  up_.join(*upstream_->stream, down_);
}

void Tunnel::connected() {
  opening_.reset();
  if (!first_.empty()) up_.send(std::exchange(first_, {}));
  client_.resume();
}

void Tunnel::Side::on_bytes(std::string_view bytes) {
  other_->from_->send(bytes);
  if (other_->from_->unsent() > tunnel_.gate_.limits().unsent_max) from_->pause();
}

void Tunnel::Side::on_end(int error) {
  if (error != 0) return tunnel_.broke(*this);
  ended_ = true;
  other_->from_->finish();
  if (other_->ended_) tunnel_.end();
}

void Tunnel::broke(Side& side) {
  if (&side == &up_ && opening_) return connect();  // it was never reached: the next
  (&side == &up_ ? down_ : up_).reset();
  end();
}

void Tunnel::end() {
  upstream_.reset();
  over_();
}

}  // namespace weir::gateway
