#pragma once

// Client: one connection of a client, in HTTP/1.1: requests are read, sent on their way one after
// the other (Exchange), and answered in order. One that begins as HTTP/2 does becomes an
// Http2Client, through TLS or not. Where the listener detects, a connection that does not speak
// HTTP becomes a Tunnel, and so does one that switches protocols.

#include <memory>
#include <optional>
#include <string>

#include "controller/gateway/forward.h"
#include "controller/gateway/http2_client.h"
#include "controller/gateway/tunnel.h"

namespace weir::gateway {

class Client final : public Session, public StreamUser, public Requester {
 public:
  Client(Gate& gate, StreamPtr stream, Origin origin);
  ~Client() override;

  void tick(Clock::time_point now) override;
  void drain() override;

 private:
  // The stream.
  void on_bytes(std::string_view bytes) override;
  void on_sent() override;
  void on_end(int error) override;
  // The exchange.
  void on_informational(const ResponseHead& head) override;
  void on_response(const ResponseHead& head, std::optional<std::uint64_t> length) override;
  void on_response_data(std::string_view data) override;
  void on_response_end() override;
  void on_failure(const Answer& answer) override;
  void on_cut() override;
  void on_switched(const ResponseHead& head, UpstreamPtr upstream, std::string_view first) override;
  void on_writable() override;
  std::size_t unsent() const override { return stream_->unsent(); }

  bool is_http(std::string_view bytes);
  void open_tunnel(std::string_view bytes);

  void read(std::string_view bytes);
  void await_head();
  std::size_t open_http2(std::string_view bytes);
  std::size_t read_request(std::string_view bytes);
  std::size_t read_body(std::string_view bytes);
  void answer(const Answer& what, bool last);
  void next();  // the response is whole: another request may come
  void last();  // what is unsent goes, and then the connection ends
  void end();

  Gate& gate_;
  StreamPtr stream_;
  const Origin origin_;
  std::string in_;            // came, and is not read: behind the request that is under way
  bool spoken_ = false;       // a byte has come
  bool reading_ = false;      // in read()
  bool awaits_head_ = false;  // of which something has come
  bool asked_ = false;        // a request has come: it will not be HTTP/2 any more
  bool old_ = false;          // the request is HTTP/1.0: no chunks
  bool bodiless_ = false;     // it is a HEAD: so is whatever answers it
  bool chunks_ = false;       // the response goes in chunks
  bool keep_alive_ = true;    // after the response
  bool ended_ = false;        // the client sends no more
  bool draining_ = false;
  bool finishing_ = false;  // nothing is read any more
  bool over_ = false;
  std::optional<Body> body_;
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<Tunnel> tunnel_;
  std::unique_ptr<Http2Client> http2_;
  Clock::time_point deadline_;
};

}  // namespace weir::gateway
