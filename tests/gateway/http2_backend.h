#pragma once

// A backend that speaks HTTP/2 only, as a gRPC server does, and does what it is told for each
// request in turn. It remembers what it read.

#include <nghttp2/nghttp2.h>

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/gateway/http2_peer.h"

namespace weir::gateway {

struct Http2Move {
  FieldList headers = {{":status", "200"}, {"content-type", "application/grpc"}};
  std::string body = "ok";
  FieldList trailers = {{"grpc-status", "0"}};
  std::uint32_t reset = 0;  // instead of all that
  bool goaway = false;      // before all that: it takes no request after the one before
  bool close = false;       // then the connection ends
  bool silent = false;
};

struct Http2Asked {
  std::string head = {};  // ":method=POST …", one line
  std::string body = {};
  int connection = 0;
};

class Http2Backend {
 public:
  Http2Backend(const Http2Backend&) = delete;
  Http2Backend& operator=(const Http2Backend&) = delete;
  explicit Http2Backend(std::deque<Http2Move> script) : script_(std::move(script)) {
    fd_ = listening_socket(port_);
    ::fcntl(fd_, F_SETFL, 0);
    acceptor_ = std::thread([this] {
      for (int fd; (fd = ::accept(fd_, nullptr, nullptr)) >= 0;) {
        prepare_stream(fd);
        const std::lock_guard lock(mutex_);
        open_.push_back(fd);
        threads_.emplace_back(
            [this, fd, number = ++connections_] { Serving(*this, fd, number).run(); });
      }
    });
  }
  ~Http2Backend() {
    ::shutdown(fd_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int one : open_) ::shutdown(one, SHUT_RDWR);
    }
    for (std::thread& one : threads_) one.join();
    for (const int one : open_) ::close(one);
    ::close(fd_);
  }

  int port() const { return port_; }
  std::vector<Http2Asked> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  // One connection.
  struct Serving {
    Serving(Http2Backend& backend, int fd, int number) : of(backend), fd(fd), number(number) {}
    void run() {
      nghttp2_session_callbacks* all = nullptr;
      nghttp2_session_callbacks_new(&all);
      nghttp2_session_callbacks_set_on_header_callback(all, header);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, data);
      nghttp2_session_callbacks_set_on_frame_recv_callback(all, frame);
      nghttp2_session_server_new(&session, all, this);
      nghttp2_session_callbacks_del(all);
      nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, nullptr, 0);
      char bytes[4096];
      while (flush()) {
        const ssize_t count = ::recv(fd, bytes, sizeof bytes, 0);
        if (count <= 0 || nghttp2_session_mem_recv(session, reinterpret_cast<std::uint8_t*>(bytes),
                                                   static_cast<std::size_t>(count)) < 0) {
          break;
        }
      }
      nghttp2_session_del(session);
      ::shutdown(fd, SHUT_RDWR);
    }
    bool flush() {
      const std::uint8_t* bytes = nullptr;
      for (ssize_t size; (size = nghttp2_session_mem_send(session, &bytes)) > 0;) {
        ::send(fd, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
      }
      return !closing;
    }
    void respond(int id) {
      Http2Move& move = moves[id] = of.next(asked[id]);
      if (move.goaway) {
        nghttp2_submit_goaway(session, 0, id - 2 < 0 ? 0 : id - 2, NGHTTP2_NO_ERROR, nullptr, 0);
        return;
      }
      if (move.reset) nghttp2_submit_rst_stream(session, 0, id, move.reset);
      if (move.silent || move.reset) return;
      std::vector<nghttp2_nv> list = fields(move.headers);
      nghttp2_data_provider provider{};
      provider.source.ptr = &move;
      provider.read_callback = read_body;
      const bool has_body = !move.body.empty() || !move.trailers.empty();
      nghttp2_submit_response(session, id, list.data(), list.size(),
                              has_body ? &provider : nullptr);
      closing = move.close;
    }
    static std::vector<nghttp2_nv> fields(FieldList& from) {
      std::vector<nghttp2_nv> list;
      for (auto& [n, v] : from) {
        list.push_back({reinterpret_cast<std::uint8_t*>(n.data()),
                        reinterpret_cast<std::uint8_t*>(v.data()), n.size(), v.size(), 0});
      }
      return list;
    }
    static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                      std::uint8_t, void* user) {
      std::string& head = static_cast<Serving*>(user)->asked[frame->hd.stream_id].head;
      head.append(reinterpret_cast<const char*>(name), name_size).append("=");
      head.append(reinterpret_cast<const char*>(value), value_size).append(" ");
      return 0;
    }
    static int data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                    std::size_t size, void* user) {
      static_cast<Serving*>(user)->asked[id].body.append(reinterpret_cast<const char*>(bytes),
                                                         size);
      return 0;
    }
    static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
      const bool request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
      if (request && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
        static_cast<Serving*>(user)->asked[frame->hd.stream_id].connection =
            static_cast<Serving*>(user)->number;
        static_cast<Serving*>(user)->respond(frame->hd.stream_id);
      }
      return 0;
    }
    static ssize_t read_body(nghttp2_session* session, std::int32_t id, std::uint8_t* to,
                             std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                             void*) {
      auto& move = *static_cast<Http2Move*>(source->ptr);
      const std::size_t count = move.body.copy(reinterpret_cast<char*>(to), size);
      move.body.erase(0, count);
      if (!move.body.empty()) return static_cast<ssize_t>(count);
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (!move.trailers.empty()) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        const std::vector<nghttp2_nv> list = fields(move.trailers);
        nghttp2_submit_trailer(session, id, list.data(), list.size());
      }
      return static_cast<ssize_t>(count);
    }

    Http2Backend& of;
    const int fd;
    const int number;
    nghttp2_session* session = nullptr;
    bool closing = false;
    std::map<int, Http2Asked> asked;
    std::map<int, Http2Move> moves;
  };

  Http2Move next(const Http2Asked& asked) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(asked);
    if (script_.empty()) return {};
    Http2Move move = script_.front();
    script_.pop_front();
    return move;
  }

  int fd_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::deque<Http2Move> script_;
  std::vector<Http2Asked> asked_;
  std::vector<int> open_;
  int connections_ = 0;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace weir::gateway
