#include "controller/gateway/client.h"

#include <utility>

namespace weir::gateway {

namespace {

// How long a client that has said nothing may be one that waits for the server to speak first.
constexpr std::chrono::seconds kSilence{1};
constexpr std::chrono::seconds kLastWords{2};  // a client's, after our last response

void append_status_line(std::string& out, const ResponseHead& head) {
  out.append("HTTP/1.1 ").append(std::to_string(head.status)).append(" ").append(head.reason);
  out.append("\r\n");
}

// Who sends bytes is known by an address, or not at all.
User caller(const RouteAffinity* affinity, const std::string& ip) {
  if (!affinity || affinity->by != RouteAffinity::By::source_ip) return {};
  return {.key = ip};
}

void append_headers(std::string& out, const ResponseHead& head, const Choice& choice) {
  for_each_header(head, choice, [&](std::string_view name, std::string_view value) {
    append_header(out, name, value);
  });
}

void append_headers(std::string& out, const ResponseHead& head) {
  for (const Header& h : head.headers) {
    if (!h.hop_by_hop) append_header(out, h.name, h.value);
  }
}

}  // namespace

Client::Client(Gate& gate, StreamPtr stream, Origin origin)
    : gate_(gate),
      stream_(std::move(stream)),
      origin_(std::move(origin)),
      deadline_(gate.now() + kSilence) {
  stream_->use(*this);
}

Client::~Client() = default;

// --- What a client says --------------------------------------------------------------------------

void Client::on_bytes(std::string_view bytes) {
  if (finishing_) return;
  if (!std::exchange(spoken_, true) && !is_http(bytes)) return open_tunnel(bytes);
  if (in_.empty()) return read(bytes);
  in_.append(bytes);
  read(std::exchange(in_, {}));
}

// A request begins with a method: capital letters and a space. Whatever does not is not HTTP/1.
bool Client::is_http(std::string_view bytes) {
  const Listener* l = listener_in(*gate_.view(), *origin_.listener);
  if (!l || l->protocol != RouteProtocol::detect) return !l || l->protocol == RouteProtocol::http;
  const std::size_t letters = bytes.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ-");
  return letters == bytes.npos ? bytes.size() < 32 : letters > 0 && bytes[letters] == ' ';
}

void Client::open_tunnel(std::string_view bytes) {
  spoken_ = true;
  const ViewPtr view = gate_.view();  // one for all of it: a newer one may come at any instant
  const Listener* l = listener_in(*view, *origin_.listener);
  if (!l || l->rules.empty()) return end();
  const Rule& rule = l->rule_for_bytes();
  User user = caller(rule.affinity, origin_.ip);
  const Backend* backend = user.key.empty() ? view->turns.backend(rule) : backend_of(user, rule);
  if (!backend) return end();
  if (!rule.affinity) user = caller(&backend->from.affinity, origin_.ip);
  tunnel_ = std::make_unique<Tunnel>(gate_, *stream_, [this] { end(); });
  Choice choice(view, rule, *backend);
  choice.stick_to(std::move(user));
  tunnel_->open(std::move(choice), std::string(bytes));
}

void Client::read(std::string_view bytes) {
  reading_ = true;
  while (!bytes.empty() && !finishing_ && !tunnel_) {
    std::size_t taken = 0;
    if (!exchange_) {
      taken = read_request(bytes);
    } else if (!body_->whole()) {
      taken = read_body(bytes);
    }
    if (taken == 0) break;
    bytes.remove_prefix(taken);
  }
  reading_ = false;
  if (finishing_ || tunnel_) return;
  in_.assign(bytes);
  if (ended_ && !exchange_) return last();
  if (ended_ && !body_->whole()) return end();
  // Requests behind the one under way: a few may wait here, the others in the kernel.
  if (exchange_ && in_.size() > kHeadMax) stream_->pause();
}

// RFC 9113 3.3, 3.4: by prior knowledge, or as TLS has agreed (ALPN): the preface says it anyway.
std::size_t Client::open_http2(std::string_view bytes) {
  if (bytes.size() < kHttp2Preface.size()) {
    await_head();
    return 0;
  }
  http2_ = std::make_unique<Http2Client>(gate_, *stream_, origin_, [this](bool cut) {
    if (cut) return end();
    stream_->use(*this);
    last();
  });
  if (draining_) http2_->drain();
  http2_->on_bytes(bytes);
  return bytes.size();
}

std::size_t Client::read_request(std::string_view bytes) {
  if (!asked_ && kHttp2Preface.starts_with(bytes.substr(0, kHttp2Preface.size()))) {
    return open_http2(bytes);
  }
  // RFC 9112 2.2: an empty line before a request is to be ignored.
  if (bytes.starts_with("\r\n")) return 2;
  RequestHead& head = gate_.request_head();
  if (const Refusal refusal = parse(bytes, head)) {
    log_answer(gate_, entry_of(gate_, origin_, {}, "HTTP/1.1"), refusal.status);
    answer({refusal.status, refusal.why}, true);
    return 0;
  }
  if (head.size == 0) {
    await_head();
    return 0;
  }
  asked_ = true;
  awaits_head_ = false;
  old_ = head.minor == 0;
  bodiless_ = head.method == "HEAD";
  keep_alive_ = head.keep_alive;
  body_ = Body::of(head);
  const std::size_t size = head.size;
  AccessEntryPtr entry = entry_of(gate_, origin_, head, old_ ? "HTTP/1.0" : "HTTP/1.1");
  if (auto choice = choose(gate_, origin_, head)) {
    Request request = upstream_request(head, origin_, *choice);
    exchange_ = std::make_unique<Exchange>(gate_, *this, std::move(request), *std::move(choice));
    exchange_->log(std::move(entry));
    exchange_->start();
  } else {
    log_answer(gate_, entry, choice.error().status);
    answer(choice.error(), !body_->whole());
  }
  return size;
}

// From its first byte: one that comes in drops has no more time than another.
void Client::await_head() {
  if (!std::exchange(awaits_head_, true)) deadline_ = gate_.now() + gate_.limits().head;
}

std::size_t Client::read_body(std::string_view bytes) {
  const auto taken = body_->feed(bytes, [this](std::string_view data) {
    if (exchange_) exchange_->body(data);
  });
  if (!exchange_) return finishing_ ? 0 : taken.value_or(0);  // it was too much
  if (!taken) {
    exchange_->write_entry(400);
    answer({400, "the body's chunks are malformed"}, true);
    return 0;
  }
  if (body_->whole()) exchange_->body_end();
  if (exchange_->unsent() > gate_.limits().unsent_max) stream_->pause();
  return *taken;
}

void Client::on_writable() { stream_->resume(); }

// --- What it is answered -------------------------------------------------------------------------

void Client::on_informational(const ResponseHead& head) {
  if (old_) return;
  std::string out;
  append_status_line(out, head);
  append_headers(out, head);
  stream_->send(out.append("\r\n"));
}

void Client::on_response(const ResponseHead& head, std::optional<std::uint64_t> length) {
  chunks_ = !length && !old_;
  // The client is told now: a body that is still on its way will not be read to its end.
  keep_alive_ = keep_alive_ && !draining_ && !(ended_ && in_.empty()) && (length || chunks_) &&
                exchange_->request_whole();
  std::string& out = gate_.scratch();
  out.clear();
  append_status_line(out, head);
  append_headers(out, head, exchange_->choice());
  if (chunks_) append_header(out, "Transfer-Encoding", "chunked");
  if (!keep_alive_) append_header(out, "Connection", "close");
  if (keep_alive_ && old_) append_header(out, "Connection", "keep-alive");
  stream_->send(out.append("\r\n"));
}

void Client::on_response_data(std::string_view data) {
  if (!chunks_) return stream_->send(data);
  std::string& out = gate_.scratch();
  out.clear();
  append_chunk(data, out);
  stream_->send(out);
}

void Client::on_response_end() {
  if (chunks_) stream_->send(kLastChunk);
  next();
}

void Client::on_failure(const Answer& what) { answer(what, !body_->whole()); }

// Nothing else says "this is not all" to a client that may be counting bytes or chunks.
void Client::on_cut() {
  stream_->reset();
  end();
}

void Client::on_switched(const ResponseHead& head, UpstreamPtr upstream, std::string_view first) {
  std::string out;
  append_status_line(out, head);
  append_headers(out, head, exchange_->choice());
  append_header(out, "Connection", "Upgrade");
  if (const Header* upgrade = head.find("upgrade")) append_header(out, "Upgrade", upgrade->value);
  stream_->send(out.append("\r\n"));
  stream_->send(first);
  if (!in_.empty()) upstream->stream->send(std::exchange(in_, {}));
  tunnel_ = std::make_unique<Tunnel>(gate_, *stream_, [this] { end(); });
  tunnel_->begin(std::move(upstream));
}

void Client::answer(const Answer& what, bool is_last) {
  keep_alive_ = keep_alive_ && !is_last && !draining_;
  std::string out = "HTTP/1.1 " + std::to_string(what.status) + " ";
  out.append(reason_of(what.status)).append("\r\n");
  append_header(out, "Content-Type", "text/plain");
  append_header(out, "Content-Length", std::to_string(what.why.size() + 1));
  if (!what.location.empty()) append_header(out, "Location", what.location);
  if (what.retry_after_s > 0) append_header(out, "Retry-After", std::to_string(what.retry_after_s));
  append_header(out, "Server", "weir");
  if (!keep_alive_) append_header(out, "Connection", "close");
  out.append("\r\n");
  if (!bodiless_) out.append(what.why).append("\n");
  stream_->send(out);
  next();
}

void Client::next() {
  exchange_.reset();
  if (!keep_alive_ || draining_) return last();
  deadline_ = gate_.now() + gate_.idle_of(origin_);
  stream_->resume();
  if (reading_) return;
  if (!in_.empty()) return read(std::exchange(in_, {}));
  if (ended_) last();
}

void Client::on_sent() {
  if (exchange_) exchange_->resume();
}

// --- Its end -------------------------------------------------------------------------------------

void Client::last() {
  finishing_ = true;
  stream_->finish();
  // Bytes of the client that nobody reads would have the kernel cut what it has not read yet.
  stream_->resume();
  deadline_ = gate_.now() + kLastWords;
}

void Client::on_end(int error) {
  if (error != 0 || !exchange_ || finishing_) return end();
  // It sends no more, and may still wait for its responses: requests behind this one are in in_.
  ended_ = true;
  // Not in a pause, where many would have left long ago and still keep others out.
  if (!body_->whole() || exchange_->waits()) end();
}

void Client::end() {
  if (std::exchange(over_, true)) return;
  finishing_ = true;
  exchange_.reset();
  stream_.reset();
  gate_.over(*this);
}

void Client::tick(Clock::time_point now) {
  if (over_ || tunnel_) return;
  if (http2_ && !finishing_) return http2_->tick(now);
  if (exchange_) return exchange_->tick(now);
  if (now < deadline_) return;
  if (finishing_) return end();
  const Listener* l = listener_in(*gate_.view(), *origin_.listener);
  if (!spoken_ && l && l->protocol != RouteProtocol::http) return open_tunnel("");
  if (!spoken_ && now < deadline_ + gate_.limits().head) return;
  if (in_.empty()) return last();
  log_answer(gate_, entry_of(gate_, origin_, {}, "HTTP/1.1"), 408);
  answer({408, "the request did not come"}, true);
}

void Client::drain() {
  draining_ = true;
  if (http2_ && !finishing_) return http2_->drain();
  if (!exchange_ && !tunnel_ && in_.empty() && spoken_) last();
}

}  // namespace weir::gateway
