#include "controller/gateway/exchange.h"

#include <algorithm>
#include <cerrno>
#include <limits>
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

Exchange::~Exchange() { write_entry(0); }  // its client did not wait for the end

// --- There ---------------------------------------------------------------------------------------

void Exchange::start() {
  if (const int most = choice_.rule().from.timeout_ms; most > 0) {
    deadline_ = gate_.now() + std::chrono::milliseconds(most);
  }
  if (request_.body_ms > 0) {
    body_deadline_ = gate_.now() + std::chrono::milliseconds(request_.body_ms);
  }
  if (request_whole_) copy();
  const RoutePolicy& policy = choice_.policy();
  if (policy.retries) load().asked.add(gate_.number(), gate_.now(), policy.retries->interval_ms);
  const RouteFault& fault = policy.fault;
  if (fault.delay_ms == 0 && fault.abort_status == 0) return attempt();
  Turns& turns = choice_.view()->turns;
  const int status = turns.aborts(choice_.present()) ? fault.abort_status : 0;
  if (fault.delay_ms == 0 || !turns.delays(choice_.present())) return suffer(status);
  const auto until = gate_.now() + std::chrono::milliseconds(fault.delay_ms);
  delay_ = std::make_unique<Wait>(gate_.waits(), Wait::For::instant, until,
                                  [this, status] { suffer(status); });
}

// Of a fault that is made on purpose: the answer, or 0.
void Exchange::suffer(int status) {
  if (status == 0) return attempt();
  refuse(Refused::fault, {status, "a fault that the policy of " + choice_.service() + " wants"});
}

// To whom the rule sends a copy. One whose body is not in hand any more has none.
void Exchange::copy() {
  if (!request_.is_copy && body_in_hand_) mirror(gate_, request_, choice_, sent_body_);
}

void Exchange::attempt() {
  connected_ = false;
  in_.clear();
  if (choice_.renew(gate_.view()) && !admitted()) return;
  const EndpointPtr endpoint = choice_.next(gate_.view(), gate_.now());
  if (!endpoint) return fail({503, "no endpoint of " + choice_.service() + " is ready"});
  // One that may have been sent must not be sent again: it never meets a connection that the
  // endpoint may be closing at this very instant. HTTP/2 says what it has not looked at.
  fresh_ = fresh_ || request_.upgrade || !(request_.idempotent || endpoint->http2);
  Ticket connection;
  if (!take_tickets(endpoint, connection)) return;
  upstream_ = gate_.upstream(endpoint, fresh_, *this);
  upstream_->ticket = std::move(connection);
  connect_deadline_ = gate_.now() + gate_.limits().connect;
  if (const int most = choice_.rule().from.try_timeout_ms; most > 0) {
    try_deadline_ = gate_.now() + std::chrono::milliseconds(most);
  }
  connected_ = upstream_->kept;
  upstream_->stream->send(request_.head);
  if (sent_body_.empty()) return;
  upstream_->counts().sent_bytes.add(static_cast<std::int64_t>(sent_body_.size()));
  upstream_->stream->send(sent_body_);
  forget_long_body(0);
}

// False: it waits, or has its answer, and may be gone.
bool Exchange::admitted() {
  const RoutePolicy& policy = choice_.policy();
  const auto paused = [&](const char* why) {
    const int later = std::max(policy.pause->timeout_ms / 1000, 1);
    refuse(Refused::paused,
           {.status = 503, .why = choice_.service() + " is paused" + why, .retry_after_s = later});
    return false;
  };
  switch (pause_.look(gate_, choice_, [this] { attempt(); })) {
    case Pause::Verdict::go:
      break;
    case Pause::Verdict::wait:
      return false;
    case Pause::Verdict::full:
      return paused(", and too many requests wait already");
    case Pause::Verdict::late:
      return paused(", and this request has waited long enough");
  }
  const int most = policy.limits.requests;
  if (most == 0 || request_ticket_) return true;
  request_ticket_ = Ticket(choice_.present().nobody, load().requests, most);
  if (request_ticket_) return true;
  refuse(Refused::requests, over("maxParallelRequests", most));
  return false;
}

// For a connection that it may have to make. False: there are too many, and it has its answer, and
// may be gone.
bool Exchange::take_tickets(const EndpointPtr& endpoint, Ticket& connection) {
  const RouteLimits& limits = choice_.policy().limits;
  const EndpointPtr& service = choice_.present().nobody;
  if (limits.connections > 0) {
    connection = Ticket(service, load().connections, limits.connections);
    if (!connection) {
      refuse(Refused::connections, over("maxConnections", limits.connections));
      return false;
    }
  }
  if (limits.pending > 0 && (fresh_ || !gate_.keeps_one(endpoint))) {
    pending_ticket_ = Ticket(service, load().pending, limits.pending);
    if (!pending_ticket_) {
      refuse(Refused::pending, over("maxPendingRequests", limits.pending));
      return false;
    }
  }
  return true;
}

Answer Exchange::over(const char* limit, int most) const {
  return {503, choice_.service() + " is at its circuit breaker's " + limit + " of " +
                   std::to_string(most)};
}

Load& Exchange::load() const { return *choice_.present().nobody->load; }

void Exchange::note(Outcome outcome) {
  if (gateway::note(choice_.present(), *upstream_->endpoint(), outcome, gate_.now())) {
    upstream_->counts().ejections.add();
  }
}

void Exchange::tick(Clock::time_point now) {
  if (done_) return;
  if (!request_whole_ && now > body_deadline_) {
    return give_up({408, "the body did not come in time"});
  }
  if (now > deadline_) {
    tries_left_ = 0;
    return timed_out();
  }
  if (!upstream_) return;  // it waits
  if (!connected_ && now > connect_deadline_) return broke(Retry::connect_failure);
  if (now > try_deadline_) timed_out();
}

// What has begun is cut: its client must see that it is not all.
void Exchange::timed_out() {
  if (upstream_ && connected_ && !response_) note(Outcome::silent);
  if (response_) return broke(Retry::timeout);
  const bool again = tries_left_ > 0 && body_in_hand_ && request_.idempotent;
  if (again) return broke(Retry::timeout);
  fail({504, "the endpoint did not answer in time"});
}

// One that waits has a body as long as its client is let send: not much more than is kept of one
// for another try.
std::size_t Exchange::unsent() const {
  if (upstream_) return upstream_->stream->unsent();
  const bool full = !done_ && sent_body_.size() > gate_.limits().replay_max;
  return full ? std::numeric_limits<std::size_t>::max() : 0;
}

void Exchange::body(std::string_view data) {
  if (done_) return;
  body_size_ += static_cast<std::int64_t>(data.size());
  if (request_.body_max > 0 && body_size_ > request_.body_max) {
    return give_up(too_long(request_.body_max));
  }
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
  if (upstream_) forget_long_body(bytes.size());
  if (body_in_hand_) sent_body_.append(bytes);
  if (!upstream_) return;
  upstream_->counts().sent_bytes.add(static_cast<std::int64_t>(bytes.size()));
  upstream_->stream->send(bytes);
}

void Exchange::forget_long_body(std::size_t more) {
  if (!body_in_hand_ || sent_body_.size() + more <= gate_.limits().replay_max) return;
  body_in_hand_ = false;
  sent_body_ = {};
}

void Exchange::on_connected() {
  connected_ = true;
  pending_ticket_.release();
}

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
    if (parse(bytes, head)) return broke(Retry::reset);
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
      if (!request_.upgrade) return fail({502, "101 without having been asked"});
      done_ = true;
      note(Outcome::good);
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
    if (entry_) entry_->sent += static_cast<std::int64_t>(data.size());
    requester_.on_response_data(data);
  });
  if (done_) return;  // the client went away meanwhile
  if (!taken) return broke(Retry::reset);
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
  note(outcome_of(status_));
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
  write_entry(code);
}

void Exchange::write_entry(int code) {
  if (!entry_) return;
  entry_->received = body_size_;
  const EndpointState* endpoint = upstream_ ? upstream_->endpoint().get() : nullptr;
  gate_.log(entry_->line(code, choice_.service(), endpoint, gate_.now()));
  entry_.reset();
}

void Exchange::on_end(int error) {
  if (done_) return;
  if (error == ECONNREFUSED) connected_ = false;  // whatever was sent, nobody has looked at it
  if (response_ && error == 0) {
    response_->connection_ended();
    if (response_->whole()) return end_response(false);
  }
  broke(Retry::reset, error);
}

void Exchange::broke(Retry why, int error) {
  const bool was_kept = upstream_->kept;
  const bool nothing_sent = !connected_;
  if (nothing_sent) why = Retry::connect_failure;
  // A kept connection that the endpoint closed says nothing about the endpoint.
  const bool says_something = (response_ || !was_kept) && !is_own_shortage(error);
  if (why != Retry::timeout && says_something) note(Outcome::unreachable);
  if (response_) {
    done_ = true;
    count(0);
    upstream_.reset();
    return requester_.on_cut();
  }
  if (!was_kept) choice_.failed(upstream_->endpoint());
  if (may_retry(nothing_sent)) {
    --tries_left_;
    upstream_->counts().retries[static_cast<std::size_t>(why)].add();
    upstream_.reset();
    pending_ticket_.release();
    fresh_ = true;
    return attempt();
  }
  if (nothing_sent) return fail({503, "the endpoint cannot be reached"});
  fail({502, "the endpoint closed without a response"});
}

bool Exchange::may_retry(bool nothing_sent) {
  const bool again = tries_left_ > 0 && body_in_hand_ && (nothing_sent || request_.idempotent);
  const auto& budget = choice_.policy().retries;
  if (!again || !budget || load().retry(*budget, gate_.number(), gate_.now())) return again;
  refused(Refused::retries);
  return false;
}

void Exchange::refused(Refused why) {
  gate_.counts_of(*choice_.nobody()).refusals[static_cast<std::size_t>(why)].add();
}

void Exchange::refuse(Refused why, Answer answer) {
  refused(why);
  fail(std::move(answer));
}

// Because of the client, whatever the endpoint does.
void Exchange::give_up(Answer answer) {
  if (!response_) return fail(std::move(answer));
  done_ = true;
  count(0);
  upstream_.reset();
  requester_.on_cut();
}

void Exchange::fail(Answer answer) {
  done_ = true;
  count(answer.status);
  upstream_.reset();
  requester_.on_failure(answer);
}

}  // namespace weir::gateway
