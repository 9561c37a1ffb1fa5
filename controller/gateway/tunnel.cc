#include "controller/gateway/tunnel.h"

#include <utility>

namespace weir::gateway {

namespace {

constexpr std::size_t kTriesMax = 3;

}  // namespace

Tunnel::Tunnel(Gate& gate, Stream& client, std::function<void()> over)
    : gate_(gate), client_(client), over_(std::move(over)) {}

void Tunnel::Side::listen_to(Stream& from) {
  from_ = &from;
  from.use(*this);
}

void Tunnel::Side::join(Stream& from, Side& other) {
  other_ = &other;
  listen_to(from);
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
  down_.listen_to(client_);
  connect();
}

void Tunnel::connect() {
  upstream_.reset();
  if (opening_->renew(gate_.view())) {
    const Pause::Verdict verdict = pause_.look(gate_, *opening_, [this] { connect(); });
    if (verdict == Pause::Verdict::wait) return;
    if (verdict != Pause::Verdict::go) return refuse(Refused::paused);
  }
  const EndpointPtr endpoint =
      opening_->tried() < kTriesMax ? opening_->next(gate_.view(), gate_.now()) : nullptr;
  if (!endpoint) return end();
  opening_->failed(endpoint);  // as far as we know
  Ticket ticket;
  if (const int most = opening_->policy().limits.connections; most > 0) {
    const EndpointPtr& service = opening_->present().nobody;
    ticket = Ticket(service, service->load->connections, most);
    if (!ticket) return refuse(Refused::connections);
  }
  upstream_ = gate_.raw_upstream(endpoint, up_);
  upstream_->ticket = std::move(ticket);
  down_.join(client_, up_);
  up_.join(*upstream_->stream, down_);
}

// Bytes have no words for it: the connection ends.
void Tunnel::refuse(Refused why) {
  gate_.counts_of(*opening_->nobody()).refusals[static_cast<std::size_t>(why)].add();
  end();
}

void Tunnel::connected() {
  note(opening_->present(), *upstream_->endpoint(), Outcome::good, gate_.now());
  opening_.reset();
  if (!first_.empty()) up_.send(std::exchange(first_, {}));
  down_.pass_on_end();
  client_.resume();
}

void Tunnel::Side::on_bytes(std::string_view bytes) {
  if (this == &tunnel_.down_ && tunnel_.opening_) {
    tunnel_.first_.append(bytes);
    return;
  }
  other_->from_->send(bytes);
  if (other_->from_->unsent() > tunnel_.gate_.limits().unsent_max) from_->pause();
}

// While it opens, what the client is sent is its TLS's own: nobody waits for that.
void Tunnel::Side::on_sent() {
  if (!tunnel_.opening_) other_->from_->resume();
}

void Tunnel::Side::on_end(int error) {
  if (error != 0) return tunnel_.broke(*this, error);
  ended_ = true;
  if (this == &tunnel_.down_ && tunnel_.opening_) return;
  pass_on_end();
  if (other_->ended_) tunnel_.end();
}

void Tunnel::Side::pass_on_end() {
  if (ended_) other_->from_->finish();
}

void Tunnel::broke(Side& side, int error) {
  if (&side == &up_ && opening_) {  // it was never reached: the next
    const EndpointPtr endpoint = upstream_->endpoint();
    if (!is_own_shortage(error) &&
        note(opening_->present(), *endpoint, Outcome::unreachable, gate_.now())) {
      upstream_->counts().ejections.add();
    }
    return connect();
  }
  if (!upstream_) return end();  // the client did not wait
  (&side == &up_ ? down_ : up_).reset();
  end();
}

void Tunnel::end() {
  pause_ = {};  // the client's stream may be gone before the wait is over
  upstream_.reset();
  over_();
}

}  // namespace weir::gateway
