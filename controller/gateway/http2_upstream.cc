#include "controller/gateway/http2_upstream.h"

#include <cerrno>
#include <iterator>
#include <optional>
#include <utility>

#include "controller/gateway/http1.h"
#include "controller/gateway/http2.h"

namespace weir::gateway {

namespace {

constexpr std::size_t kUnsentMax = 256 << 10;
constexpr std::int32_t kWindow = 256
                                 << 10;  // of the response's bytes that its client does not take

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}
void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

class Http2Upstream final : public Stream, private StreamUser, private Task {
 public:
  Http2Upstream(Io& io, const Address& to, StreamUser& user);

  void use(StreamUser& user) override { user_ = &user; }
  void send(std::string_view bytes) override;
  std::size_t unsent() const override { return out_.size() + (below_ ? below_->unsent() : 0); }
  void pause() override { paused_ = true; }
  void resume() override {
    if (std::exchange(paused_, false)) schedule();
  }
  void finish() override {}  // the last request has said that it is whole
  void close() override;
  void reset() override;

 private:
  struct Callbacks;

  // Of the connection.
  void on_connected() override {
    if (user_) user_->on_connected();
  }
  void on_bytes(std::string_view bytes) override;
  void on_sent() override;
  void on_end(int error) override;
  void due() override;

  void ask(const RequestHead& head);
  ssize_t take(std::int32_t id, std::uint8_t* to, std::size_t size, std::uint32_t& flags);
  void fields_came(bool last);
  void begin_response(bool last);
  void end_response();
  void flush();
  void deliver();

  StreamUser* user_;  // null: closed
  Http2SessionPtr session_;
  StreamPtr below_;  // null: it is over

  // The request.
  std::string head_;          // what of it has come
  std::optional<Body> body_;  // nothing: a head is next
  std::int32_t id_ = 0;       // of its stream; 0: there is none
  bool bodiless_ = false;     // it is a HEAD: so is its response
  Http2Outgoing out_;

  // The response.
  std::string status_, fields_;  // as they come
  bool has_length_ = false;
  bool begun_ = false;
  bool chunks_ = false;
  std::string in_;          // in HTTP/1.1, for the user
  std::size_t unpaid_ = 0;  // bytes of the window that are in it
  bool paused_ = false;
  bool going_away_ = false;   // no request after this one
  std::optional<int> ended_;  // what the user is to be told behind all that
};

struct Http2Upstream::Callbacks {
  static Http2Upstream& of(void* user) { return *static_cast<Http2Upstream*>(user); }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) {
    Http2Upstream& upstream = of(user);
    if (frame->hd.stream_id != upstream.id_) return 0;
    const std::string_view n = text(name, name_size);
    if (n == ":status") {
      upstream.status_ = text(value, value_size);
    } else if (upstream.fields_.size() <= kHeadMax) {  // then the head is refused as too long
      upstream.has_length_ = upstream.has_length_ || n == "content-length";
      append_line(upstream.fields_, n, text(value, value_size));
    }
    return 0;
  }
  static int invalid_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t*,
                            std::size_t, const std::uint8_t*, std::size_t, std::uint8_t, void*) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  static int frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Upstream& upstream = of(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) upstream.going_away_ = true;
    if (frame->hd.stream_id == 0 || frame->hd.stream_id != upstream.id_) return 0;
    const bool last = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (frame->hd.type == NGHTTP2_HEADERS) {
      upstream.fields_came(last);
    } else if (frame->hd.type == NGHTTP2_DATA && last) {
      upstream.end_response();
    }
    return 0;
  }
  static int data(nghttp2_session* session, std::uint8_t, std::int32_t id,
                  const std::uint8_t* bytes, std::size_t size, void* user) {
    Http2Upstream& upstream = of(user);
    if (id != upstream.id_) return nghttp2_session_consume(session, id, size);
    upstream.unpaid_ += size;
    if (upstream.chunks_) {
      append_chunk(text(bytes, size), upstream.in_);
    } else {
      upstream.in_.append(text(bytes, size));
    }
    return 0;
  }
  static int stream_close(nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) {
    Http2Upstream& upstream = of(user);
    if (id != upstream.id_) return 0;
    // Below a GOAWAY's last it is REFUSED_STREAM, too.
    upstream.ended_ = error == NGHTTP2_REFUSED_STREAM ? ECONNREFUSED : ECONNRESET;
    return 0;
  }
  static nghttp2_session* session(Http2Upstream& upstream) {
    const Http2CallbacksPtr all = make_http2_callbacks();
    nghttp2_session_callbacks_set_on_header_callback(all.get(), header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(all.get(), invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all.get(), frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all.get(), data);
    nghttp2_session_callbacks_set_on_stream_close_callback(all.get(), stream_close);
    nghttp2_session* made = nullptr;
    nghttp2_session_client_new2(&made, all.get(), &upstream, make_http2_options().get());
    return made;
  }
};

Http2Upstream::Http2Upstream(Io& io, const Address& to, StreamUser& user)
    : Task(io.tasks()), user_(&user), session_(Callbacks::session(*this)) {
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kHeadMax},
  };
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0, kWindow);
  below_ = io.connect(to, *this);
}

// --- There ---------------------------------------------------------------------------------------

void Http2Upstream::send(std::string_view bytes) {
  if (!below_ || ended_) return;
  if (!body_) {
    head_.append(bytes);
    RequestHead head;
    if (parse(head_, head)) {  // what we have added to it made it too large
      ended_ = EPROTO;
      return schedule();
    }
    if (head.size == 0) return;
    body_ = Body::of(head);
    ask(head);
    const std::string rest = std::exchange(head_, {}).substr(head.size);
    if (!rest.empty()) return send(rest);
  } else {
    body_->feed(bytes, [this](std::string_view data) { out_.append(data); });
    nghttp2_session_resume_data(session_.get(), id_);
  }
  schedule();
}

void Http2Upstream::ask(const RequestHead& head) {
  Http2Fields fields;
  fields.add(":method", head.method);
  fields.add(":scheme", "http");
  fields.add(":authority", head.authority);
  std::string path(head.path);
  if (!head.query.empty()) path.append("?").append(head.query);
  fields.add(":path", path);
  for (const Header& h : head.headers) {
    if (!h.hop_by_hop && !equals_ignoring_case(h.name, "host")) fields.add(h.name, h.value);
  }
  fields.add("te", "trailers");
  nghttp2_data_provider body{};
  body.source.ptr = this;
  body.read_callback = [](nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t size,
                          std::uint32_t* flags, nghttp2_data_source* source, void*) {
    return static_cast<Http2Upstream*>(source->ptr)->take(id, to, size, *flags);
  };
  const auto& list = fields.list();
  id_ = nghttp2_submit_request(session_.get(), nullptr, list.data(), list.size(),
                               body_->whole() ? nullptr : &body, nullptr);
  if (id_ < 0) ended_ = ECONNREFUSED;  // it has had as many as it may
  bodiless_ = head.method == "HEAD";
  begun_ = chunks_ = false;
}

ssize_t Http2Upstream::take(std::int32_t id, std::uint8_t* to, std::size_t size,
                            std::uint32_t& flags) {
  if (id != id_) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // an earlier request's
  const std::size_t count = out_.take(to, size);
  const bool last = out_.size() == 0 && body_ && body_->whole();
  if (last) flags |= NGHTTP2_DATA_FLAG_EOF;
  if (count == 0 && !last) return NGHTTP2_ERR_DEFERRED;
  return static_cast<ssize_t>(count);
}

void Http2Upstream::flush() {
  while (below_ && below_->unsent() <= kUnsentMax) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session_.get(), &bytes);
    if (size <= 0) return;
    below_->send(text(bytes, static_cast<std::size_t>(size)));
  }
}

void Http2Upstream::on_sent() {
  flush();
  if (user_ && unsent() == 0) user_->on_sent();
}

// --- And back ------------------------------------------------------------------------------------

// A head that is not the last one, the head, or the trailers.
void Http2Upstream::fields_came(bool last) {
  if (!begun_ && status_.starts_with('1')) {
    in_.append("HTTP/1.1 ").append(status_).append(" \r\n").append(fields_).append("\r\n");
  } else if (!begun_) {
    begin_response(last);
  }
  if (last) end_response();
  fields_.clear();
  has_length_ = false;
}

void Http2Upstream::begin_response(bool last) {
  begun_ = true;
  in_.append("HTTP/1.1 ").append(status_).append(" \r\n").append(fields_);
  fields_.clear();
  const bool empty = bodiless_ || status_ == "204" || status_ == "304";
  chunks_ = !empty && !has_length_ && !last;
  if (chunks_) append_line(in_, "transfer-encoding", "chunked");
  if (!empty && !has_length_ && last) append_line(in_, "content-length", "0");
  if (going_away_) append_line(in_, "connection", "close");
  in_.append("\r\n");
}

void Http2Upstream::end_response() {
  if (chunks_) in_.append("0\r\n").append(fields_).append("\r\n");
  id_ = 0;
  if (body_ && body_->whole()) body_.reset();
  // It has answered before it took all of the request: the rest is not for the next one's stream.
  going_away_ = going_away_ || out_.size() > 0;
}

// The user is called behind nghttp2's back: it may send the next request, or close us.
void Http2Upstream::deliver() {
  if (paused_ || !user_) return;
  if (!in_.empty()) {
    const std::string came = std::exchange(in_, {});
    const std::size_t paid = std::exchange(unpaid_, 0);
    nghttp2_session_consume_connection(session_.get(), paid);
    if (id_ > 0) nghttp2_session_consume_stream(session_.get(), id_, paid);
    user_->on_bytes(came);
  }
  if (!user_ || paused_ || !in_.empty()) return;
  if (going_away_ && !ended_ && !body_ && id_ == 0) ended_ = 0;
  if (!ended_ || !below_) return;
  below_.reset();
  user_->on_end(*ended_);
}

void Http2Upstream::on_bytes(std::string_view bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (nghttp2_session_mem_recv(session_.get(), data, bytes.size()) < 0 && !ended_) ended_ = EPROTO;
  deliver();
  flush();
  // nghttp2 has taken leave: what came was no HTTP/2.
  if (ended_ || nghttp2_session_want_read(session_.get())) return;
  ended_ = EPROTO;
  deliver();
}

void Http2Upstream::on_end(int error) {
  // What was under way was cut, however politely.
  if (!ended_) ended_ = error == 0 && (id_ != 0 || body_) ? ECONNRESET : error;
  if (error == 0) return deliver();
  below_.reset();
  if (user_) user_->on_end(*ended_);
}

void Http2Upstream::due() {
  if (!user_) {
    delete this;
    return;
  }
  deliver();
  flush();
}

void Http2Upstream::close() {
  user_ = nullptr;
  if (below_ && id_ > 0) {
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id_, NGHTTP2_CANCEL);
    id_ = 0;
    flush();
  }
  below_.reset();
  schedule();
}

void Http2Upstream::reset() {
  if (below_) below_->reset();
  below_.reset();
}

}  // namespace

StreamPtr make_http2_upstream(Io& io, const Address& to, StreamUser& user) {
  return StreamPtr(new Http2Upstream(io, to, user));
}

}  // namespace weir::gateway
