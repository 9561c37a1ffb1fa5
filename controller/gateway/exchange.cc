#include "controller/gateway/exchange.h"

#include <cerrno>
#include <utility>

#include "controller/gateway/forward.h"

namespace weir::gateway {

namespace {

// What an endpoint may answer before its answer (RFC 9110 15.2), save 101, which is one.
bool is_informational(const ResponseHead& head) { return head.status < 200 && head.status != 101; }

}  // namespace

Exchange::Exchange(Gate& gate, Requester& requester, Request request, Choice choice)
    : gate_(gate),
      requester_(requester),
      request_(std::move(request)),
      choice_(std::move(choice)),
      request_whole_(!request_.has_body),
      began_(gate.now()) {}

Exchange::~Exchange() = default;

// --- There ---------------------------------------------------------------------------------------

void Exchange::start() {
  if (const int most = choice_.rule().from.timeout_ms; most > 0) {
    deadline_ = gate_.now() + std::chrono::milliseconds(most);
  }
  if (request_whole_) copy();
  attempt();
}

// To whom the rule sends a copy. One whose body is not in hand any more has none.
void Exchange::copy() {
  if (!request_.is_copy && body_in_hand_) mirror(gate_, request_, choice_, sent_body_);
}

void Exchange::attempt() {
  connected_ = false;
  in_.clear();
  const EndpointPtr endpoint = choice_.next(gate_.view());
  if (!endpoint) return fail(503, "no endpoint of " + choice_.service() + " is ready");
  // One that may have been sent must not be sent again: it never meets a connection that the
  // endpoint may be closing at this very instant. HTTP/2 says what it has not looked at.
  fresh_ = fresh_ || request_.upgrade || !(request_.idempotent || endpoint->http2);
  upstream_ = gate_.upstream(endpoint, fresh_, *this);
  connect_deadline_ = gate_.now() + gate_.limits().connect;
  if (const int most = choice_.rule().from.try_timeout_ms; most > 0) {
    try_deadline_ = gate_.now() + std::chrono::milliseconds(most);
  }
  connected_ = upstream_->kept;
  upstream_->stream->send(request_.head);
  if (!sent_body_.empty()) upstream_->stream->send(sent_body_);
}

void Exchange::tick(Clock::time_point now) {
  if (done_ || !upstream_) return;
  if (now > deadline_) {
    tries_left_ = 0;
    return timed_out();
  }
  if (!connected_ && now > connect_deadline_) return broke();
  if (now > try_deadline_) timed_out();
}

// What has begun is cut: its client must see that it is not all.
void Exchange::timed_out() {
  if (response_) return broke();
  const bool again = tries_left_ > 0 && body_in_hand_ && request_.idempotent;
  if (again) return broke();
  fail(504, "the endpoint did not answer in time");
}

void Exchange::body(std::string_view data) {
  if (done_) return;
  encoded_.clear();
  if (request_.chunked) {
    append_chunk(data, encoded_);
    data = encoded_;
  }
  send_body(data);
}

void Exchange::body_end() {
  if (std::exchange(request_whole_, true)) return;
  if (request_.chunked && !done_) send_body(kLastChunk);
  if (!done_) copy();
}

void Exchange::send_body(std::string_view bytes) {
  if (body_in_hand_ && sent_body_.size() + bytes.size() > gate_.limits().replay_max) {
    body_in_hand_ = false;
    sent_body_ = {};
  }
  if (body_in_hand_) sent_body_.append(bytes);
  if (!upstream_) return;
  upstream_->counts().sent_bytes.add(static_cast<std::int64_t>(bytes.size()));
  upstream_->stream->send(bytes);
}

void Exchange::on_connected() { connected_ = true; }

void Exchange::on_sent() { requester_.on_writable(); }

// --- And back ------------------------------------------------------------------------------------

void Exchange::on_bytes(std::string_view bytes) {
  if (!response_) {
    if (!in_.empty()) {
      in_.append(bytes);
      const std::string all = std::exchange(in_, {});
      return read_head(all);
    }
    return read_head(bytes);
  }
  read_body(bytes);
}

void Exchange::read_head(std::string_view bytes) {
  while (!done_ && !bytes.empty()) {
    ResponseHead& head = gate_.response_head();
    if (parse(bytes, head)) return broke();
    if (head.size == 0) {
      in_.assign(bytes);
      return;
    }
    bytes.remove_prefix(head.size);
    tries_left_ = 0;  // bytes have come: what follows is this endpoint's
    if (is_informational(head)) {
      requester_.on_informational(head);
      continue;
    }
    status_ = head.status;
    if (head.status == 101) {
      if (!request_.upgrade) return fail(502, "101 without having been asked");
      done_ = true;
      count(101);
      return requester_.on_switched(head, std::move(upstream_), bytes);
    }
    response_ = Body::of(head, request_.method);
    keeps_ = head.keep_alive && !response_->ends_with_connection();
    requester_.on_response(head, response_->left());
    return response_->whole() ? end_response(bytes.empty()) : read_body(bytes);
  }
}

void Exchange::read_body(std::string_view bytes) {
  if (done_) return;
  const auto taken = response_->feed(bytes, [this](std::string_view data) {
    upstream_->counts().received_bytes.add(static_cast<std::int64_t>(data.size()));
    requester_.on_response_data(data);
  });
  if (done_) return;  // the client went away meanwhile
  if (!taken) return broke();
  if (response_->whole()) return end_response(*taken == bytes.size());
  if (requester_.unsent() > gate_.limits().unsent_max) upstream_->stream->pause();
}

void Exchange::resume() {
  if (upstream_) upstream_->stream->resume();
}

// `clean`: nothing came behind it.
void Exchange::end_response(bool clean) {
  done_ = true;
  count(status_);
  if (clean && keeps_ && request_whole_) {
    gate_.keep(std::move(upstream_));
  } else {
    upstream_.reset();
  }
  if (response_->trailers().size() > 2)
    requester_.on_trailers(parse_trailers(response_->trailers()));
  requester_.on_response_end();
}

void Exchange::count(int code) {
  EndpointCounts& counts = upstream_ ? upstream_->counts() : gate_.counts_of(*choice_.nobody());
  counts.ended(code, gate_.now() - began_);
}

void Exchange::on_end(int error) {
  if (done_) return;
  if (error == ECONNREFUSED) connected_ = false;  // whatever was sent, nobody has looked at it
  if (response_ && error == 0) {
    response_->connection_ended();
    if (response_->whole()) return end_response(false);
  }
  broke();
}

void Exchange::broke() {
  if (response_) {
    done_ = true;
    count(0);
    upstream_.reset();
    return requester_.on_cut();
  }
  const bool was_kept = upstream_->kept;
  const bool nothing_sent = !connected_;
  // A kept connection that the endpoint closed says nothing about the endpoint.
  if (!was_kept) choice_.failed(upstream_->endpoint());
  const bool again = tries_left_ > 0 && body_in_hand_ && (nothing_sent || request_.idempotent);
  if (again) {
    --tries_left_;
    upstream_->counts().retries.add();
    fresh_ = true;
    return attempt();
  }
  if (nothing_sent) return fail(503, "the endpoint cannot be reached");
  fail(502, "the endpoint closed without a response");
}

void Exchange::fail(int status, const std::string& why) {
  done_ = true;
  count(status);
  upstream_.reset();
  requester_.on_failure(status, why);
}

}  // namespace weir::gateway
