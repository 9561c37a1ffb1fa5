#include "controller/gateway/http2_request.h"

#include <utility>

namespace weir::gateway {

namespace {

// RFC 9113 8.2.1, 8.3: what could become something else in HTTP/1.1. nghttp2 has looked as well.
bool is_plain(std::string_view text) {
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return false;
  }
  return true;
}

void add_headers(Http2Fields& to, const ResponseHead& head, const Choice& choice) {
  to.add(":status", std::to_string(head.status));
  for_each_header(head, choice,
                  [&](std::string_view name, std::string_view value) { to.add(name, value); });
}

}  // namespace

// --- The request ---------------------------------------------------------------------------------

void Http2Request::header(std::string_view name, std::string_view value) {
  size_ += name.size() + value.size() + 4;
  if (size_ > kHeadMax) return;
  malformed_ = malformed_ || !is_plain(name) || !is_plain(value);
  if (name == ":method") {
    method_ = value;
  } else if (name == ":path") {
    path_ = value;
  } else if (name == ":scheme") {
    scheme_ = value;
  } else if (name == ":authority") {
    authority_ = value;
  } else if (name == "host") {
    malformed_ = malformed_ || !host_.empty();
    host_ = value;
  } else if (name == "cookie") {
    // RFC 9113 8.2.3: in HTTP/1.1 they are one.
    cookie_.append(cookie_.empty() ? "" : "; ").append(value);
  } else {
    malformed_ = malformed_ || name.empty() || name.find(':') != name.npos;
    append_header(lines_, name, value);
  }
}

Refusal Http2Request::read_head(bool whole) {
  if (size_ > kHeadMax) return {431, "the head is too long"};
  if (malformed_) return {400, "a header is malformed"};
  if (scheme_ != "http" && scheme_ != "https") return {400, "the scheme is not http"};
  if (authority_.empty()) authority_ = host_;
  if (!host_.empty() && !equals_ignoring_case(host_, authority_)) {
    return {400, "the authority is not the Host"};
  }
  std::string& text = client_.gate().scratch();
  text.clear();
  text.append(method_).append(" ").append(path_).append(" HTTP/1.1\r\n");
  if (!authority_.empty()) append_header(text, "host", authority_);
  if (!cookie_.empty()) append_header(text, "cookie", cookie_);
  text.append(lines_).append("\r\n");
  RequestHead& head = client_.gate().request_head();
  if (const Refusal refusal = parse(text, head)) return refusal;
  if (head.size != text.size()) return {400, "the head is malformed"};
  // RFC 9113 8.2.2: what is for a connection has no place here. (TE may say `trailers`.)
  if (head.chunked || !head.upgrade.empty()) return {400, "a header of HTTP/1.1's connections"};
  head.chunked = !whole && !head.content_length;
  return {};
}

void Http2Request::begin(bool whole) {
  bodiless_ = method_ == "HEAD";
  Gate& gate = client_.gate();
  if (const Refusal refusal = read_head(whole)) {
    log_answer(gate, entry_of(gate, client_.origin(), {}, "HTTP/2"), refusal.status);
    return answer({refusal.status, refusal.why});
  }
  const RequestHead& head = gate.request_head();
  AccessEntryPtr entry = entry_of(gate, client_.origin(), head, "HTTP/2");
  auto choice = choose(gate, client_.origin(), head);
  if (!choice) {
    log_answer(gate, entry, choice.error().status);
    return answer(choice.error());
  }
  Request request = upstream_request(head, client_.origin(), *choice);
  exchange_ =
      std::make_unique<Exchange>(client_.gate(), *this, std::move(request), *std::move(choice));
  lines_ = {};
  exchange_->log(std::move(entry));
  exchange_->start();
}

void Http2Request::body(std::string_view data) {
  if (exchange_) exchange_->body(data);
  unpaid_ += data.size();
  open_window();
}

void Http2Request::body_end() {
  whole_ = true;
  if (exchange_) exchange_->body_end();
}

void Http2Request::open_window() {
  if (exchange_ && exchange_->unsent() > client_.gate().limits().unsent_max) return;
  nghttp2_session_consume_stream(client_.session(), id_, std::exchange(unpaid_, 0));
}

void Http2Request::on_writable() {
  open_window();
  client_.send_soon();
}

// --- The response --------------------------------------------------------------------------------

ssize_t Http2Request::take(std::uint8_t* to, std::size_t size, std::uint32_t& flags) {
  const std::size_t count = out_.take(to, size);
  moved_ = client_.gate().now();
  if (out_.size() == 0) {
    if (exchange_) exchange_->resume();
    if (ended_) flags |= NGHTTP2_DATA_FLAG_EOF;
    if (ended_ && has_trailers_) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      nghttp2_submit_trailer(client_.session(), id_, trailers_.list().data(),
                             trailers_.list().size());
    }
    if (count == 0 && !ended_) return NGHTTP2_ERR_DEFERRED;
  }
  return static_cast<ssize_t>(count);
}

void Http2Request::submit(Http2Fields& fields, bool has_body) {
  nghttp2_data_provider body{};
  body.source.ptr = this;
  body.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t size,
                          std::uint32_t* flags, nghttp2_data_source* source, void*) {
    return static_cast<Http2Request*>(source->ptr)->take(to, size, *flags);
  };
  nghttp2_submit_response(client_.session(), id_, fields.list().data(), fields.list().size(),
                          has_body ? &body : nullptr);
  moved_ = client_.gate().now();
  client_.send_soon();
}

void Http2Request::on_informational(const ResponseHead& head) {
  Http2Fields fields;
  add_headers(fields, head, exchange_->choice());
  nghttp2_submit_headers(client_.session(), NGHTTP2_FLAG_NONE, id_, nullptr, fields.list().data(),
                         fields.list().size(), nullptr);
  client_.send_soon();
}

void Http2Request::on_response(const ResponseHead& head, std::optional<std::uint64_t> length) {
  Http2Fields fields;
  add_headers(fields, head, exchange_->choice());
  submit(fields, length != 0);
}

void Http2Request::on_response_data(std::string_view data) {
  if (out_.size() == 0) moved_ = client_.gate().now();
  out_.append(data);
  nghttp2_session_resume_data(client_.session(), id_);
  client_.send_soon();
}

void Http2Request::on_trailers(const std::vector<Header>& trailers) {
  for (const Header& h : trailers) trailers_.add(h.name, h.value);
  has_trailers_ = !trailers.empty();
}

void Http2Request::on_response_end() {
  ended_ = true;
  exchange_.reset();
  open_window();
  nghttp2_session_resume_data(client_.session(), id_);
  client_.send_soon();
}

void Http2Request::on_switched(const ResponseHead&, UpstreamPtr, std::string_view) {
  answer({502, "the endpoint switched protocols"});
}

void Http2Request::answer(const Answer& what) {
  Http2Fields fields;
  fields.add(":status", std::to_string(what.status));
  fields.add("content-type", "text/plain");
  fields.add("content-length", std::to_string(what.why.size() + 1));
  if (!what.location.empty()) fields.add("location", what.location);
  if (what.retry_after_s > 0) fields.add("retry-after", std::to_string(what.retry_after_s));
  fields.add("server", "weir");
  if (!bodiless_) {
    out_.append(what.why);
    out_.append("\n");
  }
  submit(fields, !bodiless_);
  on_response_end();
}

void Http2Request::on_cut() { cut(NGHTTP2_INTERNAL_ERROR); }

void Http2Request::cut(std::uint32_t code) {
  exchange_.reset();
  nghttp2_submit_rst_stream(client_.session(), NGHTTP2_FLAG_NONE, id_, code);
  client_.send_soon();
}

void Http2Request::resume() {
  if (exchange_ && out_.size() == 0) exchange_->resume();
}

void Http2Request::tick(Clock::time_point now) {
  if (exchange_) exchange_->tick(now);
  if (out_.size() == 0 || now - moved_ <= kHttp2Stall) return;
  moved_ = now;  // once
  cut(NGHTTP2_CANCEL);
}

}  // namespace weir::gateway
