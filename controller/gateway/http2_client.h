#pragma once

// Http2Client: one connection of a client, in HTTP/2. Each of its streams is an Http2Request. It
// lives within a Client, which has the stream and to which its end is told.
//
// Limits of a connection: kStreamsMax requests at once, a head as large as HTTP/1.1's, 64 KiB of
// each request's body on the way in (more as the endpoint takes them), Limits::unsent_max of each
// response on the way out. Who resets, refuses or empties more than a budget is told to calm down
// and let go (rapid reset, settings floods, empty frames); what acknowledges pings waits for a peer
// that takes it, and not too much of it.

#include <functional>
#include <memory>
#include <unordered_map>

#include "controller/gateway/forward.h"
#include "controller/gateway/http2.h"
#include "controller/gateway/task.h"

namespace weir::gateway {

class Http2Request;

class Http2Client final : public StreamUser, private Task {
 public:
  // `over` is called once; `cut`: the connection is broken, nothing can be sent on it. From then on
  // the stream is its owner's.
  Http2Client(Gate& gate, Stream& stream, const Origin& origin, std::function<void(bool cut)> over);
  ~Http2Client() override;

  void on_bytes(std::string_view bytes) override;  // the first ones, too: the preface
  void on_sent() override;
  void on_end(int error) override;
  void tick(Clock::time_point now);
  void drain();  // no new requests; those that are on their way come first

  // For its requests.
  Gate& gate() const { return gate_; }
  const Origin& origin() const { return origin_; }
  nghttp2_session* session() const { return session_.get(); }
  std::size_t unsent() const { return stream_.unsent(); }
  void send_soon() { schedule(); }

 private:
  struct Callbacks;
  void due() override { flush(); }
  void flush();
  void end(bool cut);
  void spend();
  Http2Request* request(std::int32_t id) const;
  void received(const nghttp2_frame& frame);
  void sent(const nghttp2_frame& frame);

  Gate& gate_;
  Stream& stream_;
  const Origin& origin_;
  const std::function<void(bool)> over_;
  std::unordered_map<std::int32_t, std::unique_ptr<Http2Request>> requests_;
  Http2SessionPtr session_;  // last but for plain data: its end calls nobody
  Budget budget_;
  Clock::time_point idle_since_;
  Clock::time_point taken_since_ = {};  // the client has taken all that was sent to it
  Clock::time_point head_since_ = {};   // of a head that has not come whole
  Clock::time_point drain_since_ = {};
  bool heading_ = false;  // there is one
  bool draining_ = false;
  bool refusing_ = false;  // new requests
  bool ended_ = false;     // the client sends no more
  bool done_ = false;
};

}  // namespace weir::gateway
