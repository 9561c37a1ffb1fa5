#pragma once

// Exchange: one request on its way to an endpoint, and its response on the way back. Picks the
// endpoint, takes or opens a connection to it, tries again where that is safe, and keeps count.
// What it makes of the response goes to the Requester: an HTTP/1.1 client's connection (client.h).
//
// Tried again (twice at most, and never once a byte of a response has come):
//   no connection could be made               any request: nothing was sent
//   a kept connection broke before a response idempotent requests; others never go on a kept one
//   a fresh connection broke likewise         idempotent requests whose body is still in hand
// A policy of its backend (reconcilers/route_policy.h) may have it wait, refuse it, or forbid that
// it is tried again.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/gateway/gate.h"
#include "controller/gateway/http1.h"
#include "controller/gateway/pause.h"

namespace weir::gateway {

// A request as it goes upstream. The body follows in pieces.
struct Request {
  std::string head = {};  // in HTTP/1.1, whole, with the empty line
  std::string method = {};
  bool idempotent = false;
  bool has_body = false;
  bool chunked = false;  // its body goes in chunks
  bool upgrade = false;
  bool is_copy = false;       // of one that was sent elsewhere: it is not copied again
  std::int64_t body_max = 0;  // bytes; 0: no limit
  int body_ms = 0;            // until its body is whole; 0: as long as it takes
};

// What the gateway itself answers.
struct Answer {
  int status = 0;
  std::string why = {};
  std::string location = {};  // where the client is sent
  int retry_after_s = 0;      // when it may try again; 0: it does not say
};

Answer too_long(std::int64_t most);  // a body

class Requester {
 public:
  virtual ~Requester() = default;
  virtual void on_informational(const ResponseHead& head) = 0;  // 100, 103
  // `body`: none, of a length, or (nothing) until on_response_end().
  virtual void on_response(const ResponseHead& head, std::optional<std::uint64_t> length) = 0;
  virtual void on_response_data(std::string_view data) = 0;
  virtual void on_trailers(const std::vector<Header>&) {}  // just before the end, if there are some
  virtual void on_response_end() = 0;
  // No response has come; this is what to answer.
  virtual void on_failure(const Answer& answer) = 0;
  virtual void on_cut() = 0;  // the response broke off: the client must see that it did
  // 101: from now on bytes go both ways. `first`: what the endpoint has sent already.
  virtual void on_switched(const ResponseHead& head, UpstreamPtr upstream,
                           std::string_view first) = 0;
  virtual void on_writable() = 0;          // the endpoint took what was unsent of the body
  virtual std::size_t unsent() const = 0;  // of the response
};

class Exchange final : public StreamUser {
 public:
  Exchange(Gate& gate, Requester& requester, Request request, Choice choice);
  ~Exchange() override;

  void log(AccessEntryPtr entry) { entry_ = std::move(entry); }  // to be written at its end
  void write_entry(int code);  // now: the requester has answered itself
  void start();
  const Choice& choice() const { return choice_; }
  // The body of the request, in pieces as they come.
  void body(std::string_view data);
  void body_end();
  std::size_t unsent() const;  // of the body
  bool request_whole() const { return request_whole_; }
  bool waits() const { return !upstream_ && !done_; }  // because a policy says so

  void resume();  // the client took what was unsent of the response
  void tick(Clock::time_point now);

 private:
  void on_connected() override;
  void on_bytes(std::string_view bytes) override;
  void on_sent() override;
  void on_end(int error) override;

  void suffer(int status);
  void attempt();
  bool admitted();
  bool take_tickets(const EndpointPtr& endpoint, Ticket& connection);
  Answer over(const char* limit, int most) const;
  Load& load() const;
  void note(Outcome outcome);
  void copy();
  void forget_long_body(std::size_t more);
  void send_body(std::string_view bytes);
  void read_head(std::string_view bytes);
  void read_body(std::string_view bytes);
  void end_response(bool clean);
  void count(int code);
  void broke(Retry why, int error = 0);
  bool may_retry(bool nothing_sent);
  void timed_out();
  void refused(Refused why);
  void refuse(Refused why, Answer answer);
  void give_up(Answer answer);
  void fail(Answer answer);

  Gate& gate_;
  Requester& requester_;
  const Request request_;
  Choice choice_;
  UpstreamPtr upstream_;
  AccessEntryPtr entry_;
  std::int64_t body_size_ = 0;                                     // that has come
  Clock::time_point body_deadline_ = Clock::time_point::max();     // of the rest of it
  Clock::time_point deadline_ = Clock::time_point::max();          // of the whole request
  Clock::time_point try_deadline_ = Clock::time_point::max();      // of this try's response
  Clock::time_point connect_deadline_ = Clock::time_point::max();  // of the connection
  bool connected_ = false;
  bool fresh_ = false;  // no kept connection
  Pause pause_;
  std::unique_ptr<Wait> delay_;
  Ticket request_ticket_;
  Ticket pending_ticket_;
  int tries_left_ = 2;

  bool request_whole_;
  bool body_in_hand_ = true;
  std::string sent_body_;  // as long as it is in hand, or waits to be sent
  std::string encoded_;    // a piece in chunks

  std::string in_;  // a head that has not come whole
  const Clock::time_point began_;
  int status_ = 0;  // of the response that has begun
  std::optional<Body> response_;
  bool keeps_ = false;  // the connection may carry another request
  bool done_ = false;   // the requester has had its last call
};

}  // namespace weir::gateway
