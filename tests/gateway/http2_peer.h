#pragma once

// A blocking client of HTTP/2, in clear or through TLS; and frames written by hand, for what no
// decent client sends.

#include <nghttp2/nghttp2.h>
#include <poll.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/gateway/tls_client.h"

namespace weir::gateway {

using FieldList = std::vector<std::pair<std::string, std::string>>;

// What has come of a request.
struct Http2Answer {
  std::string informational = {};  // "103 "
  std::string status = {};
  FieldList headers = {};
  std::string body = {};
  FieldList trailers = {};
  bool over = false;
  std::uint32_t error = 0;  // why, when it is over

  std::string header(const std::string& name) const {
    for (const auto& [n, value] : headers) {
      if (n == name) return value;
    }
    return "";
  }
};

class Http2Peer {
 public:
  explicit Http2Peer(int port, TlsClient* tls = nullptr)
      : tls_(tls), fd_(tls ? tls->fd() : connected_to(port)) {
    nghttp2_session_callbacks* all = nullptr;
    nghttp2_session_callbacks_new(&all);
    nghttp2_session_callbacks_set_on_begin_headers_callback(all, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(all, header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(all, close);
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_http_messaging(option, 1);  // what it sends is the test's to choose
    nghttp2_session_client_new2(&session_, all, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(all);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~Http2Peer() {
    nghttp2_session_del(session_);
    if (!tls_) ::close(fd_);
  }
  Http2Peer(const Http2Peer&) = delete;
  Http2Peer& operator=(const Http2Peer&) = delete;

  nghttp2_session* session() const { return session_; }
  int fd() const { return fd_; }
  Http2Answer& answer(int id) { return answers_[id]; }
  bool going_away() const { return going_away_; }
  std::uint32_t goaway_error() const { return goaway_error_; }
  bool ended() const { return ended_; }

  // Pseudo headers that are not in `fields` are those of a GET of "/" at "web". With a body, it
  // ends when that has gone.
  int ask(FieldList fields, const std::string& body = "", bool has_body = false) {
    for (const auto& [name, value] : FieldList{
             {":path", "/"}, {":authority", "web"}, {":scheme", "http"}, {":method", "GET"}}) {
      bool there = false;
      for (const auto& [n, v] : fields) there = there || n == name;
      if (!there) fields.insert(fields.begin(), {name, value});
    }
    std::erase_if(fields, [](const auto& one) { return one.second == "<none>"; });
    std::vector<nghttp2_nv> list;
    for (auto& [n, v] : fields) list.push_back(field(n, v));
    nghttp2_data_provider provider{};
    provider.read_callback = read_body;
    const bool sends = has_body || !body.empty();
    const int id = nghttp2_submit_request(session_, nullptr, list.data(), list.size(),
                                          sends ? &provider : nullptr, nullptr);
    bodies_[id] = body;
    flush();
    return id;
  }
  // Until this holds, or the connection ends. False: it never came to hold.
  bool run(const std::function<bool()>& until) {
    flush();
    while (!until()) {
      if (ended_ || !read_some()) return until();
      flush();
    }
    return true;
  }
  const Http2Answer& wait(int id) {
    run([&] { return answers_[id].over; });
    return answers_[id];
  }
  const Http2Answer& get(FieldList fields = {}, const std::string& body = "") {
    return wait(ask(std::move(fields), body));
  }

  void flush() {
    const std::uint8_t* bytes = nullptr;
    for (ssize_t size; (size = nghttp2_session_mem_send(session_, &bytes)) > 0;) {
      send({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
    }
  }
  void send(std::string_view bytes) const {
    if (tls_) return tls_->send(bytes);
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  bool read_some() {
    char bytes[64 << 10];
    ssize_t count = 0;
    if (tls_) {
      const std::string piece = tls_->read_some();
      count = static_cast<ssize_t>(piece.copy(bytes, sizeof bytes));
    } else {
      count = ::recv(fd_, bytes, sizeof bytes, 0);
    }
    if (count <= 0) return !(ended_ = true);
    return nghttp2_session_mem_recv(session_, reinterpret_cast<std::uint8_t*>(bytes),
                                    static_cast<std::size_t>(count)) >= 0;
  }

 private:
  static Http2Peer& of(void* user) { return *static_cast<Http2Peer*>(user); }
  static nghttp2_nv field(std::string& name, std::string& value) {
    return {reinterpret_cast<std::uint8_t*>(name.data()),
            reinterpret_cast<std::uint8_t*>(value.data()), name.size(), value.size(), 0};
  }
  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) {
    Http2Answer& answer = of(user).answers_[frame->hd.stream_id];
    const std::string n(reinterpret_cast<const char*>(name), name_size);
    const std::string v(reinterpret_cast<const char*>(value), value_size);
    if (n == ":status" && v.starts_with("1")) {
      answer.informational += v + " ";
    } else if (n == ":status") {
      answer.status = v;
      of(user).in_head_ = true;
    } else if (!answer.status.empty()) {
      (of(user).in_head_ ? answer.headers : answer.trailers).emplace_back(n, v);
    }
    return 0;
  }
  static int begin_headers(nghttp2_session*, const nghttp2_frame*, void* user) {
    of(user).in_head_ = false;
    return 0;
  }
  static int data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                  std::size_t size, void* user) {
    of(user).answers_[id].body.append(reinterpret_cast<const char*>(bytes), size);
    return 0;
  }
  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      of(user).going_away_ = true;
      of(user).goaway_error_ = frame->goaway.error_code;
    }
    return 0;
  }
  static int close(nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) {
    of(user).answers_[id].over = true;
    of(user).answers_[id].error = error;
    return 0;
  }
  static ssize_t read_body(nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source*, void* user) {
    std::string& body = of(user).bodies_[id];
    const std::size_t count = body.copy(reinterpret_cast<char*>(to), size);
    body.erase(0, count);
    if (body.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }

  TlsClient* const tls_;
  const int fd_;
  nghttp2_session* session_ = nullptr;
  std::map<int, Http2Answer> answers_;
  std::map<int, std::string> bodies_;
  bool in_head_ = false;  // of a response, not in its trailers
  bool going_away_ = false;
  std::uint32_t goaway_error_ = 0;
  bool ended_ = false;
};

// One that sends what it is told, and only looks for the other side's last word.
class FramesByHand {
 public:
  explicit FramesByHand(int port) : fd_(connected_to(port)) {}
  ~FramesByHand() { ::close(fd_); }
  FramesByHand(const FramesByHand&) = delete;
  FramesByHand& operator=(const FramesByHand&) = delete;

  bool send(const std::string& bytes) const {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
  }
  // Reads until a frame of this type has come: its payload. Nothing: the connection ended before.
  std::string read(int type) {
    constexpr std::size_t kHead = 9;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(in_[at]); };
    for (;;) {
      while (in_.size() >= kHead) {
        const std::size_t end =
            kHead + (std::size_t{byte(0)} << 16 | std::size_t{byte(1)} << 8 | byte(2));
        if (in_.size() < end) break;
        const std::string payload = in_.substr(kHead, end - kHead);
        const int found = byte(3);
        in_.erase(0, end);
        if (found == type) return payload;
      }
      char bytes[4096];
      const ssize_t count = ::recv(fd_, bytes, sizeof bytes, 0);
      if (count <= 0) return "";
      in_.append(bytes, static_cast<std::size_t>(count));
    }
  }

 private:
  const int fd_;
  std::string in_;
};

// A frame as it is on the wire.
inline std::string frame(int type, int flags, std::uint32_t stream, const std::string& payload) {
  const std::size_t size = payload.size();
  std::string out{static_cast<char>(size >> 16), static_cast<char>(size >> 8),
                  static_cast<char>(size), static_cast<char>(type), static_cast<char>(flags)};
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(stream >> shift));
  return out + payload;
}
inline const std::string kPreface =
    std::string(NGHTTP2_CLIENT_MAGIC) + frame(NGHTTP2_SETTINGS, 0, 0, "");
// GET / at "web", as HPACK's static table has it.
inline const std::string kGetBlock = std::string("\x82\x84\x86\x41\x03web", 8);

}  // namespace weir::gateway
