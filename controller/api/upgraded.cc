#include "controller/api/upgraded.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

namespace weir::rest {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using ErrorCode = beast::error_code;

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::chrono::seconds kClosing{2};  // for the client's part of a WebSocket's end
constexpr char kProtocolField[] = "X-Stream-Protocol-Version";
constexpr char kWebSocket[] = "websocket";

std::string lower(beast::string_view text) {
  std::string out(text.data(), text.size());
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// SPDY's way: after the 101 the stream is the handler's as it is.
class Plain {
 public:
  explicit Plain(const Upgraded::Parts& parts) : stream_(parts.client) {
    head_.result(http::status::switching_protocols);
    head_.version(11);
    head_.set(http::field::connection, "Upgrade");
    head_.set(http::field::upgrade, parts.request[http::field::upgrade]);
    head_.set(kProtocolField, parts.protocol);
  }
  bool may_begin(const std::string&) const { return true; }
  template <class Handler>
  void accept(Handler handler) {
    http::async_write(stream_, head_, [handler](ErrorCode error, std::size_t) { handler(error); });
  }
  template <class Handler>
  void read(asio::mutable_buffer buffer, Handler handler) {
    stream_.async_read_some(buffer, handler);
  }
  template <class Handler>
  void write(asio::const_buffer buffer, Handler handler) {
    asio::async_write(stream_, buffer, handler);
  }
  template <class Handler>
  void finish(Handler handler) {
    handler(ErrorCode());
  }

 private:
  Upgraded::Client& stream_;
  http::response<http::empty_body> head_;
};

class WebSocket {
 public:
  explicit WebSocket(const Upgraded::Parts& parts)
      : stream_(parts.client), request_(parts.request) {
    stream_.set_option(websocket::stream_base::decorator(
        [protocol = parts.protocol](websocket::response_type& response) {
          response.set(http::field::sec_websocket_protocol, protocol);
        }));
    stream_.set_option(
        websocket::stream_base::timeout{.handshake_timeout = kClosing,
                                        .idle_timeout = websocket::stream_base::none(),
                                        .keep_alive_pings = false});
    stream_.binary(true);
    stream_.auto_fragment(false);
  }
  // A client may not send before it has the answer.
  bool may_begin(const std::string& early) const { return early.empty(); }
  template <class Handler>
  void accept(Handler handler) {
    stream_.async_accept(request_, handler);
  }
  template <class Handler>
  void read(asio::mutable_buffer buffer, Handler handler) {
    stream_.async_read_some(buffer, [this, handler](ErrorCode error, std::size_t size) {
      if (!error && stream_.got_text()) error = websocket::error::bad_data_frame;
      handler(error, size);
    });
  }
  template <class Handler>
  void write(asio::const_buffer buffer, Handler handler) {
    stream_.async_write(buffer, handler);
  }
  template <class Handler>
  void finish(Handler handler) {
    stream_.async_close(websocket::close_code::normal, handler);
  }

 private:
  websocket::stream<Upgraded::Client&, false> stream_;
  http::request<http::empty_body> request_;
};

// Two loops, one each way; each reads again when what it read is written.
template <class Way>
class Relay : public Upgraded, public std::enable_shared_from_this<Relay<Way>> {
 public:
  explicit Relay(Parts parts)
      : on_end_(std::move(parts.on_end)),
        way_(parts),
        early_(std::move(parts.early)),
        handler_(std::move(parts.handler)) {}

  void start() override {
    if (!way_.may_begin(early_)) return end();
    way_.accept([self = this->shared_from_this()](ErrorCode error) {
      if (error) return self->end();
      self->to_handler(asio::buffer(self->early_));
      self->read_handler();
    });
  }

  void stop() override {
    ErrorCode ignored;  // the handler may have closed its end
    handler_.shutdown(Socket::shutdown_send, ignored);
  }

 private:
  void read_client() {
    way_.read(asio::buffer(from_client_),
              [self = this->shared_from_this()](ErrorCode error, std::size_t size) {
                if (error) return self->stop();
                self->to_handler(asio::buffer(self->from_client_, size));
              });
  }
  void to_handler(asio::const_buffer bytes) {
    asio::async_write(handler_, bytes,
                      [self = this->shared_from_this()](ErrorCode error, std::size_t) {
                        if (!error) self->read_client();  // else the handler wants no more
                      });
  }
  // The handler decides when it is over: whatever happens to the client, it is told so by stop()
  // and closes its end.
  void read_handler() {
    handler_.async_read_some(asio::buffer(from_handler_),
                             [self = this->shared_from_this()](ErrorCode error, std::size_t size) {
                               if (error) {
                                 return self->way_.finish([self](ErrorCode) { self->end(); });
                               }
                               self->way_.write(asio::buffer(self->from_handler_, size),
                                                [self](ErrorCode failed, std::size_t) {
                                                  if (failed) return self->end();
                                                  self->read_handler();
                                                });
                             });
  }
  void end() {
    ErrorCode ignored;  // it is closed either way
    handler_.close(ignored);
    if (!std::exchange(ended_, true)) on_end_();
  }

  std::function<void()> on_end_;  // holds what `client` is part of: goes last
  Way way_;
  std::string early_;
  Socket handler_;
  bool ended_ = false;
  std::array<char, kPiece> from_client_;
  std::array<char, kPiece> from_handler_;
};

}  // namespace

std::shared_ptr<Upgraded> Upgraded::make(Parts parts) {
  if (lower(parts.request[http::field::upgrade]) == kWebSocket) {
    return std::make_shared<Relay<WebSocket>>(std::move(parts));
  }
  return std::make_shared<Relay<Plain>>(std::move(parts));
}

void read_upgrade(const Upgraded::RequestHead& head, Request& request) {
  if (!http::token_list(head[http::field::connection]).exists("upgrade")) return;
  request.upgrade = lower(head[http::field::upgrade]);
  const std::string name =
      request.upgrade == kWebSocket ? "Sec-WebSocket-Protocol" : kProtocolField;
  const auto [begin, end] = head.equal_range(name);
  for (auto field = begin; field != end; ++field) {
    // Not a token_list: "SPDY/3.1+portforward.k8s.io" is not a token.
    std::string_view rest(field->value().data(), field->value().size());
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      std::string_view one = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      while (one.starts_with(' ')) one.remove_prefix(1);
      while (one.ends_with(' ')) one.remove_suffix(1);
      if (!one.empty()) request.protocols.emplace_back(one);
    }
  }
}

}  // namespace weir::rest
