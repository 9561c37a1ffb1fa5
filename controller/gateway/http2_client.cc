#include "controller/gateway/http2_client.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "controller/gateway/http2_request.h"

namespace weir::gateway {

namespace {

constexpr std::uint32_t kStreamsMax = 128;
constexpr std::int32_t kConnectionWindow = 1 << 20;
constexpr double kGlitchesAtOnce = 100;
constexpr double kGlitchesASecond = 10;
// From the first word of a drain until requests are refused: what was sent meanwhile has come.
constexpr std::chrono::seconds kDrainNotice{1};

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

bool ends_stream(const nghttp2_frame& frame) {
  return (frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA) &&
         (frame.hd.flags & NGHTTP2_FLAG_END_STREAM);
}

}  // namespace

struct Http2Client::Callbacks {
  static Http2Client& of(void* user) { return *static_cast<Http2Client*>(user); }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Client& client = of(user);
    client.heading_ = true;
    client.head_since_ = client.gate_.now();
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    const std::int32_t id = frame->hd.stream_id;
    client.requests_.emplace(id, std::make_unique<Http2Request>(client, id));
    return 0;
  }
  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) {
    Http2Request* request = of(user).request(frame->hd.stream_id);
    if (!request) return 0;
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      request->header(text(name, name_size), text(value, value_size));
    }
    return 0;
  }
  // Malformed is the whole request; nghttp2 would leave the header out.
  static int invalid_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t*,
                            std::size_t, const std::uint8_t*, std::size_t, std::uint8_t, void*) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  static int frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    of(user).received(*frame);
    return 0;
  }
  static int invalid_frame(nghttp2_session*, const nghttp2_frame*, int, void* user) {
    of(user).heading_ = false;
    of(user).spend();
    return 0;
  }
  static int data(nghttp2_session* session, std::uint8_t, std::int32_t id,
                  const std::uint8_t* bytes, std::size_t size, void* user) {
    // One request whose endpoint is slow does not hold up the others: its own window does.
    nghttp2_session_consume_connection(session, size);
    if (Http2Request* request = of(user).request(id)) request->body(text(bytes, size));
    return 0;
  }
  static int frame_send(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    of(user).sent(*frame);
    return 0;
  }
  static int stream_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
    Http2Client& client = of(user);
    client.requests_.erase(id);
    if (client.requests_.empty()) client.idle_since_ = client.gate_.now();
    return 0;
  }
  static nghttp2_session* session(Http2Client& client) {
    const Http2CallbacksPtr all = make_http2_callbacks();
    nghttp2_session_callbacks_set_on_begin_headers_callback(all.get(), begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(all.get(), header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(all.get(), invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all.get(), frame_recv);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(all.get(), invalid_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all.get(), data);
    nghttp2_session_callbacks_set_on_frame_send_callback(all.get(), frame_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(all.get(), stream_close);
    nghttp2_session* made = nullptr;
    nghttp2_session_server_new2(&made, all.get(), &client, make_http2_options().get());
    return made;
  }
};

Http2Client::Http2Client(Gate& gate, Stream& stream, const Origin& origin,
                         std::function<void(bool)> over)
    : Task(gate.io().tasks()),
      gate_(gate),
      stream_(stream),
      origin_(origin),
      over_(std::move(over)),
      session_(Callbacks::session(*this)),
      budget_(kGlitchesAtOnce, kGlitchesASecond),
      idle_since_(gate.now()) {
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kStreamsMax},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kHeadMax},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  };
  nghttp2_submit_settings(session(), NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session(), NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  stream_.use(*this);
  stream_.resume();
}

Http2Client::~Http2Client() = default;

// --- What comes ----------------------------------------------------------------------------------

Http2Request* Http2Client::request(std::int32_t id) const {
  const auto found = requests_.find(id);
  return found == requests_.end() ? nullptr : found->second.get();
}

void Http2Client::on_bytes(std::string_view bytes) {
  if (done_) return;
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const bool good = nghttp2_session_mem_recv(session(), data, bytes.size()) >= 0;
  if (!good) nghttp2_session_terminate_session(session(), NGHTTP2_PROTOCOL_ERROR);
  flush();
  if (!good) end(true);  // it does not even take our last word
}

void Http2Client::received(const nghttp2_frame& frame) {
  Http2Request* request = this->request(frame.hd.stream_id);
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      heading_ = false;
      if (request && frame.headers.cat == NGHTTP2_HCAT_REQUEST) request->begin(ends_stream(frame));
      break;
    case NGHTTP2_DATA:
      if (frame.hd.length == 0 && !ends_stream(frame)) spend();
      break;
    case NGHTTP2_SETTINGS:
      if (!(frame.hd.flags & NGHTTP2_FLAG_ACK)) spend();
      break;
    case NGHTTP2_RST_STREAM:
    case NGHTTP2_PRIORITY:
      spend();
      break;
    default:
      break;
  }
  if (request && ends_stream(frame)) request->body_end();
}

void Http2Client::spend() {
  if (!budget_.spend(gate_.now())) {
    nghttp2_session_terminate_session(session(), NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

// --- What goes -----------------------------------------------------------------------------------

void Http2Client::flush() {
  if (!done_ && stream_.unsent() == 0) taken_since_ = gate_.now();
  while (!done_ && stream_.unsent() <= gate_.limits().unsent_max) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session(), &bytes);
    if (size < 0) return end(true);
    if (size == 0) break;
    stream_.send(text(bytes, static_cast<std::size_t>(size)));
  }
  if (done_ || nghttp2_session_want_write(session())) return;
  // Who sends no more may still wait for what it has asked for in full.
  const bool awaited = std::any_of(requests_.begin(), requests_.end(),
                                   [](const auto& one) { return one.second->whole(); });
  if (!nghttp2_session_want_read(session()) || (ended_ && !awaited)) end(false);
}

void Http2Client::sent(const nghttp2_frame& frame) {
  const std::int32_t id = frame.hd.stream_id;
  if (frame.hd.type == NGHTTP2_RST_STREAM) {
    // What the client made us reset costs it as much as what it resets itself (CVE-2025-8671).
    const std::uint32_t code = frame.rst_stream.error_code;
    if (code == NGHTTP2_PROTOCOL_ERROR || code == NGHTTP2_FLOW_CONTROL_ERROR ||
        code == NGHTTP2_STREAM_CLOSED || code == NGHTTP2_REFUSED_STREAM) {
      spend();
    }
  } else if (ends_stream(frame) && request(id) && !request(id)->whole()) {
    // RFC 9113 8.1: it is answered, and the rest of its body is not wanted.
    nghttp2_submit_rst_stream(session(), NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
  }
}

void Http2Client::on_sent() {
  for (const auto& [id, request] : requests_) request->resume();
  flush();
}

// --- Its end -------------------------------------------------------------------------------------

void Http2Client::on_end(int error) {
  if (error != 0) return end(true);
  ended_ = true;
  flush();
}

void Http2Client::end(bool cut) {
  if (std::exchange(done_, true)) return;
  requests_.clear();
  over_(cut);
}

void Http2Client::tick(Clock::time_point now) {
  if (done_) return;
  if (stream_.unsent() > 0 && now - taken_since_ > kHttp2Stall) return end(true);
  for (const auto& [id, request] : requests_) request->tick(now);
  const bool late = heading_ && now - head_since_ > gate_.limits().head;
  const bool idle = requests_.empty() && now - idle_since_ > gate_.idle_of(origin_);
  if (late || idle) nghttp2_session_terminate_session(session(), NGHTTP2_NO_ERROR);
  if (draining_ && now - drain_since_ > kDrainNotice && !std::exchange(refusing_, true)) {
    nghttp2_submit_goaway(session(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session()), NGHTTP2_NO_ERROR,
                          nullptr, 0);
  }
  flush();
}

void Http2Client::drain() {
  if (std::exchange(draining_, true)) return;
  drain_since_ = gate_.now();
  nghttp2_submit_shutdown_notice(session());
  flush();
}

}  // namespace weir::gateway
