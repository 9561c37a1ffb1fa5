#pragma once

// Http2Request: one stream of a client's HTTP/2 connection: a request, its way (Exchange), its
// response. Its fields are written down as an HTTP/1.1 head and read by that parser: what HTTP/1.1
// would be refused, this is too, and what goes upstream cannot mean anything else there.

#include <memory>
#include <string>
#include <vector>

#include "controller/gateway/http2_client.h"

namespace weir::gateway {

class Http2Request final : public Requester {
 public:
  Http2Request(Http2Client& client, std::int32_t id) : client_(client), id_(id) {}

  // As they come.
  void header(std::string_view name, std::string_view value);
  void begin(bool whole);
  void body(std::string_view data);
  void body_end();
  bool whole() const { return whole_; }

  void resume();  // the client took what was unsent
  void tick(Clock::time_point now);

 private:
  void on_informational(const ResponseHead& head) override;
  void on_response(const ResponseHead& head, std::optional<std::uint64_t> length) override;
  void on_response_data(std::string_view data) override;
  void on_trailers(const std::vector<Header>& trailers) override;
  void on_response_end() override;
  void on_failure(const Answer& what) override { answer(what); }
  void on_cut() override;
  void on_switched(const ResponseHead& head, UpstreamPtr upstream, std::string_view first) override;
  void on_writable() override;
  std::size_t unsent() const override { return out_.size() + client_.unsent(); }

  Refusal read_head(bool whole);
  void open_window();
  void answer(const Answer& what);
  void submit(Http2Fields& fields, bool has_body);
  void cut(std::uint32_t code);
  ssize_t take(std::uint8_t* to, std::size_t size, std::uint32_t& flags);

  Http2Client& client_;
  const std::int32_t id_;
  // The head, until it is whole.
  std::string method_, path_, scheme_, authority_, host_, cookie_, lines_;
  std::size_t size_ = 0;
  bool malformed_ = false;

  bool bodiless_ = false;  // it is a HEAD: so is whatever answers it
  bool whole_ = false;
  std::size_t unpaid_ = 0;  // of its body, that its window is still short of
  std::unique_ptr<Exchange> exchange_;

  Http2Outgoing out_;
  Http2Fields trailers_;
  bool has_trailers_ = false;
  bool ended_ = false;  // the response is whole
  Clock::time_point moved_ = {};
};

}  // namespace weir::gateway
